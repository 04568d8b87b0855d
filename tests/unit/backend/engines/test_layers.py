"""Chains of layers: content stays whatever is kept, cloned or melted, and no name becomes a path."""

from __future__ import annotations

import resource
import shutil
from pathlib import Path

import pytest

from slshell.backend.engines.libvirt.layers import MAX_LAYERS, Layers, chain
from slshell.model.errors import Conflict, EngineFailed, NotFound, SlshellError, UsageError
from tests.unit.backend.engines.layers import SIZE, files, layer, layers_in, named, quietly, read, write

EMPTY = bytes(SIZE // (64 << 10))


LAYER = "3f0c8b52-7e0e-4b47-9c9a-0d6c1d8b3e11"


@pytest.fixture
def layers(short_folder: Path) -> Layers:
    return layers_in(short_folder)


def filled(layers: Layers, *blocks: tuple[int, int]) -> str:
    """A volume of one layer with these blocks."""
    handle = layers.create(layer(), SIZE)
    write(layers, handle, *blocks)
    return handle


def content(*blocks: tuple[int, int]) -> bytes:
    """What `read` answers for a volume with these blocks."""
    expected = bytearray(EMPTY)
    for number, byte in blocks:
        expected[number] = byte
    return bytes(expected)


def frozen_twice(layers: Layers) -> tuple[str, str, str]:
    """A volume with two frozen states below: first, second, top."""
    first = layers.freeze(filled(layers, (0, 1)), layer())
    write(layers, first.top, (1, 2))
    second = layers.freeze(first.top, layer())
    write(layers, second.top, (2, 3))
    return first.frozen, second.frozen, second.top


def test_each_state_keeps_its_own_content(layers: Layers) -> None:
    first, second, top = frozen_twice(layers)
    assert read(layers, first) == content((0, 1))
    assert read(layers, second) == content((0, 1), (1, 2))
    assert read(layers, top) == content((0, 1), (1, 2), (2, 3))
    assert files(layers) == named(top)


def test_a_step_taken_again_makes_nothing_new(layers: Layers) -> None:
    handle, same, other = filled(layers, (0, 1)), layer(), layer()
    kept = layers.freeze(handle, same)
    assert layers.freeze(handle, same) == kept
    assert layers.branch(kept.frozen, other, SIZE) == layers.branch(kept.frozen, other, SIZE)
    assert layers.create(handle, SIZE) == handle
    assert read(layers, handle) == content((0, 1))


def test_a_state_has_its_size_though_nothing_was_written_since_the_volume_grew(layers: Layers) -> None:
    kept = layers.freeze(filled(layers, (0, 1)), layer())
    layers.resize(kept.top, 2 * SIZE)
    grown = layers.freeze(kept.top, layer())
    assert (layers.size(kept.frozen), layers.size(grown.frozen)) == (SIZE, 2 * SIZE)
    assert read(layers, grown.frozen) == content((0, 1)) + EMPTY


def test_beyond_the_most_layers_a_state_is_refused_and_the_volume_is_whole(layers: Layers) -> None:
    handle = filled(layers, (0, 1))
    for number in range(1, MAX_LAYERS):
        handle = layers.branch(handle, layer(), SIZE)
        write(layers, handle, (number % len(EMPTY), number))
    before = files(layers)
    with pytest.raises(Conflict, match=f"{MAX_LAYERS} layers") as refused:
        layers.freeze(handle, layer())
    assert "delete some of its snapshots" in refused.value.hint
    assert files(layers) == before
    assert len(chain(handle)) == MAX_LAYERS
    assert len(read(layers, handle)) == len(EMPTY)


def test_a_clone_may_be_larger_and_what_is_beyond_is_empty(layers: Layers) -> None:
    kept = layers.freeze(filled(layers, (0, 1)), layer())
    clone = layers.branch(kept.frozen, layer(), 2 * SIZE)
    assert read(layers, clone) == content((0, 1)) + EMPTY


def test_what_is_beyond_the_end_of_a_smaller_layer_below_stays_empty_when_that_melts(layers: Layers) -> None:
    base = filled(layers, (0, 1), (3, 9))
    small = layers.freeze(base, layer())
    large = layers.branch(small.top, layer(), 2 * SIZE)
    write(layers, large, (1, 2))
    expected = read(layers, large)
    moved = layers.melt([large], [])
    while moved:
        (large,) = moved.values()
        moved = layers.melt([large], [])
    assert read(layers, large) == expected
    assert files(layers) == {large}


def test_a_layer_that_nothing_names_is_absorbed_and_everybody_keeps_their_content(layers: Layers) -> None:
    first, second, top = frozen_twice(layers)
    clone = layers.branch(second, layer(), SIZE)
    write(layers, clone, (0, 7))
    before = {handle: read(layers, handle) for handle in (second, top, clone)}
    moved = layers.melt([second, top, clone], [])
    assert set(moved) == {second, top, clone}
    assert {old: read(layers, new) for old, new in moved.items()} == before
    assert files(layers) == named(*moved.values())
    assert chain(first)[0] not in files(layers)
    assert layers.melt(list(moved.values()), []) == {}


def test_a_layer_that_two_stand_on_stays(layers: Layers) -> None:
    kept = layers.freeze(filled(layers, (0, 1)), layer())
    clone = layers.branch(kept.frozen, layer(), SIZE)
    assert layers.melt([kept.top, clone], []) == {}
    assert read(layers, clone) == read(layers, kept.top) == content((0, 1))


@pytest.mark.parametrize("which", [0, 1, 2])
def test_layers_that_a_machine_has_open_wait(layers: Layers, which: int) -> None:
    first, second, top = frozen_twice(layers)
    apart = layers.branch(first, layer(), SIZE)
    in_use = [top, second, apart][which]
    moved = layers.melt([top, apart], [in_use])
    assert not named(in_use) - files(layers)
    assert not any(set(chain(old)) - set(chain(new)) & named(in_use) for old, new in moved.items())
    assert read(layers, moved.get(top, top)) == content((0, 1), (1, 2), (2, 3))


def test_melting_that_was_interrupted_is_taken_again_without_harm(
    layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second, top = frozen_twice(layers)
    before = {handle: read(layers, handle) for handle in (second, top)}
    unlink = Path.unlink

    def cut_off(self: Path, missing_ok: bool = False) -> None:
        if self.suffix == ".qcow2":
            raise KeyboardInterrupt
        unlink(self, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", cut_off)
        with pytest.raises(KeyboardInterrupt):
            layers.melt([second, top], [])
    assert {handle: read(layers, handle) for handle in before} == before
    moved = layers.melt([second, top], [])
    assert {old: read(layers, new) for old, new in moved.items()} == before
    assert files(layers) == named(*moved.values())


def test_melting_that_was_done_but_not_written_down_is_found_done(layers: Layers) -> None:
    _, second, top = frozen_twice(layers)
    before = {handle: read(layers, handle) for handle in (second, top)}
    first_try = layers.melt([second, top], [])
    again = layers.melt([second, top], [])
    assert again == first_try
    assert {old: read(layers, new) for old, new in again.items()} == before


def test_removing_takes_what_no_other_needs(layers: Layers) -> None:
    first, second, top = frozen_twice(layers)
    clone = layers.branch(second, layer(), SIZE)
    layers.remove(top, [second, clone])
    assert files(layers) == named(clone)
    layers.remove(second, [clone])
    assert read(layers, clone) == content((0, 1), (1, 2))
    layers.remove(clone, [first])
    layers.remove(clone, [first])
    assert files(layers) == {first}
    layers.remove(first, [])
    assert files(layers) == set()


@pytest.mark.parametrize(
    "handle", ["", "/", "../../etc", "/etc/passwd", "x", "a" * 36, f"{LAYER}/../{LAYER}", f"{LAYER}\n"]
)
def test_what_is_no_layer_never_becomes_a_path(layers: Layers, handle: str) -> None:
    for act in (layers.top, layers.usage, lambda one: layers.remove(one, [])):
        with pytest.raises((UsageError, NotFound, FileNotFoundError)):
            act(handle)
    with pytest.raises(UsageError):
        layers.create(handle, SIZE)
    assert files(layers) == set()


def test_a_hostile_end_of_a_chain_removes_nothing_outside(layers: Layers) -> None:
    whole = filled(layers, (0, 1))
    with pytest.raises(UsageError):
        layers.remove(f"{layer()}/../{whole}", [])
    assert read(layers, whole) == content((0, 1))


def test_a_missing_file_is_named(layers: Layers) -> None:
    handle = filled(layers, (0, 1))
    layers.file(handle).unlink()
    with pytest.raises(NotFound, match=handle) as refused:
        layers.branch(handle, layer(), SIZE)
    assert str(layers.folder) in refused.value.hint
    with pytest.raises(NotFound):
        layers.size(handle)
    with pytest.raises(FileNotFoundError):
        layers.usage(handle)
    assert files(layers) == set()


def test_a_file_that_became_a_symlink_is_not_followed(layers: Layers, tmp_path: Path) -> None:
    handle = filled(layers, (0, 1))
    elsewhere = tmp_path / "elsewhere"
    shutil.move(layers.file(handle), elsewhere)
    layers.file(handle).symlink_to(elsewhere)
    with pytest.raises(NotFound):
        layers.top(handle)
    layers.remove(handle, [])
    assert elsewhere.exists()


def test_a_missing_base_spoils_no_melting_of_others(layers: Layers) -> None:
    first, second, top = frozen_twice(layers)
    layers.file(first).unlink()
    with pytest.raises(SlshellError):
        layers.melt([second, top], [])
    assert files(layers) == named(top) - {first}


def test_growing_twice_is_growing_once_and_nothing_shrinks(layers: Layers) -> None:
    handle = filled(layers, (0, 1))
    for size in (2 * SIZE, 2 * SIZE, SIZE):
        layers.resize(handle, size)
    assert layers.size(handle) == 2 * SIZE
    assert read(layers, handle) == content((0, 1)) + EMPTY


def test_a_copy_has_the_content_of_the_whole_chain_and_stands_alone(layers: Layers) -> None:
    _, _, top = frozen_twice(layers)
    said: list[str] = []
    made = layers.copy(top, layer(), said.append)
    layers.remove(top, [made])
    assert read(layers, made) == content((0, 1), (1, 2), (2, 3))
    assert said[-1] == "copied 100 %"


def test_what_cannot_be_made_leaves_nothing(layers: Layers) -> None:
    with pytest.raises(EngineFailed, match="Invalid image size"):
        layers.create(layer(), 1 << 63)
    with pytest.raises(SlshellError):
        layers.fill(layer(), "take it in", "taken in", quietly, "-f", "raw", "/nonexistent")
    assert files(layers) == set()


def test_a_copy_that_finds_no_room_leaves_nothing_and_harms_nothing(layers: Layers) -> None:
    handle = filled(layers, *((number, 1) for number in range(40)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(EngineFailed, match="File too large"):
            layers.copy(handle, layer(), quietly)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(layers) == {handle}
    assert read(layers, handle) == content(*((number, 1) for number in range(40)))
