"""Reading a data set: recognised by looking, split by content, odd things told."""

import os
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.dataset import Splits
from striate.data.read_dataset import read
from striate.data.recognise import recognise
from striate.errors import DataError, SettingError


def paint(path: Path, seed: int, size: tuple[int, int] = (6, 6)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def zoo(root: Path, each: int = 10) -> Path:
    """Two classes with ``each`` distinct pictures."""
    for place, name in enumerate(("ant", "bee")):
        for number in range(each):
            paint(root / name / f"{number}.png", 1000 * place + number)
    return root


def names(splits: Splits, part: str) -> set[str]:
    dataset = splits[part]
    return {dataset.store.relative(int(place)) for place in dataset.places}


def kinds(splits: Splits) -> list[tuple[str, str]]:
    return [(finding.kind, finding.source) for finding in splits.findings]


def test_every_format_is_recognised_by_looking(tmp_path: Path, shared_data: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.zeros((4, 2, 2), np.uint8), y=[0, 1, 0, 1])
    table = zoo(tmp_path / "zoo") / "list.csv"
    table.write_text("path,label\nant/1.png,a\nbee/1.png,b\n")
    expected = {
        "digits": "digits",
        str(shared_data / "mnist"): "idx",
        str(shared_data / "mnist" / "t10k-images-idx3-ubyte.gz"): "idx",
        str(shared_data / "hymenoptera"): "folder",
        str(tmp_path / "d.npz"): "npz",
        str(tmp_path): "npz",
        str(table): "csv",
        str(tmp_path / "zoo"): "csv",
    }
    assert {path: recognise(Path(path)) for path in expected} == expected


def test_a_format_may_be_stated(tmp_path: Path) -> None:
    (zoo(tmp_path) / "list.csv").write_text("path,label\nant/1.png,a\nbee/1.png,b\n")
    assert (len(read(tmp_path, validation=0)["train"]), read(tmp_path, "folder").format) == (2, "folder")
    with pytest.raises(SettingError, match="format is 'labelme'"):
        read(tmp_path, "labelme")


def test_a_folder_called_digits_is_read_and_the_word_means_scikit_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert {name: len(part) for name, part in read("digits", validation=0).items()} == {
        "train": 1438,
        "test": 359,
    }
    zoo(tmp_path / "digits")
    assert read("digits").format == "folder"
    assert read("digits", "digits").format == "digits"


def test_a_seeded_share_of_every_class_is_held_out_and_said(tmp_path: Path) -> None:
    splits = read(zoo(tmp_path), seed=3, validation=0.2)
    assert {name: part.counts().tolist() for name, part in splits.items()} == {"train": [8, 8], "val": [2, 2]}
    assert splits.notes[-1] == "held out 4 of 20 pictures for validation (seed 3)"
    assert names(splits, "val") == names(read(tmp_path, seed=3, validation=0.2), "val")
    assert names(splits, "val") != names(read(tmp_path, seed=4, validation=0.2), "val")


def test_no_share_trains_on_everything(tmp_path: Path) -> None:
    assert set(read(zoo(tmp_path), validation=0)) == {"train"}


@pytest.mark.parametrize("share", [-0.1, 1, float("nan")])
def test_a_share_outside_the_range_is_refused(share: float, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="validation is"):
        read(zoo(tmp_path), validation=share)


def test_splits_of_the_data_are_kept(tmp_path: Path) -> None:
    zoo(tmp_path / "train"), zoo(tmp_path / "val", 3)
    splits = read(tmp_path, validation=0.5)
    assert {name: len(part) for name, part in splits.items()} == {"train": 20, "val": 6}


def test_validation_is_taken_from_train_where_there_is_only_a_test_split(tmp_path: Path) -> None:
    zoo(tmp_path / "train"), zoo(tmp_path / "test", 3)
    assert {name: len(part) for name, part in read(tmp_path).items()} == {"train": 18, "val": 2, "test": 6}
    assert {name: len(part) for name, part in read(tmp_path, validation=0).items()} == {
        "train": 20,
        "test": 6,
    }


def test_renaming_and_moving_pictures_changes_nothing(tmp_path: Path) -> None:
    before = read(zoo(tmp_path / "a"), seed=1)
    pixels = {before["val"][index].image.numpy().tobytes() for index in range(len(before["val"]))}
    for number, file in enumerate(sorted((tmp_path / "a").rglob("*.png"), reverse=True)):
        target = tmp_path / "b" / file.parent.name / f"{number:03}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, target)
    after = read(tmp_path / "b", seed=1)
    assert {after["val"][index].image.numpy().tobytes() for index in range(len(after["val"]))} == pixels


@pytest.mark.parametrize("seed", range(5))
def test_copies_and_re_saved_pictures_never_straddle(seed: int, tmp_path: Path) -> None:
    for number in range(12):
        file = paint(tmp_path / "ant" / f"{number}.png", number)
        shutil.copy(file, tmp_path / "ant" / f"copy{number}.png")
        Image.open(file).save(tmp_path / "ant" / f"saved{number}.bmp")
        paint(tmp_path / "bee" / f"{number}.png", 100 + number)
    splits = read(tmp_path, seed=seed, validation=0.4)
    held = {
        name.removesuffix(".png").removesuffix(".bmp")
        for name in names(splits, "val")
        if name.startswith("ant")
    }
    plain = {name for name in held if name.split("/")[1].isdigit()}
    assert len(plain) == 5  # round(0.4 * 12 distinct pictures)
    assert held == plain | {name.replace("/", f"/{kind}") for name in plain for kind in ("copy", "saved")}


@pytest.mark.parametrize("seed", range(8))
def test_the_raccoons_that_were_saved_twice_stay_together(seed: int, shared_data: Path) -> None:
    # ORIGIN.md: raccoon-65 = raccoon-98 and raccoon-83 = raccoon-120, pixel for pixel
    held = names(read(shared_data / "raccoon", "folder", seed=seed, validation=0.5), "val")
    for pair in ((65, 98), (83, 120)):
        assert len([number for number in pair if f"images/raccoon-{number}.jpg" in held]) != 1


def test_equal_arrays_never_straddle(tmp_path: Path) -> None:
    images = np.repeat(np.arange(20, dtype=np.uint8), 3).reshape(60, 1, 1)
    np.savez(tmp_path / "d.npz", x=images, y=np.repeat([0, 1], 30))
    splits = read(tmp_path / "d.npz", validation=0.3)
    parts = [{sample.image.item() for sample in part} for part in splits.values()]
    assert not parts[0] & parts[1]
    assert len(splits["val"]) == 2 * 3 * 3  # three of ten distinct pictures of each class, three times each


def test_classes_that_training_never_sees_are_told(tmp_path: Path) -> None:
    zoo(tmp_path / "train", 2), zoo(tmp_path / "val", 2)
    paint(tmp_path / "val/cow/1.png", 9), paint(tmp_path / "train/dog/1.png", 8)
    splits = read(tmp_path)
    assert splits.classes == ("ant", "bee", "cow", "dog")
    assert kinds(splits) == [("unseen", "cow"), ("unmeasured", "dog")]


def test_one_class_and_nothing_to_train_on_are_told(tmp_path: Path) -> None:
    paint(tmp_path / "one/cat/1.png", 1), zoo(tmp_path / "two/test", 2)
    assert kinds(read(tmp_path / "one")) == [("one-class", "cat")]
    assert kinds(read(tmp_path / "two")) == [("no-train", "train")]
    assert set(read(tmp_path / "two")) == {"test"}


def test_rows_without_a_split_are_trained_on_and_that_is_said(tmp_path: Path) -> None:
    rows = [
        f"{name}/{number}.png,{name},{'val' if number == 0 else ''}"
        for name in ("ant", "bee")
        for number in range(4)
    ]
    (zoo(tmp_path) / "list.csv").write_text("path,label,split\n" + "\n".join(rows))
    splits = read(tmp_path)
    assert {name: len(part) for name, part in splits.items()} == {"train": 6, "val": 2}
    assert splits.notes[-1] == "6 pictures without a split are trained on"


def test_unreadable_pictures_do_not_stop_a_split(tmp_path: Path) -> None:
    (zoo(tmp_path) / "ant/broken.jpg").write_bytes(b"x")
    assert sum(map(len, read(tmp_path).values())) == 21


def test_a_wrong_path_names_the_nearest(tmp_path: Path) -> None:
    zoo(tmp_path / "flowers")
    with pytest.raises(DataError, match=r"there is no .*flower") as error:
        read(tmp_path / "flower")
    assert error.value.attempt == f"did you mean {tmp_path / 'flowers'}"
    with pytest.raises(DataError, match="check the spelling"):
        read(tmp_path / "nowhere" / "x")


def test_a_file_of_no_known_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(DataError, match="no known format"):
        read(tmp_path / "a.txt")


@pytest.mark.parametrize("name", ["a.txt", "x" * 300])
def test_a_path_that_cannot_be_listed_is_named(name: str, tmp_path: Path) -> None:
    # a file that is read as a folder; a name longer than the 255 bytes that a file system allows
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(DataError, match=rf"{name[-20:]} cannot be read \("):
        read(tmp_path / name, "folder")


def test_a_listed_file_takes_at_most_200_bytes(tmp_path: Path) -> None:
    for number in range(10_000):
        folder = tmp_path / f"class{number % 10}"
        folder.mkdir(exist_ok=True)
        os.close(os.open(folder / f"a picture with a long name {number:05}.jpg", os.O_CREAT | os.O_WRONLY))
    tracemalloc.start()
    splits = read(tmp_path, "folder")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(map(len, splits.values())) == 10_000
    assert peak <= 200 * 10_000


def test_a_missing_path_is_answered_with_what_may_be_data(tmp_path):
    for name in (".gitignore", "readme.md", "pictures.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "pictures").mkdir()
    with pytest.raises(DataError) as caught:
        read(tmp_path / "picture")
    assert caught.value.attempt == f"did you mean {tmp_path / 'pictures'}"
    with pytest.raises(DataError) as caught:
        read(tmp_path / "gitignore")
    assert caught.value.attempt == "check the spelling"


POINTS, BOXES = "image,nose_x,nose_y\n0.png,1,2\n", "image,x,y,w,h\n0.png,1,2,3,4\n"


@pytest.mark.parametrize(
    ("table", "kind", "holds", "wants", "task"),
    [
        (POINTS, BoxAnnotations, "points (format points)", "boxes", "landmarks"),
        (POINTS, ClassAnnotations, "points (format points)", "classes", "landmarks"),
        (BOXES, ClassAnnotations, "boxes (format boxes)", "classes", "detect"),
        ("image,label\n0.png,a\n", PointAnnotations, "classes (format csv)", "points", "classification"),
    ],
)
def test_data_of_another_kind_are_named_with_the_command_that_takes_them(
    table: str, kind: type, holds: str, wants: str, task: str, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text(table)
    with pytest.raises(DataError) as refused:
        recognise(tmp_path / "list.csv", (kind,))
    assert refused.value.wrong == f"{tmp_path / 'list.csv'} holds {holds}, and no {wants}"
    assert refused.value.attempt.endswith(f"striate train {tmp_path / 'list.csv'} --task {task}")


def test_class_folders_beside_a_table_of_points_are_classes_for_a_classifier(tmp_path: Path) -> None:
    (zoo(tmp_path) / "points.csv").write_text("image,nose_x,nose_y\nant/0.png,1,2\n")
    assert recognise(tmp_path, (ClassAnnotations,)) == "folder"


@pytest.mark.parametrize("columns", ["x,y,w,h", "x1,y1,x2,y2", "xmin,ymin,xmax,ymax"])
def test_a_table_of_a_class_and_its_box_is_read_as_boxes_or_as_classes_where_those_are_wanted(
    columns: str, tmp_path: Path
) -> None:
    zoo(tmp_path)
    table = tmp_path / "list.csv"
    table.write_text(f"image,class,{columns}\nant/0.png,ant,1,2,3,4\nant/1.png,ant,1,2,3,4\n")
    splits = read(table, validation=0)
    assert splits.format == "boxes"
    assert any("--task classification" in note for note in splits.notes)
    assert recognise(table, (BoxAnnotations,)) == "boxes"
    assert recognise(table, (ClassAnnotations,)) == "csv"
    assert not any("(y)" in note for note in read(table, validation=0, kinds=(ClassAnnotations,)).notes)


def test_a_table_of_classes_boxes_and_points_is_read_as_classes(tmp_path: Path) -> None:
    zoo(tmp_path)
    (tmp_path / "list.csv").write_text("image,class,x,y,w,h,nose_x,nose_y\nant/0.png,ant,1,2,3,4,5,6\n")
    assert recognise(tmp_path / "list.csv") == "csv"


def test_68_points_without_names_are_noted_as_those_of_a_face(tmp_path: Path) -> None:
    zoo(tmp_path)
    for count, noted in ((68, True), (5, False)):
        header = ",".join(f"x{number},y{number}" for number in range(count))
        (tmp_path / "list.csv").write_text(f"image,{header}\nant/0.png{',3,4' * count}\n")
        notes = read(tmp_path / "list.csv", validation=0).notes
        assert any("face68" in note for note in notes) is noted
