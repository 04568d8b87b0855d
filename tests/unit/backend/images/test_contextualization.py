"""What machines are told survives every text, in a real sh and in a real YAML reader."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from slshell.backend.images.contextualization import checked_context, cloud_init_seed, quoted, stratuslab_disc
from slshell.model.errors import UsageError

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFake someone@example"
HOST_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n"
HOSTILE = [
    "it's", 'say "no"', "$(touch /tmp/broken)", "`id`", "a\nb\n", "# no comment", "\\", "'; exit 1; '",
    "naïve – 雪", "${HOME}", "a=b", "", " ", "\t", "!!", "*", "~", "-n", "\r\n", "%s\\n", "'\"'\"'",
]  # fmt: skip

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200)


def told(script: bytes, *names: str) -> list[str]:
    """The values of variables after a real sh has read the script."""
    ask = "".join(f"printf '%s\\0' \"${name}\"\n" for name in names)
    done = subprocess.run(
        ["sh", "-eu"], input=script + ask.encode(), capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
    )
    return done.stdout.decode().split("\0")[:-1]


def disc(context: dict[str, str]) -> dict[str, bytes]:
    made = stratuslab_disc(keys=[KEY], hostname="box-1", host_key=HOST_KEY, context=context)
    assert made.label == "_STRATUSLAB"
    return made.files


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_reaches_the_machine_unchanged(value: str) -> None:
    assert told(disc({"note": value})["context.sh"], "NOTE") == [value]


@settings(max_examples=60, deadline=None)
@given(st.lists(text, min_size=1, max_size=10))
def test_any_text_reaches_the_machine_unchanged(values: list[str]) -> None:
    names = [f"V{number}" for number in range(len(values))]
    assert told(disc(dict(zip(names, values, strict=True)))["context.sh"], *names) == values


@settings(max_examples=60, deadline=None)
@given(text)
def test_a_quoted_text_is_one_word(value: str) -> None:
    script = f"set -- {quoted(value)}\nCOUNT=$#\nFIRST=$1\n"
    assert told(script.encode(), "COUNT", "FIRST") == ["1", value]


def test_the_disc_carries_keys_name_and_host_key() -> None:
    files = disc({})
    assert set(files) == {"context.sh", "init.sh", "prolog.sh", "epilog.sh"}
    key, name, target, host_key = told(
        files["context.sh"], "PUBLIC_KEY", "HOSTNAME", "TARGET", "SSH_HOST_KEY_BASE64"
    )
    assert (key, name, target) == (KEY + "\n", "box-1", "hdd")
    assert base64.b64decode(host_key).decode() == HOST_KEY


def test_names_are_told_in_capitals() -> None:
    assert checked_context({"my_note": "x"}) == {"MY_NOTE": "x"}


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A=B", "A;B", "Ä", "A\n", "PATH", "ifs", "X" * 65])
def test_a_name_that_is_no_variable_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        checked_context({name: "x"})


@pytest.mark.parametrize("name", ["PUBLIC_KEY", "hostname", "Target", "SSH_HOST_KEY_BASE64"])
def test_the_clouds_own_variables_cannot_be_set(name: str) -> None:
    with pytest.raises(UsageError, match="set by the cloud"):
        checked_context({name: "x"})


def test_the_same_variable_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="twice"):
        checked_context({"a": "1", "A": "2"})


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_a_value_that_is_no_text_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match="not text"):
        checked_context({"a": value})


def test_a_context_larger_than_a_mebibyte_is_refused() -> None:
    with pytest.raises(UsageError, match="larger"):
        checked_context({"a": "x" * (1 << 20)})


@pytest.mark.parametrize("key", ["ssh-ed25519 A\nssh-rsa B", "ssh-ed25519 A\x00", "\x1b[31mred"])
def test_a_key_of_more_than_one_line_of_text_is_refused(key: str) -> None:
    with pytest.raises(UsageError, match="one line"):
        stratuslab_disc(keys=[key], hostname="box", host_key="")


@pytest.mark.parametrize("hostname", ["", "a b", "$(id)", "a'b", "-a", "x" * 64, "a\n"])
def test_a_host_name_that_is_none_is_refused(hostname: str) -> None:
    with pytest.raises(UsageError, match="host name"):
        stratuslab_disc(keys=[], hostname=hostname, host_key="")


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    """A folder for the disc's files, with the places that `init.sh` writes to moved under it."""
    (tmp_path / "disc").mkdir()
    (tmp_path / "machine").mkdir()
    return tmp_path


