"""The folder of a run: claimed once, never lost."""

import os
from pathlib import Path

import pytest

from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Files
from striate.errors import RunError
from striate.train.run.run_folder import RunFolder, describe_splits, end_of_lines


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


def test_a_folder_that_another_training_writes_to_is_told(tmp_path: Path) -> None:
    first = RunFolder(tmp_path / "run")
    first.claim(resume=False, force=False)
    for ways in ({"resume": True, "force": False}, {"resume": False, "force": True}):
        with pytest.raises(RunError, match=rf"another training writes to .*run: process {os.getpid()} on "):
            RunFolder(tmp_path / "run").claim(**ways)
    first.release()
    RunFolder(tmp_path / "run").claim(resume=True, force=False)


def test_folders_without_a_name_of_their_own_are_numbered_as_they_are_made(tmp_path: Path) -> None:
    folders = [RunFolder(tmp_path / "digits-lenet5", numbered=True) for _ in range(3)]
    for folder in folders:  # all were chosen before the first was made, as by trainings started together
        folder.claim(resume=False, force=False)
    assert [folder.path.name for folder in folders] == ["digits-lenet5", "digits-lenet5-2", "digits-lenet5-3"]
    assert folders[1].settings.parent == folders[1].path


def test_what_a_killed_run_left_beside_its_files_is_cleared_when_it_goes_on(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    for half in (".model.0123abcd.safetensors", "checkpoints/.last.0123abcd.pt", ".settings.89abcdef.json"):
        (tmp_path / half).write_text("half")
    (tmp_path / "settings.json").write_text("{}")
    folder = RunFolder(tmp_path)
    folder.claim(resume=True, force=False)
    folder.release()
    assert sorted(os.listdir(tmp_path)) == ["checkpoints", "settings.json"]
    assert os.listdir(tmp_path / "checkpoints") == []


@pytest.mark.parametrize("name", ["log.jsonl", "checkpoints", "tensorboard", "settings.json"])
def test_a_link_that_leads_out_of_the_run_is_refused_and_what_it_means_stays(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "diary").write_text("half a line")
    (tmp_path / "run" / name).symlink_to(tmp_path / "diary")
    with pytest.raises(RunError, match=f"{name} is a link that leads out of the folder"):
        RunFolder(tmp_path / "run").claim(resume=True, force=False)
    assert (tmp_path / "diary").read_text() == "half a line"


def test_a_pipe_in_the_place_of_a_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log.jsonl")
    folder = RunFolder(tmp_path)
    with pytest.raises(RunError, match=r"log\.jsonl is a pipe"):
        folder.claim(resume=True, force=False)
    with pytest.raises(RunError, match=r"log\.jsonl is a pipe"):
        folder.read_json(folder.settings)


def test_a_log_that_has_another_name_too_is_copied_before_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "copy").write_text('{"event": "started"}\n')
    os.link(tmp_path / "copy", tmp_path / "run" / "log.jsonl")  # as cp --link makes a copy of a run
    folder = RunFolder(tmp_path / "run")
    folder.claim(resume=True, force=False)
    folder.append({"event": "finished"})
    assert (tmp_path / "copy").read_text() == '{"event": "started"}\n'
    assert len(folder.log.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "text", ["[1]", "null", "7", "[" * 100_000 + "]" * 100_000, "{", "", '{"a": ' * 20_000]
)
def test_what_is_no_json_object_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.json").write_text(text)
    folder = RunFolder(tmp_path)
    with pytest.raises(RunError, match=r"settings.json (cannot be read|holds no JSON object)"):
        folder.read_json(folder.settings)


@pytest.mark.parametrize("text", ["a,b\nx,y\n", "a\n1,2,3\n", "a\n\xff\n"])
def test_a_table_of_metrics_that_somebody_edited_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "metrics.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(RunError, match=r"metrics\.csv cannot be read"):
        RunFolder(tmp_path).read_history()


def test_the_end_of_a_long_line_is_found(tmp_path: Path) -> None:
    for before in (0, 10, 65_535, 65_536, 200_000):
        (tmp_path / "log").write_bytes(b"x" * before + b"\n" + b"y" * 150_000)
        assert end_of_lines(tmp_path / "log") == before + 1
    (tmp_path / "log").write_bytes(b"y" * 150_000)
    assert end_of_lines(tmp_path / "log") == 0
