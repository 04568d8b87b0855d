"""Volumes with real QEMU: plugged in and out, kept, grown, and never in two machines at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import libvirt
import pytest

from slshell.backend.engines.base import EngineEventKind, Forward, Power
from slshell.backend.engines.volumes import Plug
from slshell.model.errors import Conflict
from tests.contract.engine_contract import Bench
from tests.contract.volume_contract import SIZE, VolumeContract, disk, holder, layer, read, written
from tests.machine.engine_bench import banner, pid_of, private_bench
from tests.support.folders import SessionFolder

pytestmark = pytest.mark.machine

ADDRESS, PORT = "127.86.252.1", 2222


@pytest.fixture(scope="module")
def shared_bench(session_folder: SessionFolder, appliances_folder: Path) -> Iterator[Bench]:
    with private_bench(session_folder.new(), appliances_folder) as bench:
        yield bench


@pytest.fixture
def bench(shared_bench: Bench) -> Iterator[Bench]:
    shared_bench.recorder.events.clear()
    yield shared_bench
    shared_bench.clean()


class TestVolumesOfThePrivateDaemon(VolumeContract):
    """The folder of volumes beside real machines."""

    @pytest.fixture(autouse=True)
    def clean_bench(self, bench: Bench) -> Iterator[None]:
        yield
        bench.clean()


def test_a_volume_in_use_is_refused_to_a_second_machine_by_qemu_itself(bench: Bench) -> None:
    store = bench.engine.volumes
    one = disk(store.create(layer(), SIZE))
    _, first = bench.started(volumes=(one,))
    _, second = bench.started()
    with pytest.raises(Conflict, match="lock"):
        store.attach(second, one)
    assert store.attached(first) == frozenset({one.volume_id})
    assert store.attached(second) == frozenset()


def test_a_guest_that_does_not_answer_keeps_the_volume_until_it_does(bench: Bench) -> None:
    store = bench.engine.volumes
    one = disk(store.create(layer(), SIZE))
    _, engine_id = bench.started()
    connection = libvirt.open(bench.engine.uri)
    domain = connection.lookupByUUIDString(engine_id)
    store.attach(engine_id, one)
    bench.engine.expose(engine_id, [Forward(address=ADDRESS, port=PORT)])
    assert banner(ADDRESS, PORT)
    domain.suspend()
    assert store.detach(engine_id, one.volume_id) is Plug.IN
    assert store.attached(engine_id) == frozenset({one.volume_id})
    domain.resume()
    event = bench.recorder.wait(lambda one: one.kind is EngineEventKind.DISK_GONE, 60)
    assert (event.volume_id, event.machine and event.machine.engine_id) == (one.volume_id, engine_id)
    assert store.detach(engine_id, one.volume_id) is Plug.OUT
    assert store.attached(engine_id) == frozenset()
    connection.close()


def test_a_state_is_kept_and_a_volume_grows_while_a_machine_uses_it(bench: Bench, short_folder: Path) -> None:
    store = bench.engine.volumes
    one = disk(written(store, short_folder, b"live"))
    _, engine_id = bench.started(volumes=(one,))
    kept = store.freeze(one.handle, layer(), holder(engine_id, one))
    again = store.freeze(one.handle, kept.top.split("/")[0], holder(engine_id, one))
    assert again == kept
    store.resize(kept.top, 2 * SIZE, holder(engine_id, one))
    assert read(store, kept.frozen, 4) == b"live"
    with pytest.raises(Conflict, match="lock"):
        read(store, kept.top, 4)
    bench.engine.stop(engine_id)
    assert read(store, kept.top, 4) == b"live"
    bench.engine.start(engine_id)
    assert bench.engine.get(engine_id).power is Power.RUNNING


def test_a_machine_that_is_off_is_pointed_at_the_new_top(bench: Bench, short_folder: Path) -> None:
    store = bench.engine.volumes
    one = disk(written(store, short_folder, b"cold"))
    _, engine_id = bench.started(volumes=(one,))
    bench.engine.stop(engine_id)
    kept = store.freeze(one.handle, layer(), holder(engine_id, one))
    bench.engine.start(engine_id)
    with pytest.raises(Conflict, match="lock"):
        read(store, kept.top, 4)
    assert store.attached(engine_id) == frozenset({one.volume_id})


def test_volumes_stay_with_a_machine_whose_qemu_was_killed(bench: Bench) -> None:
    store = bench.engine.volumes
    one = disk(store.create(layer(), SIZE))
    spec, engine_id = bench.started()
    store.attach(engine_id, one)
    os.kill(pid_of(bench, spec.uuid), signal.SIGKILL)
    bench.recorder.power(engine_id, Power.CRASHED)
    assert store.attached(engine_id) == frozenset({one.volume_id})
    bench.engine.start(engine_id)
    assert store.attached(engine_id) == frozenset({one.volume_id})
