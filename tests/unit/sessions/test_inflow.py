"""What waits for the one that draws: in order, bounded, and always told of."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from slshell.sessions.inflow import LIMIT, PIECE, Inflow

PATIENCE_S = 30.0


class Interrupted(threading.Condition):
    """Lets something happen right after it was first given free, as another thread may."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self._happens: list[Callable[[], object]] = [happens]

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        if self._happens:
            self._happens.pop()()


def test_what_is_taken_before_anyone_is_woken_for_it_silences_nothing_after_it() -> None:
    woken: list[int] = []
    inflow: Inflow[str] = Inflow(lambda: woken.append(1))
    inflow._changed = Interrupted(lambda: list(inflow.take()))
    inflow.put(b"taken early")
    assert not inflow.waiting
    woken.clear()
    inflow.put(b"later")
    assert woken == [1]


def test_bytes_and_turns_come_in_their_order_and_in_pieces() -> None:
    inflow: Inflow[str] = Inflow(lambda: None)
    inflow.put(b"a" * (PIECE + 1))
    inflow.turn("turn")
    inflow.put(b"b")
    assert list(inflow.take()) == [b"a" * PIECE, b"a", "turn", b"b"]
    assert (inflow.waiting, inflow.waiting_bytes) == (False, 0)


def test_who_fills_it_waits_while_it_is_full() -> None:
    inflow: Inflow[str] = Inflow(lambda: None)
    inflow.put(b"x" * LIMIT)
    more = threading.Thread(target=inflow.put, args=(b"more",))
    more.start()
    taken = inflow.take()
    assert next(taken) == b"x" * PIECE
    more.join(PATIENCE_S)
    assert not more.is_alive()
    assert [*taken][-1] == b"more"


def test_nothing_is_told_once_it_is_closed() -> None:
    woken: list[int] = []
    inflow: Inflow[str] = Inflow(lambda: woken.append(1))
    inflow.close()
    inflow.put(b"x" * LIMIT)
    inflow.put(b"x")
    assert (woken, inflow.waiting) == ([], False)
