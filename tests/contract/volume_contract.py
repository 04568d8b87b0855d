"""What every engine's store of volumes must do; see `engine_contract` for how the tests are inherited."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from slshell.backend.engines.volumes import DataDisk, Holder, Plug, Volumes
from slshell.model.errors import Conflict
from slshell.model.volume import serial_of
from tests.contract.engine_contract import Bench

MIB = 1 << 20
SIZE = 64 * MIB


def layer() -> str:
    """A new one."""
    return str(uuid.uuid4())


def quietly(_text: str) -> None:
    """For steps whose progress nobody follows."""


def disk(handle: str) -> DataDisk:
    """A volume of that handle, as a machine gets it."""
    volume_id = str(uuid.uuid4())
    return DataDisk(volume_id=volume_id, handle=handle, serial=serial_of(volume_id))


def written(store: Volumes, folder: Path, content: bytes) -> str:
    """A volume that begins with `content`; answers its handle."""
    source = folder / f"{layer()}.raw"
    source.write_bytes(content.ljust(MIB, b"\0"))
    source.chmod(0o644)
    return store.take_in(layer(), source, "raw", SIZE, quietly)


def read(store: Volumes, handle: str, length: int) -> bytes:
    """The first bytes of a volume."""
    name = f"{layer()}.raw"
    content = store.write_out(handle, name, "raw", False, quietly).read_bytes()
    store.drop_file(name)
    return content[:length]


class VolumeContract:
    """The behaviour that the storage service counts on."""

    def test_a_volume_takes_no_space_until_it_is_written_to(self, bench: Bench) -> None:
        store = bench.engine.volumes
        handle = store.create(layer(), 1 << 40)
        assert store.usage([handle])[handle] < MIB
        store.remove(handle, [])
        assert store.usage([handle]) == {}

    def test_a_step_taken_again_makes_the_same_volume(self, bench: Bench) -> None:
        store, same = bench.engine.volumes, layer()
        handle = store.create(same, SIZE)
        assert store.create(same, SIZE) == handle
        store.remove(handle, [])
        store.remove(handle, [])

    def test_a_clone_has_the_content_and_goes_its_own_way(self, bench: Bench, short_folder: Path) -> None:
        store = bench.engine.volumes
        handle = written(store, short_folder, b"first")
        kept = store.freeze(handle, layer(), None)
        clone = store.branch(kept.frozen, layer(), 2 * SIZE)
        assert read(store, clone, 5) == read(store, kept.top, 5) == b"first"
        store.remove(kept.top, [clone])
        assert read(store, clone, 5) == b"first"
        store.remove(clone, [])
        assert store.usage([handle, clone]) == {}

    def test_freezing_what_nobody_wrote_to_adds_no_layer(self, bench: Bench, short_folder: Path) -> None:
        store = bench.engine.volumes
        once = store.freeze(written(store, short_folder, b"x"), layer(), None)
        again = store.freeze(once.top, layer(), None)
        assert (again.frozen, again.top) == (once.frozen, once.top)
        store.remove(again.top, [])

    def test_layers_that_nothing_names_melt_and_the_content_stays(
        self, bench: Bench, short_folder: Path
    ) -> None:
        store = bench.engine.volumes
        kept = store.freeze(written(store, short_folder, b"deep"), layer(), None)
        clone = store.branch(kept.frozen, layer(), SIZE)
        assert store.tidy([kept.top, kept.frozen, clone], []) == {}
        assert store.tidy([kept.top, clone], []) == {}
        store.remove(clone, [kept.top])
        assert store.tidy([kept.top], [kept.top]) == {}
        moved = store.tidy([kept.top], [])
        assert set(moved) == {kept.top}
        assert store.tidy(list(moved.values()), []) == {}
        assert read(store, moved[kept.top], 4) == b"deep"
        assert store.usage([kept.frozen]) == {}
        store.remove(moved[kept.top], [])

    def test_a_volume_grows_and_keeps_its_content(self, bench: Bench, short_folder: Path) -> None:
        store = bench.engine.volumes
        handle = written(store, short_folder, b"grow")
        store.resize(handle, 2 * SIZE, None)
        store.resize(handle, 2 * SIZE, None)
        name = f"{layer()}.raw"
        assert store.write_out(handle, name, "raw", False, quietly).stat().st_size == 2 * SIZE
        assert read(store, handle, 4) == b"grow"
        assert store.files() == [name]
        store.drop_file(name)
        assert store.files() == []
        store.remove(handle, [])

    def test_a_copy_stands_alone(self, bench: Bench, short_folder: Path) -> None:
        store = bench.engine.volumes
        handle = written(store, short_folder, b"alone")
        copy = store.copy(handle, layer(), SIZE, quietly)
        store.remove(handle, [copy])
        assert read(store, copy, 5) == b"alone"
        store.remove(copy, [])

    def test_plugging_in_and_out_twice_changes_nothing_more(self, bench: Bench) -> None:
        store = bench.engine.volumes
        _, engine_id = bench.started()
        one = disk(store.create(layer(), SIZE))
        device = store.attach(engine_id, one)
        assert device.startswith("/dev/vd")
        assert store.attach(engine_id, one) == device
        assert store.attached(engine_id) == frozenset({one.volume_id})

    def test_a_machine_that_is_off_takes_no_volume(self, bench: Bench) -> None:
        store = bench.engine.volumes
        _, engine_id = bench.defined()
        one = disk(store.create(layer(), SIZE))
        with pytest.raises(Conflict, match="does not run"):
            store.attach(engine_id, one)
        assert store.attached(engine_id) == frozenset()
        store.remove(one.handle, [])

    def test_a_machine_begins_with_the_volumes_it_was_given(self, bench: Bench) -> None:
        store = bench.engine.volumes
        disks = tuple(disk(store.create(layer(), SIZE)) for _ in range(2))
        _, engine_id = bench.started(volumes=disks)
        assert store.attached(engine_id) == frozenset({one.volume_id for one in disks})

    def test_a_machine_that_is_gone_has_no_volumes(self, bench: Bench) -> None:
        store = bench.engine.volumes
        assert store.attached(str(uuid.uuid4())) is None
        assert store.detach(str(uuid.uuid4()), str(uuid.uuid4())) is Plug.OUT

    def test_a_retired_root_disk_can_be_brought_back(self, bench: Bench) -> None:
        store = bench.engine.volumes
        spec, engine_id = bench.started()
        bench.engine.stop(engine_id)
        handle = store.retire(spec.instance_id, spec.uuid)
        assert handle is not None
        assert store.retire(spec.instance_id, spec.uuid) == handle
        bench.engine.delete(spec.instance_id, spec.uuid)
        assert handle in store.retired()
        assert store.usage([handle])[handle] > 0
        image = spec.image
        made = store.restore(handle, layer(), image.disk_bytes, image.path, image.format, quietly)
        original = image.path.read_bytes()[:4096]
        assert read(store, made, 4096) == original
        store.remove(handle, [made])
        assert handle not in store.retired()
        store.remove(made, [])

    def test_there_is_room(self, bench: Bench) -> None:
        space = bench.engine.volumes.space()
        assert 0 < space.free_bytes <= space.total_bytes


def holder(engine_id: str, one: DataDisk) -> Holder:
    """The machine that has that disk."""
    return Holder(engine_id=engine_id, volume_id=one.volume_id)
