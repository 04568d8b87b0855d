"""Working on several machines at once, while one thread alone speaks with the user."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Any

from slshell.model.errors import Interrupted

MOST_WAITING = 256
"""Pieces of output that wait to be shown; whoever has more to show waits."""
LOOK_S = 0.2
"""How soon a worker that waits sees that all is over."""


class Fleet:
    """Runs once. Workers hand what is to be shown or asked to the thread that called `run`."""

    def __init__(self) -> None:
        self._todo: Queue[Callable[[], None]] = Queue(MOST_WAITING)
        self._over = threading.Event()

    def run(self, works: Sequence[Callable[[], None]], parallel: int, stop: Callable[[], None]) -> None:
        """Do all works, so many at a time; `stop` is called when the user interrupts.

        Raises:
            KeyboardInterrupt: the user did. What a question raises that was asked here.
        """
        waiting = list(reversed(works))
        lock = threading.Lock()
        ends = [threading.Event() for _ in range(min(parallel, len(works)))]

        def work(end: threading.Event) -> None:
            try:
                # Who is interrupted has nobody to tell it to.
                with suppress(Interrupted):
                    while not self._over.is_set():
                        with lock:
                            if not waiting:
                                return
                            one = waiting.pop()
                        one()
            finally:
                end.set()

        for end in ends:
            # Not of a pool: those would be waited for at the end of the program, whatever they wait for.
            threading.Thread(target=work, args=(end,), name="fleet", daemon=True).start()
        try:
            while not all(end.is_set() for end in ends) or not self._todo.empty():
                self._do_next()
        finally:
            self._over.set()
            stop()

    def do(self, action: Callable[[], None]) -> None:
        """From a work: let the calling thread do something, in order.

        Raises:
            Interrupted: all is over.
        """
        while True:
            if self._over.is_set():
                raise Interrupted("interrupted")
            try:
                self._todo.put(action, timeout=LOOK_S)
            except Full:
                continue
            return

    def answer(self, question: Callable[[str], str]) -> Callable[[str], str]:
        """The question, asked by the calling thread, for works to ask."""

        def ask(prompt: str) -> str:
            from concurrent.futures import Future

            future: Future[Any] = Future()

            def now() -> None:
                try:
                    future.set_result(question(prompt))
                except BaseException as error:
                    future.set_exception(error)
                    raise

            self.do(now)
            return str(future.result())

        return ask

    def _do_next(self) -> None:
        try:
            self._todo.get(timeout=LOOK_S)()
        except Empty:
            return
