"""The libvirt engine on its private daemon, with real QEMU."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import libvirt
import pytest

from slshell.backend.engines.base import EngineEventKind, Forward, Power
from slshell.backend.engines.libvirt.accelerator import boots
from slshell.backend.engines.libvirt.account import account_for
from slshell.model.errors import CloudUnreachable, Conflict, NoCapacity
from tests.contract.engine_contract import Bench, EngineContract
from tests.machine.engine_bench import banner, pid_of, private_bench
from tests.support.folders import SessionFolder

pytestmark = pytest.mark.machine

PORT = 2222


@pytest.fixture(scope="module")
def shared_bench(session_folder: SessionFolder, appliances_folder: Path) -> Iterator[Bench]:
    with private_bench(session_folder.new(), appliances_folder) as bench:
        yield bench


@pytest.fixture
def bench(shared_bench: Bench) -> Iterator[Bench]:
    shared_bench.recorder.events.clear()
    yield shared_bench
    shared_bench.clean()


def pid_of_daemon(bench: Bench) -> int:
    return int((bench.engine.image_folder.parent / "r/libvirtd.pid").read_text())


class TestThePrivateDaemon(EngineContract):
    """libvirt's QEMU driver behind the libvirt engine."""


def test_machines_outlive_the_connection(bench: Bench) -> None:
    spec, engine_id = bench.started()
    bench.engine.close()
    with pytest.raises(CloudUnreachable):
        bench.engine.machines()
    bench.engine.open(bench.recorder)
    machine = bench.engine.get(engine_id)
    assert (machine.instance_id, machine.power) == (spec.instance_id, Power.RUNNING)


def test_a_killed_qemu_is_told_within_two_seconds_with_the_reason(bench: Bench) -> None:
    spec, engine_id = bench.started()
    os.kill(pid_of(bench, spec.uuid), signal.SIGKILL)
    event = bench.recorder.power(engine_id, Power.CRASHED, patience_s=2.0)
    assert event.machine is not None
    assert "QEMU ended unexpectedly" in event.machine.reason
    bench.engine.start(engine_id)
    assert bench.engine.get(engine_id).power is Power.RUNNING


def test_a_machine_is_off_when_stopping_returns(bench: Bench) -> None:
    _, engine_id = bench.started()
    bench.engine.stop(engine_id)
    assert bench.engine.get(engine_id).power is Power.STOPPED


def test_a_machine_destroyed_by_another_program_is_told(bench: Bench) -> None:
    _, engine_id = bench.started()
    other = libvirt.open(bench.engine.uri)
    other.lookupByUUIDString(engine_id).destroy()
    other.close()
    event = bench.recorder.power(engine_id, Power.STOPPED)
    event = bench.recorder.wait(lambda one: one.machine is not None and one.machine.reason != "")
    assert event.machine is not None
    assert event.machine.reason == "its power was cut"


def test_a_guest_answers_on_its_address_and_powers_itself_off(bench: Bench) -> None:
    address = "127.86.251.1"
    _, engine_id = bench.started()
    bench.engine.expose(engine_id, [Forward(address=address, port=PORT)])
    bench.engine.measure()
    assert banner(address, PORT).startswith(b"SSH-2.0-")
    (sample,) = bench.engine.measure()
    assert sample.memory_kib > 64 * 1024
    assert sample.cpu_percent > 0
    assert sample.disk_read_bytes > 0
    assert banner(address, PORT).startswith(b"SSH-2.0-")
    (sample,) = bench.engine.measure()
    assert sample.packets_in
    assert sample.packets_out
    assert banner(address, PORT).startswith(b"SSH-2.0-")
    (sample,) = bench.engine.measure()
    assert sample.cpu_percent > 0
    assert sample.packets_in
    assert sample.packets_out
    assert b"\n" in bench.engine.console_log(engine_id)

    bench.engine.reboot(engine_id)
    bench.recorder.kind(EngineEventKind.REBOOTED)
    assert banner(address, PORT).startswith(b"SSH-2.0-")

    bench.engine.shutdown(engine_id)
    bench.recorder.wait(
        lambda one: one.machine is not None and one.machine.reason == "the guest powered itself off", 30
    )
    assert bench.engine.get(engine_id).raw == "shut off (shutdown)"


