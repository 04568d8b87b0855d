"""Asking the cloud what entries of its catalogue offer, while one looks at the view of appliances."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from textual.message import Message

from slshell.client.cloud import Cloud
from slshell.dashboard import messages

MOST = 200
"""Entries that are asked for: more than anybody reads. Words make them fewer."""
AGAIN_S = 30.0
"""How often the same is asked again, for marketplaces have news."""
_PLAIN = re.compile(r"(?:[A-Za-z]+:)?(?P<word>[^\W_][^\s:<>=~/!]*)", re.ASCII)


def words_of(line: str) -> str:
    """The words of a filter line that the cloud can look for; the value alone where a field is named.

    What the table's filter does beyond that, it does with the answers.
    """
    found = (_PLAIN.fullmatch(each.strip('"')) for each in line.split())
    return " ".join(match["word"] for match in found if match is not None)


class Searching:
    """Asks when the words, the catalogue, or enough time have changed."""

    def __init__(self, cloud: Cloud, post: Callable[[Message], object]) -> None:
        self._cloud = cloud
        self._post = post
        self._asked: tuple[str, int] | None = None
        self._due = 0.0

    def look(self, words: str | None, revision: int) -> None:
        """One question, if there is any; None: nobody looks at the view."""
        if words is None or ((words, revision) == self._asked and time.monotonic() < self._due):
            return
        found, more = self._cloud.search({"words": words or None}, MOST)
        self._asked, self._due = (words, revision), time.monotonic() + AGAIN_S
        self._post(messages.OffersTaken(tuple(found), more))
