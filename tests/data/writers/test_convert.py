"""Boxes go to another layout and come back bit by bit."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import striate
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.read_dataset import read, read_found
from striate.errors import DataError, FileError, SettingError

LAYOUTS = ("coco", "voc", "yolo")


def known(folder: Path) -> dict[str, tuple[bytes, list[str], int]]:
    """By the stem of the picture: the bytes of its boxes, their classes, and its split."""
    found = read_found(folder, None, (), None, details=True)
    boxes = found.annotations
    assert isinstance(boxes, BoxAnnotations)
    result = {}
    for index in range(len(found.store)):
        rows = boxes.rows(np.array([index]))
        stem = Path(found.store.relative(index)).stem
        classes = [boxes.classes[label] for label in boxes.labels[rows]]
        result[stem] = (boxes.boxes[rows].tobytes(), classes, int(found.split[index]))
    return result


@pytest.mark.parametrize("name", ["bccd", "coco_mini", "raccoon", "voc_sample", "aerial_cars"])
def test_real_boxes_come_back_bit_by_bit_from_every_layout(name: str, shared_data: Path, tmp_path: Path):
    before = known(shared_data / name)
    source = shared_data / name
    for layout in (*LAYOUTS, "coco"):  # one after the other: coco, voc, yolo, coco
        target = tmp_path / f"{layout}{len(list(tmp_path.iterdir()))}"
        striate.convert(source, target, layout, pictures="link")
        source = target
    after = known(source)
    crowd = 8 if name == "coco_mini" else 0
    boxes = [sum(len(classes) for _, classes, _ in one.values()) for one in (before, after)]
    if crowd:
        assert boxes[1] < boxes[0]
        return
    for stem, (corners, classes, split) in before.items():
        assert after[stem][:2] == (corners, classes), stem
        assert after[stem][2] == max(split, 0)


@pytest.mark.parametrize("layout", ["coco", "voc"])
def test_crowds_stay_crowds(layout: str, shared_data: Path, tmp_path: Path):
    striate.convert(shared_data / "coco_mini", tmp_path / "a", layout, pictures="link")
    before, after = (
        read_found(one, None, (), None, details=True) for one in (shared_data / "coco_mini", tmp_path / "a")
    )
    assert before.annotations.columns["crowd"].sum() > 0  # type: ignore[attr-defined]
    assert sorted(known(tmp_path / "a").items()) == sorted(known(shared_data / "coco_mini").items())
    assert (
        before.annotations.columns["crowd"].sum() == after.annotations.columns["crowd"].sum()  # type: ignore[attr-defined]
    )


def test_coco_comes_back_with_its_ids_masks_and_key_points(shared_data: Path, tmp_path: Path):
    striate.convert(shared_data / "coco_mini", tmp_path / "a", "coco", pictures="link")
    folder = shared_data / "coco_mini" / "annotations"
    before = json.loads((folder / "instances.json").read_text())
    people = {
        one["id"]: one for one in json.loads((folder / "person_keypoints.json").read_text())["annotations"]
    }
    after = json.loads((tmp_path / "a" / "annotations" / "instances.json").read_text())
    assert {one["id"]: one["name"] for one in after["categories"]} == {
        one["id"]: one["name"] for one in before["categories"]
    }
    assert after["licenses"] == before["licenses"]
    images = {one["id"]: one for one in before["images"]}
    assert all(images[one["id"]] == one for one in after["images"])
    rows = {one["id"]: one for one in after["annotations"]}
    assert len(rows) == len(before["annotations"])
    for one in before["annotations"]:
        expected = {**one, **people.get(one["id"], {})}
        assert rows[one["id"]] == expected


def small(folder: Path, box: dict) -> Path:
    """A COCO file of one picture and one box."""
    folder.mkdir()
    Image.new("RGB", (40, 30)).save(folder / "a.png")
    values = {
        "images": [{"id": 7, "file_name": "a.png", "width": 40, "height": 30}],
        "categories": [{"id": 5, "name": "cat & dog <x>"}, {"id": 9, "name": "none"}],
        "annotations": [{"id": 1, "image_id": 7, "category_id": 5, "bbox": [1, 2, 10, 10.25], **box}],
    }
    (folder / "a.json").write_text(json.dumps(values))
    return folder


RUNS = {"size": [30, 40], "counts": [100, 20, 1080]}


@pytest.mark.parametrize(
    ("layout", "box", "note"),
    [
        (
            "voc",
            {"segmentation": [[1, 2, 3, 4, 5, 6]]},
            "1 mask left out: not all objects of these pictures have one that shows",
        ),
        ("voc", {}, "1 class without a box not named: VOC has no list of classes"),
        ("voc", {"iscrowd": 1}, "1 crowd region marked difficult, and as crowd in a word of ours"),
        (
            "yolo",
            {"segmentation": RUNS},
            "1 mask left out: a line is a box, or one polygon with its box around it",
        ),
        ("yolo", {"iscrowd": 1}, "1 crowd region left out: YOLO would learn them as objects"),
        ("yolo", {"difficult": 1}, "1 difficult object written as any other"),
        ("yolo", {"bbox": [1, 2, float("nan"), 4]}, "1 box left out: NaN or infinite"),
    ],
)
def test_what_a_layout_cannot_hold_is_counted(layout: str, box: dict, note: str, tmp_path: Path):
    done = striate.convert(small(tmp_path / "a", box), tmp_path / "b", layout)
    assert note in done.notes
    assert "ids, licences and links are left out" in done.notes


def test_run_lengths_and_marks_stay_in_coco(tmp_path: Path):
    box = {"segmentation": RUNS, "difficult": 1, "iscrowd": 1, "attributes": {"color": "red"}}
    done = striate.convert(small(tmp_path / "a", box), tmp_path / "b", "coco")
    (row,) = json.loads((tmp_path / "b" / "annotations" / "instances.json").read_text())["annotations"]
    assert {key: row[key] for key in box} == box
    assert (row["bbox"], row["area"]) == ([1, 2, 10, 10.25], 20)
    assert (tmp_path / "b" / "images" / "a.png").read_bytes() == (tmp_path / "a" / "a.png").read_bytes()
    assert repr(done) == f"{tmp_path / 'b'}: 1 picture (all 1), 1 box"


def test_polygons_of_yolo_go_to_coco_and_back_digit_by_digit(tmp_path: Path):
    folder, line = tmp_path / "a", "0 0.103 0.2071 0.5 0.2 0.251 0.66667\n"
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    Image.new("RGB", (41, 37)).save(folder / "images" / "x.png")
    (folder / "labels" / "x.txt").write_text(line)
    (folder / "data.yaml").write_text("train: images\nnames: {0: cat, 8: dog}\n")
    striate.convert(folder, tmp_path / "b", "coco")
    striate.convert(tmp_path / "b", tmp_path / "c", "yolo")
    assert (tmp_path / "c" / "labels" / "train" / "x.txt").read_text() == line
    assert "0: cat\n  1: dog" in (tmp_path / "c" / "data.yaml").read_text()
    striate.convert(folder, tmp_path / "d", "yolo")  # numbers of YOLO stay
    assert "0: cat\n  8: dog" in (tmp_path / "d" / "data.yaml").read_text()


def test_key_points_go_to_yolo_and_back(tmp_path: Path):
    points = [4.5, 6, 2, 0, 0, 0]
    striate.convert(small(tmp_path / "a", {"keypoints": points}), tmp_path / "b", "yolo")
    assert "kpt_shape:\n- 2\n- 3\n" in (tmp_path / "b" / "data.yaml").read_text()
    striate.convert(tmp_path / "b", tmp_path / "c", "coco")
    (row,) = json.loads((tmp_path / "c" / "annotations" / "instances_train.json").read_text())["annotations"]
    assert row["keypoints"] == points
    assert row["bbox"] == [1, 2, 10, 10.25]


def test_a_split_is_held_out_by_content(shared_data: Path, tmp_path: Path):
    done = striate.convert(
        shared_data / "raccoon", tmp_path / "a", "voc", split={"val": 0.2, "test": 0.1}, pictures="link"
    )
    assert sum(done.pictures.values()) == 120
    assert set(done.pictures) == {"train", "val", "test"}
    names = set((tmp_path / "a" / "ImageSets" / "Main" / "val.txt").read_text().split())
    renamed = tmp_path / "renamed"
    shutil.copytree(shared_data / "raccoon", renamed)
    for file in [*(renamed / "images").iterdir(), *(renamed / "annotations").iterdir()]:
        file.rename(file.with_name(f"x{file.name}"))
    striate.convert(renamed, tmp_path / "b", "coco", split={"val": 0.2, "test": 0.1}, pictures="none")
    again = json.loads((tmp_path / "b" / "annotations" / "instances_val.json").read_text())
    assert {Path(one["file_name"]).stem[1:] for one in again["images"]} == names


def test_splits_that_are_there_stay(shared_data: Path, tmp_path: Path):
    done = striate.convert(shared_data / "bccd", tmp_path / "a", "yolo", pictures="link", split={"val": 0.5})
    assert done.pictures == {"train": 205, "val": 87, "test": 72}
    assert {name: len(part) for name, part in read(tmp_path / "a").items()} == done.pictures


def test_pictures_of_one_name_get_a_number(tmp_path: Path):
    folder = small(tmp_path / "a", {})
    values = json.loads((folder / "a.json").read_text())
    for number, name in enumerate(("x/a.png", "y/a.png", "x_a.png")):
        (folder / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), (number, 0, 0)).save(folder / name)
        values["images"].append({"id": number, "file_name": name})
    (folder / "a.json").write_text(json.dumps(values))
    done = striate.convert(folder, tmp_path / "b", "voc")
    names = sorted(path.name for path in (tmp_path / "b" / "JPEGImages").iterdir())
    assert names == ["a.png", "x_a-2.png", "x_a.png", "y_a.png"]
    assert any("renamed" in note for note in done.notes)


def test_what_cannot_be_converted_is_refused(picture_folder: Path, tmp_path: Path):
    folder = small(tmp_path / "a", {})
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(FileError, match=r"full exists"):
        striate.convert(folder, tmp_path / "full", "voc")
    with pytest.raises(DataError, match="no boxes"):
        striate.convert(picture_folder, tmp_path / "b", "voc")
    with pytest.raises(SettingError, match=r"split is train=0\.5"):
        striate.convert(folder, tmp_path / "b", "voc", split={"train": 0.5})
    with pytest.raises(SettingError, match="to is 'pdf'"):
        striate.convert(folder, tmp_path / "b", "pdf")  # type: ignore[arg-type]
    (folder / "a.png").unlink()
    with pytest.raises(DataError, match="rows whose file does not exist"):
        striate.convert(folder, tmp_path / "b", "voc")
    assert not list(tmp_path.glob(".b*"))


def test_data_without_any_picture_are_refused(tmp_path: Path):
    folder = small(tmp_path / "a", {})
    (folder / "a.png").unlink()
    with pytest.raises(DataError, match="no picture of the data is there"):
        striate.convert(folder, tmp_path / "b", "voc", accept=("missing",))


def test_names_that_no_xml_can_hold_are_refused_and_nothing_is_left(tmp_path: Path):
    folder = small(tmp_path / "a", {})
    text = (folder / "a.json").read_text().replace("cat & dog <x>", "a\\u0001")
    (folder / "a.json").write_text(text)
    with pytest.raises(DataError, match="no XML file can hold"):
        striate.convert(folder, tmp_path / "b", "voc")
    assert {path.name for path in tmp_path.iterdir()} == {"a"}


def test_masks_of_voc_become_run_lengths(shared_data: Path, tmp_path: Path):
    from faster_coco_eval.core import mask as oracle

    striate.convert(shared_data / "voc_sample", tmp_path / "a", "coco", pictures="none")
    folder = shared_data / "voc_sample" / "VOCdevkit" / "VOC2012" / "SegmentationObject"
    values = json.loads((tmp_path / "a" / "annotations" / "instances_val.json").read_text())
    names = {one["id"]: Path(one["file_name"]).stem for one in values["images"]}
    pixels = {stem: np.asarray(Image.open(folder / f"{stem}.png")) for stem in names.values()}
    counted: dict[str, int] = {}
    for one in values["annotations"]:
        height, width = one["segmentation"]["size"]
        on = oracle.decode(oracle.frPyObjects(one["segmentation"], height, width)).astype(bool)
        stem = names[one["image_id"]]
        counted[stem] = counted.get(stem, 0) + 1
        assert len(np.unique(pixels[stem][on])) == 1
        assert one["area"] == on.sum()
    assert counted == {stem: len(set(np.unique(one).tolist()) - {0, 255}) for stem, one in pixels.items()}


def test_real_polygons_go_to_coco_and_back_with_every_digit(shared_data: Path, tmp_path: Path):
    source, folder = shared_data / "coco128", tmp_path / "a"
    folder.mkdir()
    for name, target in (("images", "images"), ("labels", "labels_seg")):
        (folder / name).symlink_to(source / target)
    names = (source / "config_seg.yaml").read_text().partition("names:")[2]
    (folder / "data.yaml").write_text(f"train: images\nnames:{names}")
    done = striate.convert(folder, tmp_path / "b", "coco", pictures="link")
    assert done.boxes == 746
    striate.convert(tmp_path / "b", tmp_path / "c", "yolo", pictures="link")
    ids = sorted(
        read_found(folder, None, (), None, details=False).annotations.header["class_numbers"].values()
    )
    for file in sorted((source / "labels_seg").glob("*.txt")):
        after = (tmp_path / "c" / "labels" / "train" / file.name).read_text().splitlines()
        for old, new in zip(file.read_text().splitlines(), after, strict=True):
            number, *points = old.split()
            assert [int(new.split()[0]), *map(float, new.split()[1:])] == [
                ids.index(int(number)),
                *map(float, points),
            ]


def test_other_programs_open_what_is_written(shared_data: Path, tmp_path: Path):
    from faster_coco_eval import COCO
    from torchvision.datasets import VOCDetection

    striate.convert(shared_data / "coco_mini", tmp_path / "coco", "coco", pictures="none")
    opened = COCO(str(tmp_path / "coco" / "annotations" / "instances.json"))
    assert (len(opened.getImgIds()), len(opened.getAnnIds())) == (80, 739)
    assert opened.annToMask(opened.loadAnns(opened.getAnnIds())[0]).any()
    voc = tmp_path / "VOCdevkit" / "VOC2012"
    voc.parent.mkdir()
    striate.convert(shared_data / "bccd", voc, "voc", pictures="link")
    _, target = VOCDetection(str(tmp_path), "2012", "train")[0]
    assert {one["name"] for one in target["annotation"]["object"]} <= {"RBC", "WBC", "Platelets"}
