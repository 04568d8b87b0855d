"""Instances over HTTP: accepted, refused, found again."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from slshell.backend.engines.libvirt import LibvirtEngine
from slshell.backend.engines.libvirt.mark import domain_name
from slshell.client.cloud import new_request_id
from slshell.model.errors import Conflict, NoCapacity, NotFound, SlshellError, UsageError
from slshell.model.instance import InstanceUpdate, Metrics, RunRequest, State
from tests.service.conftest import Running

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIvZfXVpGZTAPjPeLyPDGJIpVZHVPH3zJ5gPc4rjZ9Yk somebody"


def ask(**wanted: object) -> RunRequest:
    """A request for one ttylinux with a key."""
    given = {"request_id": new_request_id(), "appliance": "ttylinux", "keys": (KEY,)} | wanted
    return RunRequest(**given)  # type: ignore[arg-type]


def test_a_machine_goes_through_the_tutorials_states(running: Running) -> None:
    [made] = running.client.run_instance(ask())
    assert (made.id, made.name, made.state) == (1, "one-1", State.PENDING)
    assert made.address.startswith("127.86.")
    there = running.wait(1, State.RUNNING)
    assert [phase.name for phase in there.phases] == ["Pending", "Prolog", "Boot", "Running"]
    assert there.host == running.client.hosts()[0].name
    assert all(phase.ended_at is not None for phase in there.phases[:-1])
    running.client.kill(1)
    gone = running.wait(1, State.DONE)
    assert [phase.name for phase in gone.phases][-2:] == ["Epilog", "Done"]
    assert running.client.instances() == []
    assert [one.id for one in running.client.instances(all=True)] == [1]
    assert list(running.cloud.engine.leftovers()) == []


def test_numbers_count_up_from_one_and_addresses_differ(running: Running) -> None:
    made = [*running.client.run_instance(ask(count=3)), *running.client.run_instance(ask())]
    assert [one.id for one in made] == [1, 2, 3, 4]
    assert len({one.address for one in made}) == 4


def test_a_named_launch_of_several_numbers_the_names(running: Running) -> None:
    made = running.client.run_instance(ask(count=2, name="web"))
    assert [one.name for one in made] == ["web-1", "web-2"]


def test_a_hundred_repetitions_at_once_make_one_instance(running: Running) -> None:
    request = ask()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: running.client.again().run_instance(request), range(100)))
    assert {tuple(one.id for one in answer) for answer in answers} == {(1,)}
    assert len(running.client.instances(all=True)) == 1


def test_the_same_request_id_for_something_else_is_a_conflict(running: Running) -> None:
    request_id = new_request_id()
    running.client.run_instance(ask(request_id=request_id))
    with pytest.raises(Conflict) as caught:
        running.client.run_instance(ask(request_id=request_id, count=2))
    assert "request id" in caught.value.message


@pytest.mark.parametrize(
    ("wanted", "error", "told"),
    [
        ({"appliance": "ttylinus"}, NotFound, "ttylinux"),
        ({"type": "m1.smal"}, NotFound, "m1.small"),
        ({"vcpu": 99}, NoCapacity, "8"),
        ({"ram_mib": 10**9}, NoCapacity, "MiB"),
        ({"swap_mib": 10**12}, NoCapacity, "disk"),
        ({"ram_mib": 1}, UsageError, "RAM"),
        ({"vcpu": 0}, UsageError, "CPUs"),
        ({"swap_mib": -1}, UsageError, "swap"),
        ({"count": 0}, UsageError, "0 instances"),
        ({"name": '"><evil/>'}, UsageError, "instance name"),
        ({"name": "[/red]"}, UsageError, "instance name"),
        ({"keys": ("ssh-rsa nonsense",)}, UsageError, "public SSH key"),
        ({"keys": ("-----BEGIN OPENSSH PRIVATE KEY-----",)}, UsageError, "private"),
        ({"context": {"a b": "1"}}, UsageError, "context"),
        ({"request_id": "no spaces"}, UsageError, "request id"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_made(
    running: Running, wanted: dict[str, object], error: type[SlshellError], told: str
) -> None:
    with pytest.raises(error) as caught:
        running.client.run_instance(ask(**wanted))
    assert told in f"{caught.value.message} {caught.value.hint}"
    assert running.client.instances(all=True) == []
    assert running.client.jobs() == [job for job in running.client.jobs() if job.kind == "build"]


def test_a_name_in_use_is_refused_and_its_holder_named(running: Running) -> None:
    running.client.run_instance(ask(name="web"))
    with pytest.raises(Conflict) as caught:
        running.client.run_instance(ask(name="web"))
    assert "instance 1" in caught.value.message
    running.client.kill(1)
    running.wait(1, State.DONE)
    [again] = running.client.run_instance(ask(name="web"))
    assert again.id == 2


def test_what_the_state_does_not_allow_is_a_conflict_that_says_so(running: Running) -> None:
    running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    with pytest.raises(Conflict) as caught:
        running.client.start(1)
    assert "Running" in caught.value.message
    running.client.kill(1)
    running.wait(1, State.DONE)
    for action in (running.client.kill, running.client.shutdown, running.client.start, running.client.reboot):
        with pytest.raises(Conflict):
            action(1)
    with pytest.raises(NotFound):
        running.client.kill(99)


def test_a_guest_that_powers_itself_off_is_unknown_until_started_or_killed(running: Running) -> None:
    running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    running.client.shutdown(1)
    off = running.wait(1, State.UNKNOWN)
    assert off.reason
    running.client.start(1)
    running.wait(1, State.RUNNING)
    assert [one.state for one in running.client.instances()] == [State.RUNNING]


def test_a_machine_is_reachable_once_something_says_ssh_at_its_address(running: Running) -> None:
    [made] = running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    with socket.create_server((made.address, made.ssh_port)) as server:
        stop = threading.Event()

        def greet() -> None:
            while not stop.is_set():
                connection, _ = server.accept()
                with connection:
                    connection.sendall(b"SSH-2.0-test\r\n")

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        there = running.watch.instance(1, lambda one: one.reachable)
        stop.set()
        socket.create_connection((made.address, made.ssh_port)).close()
        thread.join(10)
    assert [phase.name for phase in there.phases][-1] == "reachable"
    assert any(event.kind == "reachable" for event in running.client.events(instance=1))


def test_the_known_hosts_file_has_every_living_machines_key(running: Running) -> None:
    made = running.client.run_instance(ask(count=2))
    text = (running.home / "known_hosts").read_text()
    assert text == "".join(f"[{one.address}]:{one.ssh_port} {one.host_key}\n" for one in made)


def test_no_answer_ever_holds_a_private_key(running: Running) -> None:
    running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    everything = str(running.client.instance(1)) + str(running.client.changes(0, 0))
    assert "PRIVATE" not in everything


def test_an_appliance_can_be_named_by_its_identifier(running: Running) -> None:
    identifier = running.client.appliance("ttylinux").id
    assert len(identifier) == 27
    [made] = running.client.run_instance(ask(appliance=identifier))
    assert (made.appliance, made.appliance_id) == ("ttylinux", identifier)


def test_a_machine_of_a_damaged_image_fails_with_the_reason_and_leaves_nothing(running: Running) -> None:
    identifier = running.client.appliance("ttylinux").id
    image = running.cloud.catalogue.files(identifier)[0]
    with image.open("r+b") as file:
        file.seek(4096)
        file.write(b"damage")
    running.client.run_instance(ask())
    failed = running.wait(1, State.FAILED)
    assert "checksum differs" in failed.reason
    assert str(image) in failed.reason
    assert list(running.cloud.engine.leftovers()) == []
    running.client.kill(1)
    running.wait(1, State.DONE)


def test_what_the_hypervisor_refuses_is_told_in_its_own_words_and_leaves_nothing(running: Running) -> None:
    engine = running.cloud.engine
    assert isinstance(engine, LibvirtEngine)
    name = domain_name(running.cloud.id, 1)
    stranger = (
        f"<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os></domain>"
    )
    engine._call("put a stranger in the way", lambda raw: raw.defineXML(stranger))
    running.client.run_instance(ask())
    failed = running.wait(1, State.FAILED)
    assert "already exists" in failed.reason
    assert list(engine.leftovers()) == []
    assert [machine.instance_id for machine in engine.machines()] == [None]
    running.client.kill(1)
    running.wait(1, State.DONE)


def test_the_track_of_a_machine_is_there_while_it_lives_and_not_for_others(running: Running) -> None:
    [made] = running.client.run_instance(ask())
    running.wait(made.id, State.RUNNING)
    assert running.client.track(made.id).times == []
    seen = Metrics(id=made.id, cpu_percent=12.5, memory_kib=7, disk_read_bytes=1.5, packets_in=3.0)
    running.cloud.sampler.tracks.take({made.id: seen}, 100.0)
    running.cloud.sampler.tracks.take({}, 160.0)
    track = running.client.track(made.id)
    assert (track.times, track.cpu, track.packets_in) == ([100.0, 160.0], [12.5, None], [3.0, None])
    with pytest.raises(NotFound):
        running.client.track(99)


def test_tags_are_given_at_launch_and_changed_later(running: Running) -> None:
    [made] = running.client.run_instance(ask(tags=("web", "web", "blue")))
    assert made.tags == ("web", "blue")
    change = InstanceUpdate(add_tags=("[/red]", "web"), remove_tags=("blue", "never"))
    changed = running.client.update_instance(made.id, change)
    assert changed.tags == ("web", "[/red]")
    assert changed.revision > made.revision
    assert (
        running.client.update_instance(made.id, change).revision == running.client.instance(made.id).revision
    )
    assert running.watch.instance(made.id, lambda one: one.tags == ("web", "[/red]"))


@pytest.mark.parametrize("wrong", ["", "two words", "a,b", "x" * 41, "\x1b[31m"])
def test_what_cannot_be_a_tag_is_refused_and_nothing_is_made(running: Running, wrong: str) -> None:
    with pytest.raises(UsageError, match="cannot be a tag"):
        running.client.run_instance(ask(tags=("good", wrong)))
    assert running.client.instances() == []
