"""What every engine must do, as tests that each engine's own tests inherit.

A subclass gives the fixture `bench`: an opened engine, its recorder and an image that machines can start
from. Nothing here needs a guest to boot to its end.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from slshell.backend.engines.base import BootImage, ContextDisc, Engine, Forward, MachineSpec, Power
from slshell.model.errors import Conflict, EngineFailed, NotFound
from tests.contract.recorder import Recorder

_numbers = itertools.count(1)


@dataclass
class Bench:
    """An engine at work, and what it was asked to make."""

    engine: Engine
    recorder: Recorder
    image: BootImage
    made: list[MachineSpec] = field(default_factory=list)

    def spec(self, **changes: object) -> MachineSpec:
        """A small machine that is not there yet."""
        values: dict[str, object] = {
            "instance_id": next(_numbers),
            "name": "one",
            "vcpu": 1,
            "ram_mib": 128,
            "swap_mib": 16,
            "image": self.image,
            "discs": (ContextDisc(label="_STRATUSLAB", files={"context.sh": b"A=1\n"}),),
            "uuid": str(uuid.uuid4()),
        }
        spec = MachineSpec(**(values | changes))  # type: ignore[arg-type]
        self.made.append(spec)
        return spec

    def defined(self, **changes: object) -> tuple[MachineSpec, str]:
        """A machine that is made but not started, and its engine id."""
        spec = self.spec(**changes)
        self.engine.prepare_disks(spec)
        return spec, self.engine.define(spec)

    def started(self, **changes: object) -> tuple[MachineSpec, str]:
        """A machine that runs, and its engine id."""
        spec, engine_id = self.defined(**changes)
        self.engine.start(engine_id)
        return spec, engine_id

    def clean(self) -> None:
        """Remove all that was made."""
        for spec in self.made:
            self.engine.delete(spec.instance_id, spec.uuid)
        self.made.clear()


class EngineContract:
    """The behaviour that services count on."""

    @pytest.fixture(autouse=True)
    def clean_bench(self, bench: Bench) -> Iterator[None]:
        yield
        bench.clean()

    def test_a_defined_machine_is_known_and_off(self, bench: Bench) -> None:
        spec, engine_id = bench.defined()
        machine = bench.engine.get(engine_id)
        assert (machine.engine_id, machine.instance_id) == (engine_id, spec.instance_id)
        assert machine.power is Power.STOPPED

    def test_preparing_and_defining_again_changes_nothing(self, bench: Bench) -> None:
        spec, engine_id = bench.defined()
        bench.engine.prepare_disks(spec)
        assert bench.engine.define(spec) == engine_id
        assert [m.engine_id for m in bench.engine.machines()].count(engine_id) == 1

    def test_starting_twice_runs_one_machine(self, bench: Bench) -> None:
        _, engine_id = bench.started()
        bench.engine.start(engine_id)
        assert bench.engine.get(engine_id).power is Power.RUNNING

    def test_starting_from_many_threads_at_once_runs_one_machine(self, bench: Bench) -> None:
        _, engine_id = bench.defined()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(bench.engine.start, [engine_id] * 4))
        assert bench.engine.get(engine_id).power is Power.RUNNING

    def test_stopping_twice_leaves_it_off_with_the_reason(self, bench: Bench) -> None:
        _, engine_id = bench.started()
        bench.engine.stop(engine_id)
        bench.engine.stop(engine_id)
        machine = bench.engine.get(engine_id)
        assert (machine.power, machine.reason) == (Power.STOPPED, "its power was cut")

    def test_a_stopped_machine_starts_again(self, bench: Bench) -> None:
        _, engine_id = bench.started()
        bench.engine.stop(engine_id)
        bench.engine.start(engine_id)
        assert bench.engine.get(engine_id).power is Power.RUNNING

    def test_deleting_a_running_machine_twice_leaves_nothing(self, bench: Bench) -> None:
        spec, engine_id = bench.started()
        bench.engine.delete(spec.instance_id, spec.uuid)
        bench.engine.delete(spec.instance_id, spec.uuid)
        assert bench.engine.get(engine_id).power is Power.GONE
        assert (spec.instance_id, spec.uuid) not in set(bench.engine.leftovers())

    def test_deleting_under_another_number_is_refused_and_harms_nothing(self, bench: Bench) -> None:
        spec, engine_id = bench.started()
        with pytest.raises(Conflict):
            bench.engine.delete(spec.instance_id + 100_000, spec.uuid)
        assert bench.engine.get(engine_id).power is Power.RUNNING

    @pytest.mark.parametrize("engine_id", [str(uuid.UUID(int=7)), "no such thing", ""])
    def test_what_was_never_made_is_gone(self, bench: Bench, engine_id: str) -> None:
        assert bench.engine.get(engine_id).power is Power.GONE
        bench.engine.stop(engine_id)

    def test_starting_what_is_gone_is_not_found(self, bench: Bench) -> None:
        with pytest.raises(NotFound):
            bench.engine.start(str(uuid.uuid4()))

    def test_resetting_a_machine_that_is_off_is_refused(self, bench: Bench) -> None:
        _, engine_id = bench.defined()
        with pytest.raises(Conflict):
            bench.engine.reboot(engine_id)

    def test_exposing_a_machine_that_is_off_is_refused(self, bench: Bench) -> None:
        _, engine_id = bench.defined()
        with pytest.raises(Conflict):
            bench.engine.expose(engine_id, [Forward(address="127.86.250.1", port=2222)])

    def test_all_machines_come_in_one_list_with_their_numbers(self, bench: Bench) -> None:
        first, first_id = bench.started()
        second, second_id = bench.defined()
        found = {machine.engine_id: machine for machine in bench.engine.machines()}
        assert (found[first_id].instance_id, found[first_id].power) == (first.instance_id, Power.RUNNING)
        assert (found[second_id].instance_id, found[second_id].power) == (second.instance_id, Power.STOPPED)

    def test_life_is_told_in_its_order(self, bench: Bench) -> None:
        spec, engine_id = bench.started()
        bench.engine.stop(engine_id)
        bench.recorder.power(engine_id, Power.STOPPED)
        bench.engine.delete(spec.instance_id, spec.uuid)
        bench.recorder.power(engine_id, Power.GONE)
        machines = [event.machine for event in bench.recorder.of(engine_id) if event.machine]
        powers = [machine.power for machine in machines]
        assert powers[0] is Power.STOPPED
        assert Power.RUNNING in powers
        assert powers[-1] is Power.GONE
        assert powers.count(Power.GONE) == 1
        assert {machine.instance_id for machine in machines} == {spec.instance_id}

    def test_files_without_a_machine_are_found_as_leftovers(self, bench: Bench) -> None:
        spec = bench.spec()
        bench.engine.prepare_disks(spec)
        assert (spec.instance_id, spec.uuid) in set(bench.engine.leftovers())
        bench.engine.delete(spec.instance_id, spec.uuid)
        assert (spec.instance_id, spec.uuid) not in set(bench.engine.leftovers())

    def test_a_missing_image_is_named_and_nothing_half_made_stays(self, bench: Bench) -> None:
        absent = bench.engine.image_folder / "absent.img"
        spec = bench.spec(image=BootImage(path=absent, format="raw", disk_bytes=1 << 20))
        with pytest.raises(EngineFailed, match=r"absent\.img"):
            bench.engine.prepare_disks(spec)
        assert (spec.instance_id, spec.uuid) not in set(bench.engine.leftovers())

    def test_a_name_full_of_markup_stays_a_name(self, bench: Bench) -> None:
        spec, engine_id = bench.defined(name='"><evil/>&amp;[/red]')
        assert bench.engine.get(engine_id).instance_id == spec.instance_id

    def test_the_host_promises_what_machines_were_given(self, bench: Bench) -> None:
        (before,) = bench.engine.hosts()
        bench.started(vcpu=1, ram_mib=128)
        (after,) = bench.engine.hosts()
        assert before.acpu - after.acpu == 100
        assert before.amem_kib - after.amem_kib == 128 * 1024
        assert after.running == before.running + 1
        assert after.fcpu is None or 0 <= after.fcpu <= after.tcpu

    def test_there_is_room_for_a_machine(self, bench: Bench) -> None:
        room = bench.engine.room()
        assert room.vcpu >= 1
        assert 0 < room.free_ram_mib <= room.ram_mib
        assert room.disk_bytes > 0

    def test_a_console_is_held_by_one_at_a_time(self, bench: Bench) -> None:
        _, engine_id = bench.started()
        if not bench.engine.capabilities.console:
            with pytest.raises(EngineFailed):
                bench.engine.open_console(engine_id)
            return
        first = bench.engine.open_console(engine_id)
        with pytest.raises(Conflict):
            bench.engine.open_console(engine_id)
        second = bench.engine.open_console(engine_id, force=True)
        while first.read():
            pass
        assert first.reason
        for stream in (first, second, second):
            stream.close()
        assert second.read() == b""
        bench.engine.open_console(engine_id).close()

    def test_the_console_of_a_machine_that_is_off_is_refused(self, bench: Bench) -> None:
        _, engine_id = bench.defined()
        with pytest.raises(Conflict if bench.engine.capabilities.console else EngineFailed):
            bench.engine.open_console(engine_id)

    def test_a_console_ends_when_the_power_is_cut(self, bench: Bench) -> None:
        _, engine_id = bench.started()
        if not bench.engine.capabilities.console:
            return
        stream = bench.engine.open_console(engine_id)
        bench.engine.stop(engine_id)
        while stream.read():
            pass
        stream.write(b"nobody is there\n")
        stream.close()

    def test_a_log_is_read_on_from_where_one_was(self, bench: Bench) -> None:
        _, engine_id = bench.defined()
        assert bench.engine.console_since(engine_id, 0) == (b"", 0)
        with pytest.raises(NotFound):
            bench.engine.console_since(str(uuid.uuid4()), 0)
