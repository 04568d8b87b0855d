"""Commands and sessions over real SSH."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import paramiko
import pytest

from slshell.model.errors import CloudUnreachable, Conflict, NotAllowed
from slshell.model.instance import Instance
from slshell.ssh.connection import connected
from slshell.ssh.session import run_remote
from tests.unit.ssh.server import SshServer


class Heard:
    """Collects what a machine writes."""

    def __init__(self) -> None:
        self.out, self.err = b"", b""

    def __call__(self, data: bytes, to_stderr: bool) -> None:
        if to_stderr:
            self.err += data
        else:
            self.out += data


def remote(
    instance: Instance, identity: Path, command: str | None, stdin: int | None = None
) -> tuple[int, Heard]:
    heard = Heard()
    with connected(instance, identities=[identity], allow_agent=False) as transport:
        return run_remote(transport, command, stdin=stdin, sink=heard), heard


def test_a_command_gives_its_streams_and_its_status(machine: SshServer, identity: Path) -> None:
    status, heard = remote(machine.instance(), identity, "echo out; echo err >&2; exit 7")
    assert (status, heard.out, heard.err) == (7, b"out\n", b"err\n")


def test_input_is_piped_through_to_its_end(machine: SshServer, identity: Path) -> None:
    reader, writer = os.pipe()
    sent = bytes(range(256)) * 8192

    def feed() -> None:
        with os.fdopen(writer, "wb") as file:
            file.write(sent)

    threading.Thread(target=feed).start()
    status, heard = remote(machine.instance(), identity, "cat; exit 3", stdin=reader)
    os.close(reader)
    assert status == 3
    assert heard.out == sent


def test_an_open_input_does_not_hold_a_command_that_ended(machine: SshServer, identity: Path) -> None:
    reader, writer = os.pipe()
    status, _ = remote(machine.instance(), identity, "true", stdin=reader)
    os.close(reader)
    os.close(writer)
    assert status == 0


def test_a_script_on_the_input_is_run_by_the_login_shell(machine: SshServer, identity: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"echo $((6 * 7))\nexit 4\n")
    os.close(writer)
    status, heard = remote(machine.instance(), identity, None, stdin=reader)
    os.close(reader)
    assert (status, heard.out) == (4, b"42\n")


def test_a_wrong_host_key_of_the_same_kind_is_refused_and_both_are_named(
    machine: SshServer, identity: Path
) -> None:
    other = paramiko.ECDSAKey.generate()
    told = f"{other.get_name()} {other.get_base64()}"
    with pytest.raises(Conflict, match="is not machine 1") as caught:
        remote(machine.instance(host_key=told), identity, "true")
    assert caught.value.details["expected"] == other.fingerprint
    assert caught.value.details["offered"] == machine.host_key.fingerprint


def test_a_host_key_of_another_kind_is_refused(machine: SshServer, identity: Path) -> None:
    expected = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBfRkHKjJyD4SjGRhO4QFVhSVJl1RnOjYrvLJb0b1aQv"
    with pytest.raises(Conflict, match="is not machine 1"):
        remote(machine.instance(host_key=expected), identity, "true")


@pytest.mark.parametrize("line", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "nonsense text"])
def test_without_a_valid_host_key_nothing_is_sent(machine: SshServer, identity: Path, line: str) -> None:
    with pytest.raises(Conflict, match="no valid host key"):
        remote(machine.instance(host_key=line), identity, "true")
    assert not machine.sessions


def test_a_key_that_the_machine_does_not_know_is_refused(identity: Path) -> None:
    with (
        SshServer(paramiko.ECDSAKey.generate()) as machine,
        pytest.raises(NotAllowed, match="none of your keys"),
    ):
        remote(machine.instance(), identity, "true")


def test_nobody_listening_is_unreachable(machine: SshServer, identity: Path) -> None:
    instance = machine.instance()
    machine.stop_listening()
    with pytest.raises(CloudUnreachable, match="does not answer"):
        remote(instance, identity, "true")


def test_a_machine_that_loses_power_ends_the_session(machine: SshServer, identity: Path) -> None:
    began = time.monotonic()
    with (
        pytest.raises(CloudUnreachable, match="stopped answering"),
        connected(
            machine.instance(), identities=[identity], allow_agent=False, pulse_s=0.05, patience_s=0.3
        ) as transport,
    ):
        run_remote(
            transport, "echo ready; cat", stdin=os.pipe()[0], sink=lambda data, _: machine.silent.set()
        )
    assert time.monotonic() - began < 10


def test_a_machine_that_answers_keeps_its_session(machine: SshServer, identity: Path) -> None:
    heard = Heard()
    with connected(
        machine.instance(), identities=[identity], allow_agent=False, pulse_s=0.02, patience_s=5
    ) as transport:
        assert run_remote(transport, "sleep 0.5; echo done", stdin=None, sink=heard) == 0
    assert heard.out == b"done\n"
