"""All that a command may touch of the world: streams, settings, the cloud, and someone to ask."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from slshell.client.clouds import Clouds
from slshell.client.profiles import (
    CONFIG_FILE,
    OutputSettings,
    Profile,
    Settings,
    load_settings,
)
from slshell.model.errors import SlshellError, UsageError
from slshell.output.formats import parse_format
from slshell.output.layout import Layout
from slshell.output.text import clean
from slshell.output.writer import Format, Output, terminal_width, wants_colour
from slshell.sessions.forwards import Forwards

if TYPE_CHECKING:
    from slshell.client.cloud import Cloud
    from slshell.sessions.wire import SessionPlan


class Declined(SlshellError):
    """The user was asked and said no."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a face asks before something is destroyed."""

    text: str
    """For example “Kill 2 machines?”."""
    names: tuple[str, ...] = ()
    """The names of what will be gone; untrusted text."""
    losses: tuple[str, ...] = ()
    """What will be gone, one line each; untrusted text."""
    action: str = "yes"
    """The word on the button."""
    demand: str = ""
    """What must be typed to agree; empty when a yes will do."""

    def accepts(self, answer: str) -> bool:
        """Whether what was typed agrees."""
        if self.demand:
            return answer.strip() == self.demand
        return answer.strip().lower() in ("y", "yes")


def _make_cloud(profile: Profile, start: bool, notice: Callable[[str], None]) -> Cloud:
    from slshell.client.cloud import Cloud

    return Cloud.of_profile(profile, start=start, notice=notice)


@dataclass
class Environment:
    """The world of one command. A face that runs commands itself fills in its own."""

    output: Output
    stdin: TextIO
    stdin_is_tty: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    profile_name: str | None = None
    confirm: Callable[[Question], bool] | None = None
    """Asks the user; None when nobody can be asked. May be called from any thread that runs a command."""
    open_session: Callable[[SessionPlan], int] | None = None
    """Opens an interactive session in the face's own way and answers its exit status, or 0 while it goes
    on; None: the command uses the terminal that it was started from."""
    make_cloud: Callable[[Profile, bool, Callable[[str], None]], Cloud] = _make_cloud
    """(profile, start the bundled cloud when it is down, notice) → cloud."""
    assume_yes: bool = False
    ask_secret: Callable[[str], str] | None = None
    """Asks for a password without showing it; None when nobody can be asked."""
    repl_plan: Callable[[Environment], SessionPlan] | None = None
    """Makes the plan of a REPL in the face's own terminal; None where there is none."""
    forwards: Forwards = field(default_factory=Forwards)
    """The ports that this process holds open."""
    lasts: bool = False
    """The process goes on when a command has ended, so that what it has begun may go on as well."""
    patience_s: float | None = None
    """Longest time that a completion may take to ask the cloud; None: its answers are at hand."""
    problem: SlshellError | None = field(default=None, init=False)
    """What is wrong with the configuration; commands that need none of it work all the same."""
    session_form: tuple[Format, Layout] | None = None
    """How lines that do not say it are printed, in a session that was opened with `-o`."""
    most_offers: int | None = None
    """The most words that completion of one kind of resource gives; None: all."""

    to_break: list[Callable[[], None]] = field(default_factory=list)
    """What a face calls, from another thread, to break off what the command waits for beside the cloud."""
    outlived_by: Environment | None = None
    """The world of the face, where that of a command ends with it; see `lasting`."""

    @property
    def lasting(self) -> Environment:
        """The world for what goes on after the command, such as a session: its cloud stays open."""
        return self if self.outlived_by is None else self.outlived_by

    @contextmanager
    def breakable(self, break_off: Callable[[], None]) -> Iterator[None]:
        """While this lasts, a face that stops the command calls `break_off`."""
        self.to_break.append(break_off)
        try:
            yield
        finally:
            self.to_break.remove(break_off)

    def alone(self) -> Environment:
        """A world like this for one command: closing its connections breaks off that command and no other."""
        own = self.with_output(self.output)
        own.__dict__["cloud"] = self.cloud.again()
        own.outlived_by = self.lasting
        own.to_break = []
        return own

    def with_output(self, output: Output) -> Environment:
        """The same world with another output; what was opened already stays open and shared."""
        inner = replace(self, output=output)
        for name in ("settings", "clouds", "profile", "cloud"):
            if name in self.__dict__:
                inner.__dict__[name] = self.__dict__[name]
        return inner

    def choose_profile(self, name: str) -> None:
        """Use another profile from here on."""
        self.profile_name = name
        self.__dict__.pop("profile", None)
        self.__dict__.pop("cloud", None)

    @cached_property
    def settings(self) -> Settings:
        """The configuration file."""
        return load_settings(self.environ)

    @cached_property
    def profile(self) -> Profile:
        """The cloud that was chosen."""
        found = self.clouds.pick(self.profile_name)
        if found.username and not found.password and not found.password_from and self.ask_secret:
            found = replace(found, password=self.ask_secret(f"password of {found.username} at {found.url}: "))
        return found

    @cached_property
    def clouds(self) -> Clouds:
        """All clouds of the configuration."""
        return Clouds.read(self.settings, self.environ)

    def profile_names(self) -> list[str]:
        """The profiles there are; none when a configuration file is broken."""
        try:
            return self.clouds.names()
        except SlshellError:
            return []

    @cached_property
    def cloud(self) -> Cloud:
        """The chosen cloud, started on its first call when it is the bundled one and down."""
        return self.make_cloud(self.profile, True, self.output.notice)

    def cloud_if_up(self) -> Cloud:
        """The chosen cloud, never started by this; its calls raise CloudUnreachable when it is down."""
        return self.make_cloud(self.profile, False, self.output.notice)

    def ask(self, question: Question) -> None:
        """Return when the user agrees or has said `--yes`.

        In a profile with `confirm = "name"` agreeing is to type the name of the thing, the number of several,
        or the profile's name when neither is known.

        Raises:
            UsageError: nobody can be asked. Declined: the user said no.
        """
        if self.assume_yes:
            return
        if self.confirm is None:
            raise UsageError(f"{question.text} Nobody can be asked here", hint="say --yes to do it unasked")
        if self.profile.confirm == "name":
            names = question.names
            demand = names[0] if len(names) == 1 else str(len(names)) if names else self.profile.name
            question = replace(question, demand=demand)
        if not self.confirm(question):
            raise Declined("nothing was done")

    def secret(self, prompt: str, hint: str) -> str:
        """What the user answers to a prompt that does not show it.

        Raises:
            UsageError: nobody can be asked; `hint` says how it can be given otherwise.
        """
        if self.ask_secret is None:
            raise UsageError(f"{prompt.rstrip(': ')} is needed, and nobody can be asked here", hint=hint)
        return self.ask_secret(prompt)


