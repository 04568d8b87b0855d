"""Lines with pipes over a real service: its database, its jobs and libvirt's test driver."""

from __future__ import annotations

import io

from slshell.commands.environment import Environment
from slshell.commands.interpreter import Interpreter
from slshell.model.errors import ExitCode
from slshell.output.writer import Output
from tests.service.conftest import Running

BEGIN = """\
set -e
export APPLIANCE=ttylinux
run $APPLIANCE -n 3 --name web | kill --dry-run -o name
instances $_ -o name
instances --name 'web-1*' -q
"""
END = """\
instances | kill --yes --wait -q
instances | kill --yes
instances --all -q | wait --for gone -q
"""


def test_scripts_start_machines_and_clear_them_away(running: Running) -> None:
    output = Output(stdout=io.StringIO(), stderr=io.StringIO())
    environment = Environment(output=output, stdin=io.StringIO())
    environment.make_cloud = lambda profile, start, notice: running.client.again()
    session = Interpreter(environment)
    assert isinstance(output.stdout, io.StringIO)
    assert isinstance(output.stderr, io.StringIO)
    assert session.run_script(io.StringIO(BEGIN), "begin.sl") == 0, output.stderr.getvalue()
    for number in (1, 2, 3):
        running.wait(number, "Running")
    assert session.run_script(io.StringIO(END), "end.sl") == 0, output.stderr.getvalue()
    assert output.stdout.getvalue().split() == [
        "web-1", "web-2", "web-3", "web-3", "1", "1", "2", "3", "1", "2", "3",
    ]  # fmt: skip
    assert running.client.instances() == []
    assert "“kill” was left undone: “instances” gave it nothing" in output.stderr.getvalue()


VOLUMES = """\
set -e
create-volume --size 1 --tag scratch-1 -q
SCRATCH=$_
create-volume --size 1 --tag scratch-2 -q; create-volume --size 1 --tag kept -q
volumes --tag 'scratch*' | delete-volume --dry-run -o name
volumes --tag 'scratch*' | delete-volume --yes -o name
volumes -o name
undelete-volume $SCRATCH -o name
volumes | kill --yes
"""


def test_volumes_go_through_pipes_by_their_tags(running: Running) -> None:
    output = Output(stdout=io.StringIO(), stderr=io.StringIO())
    environment = Environment(output=output, stdin=io.StringIO())
    environment.make_cloud = lambda profile, start, notice: running.client.again()
    code = Interpreter(environment).run_script(io.StringIO(VOLUMES), "volumes.sl")
    assert isinstance(output.stdout, io.StringIO)
    assert isinstance(output.stderr, io.StringIO)
    told = output.stderr.getvalue()
    words = output.stdout.getvalue().split()
    assert sorted(words[3:5]) == sorted(words[5:7]) == ["scratch-1", "scratch-2"], told
    assert words[7:] == ["kept", "scratch-1"]
    assert {each.tag for each in running.client.volumes()} == {"scratch-1", "kept"}
    assert code == ExitCode.USAGE
    assert "“volumes” gives volumes, and “kill” takes instances" in told
