"""Documents for cloud-init: packed as it takes them, and refused with file and line where they cannot be."""

from __future__ import annotations

import gzip
from email import message_from_bytes

import pytest
import yaml

from slshell.backend.images import userdata
from slshell.backend.images.contextualization import cloud_init_seed
from slshell.model.context import UserDataPart
from slshell.model.errors import UsageError


def part(kind: str, content: str, name: str = "web.yaml") -> UserDataPart:
    return UserDataPart(type=kind, name=name, content=content)


def unpacked(data: bytes) -> list[tuple[str, str | None, str]]:
    """Type, file name and text of each part of packed user-data."""
    message = message_from_bytes(gzip.decompress(data))
    found = []
    for piece in message.walk():
        if not piece.is_multipart():
            text = piece.get_payload(decode=True)
            assert isinstance(text, bytes)
            found.append((piece.get_content_type(), piece.get_filename(), text.decode()))
    return found


def seed(*parts: UserDataPart, **changes: object) -> dict[str, bytes]:
    values: dict[str, object] = {
        "keys": ["ssh-ed25519 AAAA me"], "user": "debian", "hostname": "box", "host_key": "private",
        "host_public_key": "public", "instance_uuid": "u", "parts": parts,
    }  # fmt: skip
    return cloud_init_seed(**(values | changes)).files  # type: ignore[arg-type]


def test_documents_are_packed_with_the_clouds_own_settings_behind_them() -> None:
    config, script = "#cloud-config\npackages: [git]\n", "#!/bin/sh\necho “naïve”\n"
    files = seed(part("cloud-config", config), part("x-shellscript", script, "go.sh"))
    first, second, own = unpacked(files["user-data"])
    assert first == ("text/cloud-config", "web.yaml", config)
    assert second == ("text/x-shellscript", "go.sh", script)
    assert own[0] == "text/cloud-config"
    settings = yaml.safe_load(own[2])
    assert settings["users"][0]["name"] == "debian"
    assert settings["merge_how"][0] == {"name": "dict", "settings": ["no_replace", "recurse_list"]}


def test_the_same_documents_give_the_same_bytes() -> None:
    assert seed(part("plain", "x"))["user-data"] == seed(part("plain", "x"))["user-data"]


def test_a_document_that_is_to_be_alone_is_the_user_data_and_the_clouds_settings_go_beside_it() -> None:
    files = seed(part("none", "#!/bin/sh\nid\n"))
    assert files["user-data"] == b"#!/bin/sh\nid\n"
    assert yaml.safe_load(files["vendor-data"])["users"][0]["name"] == "debian"


def test_network_and_vendor_documents_become_files_of_their_own() -> None:
    files = seed(part("network-config", "version: 2\n"), part("vendor-data", "#cloud-config\nlocale: C\n"))
    assert files["network-config"] == b"version: 2\n"
    assert files["vendor-data"] == b"#cloud-config\nlocale: C\n"
    assert files["user-data"].startswith(b"#cloud-config\n")


def test_variables_are_found_in_the_meta_data_with_any_value() -> None:
    value = 'it\'s "quoted" # and\nmore: [}'
    about = yaml.safe_load(seed(context={"note": value})["meta-data"])
    assert about["context"] == {"NOTE": value}


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        ("#cloud-config", "cloud-config"),
        ("#cloud-config-archive", "cloud-config-archive"),
        ("#!/bin/sh", "x-shellscript"),
        ("#include", "x-include-url"),
        ("#include-once", "x-include-once-url"),
        ("#cloud-boothook", "cloud-boothook"),
        ("## template: jinja", "jinja2"),
    ],
)
def test_the_first_line_tells_the_type(first: str, kind: str) -> None:
    [found] = userdata.resolved([part("", f"{first}\nx")])
    assert found.type == kind


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        ("", "hello\n", "web.yaml, line 1"),
        ("cloud-config", "#cloud-config\na: 1\nb: [\n", "web.yaml, line 4, column 1"),
        ("cloud-config", "#cloud-config\na: 1\n  b: 2\n", "web.yaml, line 3"),
        ("cloud-config", "#cloud-config\n- a\n", "mapping"),
        ("cloud-config", "#cloud-config\na: 1\nruncmd: ls\n", "web.yaml, line 3: runcmd is a list"),
        ("x-shellscript", "echo hello\n", "line 1: x-shellscript begins with #!"),
        ("x-shellscript", "#!/bin/sh\r\nid\r\n", "Windows"),
        ("network-config", "version: [\n", "line 2"),
        ("plain", " \n", "is empty"),
        ("plain", "a\0b", "is not text"),
        ("x-python", "x", "no type"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(kind: str, content: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        userdata.check(userdata.resolved([part(kind, content)]))
    assert told in refused.value.message


def test_a_document_to_be_alone_beside_another_is_refused() -> None:
    with pytest.raises(UsageError, match="alone"):
        userdata.check([part("none", "#!/bin/sh\n"), part("plain", "x")])


def test_more_than_fits_when_packed_is_refused_with_both_numbers() -> None:
    noise = "".join(f"{number * 7919 % 1000003:x}" for number in range(20000))
    with pytest.raises(UsageError, match=f"limit is {userdata.MAX_BYTES}"):
        userdata.check([part("plain", noise)])
    userdata.check([part("plain", "a" * 200_000)])


@pytest.mark.parametrize("name", ['a"b', "a\nContent-Type: x", "naïve.yaml", ""])
def test_a_files_name_cannot_add_headers(name: str) -> None:
    [first, _] = unpacked(userdata.user_data([part("plain", "x", name), part("plain", "y")]))
    assert first == ("text/plain", "part-1" if name else first[1], "x")
