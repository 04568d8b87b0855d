"""Serial consoles over HTTP, as far as they go without a hypervisor: logs, watching, and being refused."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from slshell.backend.engines.libvirt import LibvirtEngine
from slshell.client.consoles import ConsoleWire
from slshell.client.transport import Transport
from slshell.model.errors import EngineFailed, NotAllowed, NotFound
from tests.service.conftest import Running, serve
from tests.service.test_instances import ask

PATIENCE_S = 20.0


def log_of(running: Running, instance_id: int) -> Path:
    """The file into which a hypervisor would write what the machine says."""
    [found] = (running.home / "e").glob(f"**/{instance_id}-*/console.log")
    return found


def machine(running: Running) -> int:
    """A machine that runs as far as the test driver goes."""
    [one] = running.client.run_instance(ask())
    return running.wait(one.id, "Running").id


def heard(wire: ConsoleWire, words: bytes) -> bytes:
    """What comes until these words have."""
    watch = threading.Timer(PATIENCE_S, wire.close)
    watch.start()
    text = b""
    while words not in text:
        data = wire.read()
        assert data, (text, wire.ending())
        text += data
    watch.cancel()
    return text


def test_a_log_is_read_by_bytes_and_by_lines(running: Running) -> None:
    number = machine(running)
    log_of(running, number).write_bytes(b"one\ntwo\nthree\nfour> ")
    assert running.client.console(number) == b"one\ntwo\nthree\nfour> "
    assert running.client.console(number, tail=6) == b"four> "
    assert running.client.console(number, lines=2) == b"three\nfour> "
    assert running.client.console(number, lines=0) == b""
    assert running.client.console(number, lines=99) == b"one\ntwo\nthree\nfour> "


def test_a_log_is_watched_from_its_last_lines_on_by_several(running: Running) -> None:
    number = machine(running)
    log = log_of(running, number)
    log.write_bytes(b"one\ntwo\n")
    first, second = running.client.follow_console(number, lines=1), running.client.follow_console(number)
    assert heard(first, b"two\n") == b"two\n"
    assert heard(second, b"two\n") == b"one\ntwo\n"
    with log.open("ab") as file:
        file.write(b"three\n")
    assert heard(first, b"three\n") == heard(second, b"three\n") == b"three\n"
    first.close()
    assert first.read() == b""
    assert first.ending().text == "you left the console"
    running.client.kill(number)
    while second.read():
        pass
    assert second.ending().text == f"machine {number} will say no more"


def test_a_log_that_was_cut_in_front_is_watched_from_what_is_left(running: Running) -> None:
    number = machine(running)
    log = log_of(running, number)
    with log.open("wb") as file:
        file.seek(1 << 20)
        file.write(b"last words\n")
    wire = running.client.follow_console(number)
    assert heard(wire, b"words\n") == b"last words\n"
    wire.close()


def test_the_last_words_of_a_machine_that_failed_stay(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: object, engine_id: str, _forwards: object) -> None:
        log_of(running, 1).write_bytes(b"Kernel panic\n")
        raise EngineFailed("no way in")

    monkeypatch.setattr(LibvirtEngine, "expose", fail)
    [one] = running.client.run_instance(ask())
    running.wait(one.id, "Failed")
    assert running.client.console(one.id) == b"Kernel panic\n"
    wire = running.client.follow_console(one.id)
    assert heard(wire, b"panic\n") == b"Kernel panic\n"
    assert wire.read() == b""
    running.client.kill(one.id)
    running.wait(one.id, "Done")
    assert running.client.console(one.id, lines=1) == b"Kernel panic\n"


def test_refusals_come_as_the_same_errors_as_everywhere(running: Running) -> None:
    number = machine(running)
    with pytest.raises(NotFound):
        running.client.open_console(99)
    with pytest.raises(NotFound):
        running.client.follow_console(99)
    with pytest.raises(EngineFailed, match="test driver"):
        running.client.open_console(number, who="me")


def test_a_watcher_is_told_when_the_cloud_goes_down(running: Running) -> None:
    number = machine(running)
    wire = running.client.follow_console(number)
    running.cloud.ask_to_end()
    assert wire.read() == b""
    assert wire.ending().lost


def test_over_tcp_the_token_is_wanted(short_folder: Path, appliances_folder: Path) -> None:
    for running in serve(short_folder, listen=("127.0.0.1", 0)):
        number = machine(running)
        url = "http://" + json.loads((running.home / "daemon.json").read_text())["tcp"]
        path = f"/v1/instances/{number}/console/follow"
        log_of(running, number).write_bytes(b"secret\n")
        with pytest.raises(NotAllowed, match="token"):
            Transport.over_tcp(url).web_socket(path)
        token = (running.home / "token").read_text()
        wire = ConsoleWire(Transport.over_tcp(url, token=token).web_socket(path))
        assert heard(wire, b"secret\n") == b"secret\n"
        wire.close()