def test_exactly_the_wanted_forwards_are_there(bench: Bench) -> None:
    address = "127.86.251.2"
    _, engine_id = bench.started()
    first, second = Forward(address=address, port=PORT), Forward(address=address, port=PORT + 1)
    assert bench.engine.address_is_free(first)
    bench.engine.expose(engine_id, [first])
    bench.engine.expose(engine_id, [first])
    assert not bench.engine.address_is_free(first)
    bench.engine.expose(engine_id, [second])
    assert bench.engine.address_is_free(first)
    assert not bench.engine.address_is_free(second)
    bench.engine.expose(engine_id, [])
    assert bench.engine.address_is_free(second)


def test_a_taken_address_is_refused_with_who_holds_it(bench: Bench) -> None:
    _, engine_id = bench.started()
    with socket.create_server(("127.86.251.3", PORT)):
        with pytest.raises(Conflict, match=f"127.86.251.3:{PORT} is taken by .*{os.getpid()}"):
            bench.engine.expose(engine_id, [Forward(address="127.86.251.3", port=PORT)])
        assert not bench.engine.address_is_free(Forward(address="127.86.251.3", port=PORT))


def test_a_killed_daemon_returns_with_its_machines_and_forwards(bench: Bench) -> None:
    forward = Forward(address="127.86.251.4", port=PORT)
    spec, engine_id = bench.started()
    bench.engine.expose(engine_id, [forward])
    qemu = pid_of(bench, spec.uuid)
    os.kill(pid_of_daemon(bench), signal.SIGKILL)
    bench.recorder.kind(EngineEventKind.LOST)
    bench.recorder.kind(EngineEventKind.RESTORED)
    assert bench.engine.get(engine_id).power is Power.RUNNING
    assert pid_of(bench, spec.uuid) == qemu
    assert not bench.engine.address_is_free(forward)
    bench.engine.expose(engine_id, [forward])
    os.kill(qemu, signal.SIGKILL)
    bench.recorder.power(engine_id, Power.CRASHED, patience_s=2.0)


def test_a_machine_that_dies_while_no_daemon_watches_is_found_dead(bench: Bench) -> None:
    spec, engine_id = bench.started()
    qemu, daemon = pid_of(bench, spec.uuid), pid_of_daemon(bench)
    bench.engine.close()
    os.kill(daemon, signal.SIGKILL)
    os.kill(qemu, signal.SIGKILL)
    bench.engine.open(bench.recorder)
    deadline = time.monotonic() + 5
    while (machine := bench.engine.get(engine_id)).power is Power.RUNNING:
        assert time.monotonic() < deadline, "the dead machine still counts as running"
    assert machine.power in (Power.CRASHED, Power.STOPPED)


def test_the_daemon_stays_while_a_machine_needs_it(bench: Bench) -> None:
    _, engine_id = bench.started()
    daemon = pid_of_daemon(bench)
    bench.engine.stop_hypervisor()
    bench.engine.open(bench.recorder)
    assert pid_of_daemon(bench) == daemon
    assert bench.engine.get(engine_id).power is Power.RUNNING


def test_more_memory_than_there_is_comes_back_as_no_capacity(bench: Bench) -> None:
    _, engine_id = bench.defined(ram_mib=1 << 24)
    with pytest.raises(NoCapacity):
        bench.engine.start(engine_id)
    assert bench.engine.get(engine_id).power is not Power.RUNNING


def test_a_boot_is_proved_by_the_kernels_own_words(appliances_folder: Path) -> None:
    kernel = appliances_folder / "ttylinux" / "vmlinuz"
    assert boots(kernel, "tcg", account_for("nobody"), limit_s=60) is None


def test_a_guest_that_hangs_proves_nothing(appliances_folder: Path) -> None:
    kernel = appliances_folder / "ttylinux" / "vmlinuz"
    words = boots(kernel, "tcg", account_for("nobody"), limit_s=0.3)
    assert words is not None
    assert words.startswith("hung for")
