"""Lines with pipes over a real service: its database, its jobs and libvirt's test driver."""

from __future__ import annotations

import io

from slshell.commands.environment import Environment
from slshell.commands.interpreter import Interpreter
from slshell.output.writer import Output
from tests.service.conftest import Running

SCRIPT = """\
set -e
export APPLIANCE=ttylinux
run $APPLIANCE -n 3 --name web | wait --for running --timeout 60 -q
LAST=$_
instances --name 'web-[' | kill --yes
instances | kill --dry-run -o name
shutdown $LAST --wait -q
instances --state Unknown | start -q | wait --for running -q
instances | kill --yes --wait -q
instances
"""


def test_a_script_takes_machines_through_their_life(running: Running) -> None:
    output = Output(stdout=io.StringIO(), stderr=io.StringIO())
    environment = Environment(output=output, stdin=io.StringIO())
    environment.make_cloud = lambda profile, start, notice: running.client.again()
    code = Interpreter(environment).run_script(io.StringIO(SCRIPT), "life.sl")
    assert isinstance(output.stdout, io.StringIO)
    assert isinstance(output.stderr, io.StringIO)
    assert code == 0, output.stderr.getvalue()
    assert output.stdout.getvalue().split() == [
        "1", "2", "3", "web-1", "web-2", "web-3", "3", "3", "1", "2", "3",
    ]  # fmt: skip
    assert running.client.instances() == []
    assert "“kill” was left undone" in output.stderr.getvalue()
