"""Trust policies: what may run, and the reason in words when it may not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from slshell.metadata.document import Digest
from slshell.metadata.policy import Entry, Lists, Policy, decide, read_policy, survivors
from slshell.model.errors import UsageError
from tests.unit.metadata.samples import FULL, IDENTIFIER, SHA1

NOW = datetime(2020, 6, 1, tzinfo=UTC)
MARK = "ab" * 32
GOOD = replace(FULL, valid=datetime(2020, 12, 1, tzinfo=UTC))
SIGNED = Entry(metadata=GOOD, email="Ann@Example.org", fingerprint=MARK)
UNSIGNED = Entry(metadata=GOOD)
EXPIRED = replace(SIGNED, metadata=replace(GOOD, valid=datetime(2020, 5, 1, tzinfo=UTC)))
DEPRECATED = replace(SIGNED, metadata=replace(GOOD, deprecated="has a hole"))
WEAK = replace(SIGNED, weak=True)


def reason(entry: Entry, **policy: Any) -> str:
    verdict = decide(Policy(**policy), entry, NOW)
    assert verdict.allowed is (verdict.reason == "")
    return verdict.reason


def white(*values: str) -> Lists:
    return Lists(white=frozenset(values))


def black(*values: str) -> Lists:
    return Lists(black=frozenset(values))


def test_a_valid_signed_entry_runs_where_nothing_is_listed() -> None:
    assert reason(SIGNED) == ""
    assert reason(WEAK) == ""


@pytest.mark.parametrize(
    ("entry", "status", "why"),
    [
        (UNSIGNED, "unsigned", "nobody has signed it"),
        (EXPIRED, "expired", "it expired on 2020-05-01"),
        (DEPRECATED, "deprecated", "it is deprecated: has a hole"),
    ],
)
def test_what_is_not_in_order_runs_only_when_the_policy_says_so(entry: Entry, status: str, why: str) -> None:
    assert reason(entry) == why
    assert reason(entry, **{status: True}) == ""


def test_signatures_with_sha1_can_be_refused() -> None:
    assert reason(WEAK, sha1=False) == "its signature is made with SHA-1"
    assert reason(SIGNED, sha1=False) == ""


def test_an_entry_may_be_wrong_in_two_ways() -> None:
    both = replace(EXPIRED, metadata=replace(EXPIRED.metadata, deprecated=""))
    assert reason(both) == "it is deprecated"
    assert reason(both, deprecated=True) == "it expired on 2020-05-01"
    assert reason(both, expired=True) == "it is deprecated"
    assert reason(both, expired=True, deprecated=True) == ""


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ({"endorsers": white("ann@example.org")}, ""),
        ({"endorsers": white(MARK)}, ""),
        ({"endorsers": white("bob@example.org")}, "its endorser (Ann@Example.org) is not on the white list"),
        ({"endorsers": black("ANN@example.org")}, "its endorser (Ann@Example.org) is on the black list"),
        ({"endorsers": black(MARK)}, "its endorser (Ann@Example.org) is on the black list"),
        ({"endorsers": black("bob@example.org")}, ""),
        ({"checksums": white(SHA1.upper())}, ""),
        ({"checksums": white("ab" * 32)}, ""),
        ({"checksums": white("0" * 40)}, "its checksum is not on the white list"),
        ({"checksums": black(FULL.checksums[Digest.SHA512])}, "its checksum is on the black list"),
        ({"images": white(IDENTIFIER)}, ""),
        ({"images": white(IDENTIFIER.lower())}, f"the image {IDENTIFIER} is not on the white list"),
        ({"images": black(IDENTIFIER)}, f"the image {IDENTIFIER} is on the black list"),
        ({"images": black(IDENTIFIER.lower())}, ""),
        ({"endorsers": Lists(white=frozenset({MARK}), black=frozenset({"ann@example.org"}))},
         "its endorser (Ann@Example.org) is on the black list"),
        ({"endorsers": white("bob@example.org"), "images": black(IDENTIFIER)},
         "its endorser (Ann@Example.org) is not on the white list"),
    ],
)  # fmt: skip
def test_lists_decide_in_the_original_order(policy: dict[str, Any], why: str) -> None:
    assert reason(SIGNED, **policy) == why


def test_an_unsigned_entry_is_on_no_white_list_of_endorsers() -> None:
    assert reason(UNSIGNED, unsigned=True, endorsers=white("ann@example.org")) == (
        "its endorser (nobody) is not on the white list"
    )
    assert reason(UNSIGNED, unsigned=True, endorsers=white("")) == (
        "its endorser (nobody) is not on the white list"
    )


def test_what_an_unsigned_entry_claims_counts_for_nothing() -> None:
    from tests.unit.metadata.test_document import ENDORSEMENT

    claiming = replace(UNSIGNED, metadata=replace(GOOD, endorsement=ENDORSEMENT))
    assert reason(claiming, endorsers=white(ENDORSEMENT.email)) == "nobody has signed it"


def test_of_several_entries_those_that_may_run_survive() -> None:
    assert survivors(Policy(), [UNSIGNED, SIGNED, EXPIRED, WEAK, DEPRECATED], NOW) == [SIGNED, WEAK]
    assert survivors(Policy(sha1=False), [WEAK], NOW) == []


def test_a_policy_file_in_the_original_form() -> None:
    colons = ":".join([MARK.upper()[at : at + 2] for at in range(0, 64, 2)])
    found = read_policy(f"""
# who we trust
[endorsers]
whiteListEndorsers =
    ann@example.org
    SHA256:{colons}
blackListEndorsers = bob@example.org

[images]
whiteListImages =
blacklist: {IDENTIFIER}
[checksums]
whitelist = {SHA1}
[statuses]
expired = yes
sha1 = no
""")
    assert found == Policy(
        endorsers=Lists(white=frozenset({"ann@example.org", MARK}), black=frozenset({"bob@example.org"})),
        images=black(IDENTIFIER),
        checksums=white(SHA1),
        expired=True,
        sha1=False,
    )


def test_an_empty_policy_is_the_default() -> None:
    assert read_policy("") == Policy()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("white", "the policy cannot be read"),
        ("[people]", r"the policy has no section \[people\]"),
        ("[images]\nlist = x", r"the policy has “list” in \[images\]"),
        ("[images]\nwhitelist = x\nwhitelist2 = y", r"the policy has “whitelist2” in \[images\]"),
        ("[images]\nwhitelist = x\nwhitelist = y", "the policy cannot be read"),
        ("[statuses]\nexpired = perhaps", "“expired” in .* is neither yes nor no"),
        ("[statuses]\nexpired", "“expired” in .* is neither yes nor no"),
        ("[statuses]\nrevoked = yes", "the policy has “revoked”"),
    ],
)
def test_a_policy_that_cannot_be_understood_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_policy(text)
