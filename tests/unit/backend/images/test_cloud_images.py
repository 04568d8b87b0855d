"""The list of published images is whole, and its addresses follow the mirrors."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from slshell.backend.images.cloud_images import known
from slshell.backend.services.settings import Settings
from slshell.model.errors import UsageError
from slshell.model.names import checked_name


@pytest.mark.parametrize("name", known().images)
def test_each_image_says_all_that_is_needed_to_start_it(name: str) -> None:
    image = known().images[name]
    checked_name(name, "appliance name")
    for address in image.addresses({}):
        parts = urlsplit(address)
        assert parts.scheme == "https"
        assert "//" not in parts.path
    assert re.fullmatch(r"[\w.-]+\.(qcow2|img)", image.file_name)
    assert image.image.rpartition("/")[0] == image.sums.rpartition("/")[0], "sums lie beside the image"
    assert re.fullmatch(r"[a-z]+", image.user)
    assert 128 <= image.min_ram_mib <= 2048
    assert image.disk_gib >= 1
    assert name.startswith(image.os)


def test_the_systems_that_people_ask_for_are_there() -> None:
    names = set(known().images)
    wanted = {"debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04", "rocky-9", "rocky-10", "almalinux-9"}
    assert wanted | {"almalinux-10", "opensuse-tumbleweed", "arch", "cirros"} <= names
    assert {image.publisher for image in known().images.values()} == set(known().mirrors)


def test_a_mirror_takes_the_place_of_its_publisher_only() -> None:
    mirrors = {"debian": "http://mirror.example/d/"}
    images = known().images
    assert images["debian-13"].addresses(mirrors)[0].startswith("http://mirror.example/d/trixie/")
    assert images["rocky-9"].addresses(mirrors) == images["rocky-9"].addresses({})


@pytest.mark.parametrize(
    ("mirrors", "match"),
    [
        ({"debain": "http://mirror.example"}, "no images of “debain”"),
        ({"debian": "mirror.example"}, "not an http or https address"),
        ({"debian": "file:///srv/mirror"}, "not an http or https address"),
        ({"debian": "http://[::1"}, "not an http or https address"),
    ],
)
def test_a_mirror_that_cannot_be_is_refused_with_its_key(mirrors: dict[str, str], match: str) -> None:
    with pytest.raises(UsageError, match=match) as refused:
        Settings.of({"cloud": {"image_mirrors": mirrors}}, "config.toml")
    assert "[cloud.image_mirrors]" in refused.value.message
    assert "debian" in refused.value.hint
