"""A session's life, without a screen to draw it on: what it shows, holds back, and how it comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from slshell.model.errors import CloudUnreachable, NotAllowed
from slshell.sessions import session as module
from slshell.sessions.inflow import LIMIT, PIECE
from slshell.sessions.session import MOST_BYTES, Options, Session, State
from tests.support.desk import Desk
from tests.support.wires import Machine


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.book.close_all()


def shows(session: Session, words: str) -> Callable[[], bool]:
    return lambda: words in session.screen.text()


def test_a_session_opens_shows_what_comes_and_sends_what_is_typed(desk: Desk) -> None:
    machine = Machine()
    session = desk.open(machine)
    desk.until(lambda: session.state is State.OPEN)
    machine.wire.say(b"hello\x1b[6n")
    desk.until(shows(session, "hello"))
    session.write(b"ls\r")
    assert machine.wire.typed == b"\x1b[1;6Rls\r"
    session.resize(60, 10)
    assert machine.wire.sizes == [(40, 6), (60, 10)]


def test_names_tell_two_sessions_in_one_machine_apart(desk: Desk) -> None:
    machine = Machine()
    names = [desk.open(machine).name for _ in range(3)]
    assert names == ["web-1", "web-1 (2)", "web-1 (3)"]


def test_an_echo_is_there_before_what_another_machine_floods(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1 << 30)
    machines = Machine("loud"), Machine("quiet")
    loud, quiet = (desk.open(each) for each in machines)
    desk.until(lambda: loud.state is quiet.state is State.OPEN)
    for each in (loud, quiet):
        each.look(shown=True)
    piece = b"y\r\n" * 10_000
    machines[0].wire.say(*[piece] * 100)
    machines[0].wire.until_read(LIMIT // len(piece) + 1)
    machines[1].wire.say(b"echo", b"!", b" ")
    # With the third read, the first two are with the session.
    machines[1].wire.until_read(3)
    assert desk.book.drain(60.0) == [quiet, loud]
    assert "echo!" in quiet.screen.text()
    assert loud.waiting_bytes > LIMIT // 2


def test_who_floods_is_held_back_and_a_turn_has_an_end(desk: Desk) -> None:
    machine = Machine()
    session = desk.open(machine)
    desk.until(lambda: session.state is State.OPEN)
    piece = b"y\r\n" * 10_000
    machine.wire.say(*[piece] * 100)
    held = LIMIT // len(piece) + 1
    machine.wire.until_read(held)
    session.write(b"\x03")
    assert machine.wire.typed == b"\x03"
    assert machine.wire.unread >= 100 - held - 1
    waiting = session.waiting_bytes
    assert LIMIT <= waiting < LIMIT + 2 * len(piece)
    assert session.drain(60.0)
    assert session.waiting
    assert (
        MOST_BYTES
        <= 100 * len(piece) - machine.wire.unread * len(piece) - session.waiting_bytes
        < (MOST_BYTES + PIECE + 2 * len(piece))
    )
    desk.until(lambda: machine.wire.unread == 0 and not session.waiting)


def test_of_a_flood_and_a_quiet_session_both_are_fed_in_one_turn(desk: Desk) -> None:
    loud, quiet = Machine("loud"), Machine("quiet")
    sessions = [desk.open(loud), desk.open(quiet)]
    desk.until(lambda: all(each.state is State.OPEN for each in sessions))
    loud.wire.say(*[b"y\r\n" * 10_000] * 50)
    loud.wire.until_read(LIMIT // 30_000)
    quiet.wire.say(b"prompt$ ")
    quiet.wire.until_read(1)
    desk.until(shows(sessions[1], "prompt$"))
    assert loud.wire.unread


def test_output_that_nobody_sees_leaves_a_mark_and_so_does_a_bell(desk: Desk) -> None:
    machine = Machine()
    session = desk.open(machine)
    session.look(True)
    desk.until(lambda: session.state is State.OPEN)
    machine.wire.say(b"seen\x07")
    desk.until(shows(session, "seen"))
    assert (session.unseen, session.rang) == (False, False)
    session.look(False)
    machine.wire.say(b"more")
    desk.until(shows(session, "more"))
    assert (session.unseen, session.rang) == (True, False)
    machine.wire.say(b"\x07")
    desk.until(lambda: session.rang)
    session.look(True)
    assert (session.unseen, session.rang, desk.book.unseen) == (False, False, 0)


def test_an_end_is_told_below_the_output_with_its_status(desk: Desk) -> None:
    machine = Machine()
    session = desk.open(machine)
    desk.until(lambda: session.state is State.OPEN)
    machine.wire.say(b"\x1b[?1049h\x1b[?1000h\x1b[31mfull screen")
    machine.wire.end("the shell ended with 3\x1b[2J", 3)
    desk.until(lambda: session.state is State.ENDED)
    assert session.ending is not None
    assert session.ending.status == 3
    assert session.screen.lines()[0].startswith("── the shell ended with 3 [2J ──")
    assert not session.screen.modes.mouse
    assert not session.screen.modes.alternate
    session.again()
    desk.until(lambda: session.state is State.OPEN)
    assert len(machine.wires) == 2


def test_a_drop_is_mended_by_itself_and_the_history_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    machine = Machine()
    session = desk.open(machine)
    desk.until(lambda: session.state is State.OPEN)
    machine.wire.say(b"".join(b"line %d\r\n" % number for number in range(30)))
    machine.refuses = CloudUnreachable("web-1 does not answer")
    machine.wire.end("the machine stopped answering", lost=True)
    desk.until(lambda: session.state is State.LOST and session.retry_at is not None)
    assert not session.is_live
    session.write(b"lost keys")
    machine.refuses = None
    session.again()
    desk.until(lambda: session.state is State.OPEN)
    machine.wire.say(b"back again")
    desk.until(shows(session, "back again"))
    text = session.screen.text()
    assert text.index("line 0") < text.index("line 29") < text.index("stopped answering") < text.index("back")
    assert machine.wire.typed == b""


def test_who_does_not_want_it_is_asked_before_a_lost_session_is_opened_again() -> None:
    desk, machine = Desk(Options(reconnect=False)), Machine()
    session = desk.open(machine)
    desk.until(lambda: session.state is State.OPEN)
    machine.wire.end("the machine stopped answering", lost=True)
    desk.until(lambda: session.state is State.ENDED)
    assert len(machine.wires) == 1
    desk.book.close_all()


def test_a_refusal_ends_the_session_with_what_to_do(desk: Desk) -> None:
    machine = Machine()
    machine.refuses = NotAllowed("the machine takes none of your keys", hint="name one with --identity")
    session = desk.open(machine)
    desk.until(lambda: session.state is State.ENDED)
    assert session.ending is not None
    assert session.ending.text == "the machine takes none of your keys; name one with --identity"
    machine.refuses = None
    session.again()
    desk.until(lambda: session.state is State.OPEN)


def test_a_booting_machine_shows_its_console_until_the_session_is_open(desk: Desk) -> None:
    machine = Machine(console=True)
    machine.opens.clear()
    session = desk.open(machine)
    desk.until(lambda: session.state is State.BOOTING)
    assert machine.console is not None
    machine.console.say(b"[0.1] Linux\r\nlogin: ")
    desk.until(shows(session, "login:"))
    session.write(b"root\r")
    assert machine.console.typed == b"root\r"
    machine.opens.set()
    desk.until(lambda: session.state is State.OPEN)
    assert machine.console.closed
    machine.wire.say(b"web-1:~# ")
    desk.until(shows(session, "web-1:~#"))
    assert "Linux" in session.screen.text()
    session.write(b"ls\r")
    assert machine.wire.typed == b"ls\r"


def test_a_session_closed_while_it_opens_leaves_no_connection_behind(desk: Desk) -> None:
    machine = Machine()
    machine.opens.clear()
    session = desk.open(machine)
    desk.book.close(session)
    machine.opens.set()
    desk.until(lambda: bool(machine.wires) and machine.wire.closed)
    assert desk.book.sessions == []
