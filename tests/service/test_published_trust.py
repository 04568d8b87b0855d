"""Published images and the policy: it holds for the first launch and for those from the cache."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from slshell.model.appliance import ApplianceState
from tests.service.conftest import Running, serve
from tests.service.endorsing import deprecated
from tests.service.test_published import CONTENT, DEBIAN, SUMS
from tests.service.test_trust import LATER, document_of, launch, refused
from tests.support.mirror import Mirror

ANN, BOB = "ann@example.org", "bob@example.org"


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror({DEBIAN.image: CONTENT, DEBIAN.sums: SUMS}) as running:
        yield running


@pytest.fixture
def trusting(mirror: Mirror, short_folder: Path, appliances_folder: Path) -> Iterator[tuple[Running, Path]]:
    policy = short_folder / "policy.cfg"
    policy.write_text("")
    for running in serve(short_folder, policy=str(policy), image_mirrors={"debian": f"{mirror.url}/"}):
        yield running, policy


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ("[statuses]\nown = no\n", "nobody has endorsed it"),
        (f"[endorsers]\nwhitelist = {ANN}\n", "nobody has endorsed it"),
        (f"[checksums]\nwhitelist = {'0' * 40}\n", "its checksum is not on the white list"),
        (f"[images]\nwhitelist = {'A' * 27}\n", "is not on the white list"),
    ],
)
def test_what_is_fetched_and_not_allowed_never_starts_and_is_refused_from_then_on(
    trusting: tuple[Running, Path], rules: str, reason: str
) -> None:
    running, policy = trusting
    policy.write_text(rules)
    failed = running.wait(launch(running, "debian-13").id, "Failed")
    assert reason in failed.reason
    assert "Boot" not in [phase.name for phase in failed.phases]
    running.watch.appliance("debian-13", lambda one: one.state is ApplianceState.READY)
    assert reason in refused(running, "debian-13")
    policy.write_text("")
    running.wait(launch(running, "debian-13").id, "Running")


def test_a_policy_that_changes_while_an_image_is_fetched_holds(
    trusting: tuple[Running, Path], mirror: Mirror
) -> None:
    running, policy = trusting
    mirror.go_on.clear()
    made = launch(running, "debian-13")
    running.watch.instance(made.id, lambda one: one.progress.startswith("image: "))
    policy.write_text("[statuses]\nown = no\n")
    mirror.go_on.set()
    assert "nobody has endorsed it" in running.wait(made.id, "Failed").reason


def test_every_refusal_holds_for_a_published_image_in_the_cache(trusting: tuple[Running, Path]) -> None:
    running, policy = trusting
    running.wait(launch(running, "debian-13").id, "Running")
    held = running.client.appliance("debian-13")
    for rules, reason in (
        ("[statuses]\nown = no\n", "nobody has endorsed it"),
        (f"[endorsers]\nwhitelist = {ANN}\n", "nobody has endorsed it"),
        (f"[checksums]\nblacklist = {held.sha1}\n", "its checksum is on the black list"),
        (f"[checksums]\nblacklist = {held.sha256}\n", "its checksum is on the black list"),
        (f"[checksums]\nwhitelist = {'0' * 64}\n", "its checksum is not on the white list"),
        (f"[images]\nblacklist = {held.id}\n", f"the image {held.id} is on the black list"),
        (f"[images]\nwhitelist = {'A' * 27}\n", f"the image {held.id} is not on the white list"),
    ):
        policy.write_text(rules)
        for name in ("debian-13", held.id):
            assert refused(running, name) == f"debian-13 may not run: {reason}"
    policy.write_text(f"[checksums]\nwhitelist = {held.sha256}\n[images]\nwhitelist = {held.id}\n")
    running.wait(launch(running, "debian-13").id, "Running")


def test_what_endorsers_say_of_a_published_image_decides(trusting: tuple[Running, Path]) -> None:
    running, policy = trusting
    running.wait(launch(running, "debian-13").id, "Running")
    endorsed = document_of(running.client.appliance("debian-13"))
    running.client.publish(endorsed)
    policy.write_text(f"[endorsers]\nwhitelist = {ANN}\n")
    assert launch(running, "debian-13").endorser == ANN
    policy.write_text(f"[endorsers]\nwhitelist = {BOB}\n")
    assert f"its endorser ({ANN}) is not on the white list" in refused(running, "debian-13")
    policy.write_text(f"[endorsers]\nblacklist = {ANN}\n")
    assert f"its endorser ({ANN}) is on the black list" in refused(running, "debian-13")
    policy.write_text("")
    running.client.publish(deprecated(endorsed, "a hole in it", when=LATER))
    assert "it is deprecated: a hole in it" in refused(running, "debian-13")
    policy.write_text("[statuses]\ndeprecated = yes\n")
    running.wait(launch(running, "debian-13").id, "Running")


def test_an_endorsement_that_has_run_out_lets_a_published_image_run_no_more(
    trusting: tuple[Running, Path],
) -> None:
    running, policy = trusting
    running.wait(launch(running, "debian-13").id, "Running")
    running.client.publish(document_of(running.client.appliance("debian-13"), valid=timedelta(days=-1)))
    assert "it expired on" in refused(running, "debian-13")
    policy.write_text("[statuses]\nexpired = yes\n")
    running.wait(launch(running, "debian-13").id, "Running")
