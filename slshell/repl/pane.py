"""The REPL as a session: the same prompt, in a terminal that a face draws instead of one of the system's."""

from __future__ import annotations

import ctypes
import io
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Condition, Lock, Thread, get_ident

from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input.posix_pipe import PosixPipeInput
from prompt_toolkit.output import Output as Drawing
from prompt_toolkit.output.vt100 import Vt100_Output

from slshell.commands.environment import Environment, apply_settings
from slshell.commands.interpreter import Interpreter
from slshell.commands.opening import OWN_TERMINAL
from slshell.model.errors import SlshellError
from slshell.output.writer import Output
from slshell.repl.prompt import Prompt
from slshell.sessions.wire import Ending, SessionKind, SessionPlan, Wire

TITLE = "slshell"
UNREAD = 256 << 10
"""Bytes of output that wait to be read; whoever writes more waits."""
INTERRUPT = b"\x03"


def repl_plan(environment: Environment) -> SessionPlan:
    """A REPL in a world whose questions and sessions a face answers."""

    def open_wire(columns: int, rows: int) -> Wire:
        return ReplWire(environment, columns, rows)

    return SessionPlan(kind=SessionKind.REPL, title=TITLE, open=open_wire)


class _Stream(io.TextIOBase):
    """Takes text as a terminal does, with a carriage return before each line feed."""

    def __init__(self, wire: ReplWire) -> None:
        self._wire = wire

    def write(self, text: str) -> int:
        self._wire.say(text.replace("\n", "\r\n").encode("utf-8", "replace"))
        return len(text)

    def isatty(self) -> bool:
        return True


class ReplWire:
    """See `slshell.sessions.wire.Wire`. The prompt runs in a thread of its own."""

    def __init__(self, environment: Environment, columns: int, rows: int) -> None:
        self._size = Size(rows=rows, columns=columns)
        self._said: deque[bytes] = deque()
        self._unread = 0
        self._changed = Condition()
        self._over = False
        self._closed = False
        self._ending = Ending(text="the REPL ended")
        self._keys: PosixPipeInput | None = None
        self._work = Lock()
        self._worker: int | None = None
        self._cloud_of_work: Environment | None = None
        world = environment.with_output(self._output(columns))
        world.stdin, world.stdin_is_tty = io.StringIO(), False
        Thread(target=self._run, args=(world,), name="repl", daemon=True).start()

    # What the face calls.

    def read(self) -> bytes:
        """See `Wire`."""
        with self._changed:
            self._changed.wait_for(lambda: self._said or self._over)
            if not self._said:
                return b""
            data = self._said.popleft()
            self._unread -= len(data)
            self._changed.notify_all()
            return data

    def write(self, data: bytes) -> None:
        """See `Wire`; Ctrl-C ends the command that runs."""
        if INTERRUPT in data and self._interrupt():
            return
        with self._changed:
            if self._keys is None or self._closed:
                return
            # What finds no room while a command runs is lost, as in a terminal's own queue.
            with suppress(BlockingIOError):
                self._keys.send_bytes(data)

    def resize(self, columns: int, rows: int) -> None:
        """See `Wire`; the prompt looks at the size by itself, several times a second."""
        self._size = Size(rows=rows, columns=columns)

    def close(self) -> None:
        """See `Wire`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            if self._keys is not None:
                self._keys.close()
        self._interrupt()

    def ending(self) -> Ending:
        """See `Wire`."""
        return self._ending

    # What the prompt uses.

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return self._size.columns

    def say(self, data: bytes) -> None:
        """Have bytes drawn; waits while too many have not been read, and drops them when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._unread < UNREAD or self._closed)
            if data and not self._closed:
                self._said.append(data)
                self._unread += len(data)
                self._changed.notify_all()

    @contextmanager
    def working(self, environment: Environment) -> Iterator[Environment]:
        """Run a command that Ctrl-C can end: with connections of its own, which end with it."""
        world = environment.alone()
        with self._work:
            self._worker, self._cloud_of_work = get_ident(), world
        try:
            yield world
        finally:
            # A Ctrl-C that came too late must not hit the prompt. It is let come, where a loop turns: to take
            # it back keeps the interpreter looking for it for ever, which hangs under a profiler.
            while True:
                try:
                    with self._work:
                        self._worker, self._cloud_of_work = None, None
                    for _ in range(2):
                        pass
                except KeyboardInterrupt:
                    continue
                break
            world.cloud.close()

    def _interrupt(self) -> bool:
        """Raise KeyboardInterrupt where a command runs; False when none does."""
        with self._work:
            if self._worker is None or self._cloud_of_work is None:
                return False
            error = ctypes.py_object(KeyboardInterrupt)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._worker), error)
            self._cloud_of_work.cloud.close()
            return True

    def _output(self, columns: int) -> Output:
        stream = _Stream(self)
        return Output(
            stdout=stream,  # type: ignore[arg-type]
            stderr=stream,  # type: ignore[arg-type]
            stdout_is_tty=True,
            stderr_is_tty=True,
            width=columns,
        )

    def _drawing(self) -> Drawing:
        return Vt100_Output(
            _Stream(self),  # type: ignore[arg-type]
            lambda: self._size,
            term=OWN_TERMINAL,
        )

    def _run(self, world: Environment) -> None:
        status: int | None = None
        text = "the REPL ended"
        try:
            with PosixPipeInput.create() as keys, create_app_session(input=keys, output=self._drawing()):
                os.set_blocking(keys.pipe.write_fd, False)
                with self._changed:
                    self._keys = keys
                try:
                    status = self._prompt(world)
                    text = f"the REPL ended with {status}"
                finally:
                    with self._changed:
                        self._keys = None
        except SlshellError as error:
            text = f"{error.message}; {error.hint}" if error.hint else error.message
        finally:
            with self._changed:
                self._ending = Ending(text=text, status=status)
                self._over = True
                self._changed.notify_all()

    def _prompt(self, world: Environment) -> int:
        apply_settings(world)
        world.session_form = world.output.format, world.output.layout
        return Prompt(Interpreter(world), self).run()
