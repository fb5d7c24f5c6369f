"""The folder of a run: claimed once, never lost."""

import os
from pathlib import Path

import pytest

from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Files
from striate.errors import RunError
from striate.train.run.run_folder import RunFolder, describe_splits


def test_a_folder_that_holds_something_is_refused_without_force(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("{}")
    with pytest.raises(RunError, match=r"(?s)exists and is not empty.*--resume.*--force"):
        RunFolder(tmp_path).claim(resume=False, force=False)
    assert (tmp_path / "settings.json").exists()


def test_force_removes_what_a_run_leaves_and_nothing_else(tmp_path: Path) -> None:
    for name in ("settings.json", "model.safetensors", "thesis.txt"):
        (tmp_path / name).write_text("x")
    RunFolder(tmp_path).claim(resume=False, force=True)
    assert sorted(os.listdir(tmp_path)) == ["checkpoints", "thesis.txt"]


def test_resume_keeps_everything(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("{}")
    RunFolder(tmp_path).claim(resume=True, force=True)
    assert (tmp_path / "settings.json").exists()


def test_a_place_that_cannot_be_written_is_told_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunError, match="cannot be written: Not a directory"):
        RunFolder(tmp_path / "file" / "run").claim(resume=False, force=False)


def test_half_a_line_at_the_end_of_the_log_is_cut_off(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.log.write_text('{"event": "started"}\n{"event": "ste')
    folder.claim(resume=True, force=False)
    folder.append({"event": "finished"})
    assert folder.log.read_text() == '{"event": "started"}\n{"event": "finished"}\n'


def test_metrics_come_back_as_they_were(tmp_path: Path) -> None:
    rows = [
        {"epoch": 1, "val_loss": None, "rate": 2.5, "best": True},
        {"epoch": 2, "val_loss": 1e-7, "rate": 3.0, "best": False},
    ]
    folder = RunFolder(tmp_path)
    folder.write_history(rows)
    assert folder.read_history() == rows


def test_splits_are_written_by_relative_name_and_change_with_the_labels() -> None:
    store = Files(Path("pictures"), ["a/0.jpg", "b/0.jpg"])
    first, second = (Dataset.whole(store, labels, ("a", "b")) for labels in ([0, 1], [1, 0]))
    one, other = (
        describe_splits(Splits({"train": part}, "folder", Path("pictures"))) for part in (first, second)
    )
    assert one["splits"] == {"train": ["a/0.jpg", "b/0.jpg"]}
    assert one["fingerprint"] != other["fingerprint"]


def test_a_file_is_no_folder_for_a_run(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    with pytest.raises(RunError, match="is a file, not a folder"):
        RunFolder(tmp_path / "run").claim(resume=False, force=True)
