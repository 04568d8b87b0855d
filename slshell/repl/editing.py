"""The line as prompt_toolkit draws it: completion, colours, hints, validation and the Enter key."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prompt_toolkit.application import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import has_focus, is_searching
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.search import accept_search
from prompt_toolkit.styles import Style
from prompt_toolkit.validation import ValidationError, Validator

from slshell.commands import completer, hints
from slshell.commands.grammar import is_unfinished
from slshell.commands.interpreter import Interpreter
from slshell.output.text import clean
from slshell.repl.follow import Follower

STYLE = Style.from_dict(
    {
        "prompt": "bold ansicyan",
        "verb": "bold ansigreen",
        "unknown": "ansired",
        "option": "ansicyan",
        "text": "ansiyellow",
        "variable": "ansimagenta",
        "sign": "bold",
        "comment": "ansibrightblack",
        "shell": "ansiyellow",
        "hint": "ansibrightblack",
        "bottom-toolbar": "reverse",
        "validation-toolbar": "bg:ansired ansiwhite",
    }
)


class LineCompleter(Completer):
    """Offers what the commands and the follower's picture know; asks nobody."""

    def __init__(self, interpreter: Interpreter, follower: Follower) -> None:
        self._follower = follower
        self._completer = completer.Completer(
            environment=interpreter.environment,
            root=interpreter.root,
            variables=interpreter.state.variables,
        )

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Candidates for the word before the cursor, each with what it is."""
        text = document.text_before_cursor
        found = self._completer.offer(text, self._follower.snapshot, self._follower.types)
        for each in found.candidates:
            yield Completion(
                completer.as_typed(each.word),
                start_position=found.start - len(text),
                display=clean(each.word),
                display_meta=clean(each.help.partition("\n")[0]),
            )


class LineLexer(Lexer):
    """Colours by the same reading of the line that runs it."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._root = interpreter.root

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """A function from a line's number to its coloured parts."""
        text = document.text
        styles = [""] * len(text)
        for stretch in hints.looks(text, self._root):
            styles[stretch.start : stretch.end] = [f"class:{stretch.look}"] * (stretch.end - stretch.start)
        lines: list[StyleAndTextTuples] = [[]]
        for character, style in zip(text, styles, strict=True):
            if character == "\n":
                lines.append([])
            else:
                lines[-1].append((style, character))
        return lambda number: lines[number] if number < len(lines) else []


class MissingHint(Processor):
    """Names what is still to be typed, behind the end of the line."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """The line with the hint behind it, when nothing else is suggested there."""
        document = transformation_input.document
        fragments = transformation_input.fragments
        suggestion = transformation_input.buffer_control.buffer.suggestion
        last = transformation_input.lineno == document.line_count - 1
        if (
            get_app().is_done
            or not last
            or not document.is_cursor_at_the_end
            or (suggestion is not None and suggestion.text)
        ):
            return Transformation(fragments)
        found = hints.hint(document.text, self._interpreter.root, self._interpreter.state.variables)
        if not found:
            return Transformation(fragments)
        gap = "" if document.text[-1:].isspace() else " "
        return Transformation([*fragments, ("class:hint", clean(gap + found))])


class LineValidator(Validator):
    """Refuses a line that cannot be run, before anything is sent."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def validate(self, document: Document) -> None:
        """Raise ValidationError with what is wrong and what to do."""
        interpreter = self._interpreter
        found = hints.complaint(
            document.text, interpreter.root, interpreter.state.variables, interpreter.environment
        )
        if found is not None:
            words = f"{found.message}; {found.hint}" if found.hint else found.message
            raise ValidationError(cursor_position=len(document.text), message=clean(words))


def key_bindings() -> KeyBindings:
    """Enter takes the chosen candidate, goes on where the line is unfinished, and sends it otherwise.

    In a search it sends the line that was found, as a shell does.
    """
    bindings = KeyBindings()

    @bindings.add("enter", filter=is_searching)
    def _found(event: KeyPressEvent) -> None:
        accept_search()
        event.current_buffer.validate_and_handle()

    @bindings.add("enter", filter=has_focus("DEFAULT_BUFFER") & ~is_searching)
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
            buffer.complete_state = None
        elif is_unfinished(buffer.text):
            buffer.newline(copy_margin=False)
        else:
            buffer.validate_and_handle()

    return bindings
