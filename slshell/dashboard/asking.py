"""What commands ask the user from their threads: a word of agreement, or a password."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TypeVar

from textual import on
from textual.message import Message

from slshell.commands.environment import Declined, Question
from slshell.dashboard import messages
from slshell.dashboard.screens.confirm import ConfirmScreen
from slshell.dashboard.screens.secret import SecretScreen
from slshell.dashboard.turns import KeysInTurn

Answer = TypeVar("Answer")


class Asking(KeysInTurn):
    """An app whose commands may ask; whoever waits when it ends gets no answer."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._waiting: set[Future[object]] = set()

    def confirm(self, question: Question) -> bool:
        """Whether the user agrees; to be called from a thread of a command."""
        return bool(self._await(lambda future: messages.Asked(question, future)))

    def ask_secret(self, prompt: str) -> str:
        """What the user types without its being shown; to be called from a thread of a command.

        Raises:
            Declined: nothing was given.
        """
        given = self._await(lambda future: messages.SecretAsked(prompt, future))
        if given is None:
            raise Declined("no password was given")
        return str(given)

    def on_unmount(self) -> None:
        """Whoever waits for an answer gets none."""
        for future in list(self._waiting):
            future.cancel()

    @on(messages.Asked)
    def _asked(self, message: messages.Asked) -> None:
        self.push_screen(ConfirmScreen(message.question), lambda yes: _give(message.answer, bool(yes)))

    @on(messages.SecretAsked)
    def _secret_asked(self, message: messages.SecretAsked) -> None:
        self.push_screen(SecretScreen(message.prompt), lambda words: _give(message.answer, words))

    def _await(self, message: Callable[[Future[object]], Message]) -> object:
        """Post a question and wait for its answer; None when the app ends first."""
        future: Future[object] = Future()
        self._waiting.add(future)
        try:
            self.post_message(message(future))
            return future.result()
        except CancelledError:
            return None
        finally:
            self._waiting.discard(future)


def _give(answer: Future[object], value: object) -> None:
    if not answer.done():
        answer.set_result(value)
