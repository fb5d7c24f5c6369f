"""YOLO's lines of text."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from striate.data.formats.data_yaml import read_data_yaml
from striate.data.formats.yolo import read_yolo, yolo_root
from striate.data.read_dataset import read
from striate.data.recognise import recognise
from striate.errors import DataError

BOX = "1 0.5 0.5 0.25 0.5\n"  # in 40 x 30: 15, 7.5, 25, 22.5


def picture(path: Path, label: str | None = BOX) -> Path:
    """A picture, and its text below ``labels``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 30)).save(path)
    text = Path(str(path.with_suffix(".txt")).replace("images", "labels"))
    text.parent.mkdir(parents=True, exist_ok=True)
    if label is not None:
        text.write_text(label)
    return text


def small(folder: Path, label: str | None = BOX, names: str = "[cat, dog]") -> Path:
    """One picture and a data.yaml."""
    picture(folder / "images" / "train" / "a.png", label)
    (folder / "data.yaml").write_text(f"train: images/train\nnames: {names}\n")
    return folder


@pytest.mark.parametrize("layout", ["images/{}", "{}/images"])
def test_both_layouts_are_read_with_their_splits(layout: str, tmp_path: Path):
    for split in ("train", "val"):
        picture(tmp_path / layout.format(split) / "a.png")
    paths = "".join(f"{split}: ../{layout.format(split)}\n" for split in ("train", "val"))
    (tmp_path / "data.yaml").write_text(paths + "nc: 2\nnames: {0: cat, 1: dog}\n")
    found = read_yolo(tmp_path)
    assert [found.annotations.words(index) for index in range(2)] == ["dog at 15, 7.5, 25, 22.5"] * 2
    assert found.split.tolist() == [0, 1]
    (tmp_path / "data.yaml").unlink()
    without = read_yolo(tmp_path)
    assert (without.split.tolist(), without.classes) == ([0, 1], ("1",))


def test_a_split_may_be_a_list_of_pictures(tmp_path: Path):
    small(tmp_path)
    picture(tmp_path / "images" / "train" / "b.png")
    (tmp_path / "train.txt").write_text("./images/train/b.png\n\nimages/train/z.png\n")
    (tmp_path / "data.yaml").write_text("train: train.txt\nnames: [cat, dog]\n")
    found = read_yolo(tmp_path / "data.yaml")
    assert [found.store.relative(index) for index in range(len(found.store))] == ["images/train/b.png"]
    assert [(one.kind, one.source) for one in found.findings] == [("missing", f"{tmp_path / 'train.txt'}:3")]


def test_polygons_become_boxes_and_are_kept_where_they_are_wanted(tmp_path: Path):
    found = read_yolo(small(tmp_path, "0 0.1 0.2 0.5 0.2 0.25 0.6\n"), details=True)
    assert found.annotations.words(0) == "cat at 4, 6, 20, 18"
    details = json.loads(str(found.annotations.columns["details"][0]))
    assert details["segmentation"][0] == pytest.approx([4, 6, 20, 6, 10, 18])


def test_key_points_are_kept_where_the_file_says_their_number(tmp_path: Path):
    small(tmp_path, "0 0.5 0.5 0.5 0.5 0.25 0.5 2 0.75 0.5 0\n")
    (tmp_path / "data.yaml").write_text("train: images/train\nnames: [cat]\nkpt_shape: [2, 3]\n")
    details = json.loads(str(read_yolo(tmp_path, details=True).annotations.columns["details"][0]))
    assert details == {"keypoints": [10, 15, 2, 30, 15, 0]}


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("0 0.5 0.5 0.2\n", "4 numbers: neither a box (5) nor a polygon (7, 9, ...)"),
        ("0 0.5 0.5 0.2 0.2 0.9\n", "6 numbers: a box and a score, as predictions have it"),
        ("cat 0.5 0.5 0.2 0.2\n", "could not convert string to float: 'cat'"),
        ("0.5 0.5 0.5 0.2 0.2\n", "the class is 0.5, not 0, 1, 2, ..."),
        ("-1 0.5 0.5 0.2 0.2\n", "the class is -1, not 0, 1, 2, ..."),
        ("7 0.5 0.5 0.2 0.2\n", "class 7, and 2 names (0..1)"),
    ],
)
def test_lines_that_cannot_be_used_are_found_with_their_number(line: str, detail: str, tmp_path: Path):
    found = read_yolo(small(tmp_path, "0 0.5 0.5 0.2 0.2\n\n" + line))
    where = str(tmp_path / "labels" / "train" / "a.txt") + ":3"
    assert [(one.kind, one.source, one.detail) for one in found.findings] == [("unlabelled", where, detail)]
    assert len(found.annotations.boxes) == 1


def test_pixels_where_shares_are_expected_are_found(tmp_path: Path):
    found = read_yolo(small(tmp_path, "0 20 15 10 10\n"))
    assert [one.kind for one in found.findings] == ["units"]