def run_init(folder: Path, context: dict[str, str]) -> Path:
    machine = folder / "machine"
    for name, content in disc(context).items():
        moved = content.replace(b"/root/", f"{machine}/root/".encode()) if name == "init.sh" else content
        moved = moved.replace(b"/tmp/init_extra", f"{machine}/init_extra".encode())
        moved = moved.replace(b"/etc/ssh", f"{machine}/etc/ssh".encode())
        (folder / "disc" / name).write_bytes(moved)
    subprocess.run(["sh", str(folder / "disc" / "init.sh")], check=True, cwd=machine, timeout=30)
    return machine


def test_init_adds_the_key_once_though_it_runs_at_every_boot(mounted: Path) -> None:
    for _ in range(2):
        machine = run_init(mounted, {})
    keys = machine / "root" / ".ssh" / "authorized_keys"
    assert keys.read_text() == KEY + "\n"
    assert keys.stat().st_mode & 0o077 == 0
    assert keys.parent.stat().st_mode & 0o077 == 0


def test_init_runs_the_users_script_with_all_variables_exported(mounted: Path) -> None:
    machine = run_init(mounted, {"color": "it's red", "script_exec": 'printenv COLOR HOSTNAME > "seen"'})
    assert (machine / "seen").read_text() == "it's red\nbox-1\n"


def test_init_runs_the_users_script_with_the_program_it_names(mounted: Path) -> None:
    machine = run_init(mounted, {"script_exec": "#!/bin/cat"})
    assert (machine / "init_extra.sh").stat().st_mode & 0o111


def test_init_gives_openssh_the_host_key(mounted: Path) -> None:
    (mounted / "machine" / "etc" / "ssh").mkdir(parents=True)
    machine = run_init(mounted, {})
    key = machine / "etc" / "ssh" / "ssh_host_ed25519_key"
    assert key.read_text() == HOST_KEY
    assert key.stat().st_mode & 0o077 == 0


def seed(**changes: object) -> dict[str, bytes]:
    values: dict[str, object] = {
        "keys": [KEY], "user": "debian", "hostname": "box-1", "host_key": HOST_KEY,
        "host_public_key": "ssh-ed25519 AAAA", "instance_uuid": "0c5a1d0e-0000-4000-8000-000000000001",
    }  # fmt: skip
    made = cloud_init_seed(**(values | changes))  # type: ignore[arg-type]
    assert made.label == "cidata"
    return made.files


def test_the_seed_puts_the_key_into_the_named_account() -> None:
    files = seed()
    assert files["user-data"].startswith(b"#cloud-config\n")
    told_data = yaml.safe_load(files["user-data"])
    [account] = told_data["users"]
    assert account["name"] == "debian"
    assert account["ssh_authorized_keys"] == [KEY]
    assert told_data["ssh_keys"] == {"ed25519_private": HOST_KEY, "ed25519_public": "ssh-ed25519 AAAA"}
    assert yaml.safe_load(files["meta-data"])["local-hostname"] == "box-1"
    assert "network-config" not in files, "cloud-init's own choice, DHCP, works with every image"


def test_the_seed_lets_root_in_when_root_is_the_account() -> None:
    told_data = yaml.safe_load(seed(user="root")["user-data"])
    assert told_data["disable_root"] is False
    assert "sudo" not in told_data["users"][0]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80))
def test_any_comment_of_a_key_stays_inside_its_place(comment: str) -> None:
    key = f"{KEY} {comment}".strip()
    told_data = yaml.safe_load(seed(keys=[key])["user-data"])
    assert told_data["users"][0]["ssh_authorized_keys"] == [key]
    assert set(told_data["users"][0]) == {"name", "ssh_authorized_keys", "lock_passwd", "shell", "sudo"}


@pytest.mark.parametrize("user", ["", "Root", "a b", "x: y", "-a", "é", "a\n", "x" * 33])
def test_an_account_that_cannot_be_one_is_refused(user: str) -> None:
    with pytest.raises(UsageError, match="account"):
        seed(user=user)