def of_process() -> Environment:
    """The environment of this process: its streams, terminal and variables."""
    environ = os.environ
    _open_missing()
    _buffer_stdout()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    stdout_is_tty, stderr_is_tty = sys.stdout.isatty(), sys.stderr.isatty()
    output = Output(
        stdout=sys.stdout,
        stderr=sys.stderr,
        stdout_is_tty=stdout_is_tty,
        stderr_is_tty=stderr_is_tty and environ.get("TERM", "dumb") != "dumb",
        width=terminal_width(stdout_is_tty),
    )
    environment = Environment(output=output, stdin=sys.stdin, stdin_is_tty=sys.stdin.isatty())
    if environment.stdin_is_tty and stderr_is_tty:
        environment.confirm = environment_asker(environment)
        environment.ask_secret = secret_asker(environment)
    return environment


def _open_missing() -> None:
    """Python has None for a standard stream that was closed before it started."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _buffer_stdout() -> None:
    """Under PYTHONUNBUFFERED a write that a reader took in part would lose the rest without a word."""
    raw = getattr(sys.stdout, "buffer", None)
    if isinstance(raw, io.RawIOBase):
        sys.stdout = os.fdopen(sys.stdout.fileno(), "w", encoding=sys.stdout.encoding, closefd=False)


def apply_settings(environment: Environment) -> None:
    """Let the configuration file decide what no option has decided yet; what is wrong with it is kept
    as the environment's `problem`.
    """
    output = environment.output
    environment.problem = None
    try:
        settings = environment.settings.output
        environment.clouds  # noqa: B018 - reading it is what checks it
    except SlshellError as error:
        environment.problem = error
        settings = OutputSettings()
    try:
        output.format, template = parse_format(settings.format)
    except UsageError as error:
        environment.problem = UsageError(f"output.format in {CONFIG_FILE}: {error.message}", hint=error.hint)
        output.format, template = Format.TABLE, None
    output.layout = Layout(template=template)
    if output.colours is None:
        output.colours = wants_colour(
            environment.environ, setting=settings.colour, is_tty=output.stdout_is_tty
        )
    if environment.session_form is not None:
        output.format, output.layout = environment.session_form


def environment_asker(environment: Environment) -> Callable[[Question], bool]:
    """Ask on the terminal: the question and the losses on stderr, the answer from stdin."""

    def ask(question: Question) -> bool:
        output = environment.output
        for line in question.losses:
            output.warning(f"  {line}")
        wanted = f"Type {question.demand} to go on:" if question.demand else "[y/N]"
        output.prompt(f"{question.text} {wanted} ")
        return question.accepts(environment.stdin.readline())

    return ask


def secret_asker(environment: Environment) -> Callable[[str], str]:
    """Ask on the terminal for what it must not show."""

    def ask(prompt: str) -> str:
        from getpass import getpass

        try:
            return getpass(clean(prompt), environment.output.stderr)
        except EOFError as error:
            raise Declined("no password was given") from error

    return ask
