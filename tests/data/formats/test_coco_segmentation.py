"""COCO's objects as masks of classes."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.annotations.mask_annotations import MaskAnnotations
from striate.data.formats.coco_segmentation import drawn, filled
from striate.data.read_dataset import read
from striate.errors import DataError


def coco(root: Path, *objects: dict) -> Path:
    Image.new("RGB", (10, 8)).save(root / "a.jpg")
    annotations = [
        {"id": number, "image_id": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0, **one}
        for number, one in enumerate(objects)
    ]
    categories = [{"id": 1, "name": "cow"}, {"id": 2, "name": "bell"}]
    image = {"id": 1, "file_name": "a.jpg", "height": 8, "width": 10}
    content = {"images": [image], "annotations": annotations, "categories": categories}
    (root / "instances.json").write_text(json.dumps(content))
    return root


def square(x: float, y: float, side: float) -> list[list[float]]:
    return [[x, y, x + side, y, x + side, y + side, x, y + side]]


def test_the_smallest_object_is_on_top_and_crowds_are_ignored(tmp_path: Path):
    runs = {"size": [8, 10], "counts": [72, 8]}  # the last column
    coco(
        tmp_path,
        {"category_id": 2, "segmentation": square(2, 2, 2)},
        {"category_id": 1, "segmentation": square(1, 1, 5)},
        {"category_id": 1, "segmentation": runs, "iscrowd": 1},
    )
    splits = read(tmp_path, kinds=(MaskAnnotations,), validation=0.0)
    mask = splits["train"].annotations.mask(0)
    assert splits.format == "coco-masks"
    assert splits.classes == ("background", "bell", "cow")
    assert mask[2:4, 2:4].unique().tolist() == [1]
    assert (mask == 2).sum() == 25 - 4
    assert mask[:, 9].unique().tolist() == [255]


def test_the_box_of_an_object_without_a_usable_mask_is_ignored_and_said(tmp_path: Path):
    coco(
        tmp_path,
        {"category_id": 2, "segmentation": square(2, 2, 2)},
        {"category_id": 1, "segmentation": [], "bbox": [1, 1, 5, 5]},  # lies below the bell
        {"category_id": 1, "segmentation": [[0, 0, 4, 4]], "bbox": [7, 0, 3, 2]},  # a polygon of two points
    )
    splits = read(tmp_path, kinds=(MaskAnnotations,), validation=0.0)
    mask = splits["train"].annotations.mask(0)
    assert mask[2:4, 2:4].unique().tolist() == [1]
    assert (mask == 255).sum() == 25 - 4 + 3 * 2
    assert (mask == 0).sum() == 80 - 25 - 6
    assert any("2 of 3 objects have no mask that can be used" in note for note in splits.notes)
    assert [one.detail for one in splits.findings if one.kind == "no-mask"] == ["2 of 3 objects"]


def test_a_polygon_that_crosses_itself_is_filled_by_the_even_odd_rule():  # a bow tie: two triangles
    found = drawn([[0, 0, 8, 8, 8, 0, 0, 8]], (8, 8))
    assert found[3:5, 0].all()
    assert not found[0, 3:5].any()
    assert 20 <= found.sum() <= 36


def test_pixels_belong_to_a_polygon_by_their_middles():
    corners = np.array([[1, 1], [4, 1], [4, 3], [1, 3]], float)
    expected = np.zeros((5, 6), bool)
    expected[1:3, 1:4] = True
    assert (filled(corners, (5, 6)) == expected).all()
    assert not filled(corners + 0.6, (5, 6))[1].any()


def test_a_polygon_beyond_the_picture_is_cut():
    assert drawn(square(-5, -5, 100), (3, 4)).all()


def test_objects_without_masks_are_no_masks(tmp_path: Path):
    with pytest.raises(DataError, match="'segmentation'"):
        read(coco(tmp_path, {"category_id": 1}), kinds=(MaskAnnotations,))
