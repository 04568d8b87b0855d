"""Who may be launched: the policy is asked at every launch, and says why not."""

from __future__ import annotations

import functools
import hashlib
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from slshell.client.cloud import new_request_id
from slshell.metadata import signature
from slshell.metadata.document import Digest, Metadata, written
from slshell.model.appliance import Appliance
from slshell.model.errors import Conflict, NotAllowed, UsageError
from slshell.model.instance import Instance, RunRequest
from tests.service.conftest import Running, serve
from tests.service.endorsing import NOW, deprecated, described, signer
from tests.unit.backend.images.test_inspection import bootable

LATER, LAST = NOW + timedelta(seconds=5), NOW + timedelta(seconds=10)


@pytest.fixture(scope="module")
def trusting(
    tmp_path_factory: pytest.TempPathFactory, appliances_folder: Path
) -> Iterator[tuple[Running, Path]]:
    """A cloud with a policy file, which each test writes anew."""
    home = tmp_path_factory.mktemp("trust")
    policy = home / "policy.cfg"
    policy.write_text("")
    for running in serve(home, policy=str(policy)):
        yield running, policy


def launch(running: Running, appliance: str = "ttylinux") -> Instance:
    """Start a machine, and forget it."""
    [made] = running.client.run_instance(RunRequest(request_id=new_request_id(), appliance=appliance))
    return made


def document_of(
    one: Appliance,
    when: timedelta = timedelta(),
    email: str = "ann@example.org",
    valid: timedelta = timedelta(days=9),
) -> bytes:
    """Somebody's endorsement of an appliance that is held."""
    sums = {Digest.SHA1: one.sha1, Digest.SHA256: one.sha256}
    metadata = Metadata(
        identifier=one.id, size_bytes=one.size_bytes, checksums=sums, title="Endorsed", valid=NOW + valid
    )
    return signature.sign(written(metadata), signer(email), now=NOW + when)


def refused(running: Running, appliance: str = "ttylinux") -> str:
    """Why it may not be launched; nothing was made."""
    before = len(running.client.instances(all=True))
    with pytest.raises(NotAllowed) as failure:
        launch(running, appliance)
    assert len(running.client.instances(all=True)) == before
    assert "policy" in failure.value.hint
    return failure.value.message


def test_the_lists_are_asked_at_each_launch_of_an_image_of_ones_own(
    trusting: tuple[Running, Path],
) -> None:
    running, policy = trusting
    held = running.client.appliance("ttylinux")
    policy.write_text("")
    assert launch(running).endorser == ""
    policy.write_text(f"[checksums]\nblacklist = {held.sha256.upper()}\n")
    assert refused(running) == "ttylinux may not run: its checksum is on the black list"
    policy.write_text(f"[images]\nblacklist = {held.id}\n")
    assert refused(running) == f"ttylinux may not run: the image {held.id} is on the black list"
    policy.write_text("[endorsers]\nwhitelist = ann@example.org\n")
    assert refused(running) == "ttylinux may not run: nobody has endorsed it"
    policy.write_text("[endorsers]\nwhitelist = ann@example.org\n[statuses]\nown = yes\n")
    assert launch(running).endorser == ""


def test_a_policy_that_cannot_be_read_lets_nothing_run(trusting: tuple[Running, Path]) -> None:
    running, policy = trusting
    policy.write_text("[nonsense]\n")
    with pytest.raises(UsageError, match=r"the policy has no section \[nonsense\]"):
        launch(running)
    policy.unlink()
    with pytest.raises(UsageError, match="cannot be read, so nothing is launched"):
        launch(running)
    policy.write_text("")


def test_what_endorsers_say_decides_at_each_launch(trusting: tuple[Running, Path]) -> None:
    running, policy = trusting
    policy.write_text("")
    held = running.client.appliance("ttylinux")
    first = document_of(held)
    running.client.publish(first)
    made = launch(running)
    assert made.endorser == "ann@example.org"
    assert running.wait(made.id, "Running").endorser == "ann@example.org"
    told = running.client.appliance("ttylinux")
    assert (told.endorser, told.status, told.revision > held.revision) == ("ann@example.org", "valid", True)

    running.client.publish(deprecated(first, "a hole in it", when=LATER))
    assert refused(running) == (
        "ttylinux may not run: it is deprecated: a hole in it (endorsed by ann@example.org)"
    )
    facts = running.client.facts("ttylinux")
    assert [(one.allowed, one.latest) for one in facts.entries] == [(False, True), (False, False)]
    policy.write_text("[statuses]\ndeprecated = yes\n")
    assert launch(running).endorser == "ann@example.org"

    running.client.publish(document_of(held, email="bob@example.org"))
    policy.write_text("")
    assert launch(running).endorser == "bob@example.org"
    policy.write_text("[endorsers]\nblacklist = bob@example.org\n")
    told_why = refused(running)
    assert "of 2 endorsements none is allowed" in told_why
    assert "bob@example.org: its endorser (bob@example.org) is on the black list" in told_why


