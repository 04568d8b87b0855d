"""Pipes, variables, sequences and scripts, as a user types them."""

from __future__ import annotations

import io
import json
import os

import pytest

from slshell.commands.environment import Environment
from slshell.commands.interpreter import Interpreter
from slshell.commands.registry import Result, run_line
from slshell.model.errors import Conflict, ExitCode
from slshell.model.instance import State
from slshell.sessions.wire import SessionPlan
from tests.unit.client.served import TTYLINUX, ServedCloud, instance
from tests.unit.commands.conftest import Run


class Session:
    """Lines that share an interpreter."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.interpreter = Interpreter(environment, shell_lines=True)

    def __call__(self, line: str) -> Result:
        return run_line(line, self.environment, self.interpreter)

    def script(self, text: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a script."""
        code = self.interpreter.run_script(io.StringIO(text), "demo.sl")
        output = self.environment.output
        assert isinstance(output.stdout, io.StringIO)
        assert isinstance(output.stderr, io.StringIO)
        return code, output.stdout.getvalue(), output.stderr.getvalue()


@pytest.fixture
def session(environment: Environment) -> Session:
    return Session(environment)


def acted(served: ServedCloud) -> list[str]:
    """The paths of all changing requests."""
    return [target for method, target, _ in served.requests if method == "POST"]


def test_what_one_command_shows_the_next_is_done_to(session: Session, served: ServedCloud) -> None:
    for number, state in ((1, State.UNKNOWN), (2, State.RUNNING), (3, State.UNKNOWN)):
        served.put(instance(number, state=state))
    result = session("instances --state Unknown | kill --yes -o json")
    assert [each["id"] for each in json.loads(result.output)] == [1, 3]
    assert acted(served) == ["/v1/instances/1/kill", "/v1/instances/3/kill"]
    assert result.exit_code == 0


def test_a_pipe_goes_on_through_several_commands(session: Session, served: ServedCloud) -> None:
    result = session("run ttylinux -n 2 | wait --for pending | kill --yes --quiet")
    assert result.output == "1\n2\n"
    assert acted(served) == ["/v1/instances", "/v1/instances/1/kill", "/v1/instances/2/kill"]


def test_one_question_is_asked_for_all_that_a_pipe_brings(run: Run, served: ServedCloud) -> None:
    for number in (1, 2):
        served.put(instance(number))
    result = run("instances | kill", agrees=False)
    assert result.exit_code == ExitCode.FAILED
    assert acted(served) == []


def test_the_worst_of_all_counts_and_one_failure_does_not_stop_the_rest(
    session: Session, served: ServedCloud
) -> None:
    for number in (1, 2, 3):
        served.put(instance(number))
    served.failures["/v1/instances/2/shutdown"] = Conflict("machine 2 is not Running")
    result = session("instances 1 2 77 3 | shutdown -q")
    assert result.output == "1\n3\n"
    assert "there is no instance 77" in result.notices
    assert "machine 2 is not Running" in result.notices
    assert result.exit_code == ExitCode.CONFLICT


def test_a_command_that_takes_one_is_run_for_each(
    session: Session, served: ServedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        served.put(instance(number))
    entered: list[int | None] = []

    def enter(plan: SessionPlan) -> int:
        entered.append(plan.instance_id)
        return 3 if plan.instance_id == 1 else 0

    session.environment.open_session = enter
    assert session("instances | connect").exit_code == 3
    assert entered == [1, 2]


def test_appliances_can_be_run_from_a_pipe(session: Session, served: ServedCloud) -> None:
    assert session("appliances ttylinux | run -n 2").exit_code == 0
    assert json.loads(served.requests[-1][2])["appliance"] == TTYLINUX


def test_another_kind_of_resource_is_refused_and_both_are_named(session: Session) -> None:
    result = session("appliances | kill --yes")
    assert result.exit_code == ExitCode.USAGE
    assert "“appliances” gives appliances, and “kill” takes instances" in result.notices


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("run ttylinux | types", "“types” takes no resources"),
        ("run ttylinux | kil", "there is no command “kil”"),
        ("run ttylinux | echo x", "“echo” has no place in a pipe"),
    ],
)
def test_nothing_is_begun_when_the_end_of_the_pipe_is_wrong(
    session: Session, served: ServedCloud, line: str, told: str
) -> None:
    result = session(line)
    assert (result.exit_code, acted(served)) == (ExitCode.USAGE, [])
    assert told in result.notices


def test_what_is_no_resource_cannot_be_piped(session: Session) -> None:
    result = session("cloud status | kill")
    assert "“cloud status” gives no resources that “kill” could take" in result.notices


def test_an_empty_pipe_does_nothing_and_says_so(session: Session, served: ServedCloud) -> None:
    result = session("instances --state Failed | kill --yes")
    assert (result.exit_code, acted(served)) == (0, [])
    assert "“kill” was left undone" in result.notices


def test_what_never_ends_cannot_be_piped(session: Session, served: ServedCloud) -> None:
    served.put(instance(1))
    result = session("instances --watch | kill --yes")
    assert (result.exit_code, acted(served)) == (ExitCode.USAGE, [])
    assert "never ends" in result.notices


def test_a_left_side_that_failed_altogether_ends_the_pipe(session: Session, served: ServedCloud) -> None:
    served.failures["/v1/instances"] = Conflict("no room")
    result = session("instances | kill --yes")
    assert (result.exit_code, acted(served)) == (ExitCode.CONFLICT, [])
    assert result.notices.count("slshell: ") == 1


