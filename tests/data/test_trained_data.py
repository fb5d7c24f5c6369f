"""Which pictures a model is measured on: its own unseen ones, or other data whole."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.read_dataset import read
from striate.data.trained_data import TrainedOn, as_trained, data_to_measure
from striate.errors import DataError, SettingError

SPLIT = {"seed": 3, "validation": 0.25}


def pictures(folder: Path, count: int, seed: int) -> Path:
    """Two classes, each with so many noisy pictures, which differ from those of another seed."""
    random = np.random.default_rng(seed)
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = random.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{seed}-{number}.png")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return pictures(tmp_path / "data", 12, seed=0)


@pytest.fixture
def memory(data: Path) -> TrainedOn:
    return TrainedOn.of(read(data, **SPLIT), (), SPLIT)


def names(splits: object, split: str) -> set[str]:
    part = splits[split]  # type: ignore[index]
    return {Path(part.name(index)).name for index in range(len(part))}


def test_the_pictures_that_were_held_out_are_measured(data: Path, memory: TrainedOn) -> None:
    found = data_to_measure(data, memory)
    assert (found.split, found.trained_on, len(found.pictures)) == ("val", True, 6)  # a quarter of 12, twice
    assert names(found.splits, "val") == names(read(data, **SPLIT), "val")
    assert found.sentence == "val, of the data that the model was trained on"


def test_a_test_split_comes_first(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pictures(data / "train", 8, seed=0)
    pictures(data / "test", 3, seed=1)
    memory = TrainedOn.of(read(data, **SPLIT), (), SPLIT)
    assert data_to_measure(data, memory).split == "test"


def test_other_data_are_measured_whole_whatever_splits_they_have(tmp_path: Path, memory: TrainedOn) -> None:
    plain = data_to_measure(pictures(tmp_path / "other", 5, seed=1), memory)
    assert (plain.split, plain.trained_on, len(plain.pictures)) == ("all", False, 10)
    assert plain.sentence == "all 10 pictures: the model was not trained on these data"
    for number, part in enumerate(("train", "test")):
        pictures(tmp_path / "split" / part, 4, seed=2 + number)
    assert len(data_to_measure(tmp_path / "split", memory).pictures) == 16


def test_data_that_were_moved_renamed_or_grew_stay_the_data_of_the_training(
    tmp_path: Path, data: Path, memory: TrainedOn
) -> None:
    held_out = {Path(name).read_bytes() for name in paths(read(data, **SPLIT), "val")}
    moved = shutil.move(data, tmp_path / "elsewhere")
    for number, path in enumerate(sorted(Path(moved).rglob("*.png"))):
        path.rename(path.with_name(f"new-{number}.png"))
    found = data_to_measure(moved, memory)
    assert found.trained_on
    assert {Path(name).read_bytes() for name in paths(found.splits, "val")} == held_out
    pictures(Path(moved), 20, seed=5)
    assert data_to_measure(moved, memory).trained_on


def paths(splits: object, split: str) -> list[str]:
    part = splits[split]  # type: ignore[index]
    return [part.name(index) for index in range(len(part))]


def test_a_few_pictures_of_the_training_among_others_are_told(
    tmp_path: Path, data: Path, memory: TrainedOn
) -> None:
    other = pictures(tmp_path / "other", 20, seed=1)
    train = paths(read(data, **SPLIT), "train")
    for number in range(3):
        shutil.copy(train[number], other / "cat" / f"seen-{number}.png")
    found = data_to_measure(other, memory)
    assert not found.trained_on
    assert found.sentence.endswith(
        "not trained on these data, although about 3 of them were among its pictures"
    )


def test_a_part_of_the_training_pictures_is_no_other_data(
    tmp_path: Path, data: Path, memory: TrainedOn
) -> None:
    for name in paths(read(data, **SPLIT), "train")[:6]:
        path = tmp_path / "part" / Path(name).relative_to(data)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, path)
    assert as_trained(tmp_path / "part", memory)[1]


def test_the_format_of_the_training_is_taken_for_its_own_data_only(tmp_path: Path) -> None:
    data = pictures(tmp_path / "data", 8, seed=0)
    (data / "notes.csv").write_text("path,label\ncat/0-0.png,cat\ndog/0-0.png,dog\n")
    memory = TrainedOn.of(read(data, "folder", **SPLIT), (), SPLIT)
    found = data_to_measure(data, memory)
    assert (found.splits.format, found.trained_on) == ("folder", True)
    other = pictures(tmp_path / "other", 4, seed=1)
    (other / "rows.csv").write_text("path,label\ncat/1-0.png,cat\ndog/1-0.png,dog\n")
    assert data_to_measure(other, memory).splits.format == "csv"


def test_what_was_accepted_is_accepted_again_in_the_same_data(tmp_path: Path, data: Path) -> None:
    (data / "cat" / "broken.png").write_bytes((data / "cat" / "0-0.png").read_bytes()[:60])
    memory = TrainedOn.of(read(data, **SPLIT), ("unreadable",), SPLIT)
    assert len(data_to_measure(data, memory, "all").pictures) == 24
    other = pictures(tmp_path / "other", 4, seed=1)
    (other / "cat" / "broken.png").write_bytes(b"\x89PNG")
    assert len(data_to_measure(other, memory).pictures) == 9
    assert len(data_to_measure(other, memory, accept=("unreadable",)).pictures) == 8


def test_splits_are_judged_by_their_pictures_too(data: Path, memory: TrainedOn, tmp_path: Path) -> None:
    assert data_to_measure(read(data, **SPLIT), memory).split == "val"
    assert data_to_measure(read(pictures(tmp_path / "other", 4, seed=1)), memory).split == "all"


def test_nothing_remembered_means_all_pictures(data: Path) -> None:
    found = data_to_measure(data, None)
    assert (found.split, len(found.pictures)) == ("all", 24)
    assert "does not say which pictures it was trained on" in found.sentence


def test_what_is_asked_for_is_done(data: Path, memory: TrainedOn, tmp_path: Path) -> None:
    assert data_to_measure(data, memory, "train").split == "train"
    other = pictures(tmp_path / "other", 8, seed=1)
    assert len(data_to_measure(other, memory, "val").pictures) == 4  # the training's quarter
    with pytest.raises(DataError):
        data_to_measure(tmp_path / "nothing", memory)


def test_the_memory_survives_json(memory: TrainedOn) -> None:
    again = TrainedOn.from_dict(json.loads(json.dumps(memory.to_dict())))
    assert again == memory
    assert (again.pictures == memory.pictures).all()


def test_the_size_of_the_pictures_is_remembered_and_older_memories_have_none(memory: TrainedOn) -> None:
    plain = memory.to_dict()
    assert memory.size == (16, 16)
    del plain["size"]
    assert TrainedOn.from_dict(plain).size is None


@pytest.mark.parametrize(
    "change",
    [
        {"pictures": "??"},
        {"pictures": 7},
        {"pictures": "AAAA"},  # three bytes are no number
        {"count": -1},
        {"options": None},
        {"options": {"seed": "x", "validation": 0.1}},
        {"options": {"seed": 0, "validation": 2}},
        {"options": {"seed": 0, "validation": 0.1, "path": "/etc"}},
        {"accept": "all"},
        {"size": [0, 5]},
        {"size": [5]},
        {"size": 5},
    ],
)
def test_an_edited_memory_is_refused(memory: TrainedOn, change: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="not described"):
        TrainedOn.from_dict(memory.to_dict() | change)


def test_what_became_of_bad_boxes_is_remembered_and_other_words_are_refused():
    plain = {"format": "coco", "accept": [], "count": 0, "pictures": ""}
    options = {"seed": 0, "validation": 0.1, "test": 0.0}
    known = TrainedOn.from_dict({**plain, "options": {**options, "on_bad_box": "drop"}})
    assert known.options["on_bad_box"] == "drop"
    with pytest.raises(SettingError, match="are not described"):
        TrainedOn.from_dict({**plain, "options": {**options, "on_bad_box": "mend"}})
