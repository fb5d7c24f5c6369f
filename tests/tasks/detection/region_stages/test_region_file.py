"""The features of all regions: written, interrupted, read again."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from striate.errors import RunError
from striate.tasks.detection.region_stages.region_file import RegionFile

ROWS = [np.full((count, 3), number, np.float16) for number, count in enumerate((2, 0, 3))]


def append(file: RegionFile, number: int) -> None:
    count = len(ROWS[number])
    file.append(ROWS[number], np.full((count, 2), 0.5), np.full((count, 4), number))


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    with RegionFile(tmp_path, 5, 3, 2) as file:
        for number in range(3):
            append(file, number)
        file.flush()
    features, overlaps, offsets = RegionFile(tmp_path, 5, 3, 2).tables()
    assert features.tolist() == np.concatenate(ROWS).tolist()
    assert overlaps.tolist() == [[0.5, 0.5]] * 5
    assert offsets[:, 0].tolist() == [0, 0, 2, 2, 2]
    assert not isinstance(features, list)
    assert (features.dtype, offsets.dtype) == (np.float16, np.float32)


def test_a_killed_run_goes_on_behind_its_last_flush(tmp_path: Path) -> None:
    with RegionFile(tmp_path, 5, 3, 2) as file:
        append(file, 0)
        file.flush()
        append(file, 2)  # never flushed: another picture may come here
    with RegionFile(tmp_path, 5, 3, 2) as again:
        assert (again.pictures, again.written) == (1, 2)
        append(again, 1)
        append(again, 2)
        again.flush()
    assert RegionFile(tmp_path, 5, 3, 2).tables()[0].tolist() == np.concatenate(ROWS).tolist()


@pytest.mark.parametrize("shape", [(6, 3, 2), (5, 4, 2), (5, 3, 1)])
def test_files_of_other_regions_are_not_continued(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    with RegionFile(tmp_path, 5, 3, 2) as file:
        append(file, 0)
        file.flush()
    assert RegionFile(tmp_path, *shape).written == 0


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pictures": 1, "rows": 9, "shape": [5, 3, 2, 4]}'])
def test_a_damaged_note_begins_anew(tmp_path: Path, text: str) -> None:
    with RegionFile(tmp_path, 5, 3, 2) as file:
        append(file, 0)
        file.flush()
    (tmp_path / "written.json").write_text(text)
    assert RegionFile(tmp_path, 5, 3, 2).written == 0


def test_no_region_at_all_is_a_table_without_rows(tmp_path: Path) -> None:
    with RegionFile(tmp_path, 0, 3, 2) as file:
        file.flush()
    assert [one.shape for one in RegionFile(tmp_path, 0, 3, 2).tables()] == [(0, 3), (0, 2), (0, 4)]


def test_how_much_room_is_needed_is_said_before_the_first_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(0, 0, 100 * 2**20))
    with (
        pytest.raises(RunError, match=r"take 518 MB, and 105 MB are free"),
        RegionFile(tmp_path, 10**6, 249, 2),
    ):
        pass
    with RegionFile(tmp_path, 1000, 249, 2):
        pass