def test_variables_live_as_long_as_the_session(session: Session, served: ServedCloud) -> None:
    assert session(f"export TTYLINUX={TTYLINUX}").exit_code == 0
    session("run $TTYLINUX --name 'web one'x")
    assert session("run ${TTYLINUX}").exit_code == 0
    assert json.loads(served.requests[-1][2])["appliance"] == TTYLINUX


def test_the_last_id_and_the_last_exit_code(session: Session, served: ServedCloud) -> None:
    served.put(instance(5508))
    session("run ttylinux -n 2")
    assert session("echo $_").output == "5510\n"
    assert session("shutdown $_ -q").output == "5510\n"
    assert session("instances nobody").exit_code == ExitCode.NOT_FOUND
    assert session("echo $?; echo $?").output == "5\n0\n"


def test_an_unset_variable_never_becomes_an_empty_word(session: Session, served: ServedCloud) -> None:
    served.put(instance(1))
    result = session("export MACHINE=1; shutdown $MACHINES")
    assert (result.exit_code, acted(served)) == (ExitCode.USAGE, [])
    assert "there is no variable “MACHINES”\n  did you mean MACHINE?" in result.notices


def test_exported_variables_reach_commands_and_the_shell(
    session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    session("export SHOWN=yes; HIDDEN=no")
    session("!echo $SHOWN-$HIDDEN")
    assert capfd.readouterr().out == "yes-\n"
    session("export HIDDEN; unset SHOWN")
    session("!echo $SHOWN-$HIDDEN")
    assert capfd.readouterr().out == "-no\n"
    assert "SHOWN" not in os.environ


def test_export_alone_lists_without_secrets(session: Session) -> None:
    session("export B='two words' LAB_PASSWORD=hunter2")
    assert session("export").output == "export B='two words'\nexport LAB_PASSWORD=…\n"


def test_a_shell_line_has_its_exit_code_and_is_for_the_repl_only(
    session: Session, environment: Environment
) -> None:
    assert session("!exit 7").exit_code == 7
    refused = run_line("!exit 7", environment)
    assert (refused.exit_code, "“!” is for the REPL" in refused.notices) == (ExitCode.USAGE, True)


def test_a_sequence_goes_on_after_a_failure(session: Session) -> None:
    result = session("instances nobody; echo after")
    assert (result.output, result.exit_code) == ("after\n", 0)


def test_set_e_ends_a_script_where_it_fails(session: Session) -> None:
    code, output, told = session.script("set -e\necho one\n\ninstances nobody\necho two\n")
    assert (code, output) == (ExitCode.NOT_FOUND, "one\n")
    assert "demo.sl, line 4: set -e ends the script here" in told


def test_without_set_e_a_script_goes_on_and_ends_with_its_last_code(session: Session) -> None:
    code, output, _ = session.script("instances nobody\nset -e; set +e\nkill nobody --yes\necho two")
    assert (code, output) == (0, "two\n")


def test_exit_ends_a_script_with_its_code(session: Session) -> None:
    assert session.script("echo one; exit 9; echo two\necho three\n")[:2] == (9, "one\n")


def test_exit_alone_keeps_the_last_code(session: Session) -> None:
    assert session.script("instances nobody\nexit\n")[0] == ExitCode.NOT_FOUND


def test_a_script_may_break_its_lines(session: Session, served: ServedCloud) -> None:
    served.put(instance(1))
    code, output, _ = session.script("echo 'a\nb' \\\n  c\ninstances |\n  # those\n  shutdown -q\n")
    assert (code, output) == (0, "a\\x0ab c\n1\n")


def test_a_mistake_in_a_script_is_told_with_its_line(session: Session) -> None:
    code, _, told = session.script("echo fine\necho a && b\necho 'open")
    assert code == ExitCode.USAGE
    assert "demo.sl, line 2 cannot be read: “&&” means nothing here" in told
    assert "demo.sl, line 3 cannot be read: a ' is not closed" in told


def test_ctrl_c_ends_the_line_and_the_script(
    session: Session, served: ServedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("slshell.client.cloud.Cloud.hosts", interrupt)
    code, output, told = session.script("hosts; echo one\necho two\n")
    assert (code, output, told) == (ExitCode.INTERRUPTED, "", "interrupted\n")


def test_the_programs_own_name_may_stand_before_a_command(session: Session, served: ServedCloud) -> None:
    served.put(instance(1))
    assert session("slshell instances -q | slshell shutdown -q").output == "1\n"


def test_help_tells_of_the_words_of_the_session(session: Session) -> None:
    assert "export [NAME[=VALUE]…]" in session("help").output
    assert session("help set").output.startswith("Usage: set -e | set +e\n")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("export 1X=2", "no name of a variable"),
        ("export _=2", "$_ is set by commands"),
        ("unset", "a word is missing"),
        ("set -x", "set knows no “-x”"),
        ("exit 256", "has no exit code"),
        ("exit web", "has no exit code"),
        ("A=1 kill 5", "a command cannot stand behind NAME=VALUE"),
        ("echo $_", "no command has shown a resource yet"),
        ("!", "nothing stands behind the “!”"),
        ("''", "there is no command “”"),
        ("slshell", "there is no command on this line"),
    ],
)
def test_a_wrong_word_of_the_session_is_told(session: Session, line: str, told: str) -> None:
    result = session(line)
    assert result.exit_code == ExitCode.USAGE
    assert told in result.notices
    assert session.interpreter.ended is None
