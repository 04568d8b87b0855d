"""The REPL over 10,000 instances: start to first prompt, key to completion menu; beside `virsh`.

virsh starts on the cloud's own libvirt. For its completion it gets libvirt's test driver with as many
machines of the same names, which is all in its own process: it asks nobody either.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import report
from benchmarks.peer_screen import machines_of_test_driver
from benchmarks.rows import add_instances
from benchmarks.terminal import Dashboard, program
from benchmarks.world import PROGRAM, World, world

AIM_MS = 50
ROWS = 10_000
CALM_S = 0.5
INTERRUPT, END = "\x03", "\x04"
PASTE, PASTED = "\x1b[200~", "\x1b[201~"
"""What a terminal puts around a text that is pasted; it comes at once, so that one menu is drawn for it."""
FIRST_ADDRESS = "127.86.0.2"
PREFIX = "one-999"
PREFIX_ADDRESS = "127.86.3.232"
"""The address of the machine one-999."""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repetitions", type=int, default=10)
    options.add_argument("--rows", type=int, default=ROWS)
    chosen = options.parse_args()
    report.heading(f"repl: a line to type into, over {chosen.rows} instances")
    with world() as own:
        own.data.mkdir()
        add_instances(own.data, chosen.rows)
        own.slshell("cloud", "up")
        machines = own.folder / "machines.xml"
        machines.write_text(machines_of_test_driver(chosen.rows))
        starts, followed, virsh_starts = _starts(own, chosen.repetitions)
        menus, narrow = _menus(own, chosen.repetitions)
        virsh_menus = _virsh_menus(own, machines, chosen.repetitions)
    report.line("slshell repl → first prompt", starts, "ms")
    report.line("slshell repl → all instances known", followed, "ms")
    report.line("virsh -c URI → first prompt", virsh_starts, "ms")
    report.line("“kill” + blank → menu of all ids and names", menus, "ms", 1)
    report.line(f"“kill {PREFIX}” at once → menu", narrow, "ms", 1)
    report.line(f"virsh: “dominfo {PREFIX}” + two tabs → list", virsh_menus, "ms", 1)
    report.ratio("first prompt: slshell / virsh", starts, virsh_starts)
    report.ratio("menu of a prefix: slshell / virsh", narrow, virsh_menus)
    worst = max(report.median(menus), report.median(narrow))
    report.say(f"aim of {AIM_MS} ms from key to menu: {'met' if worst <= AIM_MS else 'missed'}")
    report.say(f"load at the end {report.load()}")


def _starts(own: World, repetitions: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds to the first prompt, to the whole picture, and to virsh's prompt, in turns."""
    starts, followed, peers = [], [], []
    uri = own.cloud().status().libvirt_uri
    for number in range(repetitions + 1):
        with program(own, [str(PROGRAM), "repl"], END) as shown:
            prompt = shown.wait_for("slshell>") - shown.began
            whole = shown.wait_for("live") - shown.began
        with program(own, ["virsh", "-c", uri], END) as shown:
            peer = shown.wait_for("virsh #") - shown.began
        if number:
            starts.append(prompt * 1000)
            followed.append(whole * 1000)
            peers.append(peer * 1000)
    return starts, followed, peers


def _menus(own: World, repetitions: int) -> tuple[list[float], list[float]]:
    """Milliseconds from a key to the menu that it opens: one of everything, and one of a prefix."""
    everything, narrow = [], []
    with program(own, [str(PROGRAM), "repl"], INTERRUPT + END) as shown:
        shown.wait_for("live")
        for number in range(repetitions + 1):
            first = _key(shown, "kill", " ", FIRST_ADDRESS)
            second = _key(shown, "", f"{PASTE}kill {PREFIX}{PASTED}", PREFIX_ADDRESS)
            if number:
                everything.append(first)
                narrow.append(second)
    return everything, narrow


def _key(shown: Dashboard, before: str, key: str, words: str) -> float:
    """Milliseconds from `key` to `words`, with `before` typed long before; the line is dropped afterwards."""
    shown.press(before)
    shown.listen(CALM_S)
    shown.forget()
    asked = shown.press_at(key)
    took = shown.wait_for(words) - asked
    shown.press(INTERRUPT)
    shown.listen(CALM_S)
    shown.forget()
    return took * 1000


def _virsh_menus(own: World, machines: Path, repetitions: int) -> list[float]:
    """Milliseconds from the second tab to the list of names that begin alike."""
    times = []
    with program(own, ["virsh", "-c", f"test://{machines}"], INTERRUPT + END) as shown:
        shown.wait_for("virsh #")
        for number in range(repetitions + 1):
            shown.press(f"dominfo {PREFIX}\t")
            shown.listen(CALM_S)
            shown.forget()
            asked = shown.press_at("\t")
            took = (shown.wait_for(f"{PREFIX}9") - asked) * 1000
            shown.listen(CALM_S)
            shown.press("\x15")
            shown.listen(CALM_S)
            shown.forget()
            if number:
                times.append(took)
    return times


if __name__ == "__main__":
    main()
