"""The serial console of a real machine: typing, floods, resets, and keys that nobody takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slshell.backend.engines.consoles import ConsoleStream
from slshell.backend.engines.libvirt.console import CLOSE_S, HELD_BYTES
from tests.contract.engine_contract import Bench
from tests.machine.engine_bench import private_bench
from tests.support.folders import SessionFolder

pytestmark = pytest.mark.machine

BOOT_S = 120.0


@pytest.fixture(scope="module")
def bench(session_folder: SessionFolder, appliances_folder: Path) -> Iterator[Bench]:
    with private_bench(session_folder.new(), appliances_folder) as bench:
        yield bench


class Reader:
    """Reads a console in a thread and remembers what it said."""

    def __init__(self, stream: ConsoleStream) -> None:
        self.stream = stream
        self.text = b""
        self.over = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while data := self.stream.read():
            with self._changed:
                self.text += data
                self._changed.notify_all()
        with self._changed:
            self.over = True
            self._changed.notify_all()

    def wait(self, words: bytes, patience_s: float = BOOT_S) -> None:
        """Wait for words that were not awaited yet; they and all before are forgotten."""
        with self._changed:
            found = self._changed.wait_for(lambda: words in self.text or self.over, patience_s)
            assert found, f"“{words!r}” did not come: {self.text[-500:]!r}"
            assert words in self.text, f"it ended: {self.stream.reason}"
            self.text = self.text.partition(words)[2]


def test_somebody_types_and_a_reset_keeps_the_console(bench: Bench) -> None:
    _, engine_id = bench.started()
    stream = bench.engine.open_console(engine_id)
    reader = Reader(stream)
    reader.wait(b"login:")
    stream.write(b"root\n")
    reader.wait(b"# ")
    stream.write(b"echo $((20 + 3))4\n")
    reader.wait(b"234")
    bench.engine.reboot(engine_id)
    reader.wait(b"login:")
    assert not reader.over
    stream.close()
    assert b"login:" in bench.engine.console_log(engine_id)


def test_a_reader_that_sleeps_through_a_flood_holds_nobody_back(bench: Bench) -> None:
    _, engine_id = bench.started()
    stream = bench.engine.open_console(engine_id)
    reader = Reader(stream)
    reader.wait(b"login:")
    stream.write(b"root\n")
    reader.wait(b"# ")
    stream.close()
    stream = bench.engine.open_console(engine_id)
    stream.write(
        b"i=0; while [ $i -lt 20000 ]; do echo line $i of a flood; i=$((i+1)); done; echo END$((1+1))\n"
    )
    position = 0
    deadline = time.monotonic() + BOOT_S
    seen = b""
    while b"END2" not in seen:
        assert time.monotonic() < deadline, seen[-200:]
        data, position = bench.engine.console_since(engine_id, position)
        seen = seen[-100:] + data
        if not data:
            threading.Event().wait(0.2)
    got = b""
    while b"END2" not in got:
        got += stream.read()
    stream.close()
    assert b"bytes of output are left out here" in got
    assert len(got) < 2 * HELD_BYTES
    assert got.rstrip().endswith(b"#") or b"line 19999 of a flood" in got


def test_keys_that_a_machine_does_not_take_hold_only_their_own_console(bench: Bench) -> None:
    spec, engine_id = bench.started()
    stream = bench.engine.open_console(engine_id)
    typing = threading.Thread(target=stream.write, args=(b"x" * (32 << 20),), daemon=True)
    typing.start()
    typing.join(3.0)
    begun = time.monotonic()
    assert bench.engine.get(engine_id).instance_id == spec.instance_id
    assert bench.engine.console_log(engine_id) is not None
    assert time.monotonic() - begun < 2.0
    begun = time.monotonic()
    stream.close()
    assert time.monotonic() - begun < CLOSE_S + 1.0
    typing.join(BOOT_S)
    assert not typing.is_alive()
