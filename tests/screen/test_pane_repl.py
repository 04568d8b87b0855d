"""The REPL in a pane: the same prompt, whose questions and sessions are the dashboard's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import paramiko

from slshell.model.instance import State
from slshell.repl.pane import repl_plan
from slshell.ssh.keys import make_own_key
from tests.screen.driver import Driver, dashboard
from tests.screen.paned import leader
from tests.screen.served import ScreenCloud, recent
from tests.unit.ssh.server import SshServer


@asynccontextmanager
async def repl(size: tuple[int, int] = (120, 36)) -> AsyncIterator[Driver]:
    """A dashboard with the REPL in a pane."""
    async with dashboard(size) as screen:
        screen.app.environment.repl_plan = repl_plan
        await screen.until(lambda: screen.app.picture.known)
        await screen.press("P")
        await screen.shows("slshell>")
        await screen.shows("│  live")
        yield screen


async def send(screen: Driver, line: str) -> None:
    """Type a line and Enter."""
    await screen.type(line)
    await screen.shows(line)
    await screen.press("enter")


async def test_lines_are_completed_run_and_shown(cloud: ScreenCloud) -> None:
    for number in range(5501, 5504):
        cloud.put(recent(number, name=f"web-{number % 10}"))
    async with repl() as screen:
        await screen.type("shutdown 55")
        await screen.shows("web-3 Running")
        await screen.press("down", "down", "enter", "enter")
        await screen.until(lambda: cloud.instances[5502].state is State.SHUTDOWN)
        await screen.shows("Shutdown  ")
        await send(screen, "exit 3")
        await screen.shows("the REPL ended with 3 · r opens it again · x closes")
        await screen.press("r")
        await screen.until(lambda: screen.frame.count("slshell>") >= 2 and "│  live" in screen.frame)


async def test_ctrl_c_ends_a_command_that_waits_and_not_the_repl(cloud: ScreenCloud) -> None:
    cloud.put(recent(5501))
    async with repl() as screen:
        await send(screen, "wait 5501 --for gone; echo never")
        await screen.shows("waiting for gone")
        await screen.press("ctrl+c")
        await screen.shows("interrupted")
        await send(screen, "echo code $?; instances -q")
        await screen.shows("code 130")
        await screen.shows("\n5501\n")
        assert "\nnever" not in screen.frame


async def test_a_question_is_asked_in_a_dialog(cloud: ScreenCloud) -> None:
    cloud.put(recent(5501))
    async with repl() as screen:
        await send(screen, "kill 5501")
        await screen.shows("This will be lost:")
        await screen.press("escape")
        await screen.shows("nothing was done")
        assert cloud.instances[5501].state is State.RUNNING


async def test_connect_opens_a_pane_beside_it(cloud: ScreenCloud) -> None:
    key = paramiko.Ed25519Key.from_private_key_file(str(make_own_key()))
    with SshServer(key) as server:
        cloud.put(server.instance(name="machine"))
        async with repl() as screen:
            await send(screen, "connect machine")
            await screen.shows("machine$")
            await screen.shows("2 ● machine")
            await leader(screen, "1")
            await screen.shows("slshell> connect machine")


async def test_closing_it_ends_its_threads(cloud: ScreenCloud) -> None:
    async with repl() as screen:
        await screen.press("ctrl+d")
        await screen.shows("the REPL ended with 0")
        await screen.press("x")
        await screen.shows("6 Sessions 0")
