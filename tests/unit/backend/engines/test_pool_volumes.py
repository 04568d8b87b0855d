"""Volumes in storage pools of libvirt, on its test driver: pools that are folders, and such that are none."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from slshell.backend.engines.libvirt import LibvirtEngine
from slshell.backend.engines.libvirt.domain_xml import PoolSource
from slshell.backend.engines.libvirt.folder_volumes import FolderVolumes
from slshell.backend.engines.libvirt.pool_volumes import PoolVolumes
from slshell.backend.engines.volumes import DataDisk, Volumes
from slshell.model.errors import EngineFailed, NotFound, UsageError
from slshell.model.volume import GIB, serial_of

Open = Callable[[str], LibvirtEngine]


def layer() -> str:
    """A new one."""
    return str(uuid.uuid4())


@pytest.fixture
def opened(short_folder: Path) -> Iterator[Open]:
    """`opened("vg0")`: an engine whose volumes are kept there; there are `vg0` (logical) and `data` (dir)."""
    node = short_folder / "node.xml"
    node.write_text(f"""<node>
      <pool type="logical"><name>vg0</name><source><name>vg0</name></source>
        <target><path>/dev/vg0</path></target></pool>
      <pool type="dir"><name>data</name><target><path>{short_folder}/data</path></target></pool>
      <cpu><mhz>3000</mhz><model>pentium4</model><active>2</active>
        <nodes>1</nodes><sockets>1</sockets><cores>2</cores><threads>1</threads></cpu>
      <memory>4194304</memory></node>""")
    with ExitStack() as stack:

        def make(pool: str) -> LibvirtEngine:
            engine = LibvirtEngine(
                cloud_id=uuid.uuid4().hex, folder=short_folder / "e", uri=f"test://{node}", volume_pool=pool
            )
            engine.open(lambda _event: None)
            stack.callback(engine.close)
            return engine

        yield make


@pytest.fixture
def store(opened: Open) -> PoolVolumes:
    """Volumes in the logical pool."""
    volumes = opened("vg0").volumes
    assert isinstance(volumes, PoolVolumes)
    return volumes


def test_a_pool_that_is_no_folder_says_what_it_can(store: PoolVolumes) -> None:
    assert store.place == "logical vg0"
    assert (store.features.layers, store.features.files) == (False, False)
    space = store.space()
    assert 0 < space.free_bytes <= space.total_bytes


def test_volumes_are_made_copied_counted_and_removed_each_twice_without_harm(store: PoolVolumes) -> None:
    first, second = layer(), layer()
    said: list[str] = []
    for _ in range(2):
        assert store.create(first, GIB) == first
        assert store.copy(first, second, 2 * GIB, said.append) == second
    assert said == ["copying", "copying"]
    assert set(store.usage([first, second, layer()])) == {first, second}
    for _ in range(2):
        store.remove(first, [second])
    assert set(store.usage([first, second])) == {second}
    store.remove(second, [])
    assert store.usage([first, second]) == {}


def test_a_copy_of_what_is_gone_is_refused(store: PoolVolumes) -> None:
    copy = layer()
    with pytest.raises(EngineFailed, match="copy the volume"):
        store.copy(layer(), copy, GIB, lambda _text: None)
    assert store.usage([copy]) == {}


def test_a_machine_gets_the_pools_own_volume(store: PoolVolumes) -> None:
    assert store.source_of("name") == (PoolSource("vg0", "name"), "raw")


REFUSED: dict[str, Callable[[Volumes], object]] = {
    "keep the state": lambda store: store.freeze(layer(), layer(), None),
    "branch": lambda store: store.branch(layer(), layer(), GIB),
    "take a file in": lambda store: store.take_in(layer(), Path("/x"), "raw", GIB, print),
    "write a volume to a file": lambda store: store.write_out(layer(), f"{layer()}.raw", "raw", False, print),
    "write a volume": lambda store: store.file(f"{layer()}.raw"),
    "bring a root disk back": lambda store: store.restore(layer(), layer(), GIB, Path("/x"), "raw", print),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_such_a_pool_cannot_do_is_refused_with_the_way_out(store: PoolVolumes, what: str) -> None:
    with pytest.raises(UsageError, match=f"kind logical cannot {what}") as refused:
        REFUSED[what](store)
    assert "volume_pool" in refused.value.hint


def test_there_are_no_files_and_nothing_to_tidy_in_such_a_pool(store: PoolVolumes) -> None:
    assert (store.files(), store.retired(), store.tidy([layer()], []), store.retire(1, layer())) == (
        [], [], {}, None
    )  # fmt: skip
    store.drop_file(f"{layer()}.raw")


def test_a_pool_that_libvirt_does_not_have_is_named(opened: Open) -> None:
    with pytest.raises(NotFound, match="no storage pool “nosuch”") as refused:
        opened("nosuch")
    assert "virsh pool-list" in refused.value.hint


@pytest.mark.parametrize("by_name", [True, False])
def test_a_pool_that_is_a_folder_is_used_as_one(opened: Open, short_folder: Path, by_name: bool) -> None:
    folder = short_folder / "data"
    folder.mkdir()
    store = opened("data" if by_name else str(folder)).volumes
    assert isinstance(store, FolderVolumes)
    assert store.place == f"dir {folder}"
    handle = store.create(layer(), GIB)
    assert [path.name for path in folder.iterdir()] == [f"{handle}.qcow2"]
    kept = store.freeze(handle, layer(), None)
    store.remove(kept.top, [])
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("by_name", [True, False])
def test_a_folder_that_is_missing_is_refused_at_once(opened: Open, short_folder: Path, by_name: bool) -> None:
    with pytest.raises(EngineFailed, match=f"cannot write to {short_folder}/data") as refused:
        opened("data" if by_name else f"{short_folder}/data")
    assert "volume_pool" in refused.value.hint


def test_a_folder_that_the_machines_account_cannot_write_to_is_refused(short_folder: Path) -> None:
    folder = short_folder / "data"
    folder.mkdir(mode=0o555)
    engine = LibvirtEngine(cloud_id=uuid.uuid4().hex, folder=short_folder / "e", volume_pool=str(folder))
    with pytest.raises(EngineFailed, match=f"cannot write to {folder}, where volumes are to be kept"):
        engine.volumes.create(layer(), GIB)
    assert list(folder.iterdir()) == []


def test_a_machine_that_is_not_there_takes_no_volume(opened: Open) -> None:
    volume_id = layer()
    disk = DataDisk(volume_id=volume_id, handle=volume_id, serial=serial_of(volume_id))
    with pytest.raises(NotFound):
        opened("vg0").volumes.attach(layer(), disk)
