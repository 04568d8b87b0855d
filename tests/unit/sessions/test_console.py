"""What is put around a console: leaving it, words in front, and watching until one types."""

from __future__ import annotations

import threading
from queue import SimpleQueue

from slshell.model.errors import Conflict
from slshell.sessions.console import Leavable, Prefaced, Watched
from slshell.sessions.wire import Ending

PATIENCE_S = 10.0


class Line:
    """A wire whose other side is the test."""

    def __init__(self) -> None:
        self.said: SimpleQueue[bytes] = SimpleQueue()
        self.typed: SimpleQueue[bytes] = SimpleQueue()
        self.closed = threading.Event()

    def read(self) -> bytes:
        return self.said.get(timeout=PATIENCE_S)

    def write(self, data: bytes) -> None:
        self.typed.put(data)

    def resize(self, columns: int, rows: int) -> None:
        pass

    def close(self) -> None:
        self.closed.set()
        self.said.put(b"")

    def ending(self) -> Ending:
        return Ending(text="closed")


def test_the_leave_key_sends_what_is_before_it_and_closes() -> None:
    line = Line()
    wire = Leavable(line)
    wire.write(b"ls\r")
    assert not line.closed.is_set()
    wire.write(b"x\x1drest")
    assert [line.typed.get(), line.typed.get()] == [b"ls\r", b"x"]
    assert line.closed.is_set()
    assert wire.read() == b""
    assert line.typed.empty()


def test_words_come_in_front_of_what_the_other_side_says() -> None:
    line = Line()
    line.said.put(b"live")
    wire = Prefaced(line, b"before ")
    assert wire.read() + wire.read() == b"before live"
    line.said.put(b"next")
    assert Prefaced(line, b"").read() == b"next"


def test_watching_takes_a_console_with_the_first_key_only() -> None:
    shown, line, taken = Line(), Line(), []

    def take() -> Line:
        taken.append(1)
        return line

    wire = Watched(shown, take)
    shown.said.put(b"booting")
    assert wire.read() == b"booting"
    assert taken == []
    for key in (b"a", b"b", b"c"):
        wire.write(key)
    typed = b""
    while typed != b"abc":
        typed += line.typed.get(timeout=PATIENCE_S)
    assert taken == [1]
    line.said.put(b"an echo, which the log shows")
    wire.close()
    assert line.closed.wait(PATIENCE_S)
    assert shown.closed.is_set()
    assert wire.read() == b""


def test_keys_are_lost_while_another_has_the_console_and_it_is_asked_again() -> None:
    shown, line = Line(), Line()
    refused = threading.Event()

    def take() -> Line:
        if not refused.is_set():
            refused.set()
            raise Conflict("another has it")
        return line

    wire = Watched(shown, take)
    wire.write(b"lost")
    assert refused.wait(PATIENCE_S)
    typed = b""
    while not typed:
        wire.write(b"x")
        threading.Event().wait(0.01)
        typed = b"" if line.typed.empty() else line.typed.get()
    assert set(typed) == set(b"x")
    wire.close()
    assert line.closed.wait(PATIENCE_S)
