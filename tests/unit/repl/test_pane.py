"""The REPL in a pane, seen from the program that it runs in."""

from __future__ import annotations

import subprocess
import sys

from tests.unit.client.served import ServedCloud, instance

PROGRAM = """
import io
import sys
from slshell.commands.environment import Environment
from slshell.output.writer import Output
from slshell.repl.pane import ReplWire

heard = b""

def hear(words):
    global heard
    while words not in heard:
        heard += wire.read()
    heard = heard.partition(words)[2]

def called():
    print("goes on")

environment = Environment(output=Output(stdout=io.StringIO(), stderr=io.StringIO()), stdin=io.StringIO())
wire = ReplWire(environment, 80, 24)
hear(b"slshell>")
wire.write(b"instances -q\\r")
hear(b"5501\\r\\n")
hear(b"slshell>")
sys.setprofile(lambda *_: None)
called()
"""


def test_a_program_is_not_held_up_by_commands_that_have_ended(served: ServedCloud) -> None:
    served.put(instance(5501))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.returncode) == ("goes on\n", 0), done.stderr
