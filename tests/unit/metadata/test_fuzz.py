"""Whatever is done to a signed document, it either says the same as before or is refused in words."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slshell.metadata import signature
from slshell.metadata.document import read
from slshell.metadata.xml import InvalidMetadata
from slshell.model.errors import UsageError
from tests.unit.metadata.samples import SIGNED, golden

PIECES = st.one_of(
    st.binary(max_size=4),
    st.sampled_from(
        [
            b"<!-- -->", b"<a/>", b"&amp;", b"&#0;", b"]]>", b"<![CDATA[x]]>", b"xmlns='u:'", b" ", b"\r",
            b"\xc3\xbc", b'xmlns:slreq="u:"', b"<rdf:Description>", b"</rdf:Description>", b"<Signature>",
            b"\xef\xbb\xbf",
        ]
    ),
)  # fmt: skip
EDITS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 40), PIECES), min_size=1, max_size=3
)


@pytest.mark.parametrize("name", SIGNED)
@settings(max_examples=150, deadline=None)
@given(edits=EDITS)
def test_an_edited_document_is_the_same_or_refused(name: str, edits: list[tuple[float, int, bytes]]) -> None:
    data = golden(name)
    for place, cut, piece in edits:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + cut :]
    with suppress(InvalidMetadata):
        assert signature.verify(data).metadata == read(golden(name))


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: f"<a>{text}</a>".encode())))
def test_rubbish_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(UsageError):
        signature.examined(data)
