"""COCO's JSON, as boxes and as key points."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from striate.data.formats.coco import coco_files, read_coco_boxes
from striate.data.formats.coco_points import read_coco_points
from striate.errors import DataError

CATEGORY = {"id": 7, "name": "cat", "keypoints": ["left_eye", "right_eye"], "skeleton": [[1, 2]]}


def written(folder: Path, name: str = "instances.json", **parts: Any) -> Path:
    """A data set of two pictures, of which the first has one cat."""
    (folder / "images").mkdir(exist_ok=True)
    for file in ("a.png", "b.png"):
        Image.new("RGB", (40, 30)).save(folder / "images" / file)
    images = [{"id": i, "file_name": f, "width": 40, "height": 30} for i, f in ((3, "a.png"), (9, "b.png"))]
    box = {"id": 1, "image_id": 3, "category_id": 7, "bbox": [10, 8, 10, 4], "keypoints": [12, 9, 2, 0, 0, 0]}
    values = {"images": images, "categories": [CATEGORY], "annotations": [box], **parts}
    (folder / name).write_text(json.dumps(values))
    return folder


def test_boxes_become_corners_and_a_picture_without_any_stays(tmp_path: Path):
    found = read_coco_boxes(written(tmp_path))
    assert found.annotations.words(0) == "cat at 10, 8, 20, 12"
    assert found.annotations.words(1) == "no box"
    assert found.store.read(1).shape == (3, 30, 40)


def test_key_points_are_cut_out_with_their_box(tmp_path: Path):
    # the margin is 15 % of 10 pixels: the part begins at (floor 8.5, floor 6.5)
    found = read_coco_points(written(tmp_path))
    assert len(found.store) == 1
    assert found.annotations.points[0, 0].tolist() == [4, 3]
    assert found.annotations.visible.tolist() == [[True, False]]
    assert found.annotations.scale.tolist() == [pytest.approx(40**0.5)]
    assert found.annotations.joints.pairs == ((0, 1),)
    assert found.annotations.joints.skeleton == ((0, 1),)


def test_the_name_of_a_file_says_its_split(tmp_path: Path):
    other = {"image_id": 9, "category_id": 7, "bbox": [0, 0, 5, 5]}
    written(tmp_path, "instances_val2017.json", annotations=[other])
    written(tmp_path, "instances_train2017.json")
    assert [file.name for file in coco_files(tmp_path)] == [
        "instances_train2017.json",
        "instances_val2017.json",
    ]
    assert set(read_coco_boxes(tmp_path).split.tolist()) == {0, 1}


def test_annotations_that_name_nothing_are_found(tmp_path: Path):
    box = {"id": 5, "image_id": 4, "category_id": 7, "bbox": [0, 0, 5, 5]}
    found = read_coco_boxes(written(tmp_path, annotations=[box, {**box, "image_id": 3}]))
    assert [(one.kind, one.source.rpartition(" ")[2]) for one in found.findings] == [("missing", "5")]


def test_key_points_that_cannot_be_used_are_found(tmp_path: Path):
    rows = [
        {"id": 1, "image_id": 3, "category_id": 7, "bbox": [0, 0, 9, 9], "keypoints": [1, 1, 2]},
        {"id": 2, "image_id": 3, "category_id": 7, "bbox": [0, 0, 9, 9], "keypoints": [0] * 6},
        {"id": 3, "image_id": 4, "category_id": 7, "bbox": [0, 0, 9, 9], "keypoints": [1, 1, 2, 3, 3, 2]},
        {"id": 4, "image_id": 9, "category_id": 7, "keypoints": [1, 1, 2, 3, 3, 2]},
    ]
    found = read_coco_points(written(tmp_path, annotations=rows))
    assert [one.kind for one in found.findings] == ["unlabelled", "unlabelled", "missing"]
    assert found.store.read(0).shape == (3, 30, 40)  # without a box the whole picture


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"bbox": [1, 2, 3]}, "bbox is [1, 2, 3], not 4 numbers"),
        ({"keypoints": [1, 1, 2, 3, "x", 2]}, "6 values, not 6 numbers"),
        ({"keypoints": {"nose": 1}}, "{'nose': 1} values, not 6 numbers"),
        ({"keypoints": [1, 1, 2, 3, float("nan"), 2]}, "6 values, not 6 numbers"),
    ],
)
def test_key_points_that_are_no_numbers_are_found(change: dict, detail: str, tmp_path: Path):
    good = {"id": 1, "image_id": 3, "category_id": 7, "bbox": [0, 0, 9, 9], "keypoints": [1, 1, 2, 3, 3, 2]}
    found = read_coco_points(written(tmp_path, annotations=[good, {**good, **change}]))
    assert [(one.kind, one.detail) for one in found.findings] == [("unlabelled", detail)]


@pytest.mark.parametrize(
    "change", [{"keypoints": 3}, {"skeleton": [[1, 9]]}, {"skeleton": [1]}, {"skeleton": [[float("inf"), 2]]}]
)
def test_categories_that_say_something_else_are_refused(change: dict, tmp_path: Path):
    with pytest.raises(DataError, match="cannot be read as COCO"):
        read_coco_points(written(tmp_path, categories=[{**CATEGORY, **change}]))


def test_the_real_file_of_animals_is_read(shared_data: Path):
    found = read_coco_points(shared_data / "animal_pose")
    assert found.annotations.points.shape == (425, 20, 2)
    assert len(found.annotations.joints.pairs) == 8
    assert not found.findings
    inside = found.annotations.points[found.annotations.visible]
    assert (inside >= -0.5).all()
    assert np.isfinite(found.annotations.scale).all()


@pytest.mark.parametrize("text", ["", "[", "[1]", '{"images": 3, "annotations": []}', '{"images": [{}]}'])
def test_files_that_are_no_coco_are_refused(text: str, tmp_path: Path):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DataError, match="COCO"):
        read_coco_boxes(tmp_path)


def test_categories_with_other_points_are_refused(tmp_path: Path):
    other = {"id": 8, "name": "dog", "keypoints": ["nose", "tail"]}
    with pytest.raises(DataError, match="2 lists of key points"):
        read_coco_points(written(tmp_path, categories=[CATEGORY, other]))


def test_ids_may_be_any_numbers_and_annotations_may_come_first(tmp_path: Path):
    folder = written(tmp_path, annotations=[])
    values = json.loads((folder / "instances.json").read_text())
    box = {"id": 900100581904, "image_id": 9, "category_id": 7, "bbox": [1, 2, 3, 4], "iscrowd": 1}
    values = {"annotations": [box], **{key: values[key] for key in ("categories", "images")}}
    (folder / "instances.json").write_text(json.dumps(values))
    found = read_coco_boxes(folder)
    assert found.annotations.words(1) == "cat at 1, 2, 4, 6"
    assert found.annotations.columns["crowd"].tolist() == [True]
    assert found.annotations.place(0) == f"{folder / 'instances.json'}: annotation 900100581904"
    assert found.annotations.pictures["size"].tolist() == [[30, 40], [30, 40]]


def test_two_categories_of_one_name_are_one_class(tmp_path: Path):
    found = read_coco_boxes(written(tmp_path, categories=[CATEGORY, {"id": 8, "name": "cat"}]))
    assert found.classes == ("cat",)
    assert [(one.kind, one.detail) for one in found.findings] == [("same-category", "categories 7, 8")]


@pytest.mark.parametrize(
    ("mask", "detail"),
    [
        ([[0, 0, 4, 4]], "a polygon of 2 points"),
        ([[0, 0, 4, 4, 4, 0, 1]], "a polygon of 7 numbers: one has no partner"),
        ({"size": [30, 40], "counts": [1000, 100]}, "run lengths of 1100 pixels, the size is 30 x 40"),
        ({"size": [40, 30], "counts": [1200]}, "run lengths of 40 x 30, the picture is 30 x 40"),
        ({"counts": 3}, "neither polygons nor run lengths"),
    ],
)
def test_masks_that_cannot_be_used_are_found(mask: Any, detail: str, tmp_path: Path):
    box = {"id": 1, "image_id": 3, "category_id": 7, "bbox": [10, 8, 10, 4], "segmentation": mask}
    found = read_coco_boxes(written(tmp_path, annotations=[box]))
    assert [(one.kind, one.detail) for one in found.findings] == [("bad-mask", detail)]


def test_pictures_that_are_missing_or_lie_outside_are_found(tmp_path: Path):
    named = [
        {"id": 3, "file_name": "a.png"},
        {"id": 4, "file_name": "z.png"},
        {"id": 5, "file_name": "../../b.png"},
    ]
    found = read_coco_boxes(written(tmp_path, images=named))
    assert [one.kind for one in found.findings] == ["missing", "outside"]
    assert len(found.store) == 1


def test_paths_of_windows_are_understood(tmp_path: Path):
    found = read_coco_boxes(written(tmp_path, images=[{"id": 3, "file_name": "images\\a.png"}]))
    assert found.store.relative(0) == "images/a.png"


def test_a_mask_or_joints_without_a_box_are_found(tmp_path: Path):
    mask = {"id": 4, "image_id": 3, "category_id": 7, "segmentation": [[0, 0, 4, 4, 4, 0]]}
    found = read_coco_boxes(written(tmp_path, annotations=[mask]))
    assert [(one.kind, one.detail) for one in found.findings] == [("unlabelled", "a mask without a bbox")]
    joints = {"id": 4, "image_id": 3, "category_id": 7, "keypoints": [4, 4, 2]}
    found = read_coco_boxes(written(tmp_path, annotations=[joints]))
    assert [(one.kind, one.detail) for one in found.findings] == [("unlabelled", "joints without a bbox")]


def test_an_export_with_a_folder_for_each_split_is_read(tmp_path: Path):
    for name in ("train", "valid"):
        folder = tmp_path / name
        folder.mkdir()
        written(folder, "_annotations.coco.json")
        (folder / "images" / "a.png").rename(folder / "a.png")
        (folder / "images" / "b.png").rename(folder / "b.png")
    found = read_coco_boxes(tmp_path)
    assert found.split.tolist() == [0, 0, 1, 1]
    assert found.store.relative(0) == "train/a.png"


def test_boxes_that_are_no_four_numbers_are_found(tmp_path: Path):
    rows = [
        {"id": number, "image_id": 3, "category_id": 7, "bbox": box}
        for number, box in enumerate(([1, 2, 3], [1, 2, "x", 4], {"x": 1}, [1, 2, 3, 4]))
    ]
    found = read_coco_boxes(written(tmp_path, annotations=rows))
    assert [one.kind for one in found.findings] == ["unlabelled"] * 3
    assert found.annotations.boxes.tolist() == [[1, 2, 4, 6]]


def test_numbers_beyond_all_pictures_are_found(tmp_path: Path):
    folder = written(tmp_path)
    text = (folder / "instances.json").read_text()
    (folder / "instances.json").write_text(text.replace("[10, 8, 10, 4]", f"[1{'0' * 400}, 8, 10, 4]"))
    assert [one.kind for one in read_coco_boxes(folder).findings] == ["unlabelled"]
    (folder / "instances.json").write_text(text.replace("[10, 8, 10, 4]", "[1e300, 8, 10, 4]"))
    found = read_coco_boxes(folder)
    assert "bad-box" in [one.kind for one in found.annotations.findings(found.split * 0)]


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000])
def test_a_file_nested_without_end_is_refused(deep: str, tmp_path: Path):
    (tmp_path / "a.json").write_text('{"images": [], "annotations": ' + deep)
    with pytest.raises(DataError, match="cannot be read as COCO"):
        read_coco_boxes(tmp_path)
