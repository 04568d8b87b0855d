"""Which keys go to a machine, and which never do."""

from __future__ import annotations

import base64
import subprocess
import threading
from pathlib import Path

import pytest

from slshell.commands.ssh_line import ssh_line
from slshell.model.errors import UsageError
from slshell.ssh.keys import is_public_key, make_own_key, private_keys, public_keys
from tests.unit.client.served import instance


def make_key(path: Path, kind: str = "ed25519") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path)], check=True)
    return path


@pytest.fixture
def environ(own_settings: Path) -> dict[str, str]:
    return {"HOME": str(own_settings), "SLSHELL_CONFIG": str(own_settings / "c")}


def test_the_best_key_of_the_user_is_found(own_settings: Path, environ: dict[str, str]) -> None:
    make_key(own_settings / ".ssh" / "id_rsa", "rsa")
    best = make_key(own_settings / ".ssh" / "id_ed25519")
    found = public_keys([], environ=environ)
    assert found.lines == (best.with_suffix(".pub").read_text().strip(),)
    assert not (own_settings / "c").exists()


def test_option_beats_variable_beats_setting(own_settings: Path, environ: dict[str, str]) -> None:
    keys = {
        name: make_key(own_settings / name).with_suffix(".pub") for name in ("option", "variable", "setting")
    }
    with_variable = environ | {"STRATUSLAB_KEY": "~/variable.pub"}
    setting = str(keys["setting"])
    assert (
        public_keys([keys["option"]], setting=setting, environ=with_variable)
        .lines[0]
        .endswith(keys["option"].read_text().split()[-1])
    )
    assert public_keys([], setting=setting, environ=with_variable).lines == (
        keys["variable"].read_text().strip(),
    )
    assert public_keys([], setting=setting, environ=environ).lines == (keys["setting"].read_text().strip(),)


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_a_private_key_is_never_sent(own_settings: Path, environ: dict[str, str], kind: str) -> None:
    private = make_key(own_settings / "k", kind)
    with pytest.raises(UsageError, match="is a private key") as caught:
        public_keys([private], environ=environ)
    assert f"{private}.pub" in caught.value.hint
    assert "PRIVATE" not in str(caught.value.as_data())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"ssh-ed25519 AAAA\n",
        b"ssh-ed25519 " + base64.b64encode(b"\0\0\0\x07ssh-rsa" + bytes(40)) + b"\n",
        b'command="rm" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBfRkHKjJyD4SjGRhO4QFVhSVJl1RnOjYrvLJb0b1aQv\n',
        b"\x00\xff\xfe" * 100,
    ],
)
def test_a_broken_key_file_is_refused(own_settings: Path, environ: dict[str, str], content: bytes) -> None:
    path = own_settings / "key.pub"
    path.write_bytes(content)
    with pytest.raises(UsageError):
        public_keys([path], environ=environ)


def test_a_control_character_in_the_remark_is_refused() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBfRkHKjJyD4SjGRhO4QFVhSVJl1RnOjYrvLJb0b1aQv"
    assert is_public_key(f"{key} me@here")
    assert not is_public_key(f"{key} me\x1b[2J")


def test_commands_at_once_make_one_pair(environ: dict[str, str]) -> None:
    found: list[tuple[str, ...]] = []
    threads = [
        threading.Thread(target=lambda: found.append(public_keys([], environ=environ).lines))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_openssh_accepts_the_pair_that_slshell_makes(environ: dict[str, str]) -> None:
    private = make_own_key(environ)
    told = subprocess.run(
        ["ssh-keygen", "-y", "-f", str(private)], capture_output=True, text=True, check=True
    )
    assert told.stdout.split()[:2] == private.with_suffix(".pub").read_text().split()[:2]
    assert private_keys(environ) == [private]


def test_the_ssh_line_checks_strictly_and_names_our_own_key(environ: dict[str, str]) -> None:
    own = make_own_key(environ)
    assert ssh_line(instance(1), Path("/data"), environ) == (
        f"ssh -p 2222 -i {own} -o UserKnownHostsFile=/data/known_hosts "
        "-o StrictHostKeyChecking=yes root@127.86.3.1"
    )


def test_the_ssh_line_leaves_the_users_own_keys_to_ssh(own_settings: Path, environ: dict[str, str]) -> None:
    make_key(own_settings / ".ssh" / "id_ed25519")
    line = ssh_line(instance(1, user="debian"), Path("/my data"), environ)
    assert "-i" not in line.split()
    assert """'UserKnownHostsFile="/my data/known_hosts"'""" in line
    assert line.endswith("debian@127.86.3.1")
