"""Whatever is done to volumes, in whatever order, each of them and each snapshot holds what it should."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.unit.backend.engines.layers import BLOCK, SIZE, files, layer, layers_in, named, read, write

BLOCKS = SIZE // BLOCK
FEW = 4
"""Blocks that are written to, so that layers often hide each other's."""


@dataclass
class State:
    """A handle and what it must hold: the byte of each block."""

    handle: str
    content: bytes


@dataclass
class Kept(State):
    """A volume with its snapshots."""

    snapshots: list[State] = field(default_factory=list)


class Chains(RuleBasedStateMachine):
    """Does what the services do, and remembers what each volume must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.layers = layers_in(self.folder)
        self.volumes: list[Kept] = []

    @precondition(lambda self: len(self.volumes) < 3)
    @rule()
    def create(self) -> None:
        self.volumes.append(Kept(self.layers.create(layer(), SIZE), bytes(BLOCKS)))

    @precondition(lambda self: self.volumes)
    @rule(data=st.data(), number=st.integers(0, FEW - 1), byte=st.integers(0, 3))
    def write(self, data: st.DataObject, number: int, byte: int) -> None:
        one = data.draw(st.sampled_from(self.volumes))
        write(self.layers, one.handle, (number, byte))
        one.content = one.content[:number] + bytes([byte]) + one.content[number + 1 :]

    @precondition(lambda self: self.volumes)
    @rule(data=st.data())
    def snapshot(self, data: st.DataObject) -> None:
        self._keep(data.draw(st.sampled_from(self.volumes)))

    @precondition(lambda self: 0 < len(self.volumes) < 4)
    @rule(data=st.data())
    def clone(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.volumes))
        frozen = self.layers.freeze(one.handle, layer())
        one.handle = frozen.top
        size = len(one.content) * BLOCK
        self.volumes.append(Kept(self.layers.branch(frozen.frozen, layer(), size), one.content))

    @precondition(lambda self: any(one.snapshots for one in self.volumes))
    @rule(data=st.data())
    def clone_snapshot(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from([one for one in self.volumes if one.snapshots]))
        kept = data.draw(st.sampled_from(one.snapshots))
        handle = self.layers.branch(kept.handle, layer(), len(kept.content) * BLOCK)
        self.volumes.append(Kept(handle, kept.content))

    @precondition(lambda self: any(one.snapshots for one in self.volumes))
    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from([one for one in self.volumes if one.snapshots]))
        kept = data.draw(st.sampled_from(one.snapshots))
        one.snapshots.append(State(one.handle, one.content))
        one.handle = self.layers.branch(kept.handle, layer(), len(kept.content) * BLOCK)
        one.content = kept.content

    @precondition(lambda self: self.volumes)
    @rule(data=st.data())
    def grow(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.volumes))
        one.content += bytes(8)
        self.layers.resize(one.handle, len(one.content) * BLOCK)

    @precondition(lambda self: any(one.snapshots for one in self.volumes))
    @rule(data=st.data())
    def delete_snapshot(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from([one for one in self.volumes if one.snapshots]))
        kept = data.draw(st.sampled_from(one.snapshots))
        one.snapshots = [each for each in one.snapshots if each is not kept]
        self.layers.remove(kept.handle, [state.handle for state in self._states()])

    @precondition(lambda self: self.volumes)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.volumes))
        self.volumes.remove(one)
        others = [state.handle for state in self._states()]
        for handle in sorted([one.handle, *(kept.handle for kept in one.snapshots)], key=len, reverse=True):
            self.layers.remove(handle, others)

    @rule(data=st.data())
    def melt(self, data: st.DataObject) -> None:
        """One step of melting, while some volumes are in machines."""
        used = data.draw(st.lists(st.sampled_from(self.volumes), unique_by=id)) if self.volumes else []
        moved = self.layers.melt([one.handle for one in self._states()], [one.handle for one in used])
        for one in self._states():
            one.handle = moved.get(one.handle, one.handle)

    def teardown(self) -> None:
        """In the end everything holds what it should, also when all is melted that can be."""
        try:
            self._check()
            handles = [one.handle for one in self._states()]
            while moved := self.layers.melt(handles, []):
                for one in self._states():
                    one.handle = moved.get(one.handle, one.handle)
                handles = [one.handle for one in self._states()]
            self._check()
            assert files(self.layers) == named(*handles)
        finally:
            shutil.rmtree(self.folder)

    def _keep(self, one: Kept) -> None:
        frozen = self.layers.freeze(one.handle, layer())
        one.handle = frozen.top
        one.snapshots.append(State(frozen.frozen, one.content))

    def _states(self) -> list[State]:
        return [state for one in self.volumes for state in (one, *one.snapshots)]

    def _check(self) -> None:
        for one in self._states():
            assert read(self.layers, one.handle) == one.content


def test_content_is_what_it_should_be_after_any_sequence() -> None:
    run_state_machine_as_test(
        Chains,
        settings=settings(
            max_examples=14,
            stateful_step_count=14,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
