"""`slshell user-data`: templates of what machines are told, kept by name."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from slshell.commands.context_files import (
    read_text,
    template_folder,
    template_names,
    template_path,
)
from slshell.commands.environment import Environment, Question
from slshell.commands.registry import Danger, group, subcommand
from slshell.model.errors import Conflict, NotFound, UsageError
from slshell.model.nearest import nearest_hint
from slshell.output.listing import Column, Kind, Listing
from slshell.output.text import human_size

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One template; `size_bytes` is that of its file."""

    name: str
    begins: str
    """Its first line, which says what it is."""
    size_bytes: int


TEMPLATE = Kind(
    columns=(
        Column(title="NAME", text=lambda each: each.name, keep=9),
        Column(title="SIZE", text=lambda each: human_size(each.size_bytes), right=True, key="size_bytes"),
        Column(title="BEGINS", text=lambda each: each.begins, flexible=True),
    ),
    name=lambda each: each.name,
    quiet=lambda each: each.name,
    empty="you keep no templates; slshell user-data save NAME FILE keeps one",
    model=Template,
)


class TemplateName(click.ParamType[str]):
    """The name of a template, completed with those there are."""

    name = "template"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The templates that begin with what is typed."""
        from click.shell_completion import CompletionItem

        environ = getattr(ctx.obj, "environ", None)
        return [CompletionItem(name) for name in template_names(environ) if name.startswith(incomplete)]


@group(default="list")
def user_data_command() -> None:
    """Keep documents for cloud-init by name, for `slshell run --cloud-init NAME`."""


@subcommand(user_data_command, danger=Danger.READ, name="list")
def list_command(environment: Environment) -> Listing:
    """List the templates."""
    return Listing(kind=TEMPLATE, items=[_template(environment, name) for name in _names(environment)])


@subcommand(user_data_command, danger=Danger.READ, name="show")
@click.argument("name", type=TemplateName())
def show_command(environment: Environment, name: str) -> None:
    """Show one template."""
    content = read_text(_kept(environment, name))
    environment.output.show_data({"name": name, "content": content}, content)


@subcommand(user_data_command, danger=Danger.CHANGE, name="save")
@click.argument("name", type=TemplateName())
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Also when there is one of this name.")
def save_command(environment: Environment, name: str, file: Path, replace: bool) -> Listing:
    """Keep a file as a template; only you can read it."""
    target = template_path(name, environment.environ)
    content = read_text(file)
    if not content.strip():
        raise UsageError(f"{file} is empty", hint="name a file that says what a machine is to do")
    if target.exists() and not replace:
        raise Conflict(f"there is a template “{name}” already", hint="say --replace, or choose another name")
    try:
        _write(target, content)
    except OSError as error:
        raise UsageError(f"{target} cannot be written", why=str(error.strerror)) from error
    return Listing(kind=TEMPLATE, items=[_template(environment, name)], single=True)


@subcommand(user_data_command, danger=Danger.DESTROY, name="delete")
@click.argument("name", type=TemplateName())
def delete_command(environment: Environment, name: str) -> None:
    """Delete a template."""
    path = _kept(environment, name)
    environment.ask(Question(text=f"Delete the template {name}?", names=(name,), action="delete"))
    path.unlink(missing_ok=True)


def _names(environment: Environment) -> list[str]:
    return template_names(environment.environ)


def _kept(environment: Environment, name: str) -> Path:
    path = template_path(name, environment.environ)
    if not path.is_file():
        raise NotFound(
            f"there is no template “{name}”",
            hint=nearest_hint(name, _names(environment)) or f"they are kept in {path.parent}",
        )
    return path


def _template(environment: Environment, name: str) -> Template:
    path = template_folder(environment.environ) / name
    with path.open("rb") as file:
        begins = file.readline(200).decode(errors="replace").rstrip("\r\n")
    return Template(name=name, begins=begins, size_bytes=path.stat().st_size)


def _write(target: Path, content: str) -> None:
    """Write a file whole or not at all; mkstemp lets only its owner read it."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".saving-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(content)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
