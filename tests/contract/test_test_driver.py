"""The engine contract on libvirt's test driver: real libvirt, no machines."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from slshell.backend.engines.base import BootImage, Forward
from slshell.backend.engines.libvirt import LibvirtEngine
from tests.contract.engine_contract import Bench, EngineContract
from tests.contract.recorder import Recorder
from tests.contract.volume_contract import VolumeContract

NODE = """<node><cpu><mhz>3000</mhz><model>pentium4</model><active>8</active>
<nodes>1</nodes><sockets>1</sockets><cores>8</cores><threads>1</threads></cpu><memory>16777216</memory></node>"""


@pytest.fixture
def bench(short_folder: Path) -> Iterator[Bench]:
    node = short_folder / "node.xml"
    node.write_text(NODE)
    engine = LibvirtEngine(cloud_id=uuid.uuid4().hex, folder=short_folder / "e", uri=f"test://{node}")
    recorder = Recorder()
    engine.open(recorder)
    image = engine.image_folder / "disk.img"
    image.write_bytes(bytes(1 << 20))
    yield Bench(engine, recorder, BootImage(path=image, format="raw", disk_bytes=1 << 24))
    engine.close()


class TestTheTestDriver(EngineContract):
    """libvirt's own test driver behind the libvirt engine."""


class TestVolumesBesideTheTestDriver(VolumeContract):
    """The folder of volumes, with machines that only seem to run."""

    @pytest.fixture(autouse=True)
    def clean_bench(self, bench: Bench) -> Iterator[None]:
        yield
        bench.clean()


def test_forwards_are_only_noted(bench: Bench) -> None:
    _, engine_id = bench.started()
    assert not bench.engine.capabilities.forwards
    bench.engine.expose(engine_id, [Forward(address="127.86.0.1", port=2222)])


def test_a_console_without_output_is_empty(bench: Bench) -> None:
    _, engine_id = bench.defined()
    assert bench.engine.console_log(engine_id) == b""
