"""Manual pages and the command reference, made from the commands' own declarations. Pure functions."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import click

from slshell import __version__
from slshell.commands.declare import Danger, section_of
from slshell.model.errors import ExitCode

LINE = 70
"""Characters in a line of a page's source; those of other scripts take more bytes than one."""
MEANINGS = {
    ExitCode.DONE: "it worked, also when there was nothing to do",
    ExitCode.FAILED: "the engine or a tool broke, or you answered no",
    ExitCode.USAGE: "a wrong option, name, size or configuration",
    ExitCode.UNREACHABLE: "no cloud answers, or the connection broke; trying again may help",
    ExitCode.TIMED_OUT: "what was awaited did not come in time; trying again may help",
    ExitCode.NOT_FOUND: "there is no such machine, appliance, type or setting",
    ExitCode.CONFLICT: "the wrong state for this, no room for it, or a name taken",
    ExitCode.NOT_ALLOWED: "the cloud or the machine does not let you in",
    ExitCode.INTERRUPTED: "Ctrl-C",
    ExitCode.PIPE: "the program that read the result left before its end",
}
FILES = {
    "~/.config/slshell/config.toml": "settings of the faces and of the bundled cloud",
    "~/.stratuslab/stratuslab-user.cfg": "clouds and their accounts, one a section",
    "~/.local/share/slshell": "the bundled cloud; for root /var/lib/slshell",
}
DANGERS = {
    Danger.READ: "This command changes nothing.",
    Danger.CHANGE: "This command changes something.",
    Danger.DESTROY: "This command destroys something, and asks before it does.",
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """What there is to say of one command."""

    name: str
    """As it is typed, for example `slshell cloud up`."""
    summary: str
    usage: str
    text: str
    """Paragraphs with blank lines between them; words in backticks are typed literally."""
    danger: Danger | None
    """None for what is no command by itself."""
    aliases: tuple[str, ...]
    sections: dict[str, list[tuple[str, str]]]
    """Options by heading: how one writes it, and what it does."""
    below: tuple[tuple[str, str], ...] = ()
    """Names and summaries of the commands below it."""

    @property
    def file(self) -> str:
        """The name of its manual page."""
        return self.name.replace(" ", "-") + ".1"


def pages(root: click.Group, context: click.Context | None = None) -> Iterator[Page]:
    """The page of a group and of every command below it, sorted by name."""
    context = context or click.Context(root, info_name="slshell")
    yield _page(root, context)
    for name in root.list_commands(context):
        found = root.get_command(context, name)
        if found is None or found.hidden:
            continue
        inner = click.Context(found, info_name=name, parent=context)
        if isinstance(found, click.Group):
            yield from pages(found, inner)
        else:
            yield _page(found, inner)


def roff(page: Page, date: str) -> str:
    """A manual page of section 1."""
    name = page.file.removesuffix(".1")
    lines = [
        f'.TH {_roff(name.upper())} 1 "{date}" "slshell {__version__}" "slshell manual"',
        ".SH NAME",
        *_wrapped(f"{_roff(name)} \\- {_roff(page.summary[:1].lower() + page.summary[1:].rstrip('.'))}"),
        ".SH SYNOPSIS",
        *_wrapped(f"\\fB{_roff(page.name)}\\fR {_roff(page.usage)}"),
        ".SH DESCRIPTION",
        *_roff_paragraphs(page.text),
    ]
    if page.danger is not None:
        lines += [".PP", *_wrapped(DANGERS[page.danger])]
    if page.aliases:
        lines += [".PP", *_wrapped(f"Another name for it is {' and '.join(page.aliases)}.")]
    if page.below:
        lines += [".SH COMMANDS", *_roff_list([*page.below])]
    for title, records in page.sections.items():
        lines += [f".SH {title.upper()}", *_roff_list(records)]
    if page.name == "slshell":
        lines += [".SH EXIT STATUS", *_roff_list([(str(int(code)), MEANINGS[code]) for code in ExitCode])]
        lines += [".SH FILES", *_roff_list(list(FILES.items()))]
    else:
        lines += [".SH EXIT STATUS", "Those of slshell(1).", ".SH SEE ALSO", "\\fBslshell\\fR(1)"]
    return "\n".join(lines) + "\n"


def markdown(found: list[Page], command: str) -> str:
    """The command reference; `command` is what writes it anew."""
    commands = [page for page in found if page.danger is not None]
    lines = [
        "# Commands",
        "",
        f"<!-- Written by `{command}` from the commands themselves; do not edit it by hand. -->",
        "",
        "How results are printed, columns, templates, sessions and completion: [usage](usage.md).",
        "Exit codes and errors: [exit codes](exit-codes.md).",
        "",
        "| command | what it does | danger |",
        "|---|---|---|",
    ]
    for page in commands:
        short = page.name.removeprefix("slshell ")
        anchor = page.name.removeprefix("slshell ").replace(" ", "-")
        lines.append(f"| [`{short}`](#{anchor}) | {_cell(page.summary)} | {page.danger} |")
    for page in commands:
        lines += ["", f"## {page.name.removeprefix('slshell ')}", "", *_markdown_page(page)]
    always = next((page for page in found if page.name == "slshell"), None)
    if always is not None:
        lines += ["", "## Options of every command", ""]
        for title in ("Output", "Every command"):
            lines += [f"- `{names}`: {help_}" for names, help_ in always.sections.get(title, [])]
    return "\n".join(lines) + "\n"


def _page(found: click.Command, context: click.Context) -> Page:
    sections: dict[str, list[tuple[str, str]]] = {}
    for parameter in found.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            sections.setdefault(section_of(parameter), []).append(record)
    is_group = isinstance(found, click.Group)
    runs = not is_group or context.parent is None
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", (found.help or "").strip())
    return Page(
        name=context.command_path,
        summary=found.get_short_help_str(limit=200),
        usage=" ".join(found.collect_usage_pieces(context)),
        text=text,
        danger=getattr(found, "danger", Danger.READ) if runs and context.parent is not None else None,
        aliases=getattr(found, "aliases", ()),
        sections={title: sections[title] for title in sorted(sections, key=_place)},
        below=tuple(_below(found, context)) if isinstance(found, click.Group) else (),
    )


def _place(title: str) -> int:
    return ("Options", "Output", "Every command").index(title)


def _below(found: click.Group, context: click.Context) -> Iterator[tuple[str, str]]:
    for name in found.list_commands(context):
        child = found.get_command(context, name)
        if child is not None and not child.hidden:
            summary = child.get_short_help_str(limit=200)
            yield f"{context.command_path.replace(' ', '-')}-{name}(1)", summary


def _markdown_page(page: Page) -> list[str]:
    lines = [f"    {page.name} {page.usage}", "", page.text, ""]
    if page.aliases:
        lines += [f"Also `{'`, `'.join(page.aliases)}`.", ""]
    for names, help_ in page.sections.get("Options", []):
        if "--help" not in names:
            lines.append(f"- `{names}`: {help_}")
    if "Output" in page.sections:
        flags = [names for names, _ in page.sections["Output"] if "--output" not in names]
        if flags:
            lines.append(f"- of lists: {', '.join(f'`{names}`' for names in flags)}")
    while lines[-1] == "":
        lines.pop()
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _roff_paragraphs(text: str) -> list[str]:
    lines: list[str] = []
    for paragraph in re.split(r"\n{2,}", text):
        lines += [".PP"] if lines else []
        lines += _wrapped(_roff(" ".join(paragraph.split())))
    return lines


def _roff_list(records: list[tuple[str, str]]) -> list[str]:
    lines = []
    for names, help_ in records:
        lines += [".TP", f"\\fB{_roff(names)}\\fR", *_wrapped(_roff(help_))]
    return lines


def _wrapped(text: str) -> list[str]:
    """Text in lines that readers of the source like; none begins as a request does."""
    lines = textwrap.wrap(text, LINE, break_long_words=False, break_on_hyphens=False)
    return ["\\&" + line if line[:1] in (".", "'") else line for line in lines]


def _roff(text: str) -> str:
    """Text without escapes, with hyphens that can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"`([^`]*)`", r"\\fB\1\\fR", escaped)
