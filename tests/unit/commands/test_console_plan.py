"""What is shown of a machine that boots, and how others are told of who has a console."""

from __future__ import annotations

from dataclasses import replace

from slshell.commands.access import Entry, MachineAccess
from slshell.commands.console_plan import console_plan
from slshell.commands.environment import of_process
from slshell.model.instance import State
from slshell.sessions.wire import SessionKind
from tests.unit.client.served import instance


def test_a_machine_that_boots_is_shown_by_its_console_until_it_answers() -> None:
    environment = replace(of_process(), open_session=lambda plan: 0)
    booting = instance(1, state=State.BOOT, reachable=False)
    assert MachineAccess(environment, Entry(), booting).plan().until_open is not None
    assert MachineAccess(environment, Entry(), instance(1)).plan().until_open is None


def test_a_console_is_a_session_of_its_machine() -> None:
    environment = replace(of_process(), open_session=lambda plan: 0)
    plan = console_plan(environment, instance(7, name="web"), force=False)
    assert (plan.kind, plan.title, plan.instance_id) == (SessionKind.CONSOLE, "web", 7)
