"""A machine's serial console in a pane, over a real back end whose hypervisor is the test."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from queue import SimpleQueue

import pytest

from slshell.backend.engines.consoles import ConsoleStream
from slshell.backend.engines.libvirt import LibvirtEngine
from slshell.client.consoles import ConsoleWire
from slshell.model.errors import Conflict
from tests.screen.driver import Driver, dashboard
from tests.screen.paned import leader
from tests.service.conftest import Running, serve
from tests.service.test_instances import ask

PATIENCE_S = 30.0


class Serial(ConsoleStream):
    """A line whose machine says back what was typed, in brackets."""

    def __init__(self) -> None:
        self.typed = b""
        self.closed = threading.Event()
        self._said: SimpleQueue[bytes] = SimpleQueue()

    def read(self) -> bytes:
        """See `ConsoleStream`."""
        return b"" if self.closed.is_set() else self._said.get()

    def write(self, data: bytes) -> None:
        """See `ConsoleStream`."""
        self.typed += data
        self._said.put(b"[" + data + b"]")

    def close(self) -> None:
        """See `ConsoleStream`."""
        self.closed.set()
        self._said.put(b"")

    @property
    def reason(self) -> str:
        """See `ConsoleStream`."""
        return ""


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[Serial]:
    """The serial lines that were opened."""
    opened: list[Serial] = []

    def open_console(_self: object, _engine_id: str, *, force: bool = False) -> ConsoleStream:
        opened.append(Serial())
        return opened[-1]

    monkeypatch.setattr(LibvirtEngine, "open_console", open_console)
    return opened


@pytest.fixture
def running(
    short_folder: Path, appliances_folder: Path, lines: list[Serial], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    """A cloud with one machine, which is the one that the dashboard finds."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for made in serve(short_folder):
        monkeypatch.setenv("SLSHELL_HOME", str(made.home))
        [one] = made.client.run_instance(ask(name="box"))
        made.wait(one.id, "Running")
        [log] = (made.home / "e").glob(f"**/{one.id}-*/console.log")
        log.write_bytes(b"Welcome\nbox login: ")
        yield made


@asynccontextmanager
async def asked(line: str) -> AsyncIterator[Driver]:
    """A dashboard in which a line was typed."""
    async with dashboard() as screen:
        await screen.shows("box")
        await screen.press(":")
        await screen.type(line)
        await screen.press("enter")
        yield screen


def end_of(wire: ConsoleWire) -> str:
    """Why somebody's session on the console ended."""
    watch = threading.Timer(PATIENCE_S, wire.close)
    watch.start()
    while wire.read():
        pass
    watch.cancel()
    return wire.ending().text


async def test_keys_go_to_the_console_and_leaving_the_pane_leaves_it(
    running: Running, lines: list[Serial]
) -> None:
    async with asked("console box") as screen:
        await screen.shows("box login:")
        await screen.shows("● box")
        await screen.press("r", "o", "o", "t", "enter", "ctrl+right_square_bracket")
        await screen.until(lambda: lines[0].typed == b"root\r\x1d", "the keys")
        await screen.shows("[r][o][o][t]")
        with pytest.raises(Conflict, match="has been on the console of machine 1"):
            running.client.open_console(1)
        await leader(screen, "x")
        await screen.shows("Close box?")
        await screen.press("right", "enter")
        await screen.shows("6 Sessions 0")
        await screen.until(lines[0].closed.is_set, "the end of the line")
        other = running.client.open_console(1)
        other.close()


async def test_a_taken_console_is_refused_with_its_holder_and_taken_by_force(
    running: Running, lines: list[Serial]
) -> None:
    holder = running.client.open_console(1, who="ann elsewhere")
    async with asked("console box") as screen:
        await screen.shows("ann elsewhere has been on the console of machine 1 since")
        await screen.shows("--force takes it over")
        assert not lines[0].closed.is_set()
        await screen.press("x")
        await screen.shows("6 Sessions 0")
        await screen.press(":")
        await screen.type("console box --force")
        await screen.press("enter")
        await screen.shows("box login:")
        assert "took the console over" in end_of(holder)
        await screen.press("a")
        await screen.shows("[a]")
        assert [line.typed for line in lines] == [b"", b"a"]


async def test_a_pane_whose_console_is_taken_says_by_whom_and_does_not_take_it_back(
    running: Running, lines: list[Serial]
) -> None:
    async with asked("console box") as screen:
        await screen.shows("box login:")
        await screen.shows("● box")
        taker = running.client.open_console(1, who="bob elsewhere", force=True)
        await screen.shows("bob elsewhere took the console over · r opens it again · x closes")
        await screen.press("r")
        await screen.shows("bob elsewhere has been on the console")
        taker.write(b"mine")
        assert taker.read() == b"[mine]"
        taker.close()
