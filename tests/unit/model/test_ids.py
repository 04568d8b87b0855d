"""Identifiers agree with the marketplace's published vectors."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slshell.model import ids
from slshell.model.errors import UsageError

VECTORS = [
    ("c319bbd5afc0a22ba3eaed0507c39383ec28eeff", "MMZu9WvwKIro-rtBQfDk4PsKO7_"),
    ("1104f3e30c030f8b93f220b04131032dddf51f21", "BEE8-MMAw-Lk_IgsEExAy3d9R8h"),
    ("1b5229d5dad92bc7952553be01608af2180eafbe", "BtSKdXa2SvHlSVTvgFgivIYDq--"),
    ("63c0510164a233f974c40935d278a83ffada60a8", "GPAUQFkojP5dMQJNdJ4qD_62mCo"),
    ("0" * 40, "A" * 27),
    ("f" * 40, "P" + "_" * 26),
]


@pytest.mark.parametrize(("sha1", "identifier"), VECTORS)
def test_the_published_vectors_hold_both_ways(sha1: str, identifier: str) -> None:
    assert ids.identifier_of(sha1) == identifier
    assert ids.sha1_of(identifier) == sha1


@given(st.binary())
def test_every_digest_comes_back(content: bytes) -> None:
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    identifier = ids.identifier_of(sha1)
    assert len(identifier) == 27
    assert ids.is_identifier(identifier)
    assert ids.sha1_of(identifier) == sha1


@pytest.mark.parametrize("text", ["", "ttylinux", "Q" + "A" * 26, "A" * 26, "A" * 28, "A" * 26 + "!"])
def test_what_is_no_identifier_is_refused(text: str) -> None:
    assert not ids.is_identifier(text)
    with pytest.raises(UsageError):
        ids.sha1_of(text)


@pytest.mark.parametrize("text", ["", "xyz", "0" * 39, "g" * 40, "0x" + "0" * 38])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        ids.identifier_of(text)
