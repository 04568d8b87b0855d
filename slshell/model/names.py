"""What a name may look like, the same for instances, appliances and whatever else users name."""

from __future__ import annotations

import re

from slshell.model.errors import UsageError

MAX_LENGTH = 63
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def checked_name(text: str, what: str = "name") -> str:
    """`text` if it may be a name, for it becomes a host name and part of file and domain names.

    Raises:
        UsageError: it is empty, too long, all digits (it would read as an id) or has other characters.
    """
    if len(text) > MAX_LENGTH or _NAME.fullmatch(text) is None or text.isdigit():
        raise UsageError(
            f"“{text[:MAX_LENGTH]}” cannot be used as {what}",
            hint=f"use 1 to {MAX_LENGTH} letters, digits, dots, dashes or underscores; "
            "start and end with a letter or digit, and not only digits",
            details={"field": what},
        )
    return text