@contextmanager
def files(folder: Path) -> Iterator[str]:
    """Serve a folder over HTTP; yields its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def publish(running: Running, content: bytes, *locations: str, title: str) -> str:
    """Publish an entry of an image that is to be had there; answers its identifier."""
    metadata = described(
        content, title=title, locations=locations, format="raw", valid=NOW + timedelta(days=9)
    )
    return running.client.publish(signature.sign(written(metadata), signer(), now=NOW)).identifier


def test_an_image_that_is_not_held_is_fetched_from_where_its_entry_says(
    trusting: tuple[Running, Path], tmp_path: Path
) -> None:
    running, policy = trusting
    policy.write_text("")
    content = bootable(tmp_path / "far.img").read_bytes()
    with files(tmp_path) as url:
        identifier = publish(running, content, f"{url}/gone.img", f"{url}/far.img", title="Far away")
        made = launch(running, identifier)
        assert (made.appliance, made.endorser) == ("Far-away", "ann@example.org")
        again = launch(running, identifier)
        assert (again.appliance, again.endorser) == ("Far-away", "ann@example.org")
        running.wait(made.id, "Running")
    held = running.client.appliance(identifier)
    assert (held.state, held.os, held.endorser) == ("ready", "debian", "ann@example.org")
    assert held.sha256 == hashlib.sha256(content).hexdigest()
    assert len([one for one in running.client.appliances() if one.name.startswith("Far-away")]) == 1


def test_an_image_that_is_converted_is_known_by_the_entry_it_came_by(
    trusting: tuple[Running, Path], tmp_path: Path
) -> None:
    running, policy = trusting
    policy.write_text("")
    bootable(tmp_path / "plain.img", 2 << 20)
    subprocess.run(
        ["qemu-img", "convert", "-O", "vmdk", "plain.img", "foreign.vmdk"], cwd=tmp_path, check=True
    )
    content = (tmp_path / "foreign.vmdk").read_bytes()
    with files(tmp_path) as url:
        metadata = described(content, title="Foreign", locations=(f"{url}/foreign.vmdk",), format="vmdk")
        first = signature.sign(written(metadata), signer(), now=NOW)
        running.client.publish(first)
        made = launch(running, metadata.identifier)
        running.wait(made.id, "Running")
    again = launch(running, metadata.identifier)
    assert (again.appliance, again.endorser) == ("Foreign", "ann@example.org")
    held = running.client.appliance("Foreign")
    assert (held.endorser, held.id == metadata.identifier) == ("ann@example.org", False)
    listed, _ = running.client.search({"words": "Foreign"}, 10)
    assert [(one.id, one.state) for one in listed] == [(held.id, "ready")]
    running.client.publish(deprecated(first, when=LATER))
    assert "Foreign may not run: it is deprecated" in refused(running, "Foreign")
    assert "it is deprecated" in refused(running, metadata.identifier)
    assert [one.status for one in running.client.facts("Foreign").entries] == ["deprecated", "valid"]


def test_an_image_that_is_not_the_endorsed_one_never_runs(
    trusting: tuple[Running, Path], tmp_path: Path
) -> None:
    running, policy = trusting
    policy.write_text("")
    content = bootable(tmp_path / "real.img").read_bytes()
    endorsed = content[:-8] + b"endorsed"
    with files(tmp_path) as url:
        made = launch(running, publish(running, endorsed, f"{url}/real.img", title="Forged"))
        failed = running.wait(made.id, "Failed")
    assert (
        "the image is not the one that ann@example.org endorsed: the SHA-1 of the image is" in failed.reason
    )


def test_an_entry_without_a_usable_location_says_so(trusting: tuple[Running, Path]) -> None:
    running, policy = trusting
    policy.write_text("")
    identifier = publish(running, b"nowhere", "pdisk:example.org:8445:0", title="Nowhere")
    with pytest.raises(Conflict, match="Nowhere is to be had nowhere"):
        launch(running, identifier)


def test_a_launch_that_cannot_work_fetches_nothing(trusting: tuple[Running, Path]) -> None:
    running, policy = trusting
    policy.write_text("")
    identifier = publish(running, b"wanted", "http://127.0.0.1:9/wanted.img", title="Wanted")
    before = {one.name for one in running.client.appliances()}
    with pytest.raises(UsageError):
        running.client.run_instance(
            RunRequest(request_id=new_request_id(), appliance=identifier, keys=("no key",))
        )
    assert {one.name for one in running.client.appliances()} == before


def test_a_deprecated_entry_is_not_fetched(trusting: tuple[Running, Path]) -> None:
    running, policy = trusting
    policy.write_text("")
    metadata = described(b"old", title="Old", locations=("http://127.0.0.1:9/old.img",))
    first = signature.sign(written(metadata), signer(), now=NOW)
    running.client.publish(first)
    running.client.publish(deprecated(first, when=LAST))
    assert "Old may not run: it is deprecated" in refused(running, metadata.identifier)
