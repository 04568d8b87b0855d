"""Typed calls over a real socket."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from slshell.client.cloud import Cloud, LocalLink, new_request_id
from slshell.client.profiles import Profile
from slshell.model.errors import CloudUnreachable, Conflict, NoCapacity, NotFound, SlshellError, UsageError
from slshell.model.instance import RunRequest, State
from tests.unit.client.served import ServedCloud, instance


@pytest.fixture
def cloud(served: ServedCloud) -> Cloud:
    return Cloud(LocalLink(served.home, start=False))


def test_a_list_of_several_pages_comes_back_whole(served: ServedCloud, cloud: Cloud) -> None:
    served.page_size = 3
    served.instances = {number: instance(number) for number in range(1, 11)}
    assert [each.id for each in cloud.instances()] == list(range(1, 11))


def test_filters_reach_the_cloud_and_unset_ones_do_not(served: ServedCloud, cloud: Cloud) -> None:
    cloud.instances(name="web-*", all=True)
    _, target, _ = served.requests[-1]
    assert target == "/v1/instances?name=web-%2A&all=true&limit=10000"


@pytest.mark.parametrize(
    "error",
    [NotFound("no instance 7", hint="look"), Conflict("busy"), NoCapacity("full", details={"free_mib": 3})],
)
def test_an_error_of_the_cloud_arrives_as_its_class(
    served: ServedCloud, cloud: Cloud, error: SlshellError
) -> None:
    served.failures["/v1/instances/7"] = error
    with pytest.raises(type(error)) as caught:
        cloud.instance(7)
    assert caught.value.as_data() == error.as_data()


def test_an_answer_of_another_shape_is_told_not_thrown(served: ServedCloud, cloud: Cloud) -> None:
    served.types = [{"something": "else"}]  # type: ignore[list-item]
    with pytest.raises(CloudUnreachable, match="does not fit"):
        cloud.types()


def test_a_cloud_that_is_down_is_unreachable_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(CloudUnreachable) as caught:
        Cloud(LocalLink(tmp_path, start=False)).status()
    assert "slshell cloud up" in caught.value.hint


def test_a_daemon_that_was_replaced_is_found_again(served: ServedCloud, cloud: Cloud) -> None:
    cloud.status()
    served.__exit__()
    with ServedCloud(served.home) as second:
        second.instances[1] = instance(1)
        assert [each.id for each in cloud.instances()] == [1]


def test_a_broken_run_is_sent_again_with_the_same_request_id(served: ServedCloud, cloud: Cloud) -> None:
    broken = threading.Event()

    def break_once(request: RunRequest) -> None:
        if not broken.is_set():
            broken.set()
            raise ConnectionResetError

    served.on_run = break_once
    started = cloud.run_instance(RunRequest(request_id=new_request_id(), appliance="ttylinux", count=2))
    bodies = {body for method, target, body in served.requests if target == "/v1/instances"}
    assert [each.id for each in started] == [1, 2]
    assert len(served.instances) == 2
    assert len(bodies) == 1


def test_a_broken_reboot_is_not_sent_again(served: ServedCloud, cloud: Cloud) -> None:
    served.put(instance(1))
    served.failures["/v1/instances/1/reboot"] = ConnectionResetError()  # type: ignore[assignment]
    with pytest.raises(CloudUnreachable):
        cloud.reboot(1)
    assert len([target for _, target, _ in served.requests if target.endswith("/reboot")]) == 1


def test_an_upload_streams_the_file_and_tells_how_far_it_is(
    served: ServedCloud, cloud: Cloud, tmp_path: Path
) -> None:
    image = tmp_path / "own image.raw"
    image.write_bytes(bytes(range(256)) * 10_000)
    told: list[tuple[int, int]] = []
    made = cloud.upload_image(image, name="own", progress=lambda done, total: told.append((done, total)))
    _, target, body = served.requests[-1]
    assert made.name == "own"
    assert body == image.read_bytes()
    assert "filename=own+image.raw" in target
    assert told[-1] == (2_560_000, 2_560_000)
    assert len(told) == 3


def test_a_missing_image_file_is_a_usage_error(cloud: Cloud, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        cloud.upload_image(tmp_path / "none")


def test_many_threads_may_use_one_cloud(served: ServedCloud, cloud: Cloud) -> None:
    served.instances = {number: instance(number) for number in range(1, 41)}
    seen: list[int] = []
    threads = [
        threading.Thread(target=lambda number=number: seen.append(cloud.instance(number).id))
        for number in range(1, 41)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 41))


def test_actions_answer_the_instance_as_it_is_now(served: ServedCloud, cloud: Cloud) -> None:
    served.put(instance(1))
    assert cloud.shutdown(1).state is State.SHUTDOWN
    assert cloud.start(1).state is State.BOOT
    assert cloud.kill(1).state is State.EPILOG


def test_closing_breaks_a_held_request_at_once(served: ServedCloud, cloud: Cloud) -> None:
    caught: list[SlshellError] = []
    own = cloud.again()

    def hold() -> None:
        try:
            own.changes(served.revision, 30)
        except SlshellError as error:
            caught.append(error)

    thread = threading.Thread(target=hold)
    thread.start()
    while not served.requests:
        thread.join(0.001)
    own.close()
    thread.join(5)
    assert caught and isinstance(caught[0], CloudUnreachable)
    assert cloud.status().id == "c0ffee"


def test_a_remote_profile_sends_its_token_and_wants_it_private(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    token.chmod(0o644)
    profile = Profile(name="lab", home=tmp_path, url="http://127.0.0.1:9", token_file=token)
    with pytest.raises(SlshellError, match="readable by others"):
        Cloud.of_profile(profile).status()
    token.chmod(0o600)
    with pytest.raises(CloudUnreachable, match=r"no cloud answers at http://127\.0\.0\.1:9"):
        Cloud.of_profile(profile).status()
