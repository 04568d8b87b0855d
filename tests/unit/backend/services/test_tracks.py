"""What was measured outlives the daemon, and what is broken of it stops nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from slshell.backend.services.tracks import Tracks
from slshell.model.instance import Metrics


def tracks(folder: Path, living: tuple[int, ...] = (1, 2)) -> Tracks:
    found = Tracks(file=folder / "metrics.json", living=lambda: living)
    found.load()
    return found


def measured(*ids: int) -> dict[int, Metrics]:
    return {number: Metrics(id=number, cpu_percent=5.0, memory_kib=1) for number in ids}


def test_the_tracks_of_living_machines_are_there_after_a_restart(tmp_path: Path) -> None:
    before = tracks(tmp_path)
    before.take(measured(1, 2, 3), 10.0)
    before.take(measured(1), 20.0)
    before.take(measured(1), 30.0)
    before.save()
    after = tracks(tmp_path)
    assert after.of(1).times == [10.0, 20.0, 30.0]
    assert after.of(2).cpu == [5.0, None]
    assert after.of(3).times == []


def test_a_broken_file_is_left_behind_with_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "metrics.json").write_text("{")
    found = tracks(tmp_path)
    assert "measurements of before are lost" in caplog.text
    found.take(measured(1), 10.0)
    found.save()
    assert tracks(tmp_path).of(1).times == [10.0]


def test_what_is_handed_out_does_not_change_any_more(tmp_path: Path) -> None:
    found = tracks(tmp_path)
    found.take(measured(1), 10.0)
    taken = found.of(1)
    found.take(measured(1), 20.0)
    assert taken.times == [10.0]


def test_a_folder_that_cannot_be_written_is_no_failure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = tracks(tmp_path)
    found.file.with_suffix(".new").mkdir()
    found.save()
    assert "measurements are not kept" in caplog.text
