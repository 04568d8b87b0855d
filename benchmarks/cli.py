"""Starts of `slshell` beside those of `virsh` and `openstack`, and where the time of a start goes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import peers, report
from benchmarks.rows import add_instances
from benchmarks.timing import imports, in_turns
from benchmarks.world import PROGRAM, World, world

AIM_MS = 250
ROWS = 5
SHOWN = 12


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repetitions", type=int, default=20)
    repetitions = options.parse_args().repetitions
    report.heading("cli: one command from start to end")
    with world() as own:
        own.data.mkdir()
        add_instances(own.data, ROWS)
        own.slshell("cloud", "up")
        uri = json.loads(own.slshell("cloud", "status", "-o", "json"))["libvirt_uri"]
        program = str(PROGRAM)
        openstack = peers.openstack(own.folder / "o", report.say)
        commands = {
            "slshell instances": [program, "instances"],
            "slshell instances -o json": [program, "instances", "-o", "json"],
            "slshell --version": [program, "--version"],
            "slshell --help": [program, "--help"],
            "virsh -c URI list --all": ["virsh", "-c", uri, "list", "--all"],
            "virsh --version": ["virsh", "--version"],
            **_openstack(openstack),
            "python -c pass (the floor)": [sys.executable, "-I", "-c", "pass"],
            "python with the same site": [sys.executable, "-c", "pass"],
        }
        # Bytecode is kept, as it is for users: else each start would compile what it loads.
        kept = {name: value for name, value in own.environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
        times = in_turns(commands, kept, repetitions, own.folder)
        report.say(f"load at the end {report.load()}")
        for name, values in times.items():
            report.line(name, values, "ms")
        aim = f"{AIM_MS} ms"
        report.ratio("instances / virsh list", times["slshell instances"], times["virsh -c URI list --all"])
        report.ratio("instances / floor", times["slshell instances"], times["python -c pass (the floor)"])
        report.ratio("--version / virsh --version", times["slshell --version"], times["virsh --version"])
        if openstack is not None:
            report.ratio("--help / openstack --help", times["slshell --help"], times["openstack --help"])
            report.ratio(
                "--version / openstack --version", times["slshell --version"], times["openstack --version"]
            )
        verdict = "met" if report.median(times["slshell instances"]) <= AIM_MS else "missed"
        report.say(f"aim of {aim} for `slshell instances`: {verdict}")
        _print_imports(own)


def _openstack(program: Path | None) -> dict[str, list[str]]:
    if program is None:
        return {}
    return {f"openstack {word}": [str(program), word] for word in ("--version", "--help")}


def _print_imports(own: World) -> None:
    modules = "slshell.cli, slshell.commands.instances, slshell.client.cloud"
    found = imports(Path(sys.executable), modules, own.environment)
    whole = sum(each for each, _total, _name in found)
    report.say(
        f"imports, slowed by being timed: {len(found)} modules, {whole:.0f} ms; the largest of their own:"
    )
    for each, total, name in found[:SHOWN]:
        report.say(f"  {each:6.1f} ms own, {total:6.1f} with all below  {name}")
    report.say("with all below:")
    for _own, total, name in sorted(found, key=lambda one: -one[1])[:SHOWN]:
        report.say(f"  {total:6.1f} ms  {name}")


if __name__ == "__main__":
    main()
