"""`slshell build-metadata`: the original's file names and defaults, and what it refuses."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from slshell.metadata.document import read
from slshell.model.errors import ExitCode
from tests.unit.commands.conftest import Run
from tests.unit.commands.metadata.conftest import BUILD, CONTENT, IDENTIFIER, NAME, SHA1, data


def test_build_names_the_file_as_the_original_and_says_what_is_in_it(run: Run) -> None:
    result = run(f"{BUILD} --location https://example.org/image.gz")
    assert result.exit_code == 0
    assert result.notices == ""
    assert result.output == (
        "FILE                           RESULT    STATUS  IDENTIFIER                   ENDORSER  SIGNATURE"
        "  REMARK\n"
        f"{NAME}  unsigned  valid   {IDENTIFIER}\n"
    )
    entry = read(Path(NAME).read_bytes())
    assert (entry.identifier, entry.size_bytes, entry.compression) == (IDENTIFIER, len(CONTENT), "gz")
    assert (entry.type, entry.kind, entry.hypervisor, entry.disks_bus) == ("base", "machine", "kvm", "ide")
    assert entry.created and entry.valid and entry.valid - entry.created == timedelta(days=178)


def test_build_as_data(run: Run) -> None:
    found = data(run, f"{BUILD} --no-md5 --no-sha256 --no-sha512")
    assert (found["file"], found["valid"], found["endorser"]) == (NAME, True, "")
    assert found["metadata"]["checksums"] == {"SHA-1": SHA1}


def test_build_takes_all_that_can_be_said(run: Run) -> None:
    line = (
        "build-metadata image.gz --author Ann --publisher Lab --type grid --kind disk --title 'A & B' "
        "--tag one --tag two --comment '<b>' --serial-number 3 --format raw --compression xz "
        "--hypervisor xen --disks-bus virtio --location http://a/1 --location pdisk:b:2:c --inbound-port 22 "
        f"--inbound-port 80 --outbound-port 0 --icmp 8 --valid-days 2 --sha1 {SHA1.upper()} --output x.xml"
    )
    said = data(run, line)["metadata"]
    wanted = {
        "creator": "Ann", "publisher": "Lab", "type": "grid", "kind": "disk", "title": "A & B",
        "tags": ["one", "two"], "description": "<b>", "serial_number": 3, "format": "raw",
        "compression": "xz", "hypervisor": "xen", "disks_bus": "virtio",
        "locations": ["http://a/1", "pdisk:b:2:c"], "inbound_ports": [22, 80], "outbound_ports": [0],
        "icmp": [8],
    }  # fmt: skip
    assert {name: said[name] for name in wanted} == wanted
    assert read(Path("x.xml").read_bytes()).title == "A & B"


def test_a_name_never_leaves_the_folder(run: Run) -> None:
    assert run("build-metadata image.gz --os ../../etc/cron.d/x --type 'ä b'").exit_code == 0
    assert [path.name for path in Path().glob("*.xml")] == [".._.._etc_cron.d_x---__b-.xml"]
    run("build-metadata image.gz")
    assert Path("---base-.xml").is_file()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("build-metadata nothing.img", "Image does not exist: nothing.img"),
        ("build-metadata", "IMAGE is missing"),
        (f"build-metadata image.gz --sha1 {'0' * 40}", f"the SHA-1 of the image is {SHA1}, not {'0' * 40}"),
        ("build-metadata image.gz --format qcow2", "the image is raw, not qcow2"),
        ("build-metadata image.gz --disks-bus usb", "usb"),
        ("build-metadata image.gz --title 'bell \x07'", "characters that XML has no place for"),
        ("build-metadata image.gz --location file:///etc/passwd", "slterms:location value"),
        ("build-metadata image.gz --inbound-port 65536", "not in 0 to 65535"),
        ("build-metadata image.gz --hypervisor 'k v m'", "is not one word"),
        ("build-metadata plain.gz", "plain.gz is packed with nothing, not with gz"),
        ("build-metadata empty.img", "the image is empty"),
    ],
)
def test_build_refuses_what_cannot_be(line: str, message: str, run: Run) -> None:
    Path("plain.gz").write_bytes(b"<html>404</html>")
    Path("empty.img").touch()
    result = run(f"{line} -o json")
    assert result.exit_code == ExitCode.USAGE
    assert message in json.loads(result.notices)["message"]
    assert list(Path().glob("*.xml")) == []


def test_build_replaces_a_file_only_when_told_to(run: Run, built: Path) -> None:
    before = built.read_bytes()
    assert run(BUILD).exit_code == ExitCode.CONFLICT
    assert built.read_bytes() == before
    assert run(f"{BUILD} --title new --force").exit_code == 0
    assert read(built.read_bytes()).title == "new"


def test_build_says_that_nobody_can_fetch_it(run: Run) -> None:
    assert "no --location is given" in run(BUILD).notices
    assert run(f"{BUILD} --force --quiet").notices == ""