def test_a_picture_without_a_text_is_background_and_named(tmp_path: Path):
    small(tmp_path)
    picture(tmp_path / "images" / "train" / "b.png", None)
    picture(tmp_path / "images" / "train" / "c.png", "")
    found = read_yolo(tmp_path)
    assert found.annotations.numbers.tolist() == [1, 0, 0]
    assert [(one.kind, Path(one.source).name) for one in found.findings] == [("not-annotated", "b.png")]


def test_numbers_that_seem_to_begin_at_1_are_asked_about(tmp_path: Path):
    label = "1 0.5 0.5 0.2 0.2\n2 0.5 0.5 0.2 0.2\n"
    found = read_yolo(small(tmp_path, label))
    assert found.findings[0].kind == "class-numbers"
    assert "write names: {1: cat, ...} in data.yaml" in found.findings[0].detail
    answered = read_yolo(small(tmp_path, label, "{1: cat, 2: dog}"))
    assert answered.findings == ()
    assert answered.annotations.labels.tolist() == [0, 1]
    assert "no box has class 0, 'cat'" in read_yolo(small(tmp_path, BOX)).notes[1]


def test_nothing_is_fetched_and_no_tag_runs_code(tmp_path: Path):
    small(tmp_path)
    file = tmp_path / "data.yaml"
    file.write_text(file.read_text() + "download: https://example.org/a.zip\n")
    assert read_data_yaml(file).notes == ("data.yaml names a download, which is not followed",)
    file.write_text("names: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(DataError, match="cannot be read"):
        read_yolo(tmp_path)


@pytest.mark.parametrize("text", ["names: 3", "names: [a]\ntrain: 3", "[names", "- names", "names: {a: b}"])
def test_a_file_that_says_something_else_is_refused(text: str, tmp_path: Path):
    small(tmp_path)
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(DataError, match=r"data.yaml cannot be read"):
        read_yolo(tmp_path)


def test_pictures_outside_are_read_only_if_that_is_accepted(tmp_path: Path):
    small(tmp_path / "in")
    picture(tmp_path / "out" / "images" / "b.png")
    (tmp_path / "in" / "data.yaml").write_text(f"train: [images/train, {tmp_path / 'out'}]\nnames: [a, b]\n")
    assert [one.kind for one in read(tmp_path / "in", validation=0).findings if one.kind == "outside"]
    assert len(read(tmp_path / "in", accept=("outside",), validation=0)["train"]) == 2


def test_the_real_boxes_of_coco128(
    shared_data: Path, tmp_path: Path
):  # 929 boxes on 126 pictures, 71 classes
    (tmp_path / "images").symlink_to(shared_data / "coco128" / "images")
    (tmp_path / "labels").symlink_to(shared_data / "coco128" / "labels_det")
    names = (shared_data / "coco128" / "config_det.yaml").read_text().partition("names:")[2]
    (tmp_path / "data.yaml").write_text(f"train: images\nnames:{names}")
    found = read_yolo(tmp_path)
    assert (len(found.store), len(found.annotations.boxes), len(found.classes)) == (128, 929, 80)
    assert (found.annotations.counts() > 0).sum() == 71
    assert (found.annotations.numbers > 0).sum() == 126


def test_the_cars_from_above_are_recognised(shared_data: Path):  # names from classes.txt
    folder = shared_data / "aerial_cars"
    assert (recognise(folder), yolo_root(folder)) == ("yolo", folder)
    found = read_yolo(folder)
    assert dict(zip(found.classes, found.annotations.counts().tolist(), strict=True)) == {
        "bus": 31,
        "car": 752,
        "cyclist": 0,
        "minibus": 38,
        "truck": 2,
    }


def test_a_folder_without_labels_is_none(tmp_path: Path):
    small(tmp_path)
    shutil.rmtree(tmp_path / "labels")
    (tmp_path / "data.yaml").unlink()
    assert yolo_root(tmp_path) is None
    with pytest.raises(DataError, match="no labels of YOLO"):
        read_yolo(tmp_path)


@pytest.mark.parametrize("cell", ["1e30", "1e400", "nan", "3000000000"])
def test_classes_that_nobody_counts_are_found(cell: str, tmp_path: Path):
    found = read_yolo(small(tmp_path, f"0 0.5 0.5 0.2 0.2\n{cell} 0.5 0.5 0.2 0.2\n"))
    assert [one.kind for one in found.findings] == ["unlabelled"]


def test_numbers_beyond_all_pictures_are_bad_boxes(tmp_path: Path):
    found = read_yolo(small(tmp_path, "0 1e300 0.5 0.2 0.2\n0 1e999 0.5 0.2 0.2\n"))
    bad = [one for one in found.annotations.findings(found.split * 0) if one.kind == "bad-box"]
    assert len(bad) == 2


def test_two_numbers_of_one_name_are_one_class_and_no_names_are_numbers(tmp_path: Path):
    found = read_yolo(small(tmp_path, BOX + "0 0.5 0.5 0.2 0.2\n", "[cat, cat]"))
    assert (found.classes, found.annotations.labels.tolist()) == (("cat",), [0, 0])
    assert [(one.kind, one.source) for one in found.findings] == [("same-category", "names: cat")]
    assert read_yolo(small(tmp_path, BOX, "[]")).classes == ("1",)
