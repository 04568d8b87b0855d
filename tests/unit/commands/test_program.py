"""The program as a process: what it loads, its exit codes, pipes and signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slshell.commands.registry import Danger, command_names, commands, load, make_root
from slshell.model.errors import ERRORS, ExitCode
from tests.unit.client.served import ServedCloud, instance

HEAVY = (
    "textual", "paramiko", "prompt_toolkit", "libvirt", "requests", "cryptography", "sqlalchemy", "yaml",
    "keyring", "lxml", "tomlkit", "configupdater", "tomllib", "configparser", "tenacity", "asyncio",
    "concurrent.futures",
)  # fmt: skip
"""What a command that does not use it must not load."""


def slshell(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "slshell", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("words", [("instances",), ("--version",), ("--help",), ("instances", "-o", "json")])
def test_plain_commands_load_nothing_heavy(served: ServedCloud, words: tuple[str, ...]) -> None:
    served.put(instance(1))
    program = (
        "import sys; from slshell.cli import main\n"
        f"try: main({list(words)!r})\n"
        "except SystemExit as end: assert not end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == "[]\n"
    assert done.stdout


def test_a_script_loads_nothing_heavy(served: ServedCloud) -> None:
    served.put(instance(1))
    program = (
        "import sys; from slshell.cli import main\n"
        "try: main(['repl'])\n"
        "except SystemExit as end: assert not end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, input="instances | wait -q\n", capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("1\n", "[]\n")


def test_the_repl_loads_no_dashboard_and_no_ssh(served: ServedCloud) -> None:
    program = (
        "import sys, slshell.cli, slshell.repl.session, slshell.repl.prompt\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    loaded = "['prompt_toolkit', 'asyncio', 'concurrent.futures']\n"
    assert (done.stdout, done.stderr) == (loaded, "")


def test_one_command_loads_its_own_file_only(served: ServedCloud) -> None:
    program = (
        "import sys; from slshell.cli import main\n"
        "try: main(['types'])\n"
        "except SystemExit: pass\n"
        "from slshell.commands.registry import command_names\n"
        "print([name for name in command_names() if f'slshell.commands.{name}' in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "['types']"


def test_a_reader_that_leaves_is_no_error(served: ServedCloud) -> None:
    served.instances = {number: instance(number) for number in range(1, 5001)}
    process = subprocess.Popen(
        [sys.executable, "-m", "slshell", "instances"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout and process.stderr
    assert process.stdout.readline().startswith("  ID  NAME")
    process.stdout.close()
    assert process.stderr.read() == ""
    process.wait(timeout=30)
    process.stderr.close()


def test_ctrl_c_is_130_without_a_trace(served: ServedCloud) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "slshell", "events", "--follow"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any("/v1/changes" in target for _, target, _ in list(served.requests)):
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert (process.returncode, told) == (130, "interrupted\n")


def test_status_of_a_cloud_that_is_down_starts_nothing(own_settings: Path) -> None:
    done = slshell("cloud", "status", "-o", "json")
    assert done.returncode == 3
    assert json.loads(done.stderr)["code"] == "unreachable"
    assert not (own_settings / "d").exists()


def test_without_a_terminal_it_prints_what_the_dashboard_would_show(served: ServedCloud) -> None:
    served.put(instance(1, name="web"))
    done = slshell()
    assert done.returncode == 0, done.stderr
    assert "up for 1 min, version 0.1.0" in done.stdout
    assert "INSTANCES" in done.stdout
    assert "web" in done.stdout
    assert json.loads(slshell("-o", "json").stdout)["instances"][0]["name"] == "web"


def test_doctor_names_what_is_missing_with_its_remedy(own_settings: Path) -> None:
    empty = own_settings / "empty"
    empty.mkdir()
    program = (
        f"import slshell.commands.checks as checks; checks.SEARCH = {str(empty)!r}\n"
        "from slshell.client import local; local.EXTRA_MODULES = ('no_such_module',)\n"
        "from slshell.cli import main; main(['doctor', '-o', 'json'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert done.returncode == 1
    assert checks["qemu"] == {
        "name": "qemu", "state": "missing", "needed": True, "found": "no qemu-system-x86_64",
        "remedy": "sudo apt-get install qemu-system-x86",
    }  # fmt: skip
    assert checks["python extra"]["remedy"] == "pipx install 'slshell[cloud]'"
    assert "libvirt-daemon" in checks["libvirt"]["remedy"]
    assert not (own_settings / "d").exists()


def test_without_the_cloud_extra_a_command_says_how_to_get_it(own_settings: Path) -> None:
    program = (
        "from slshell.client import local; local.EXTRA_MODULES = ('no_such_module',)\n"
        "from slshell.cli import main; main(['instances'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pipx install 'slshell[cloud]'" in done.stderr


def test_every_command_says_what_it_does_and_how_dangerous_it_is() -> None:
    for info in commands():
        assert info.summary, info.name
        assert info.help, info.name
    dangers = {info.name: info.danger for info in commands()}
    assert dangers["kill"] is Danger.DESTROY
    assert dangers["instances"] is Danger.READ
    assert {"cloud up", "cloud down", "cloud status", "cloud logs", "config get"} <= dangers.keys()


def test_names_and_aliases_are_unique() -> None:
    words = [word for name in command_names() for word in (name, *load(name).aliases)]
    assert len(words) == len(set(words))


def test_every_command_of_the_folder_is_offered() -> None:
    assert set(command_names()) == set(make_root().list_commands(None))


def test_completion_offers_live_names(served: ServedCloud) -> None:
    served.put(instance(5, name="webserver"))
    environ = {
        **os.environ,
        "_SLSHELL_COMPLETE": "bash_complete",
        "COMP_WORDS": "slshell\nkill\nweb",
        "COMP_CWORD": "2",
    }
    assert slshell(env=environ).stdout == "plain,webserver\n"


def test_the_documentation_lists_every_exit_code_and_error_code() -> None:
    text = (Path(__file__).parents[3] / "docs" / "exit-codes.md").read_text()
    assert [code for code in ExitCode if f"| {code.value} |" not in text] == []
    assert [code for code in ERRORS if f"`{code}`" not in text] == []


def test_completion_behind_an_unknown_command_offers_nothing(served: ServedCloud) -> None:
    environ = {
        **os.environ,
        "_SLSHELL_COMPLETE": "bash_complete",
        "COMP_WORDS": "slshell\nnonsense\nx",
        "COMP_CWORD": "2",
    }
    done = slshell(env=environ)
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_told_with_its_reason(served: ServedCloud) -> None:
    served.put(instance(1))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "slshell", "instances"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        "slshell: the result cannot be written\n"
        "  No space left on device\n  make room, or write it elsewhere\n"
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_is_no_fault(served: ServedCloud, closed: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m slshell instances {closed}'],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "fault" in done.stderr) == (0, False)
