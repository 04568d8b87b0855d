"""The REPL without cursor tricks: it asks, reads a line, and writes below it. Screen readers follow that."""

from __future__ import annotations

from slshell.commands.grammar import is_unfinished
from slshell.commands.interpreter import Interpreter
from slshell.model.errors import ExitCode
from slshell.output.writer import terminal_width
from slshell.repl.follow import Follower

PROMPT = "slshell> "
CONTINUATION = "> "


class PlainPrompt:
    """Asks for lines and runs them until the user leaves."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._environment = interpreter.environment
        self._output = interpreter.environment.output
        self._follower = Follower(interpreter.environment)

    def run(self) -> int:
        """The exit code of the session: what `exit` said, else 0."""
        self._follower.start()
        try:
            while self._interpreter.ended is None:
                try:
                    text = self._read()
                    if text is None:
                        return ExitCode.DONE
                    self._output.width = terminal_width(self._output.stdout_is_tty)
                    self._interpreter.run(text)
                    self._output.stdout.flush()
                except KeyboardInterrupt:
                    self._output.warning("\n")
            return self._interpreter.ended
        finally:
            self._follower.close()

    def _read(self) -> str | None:
        """A whole text, of several lines when the first is unfinished; None at the end of input."""
        for notice in self._follower.untold():
            self._output.notice(f"{notice.title}. {notice.text}")
        self._output.prompt(PROMPT)
        text = ""
        while line := self._environment.stdin.readline():
            text += line
            whole = text.removesuffix("\n")
            if not is_unfinished(whole):
                return whole
            self._output.prompt(CONTINUATION)
        self._output.warning("\n")
        return text or None
