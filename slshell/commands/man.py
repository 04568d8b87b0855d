"""`slshell man`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from slshell.commands.environment import Environment
from slshell.commands.manual import Page, markdown, pages, roff
from slshell.commands.registry import Danger, command
from slshell.model.errors import UsageError
from slshell.model.nearest import nearest_hint

REFERENCE = "commands.md"
ANEW = "slshell man --format md --dir docs"


@command(danger=Danger.READ, needs_settings=False)
@click.argument("words", nargs=-1, metavar="[COMMAND…]")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
    help="Write the pages of all commands there.",
)  # fmt: skip
@click.option(
    "--format", "page_format", type=click.Choice(["roff", "md"]), default="roff", show_default=True,
    help="Manual pages, or one reference in Markdown.",
)  # fmt: skip
def man_command(
    environment: Environment, words: tuple[str, ...], folder: Path | None, page_format: str
) -> None:
    """Print the manual page of a command, or write those of all commands.

    `slshell man run | man -l -` reads one. `slshell man --dir ~/.local/share/man/man1` installs them.
    """
    root = click.get_current_context().find_root().command
    assert isinstance(root, click.Group)  # noqa: S101 - find_root answers the program itself
    found = list(pages(root))
    if folder is None:
        page = _page(found, words)
        environment.output.write(markdown([page], ANEW) if page_format == "md" else roff(page, _date()))
        return
    if words:
        raise UsageError("--dir writes the pages of all commands", hint="leave the command or --dir out")
    texts = {REFERENCE: markdown(found, ANEW)} if page_format == "md" else {}
    if page_format == "roff":
        texts = {page.file: roff(page, _date()) for page in found}
    written = [str(path) for path in _written(folder, texts)]
    environment.output.show_data(written, "\n".join(written))


def _page(found: list[Page], words: tuple[str, ...]) -> Page:
    name = " ".join(("slshell", *words))
    for page in found:
        if name == page.name or (len(words) == 1 and words[0] in page.aliases):
            return page
    known = [page.name.removeprefix("slshell ") for page in found]
    raise UsageError(f"there is no command “{' '.join(words)}”", hint=nearest_hint(" ".join(words), known))


def _written(folder: Path, texts: dict[str, str]) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the pages cannot be written to {folder}",
            why=str(error.strerror),
            hint="name a folder that you may write to",
        ) from error
    return [folder / name for name in texts]


def _date() -> str:
    """Today, or the day that a reproducible build asks for."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return f"{moment:%Y-%m-%d}"
