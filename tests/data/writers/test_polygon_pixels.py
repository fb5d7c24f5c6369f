"""The pixels of polygons, against pycocotools and published run lengths."""

import json

import numpy as np
import pytest
import torch
from pycocotools import mask as oracle

from striate.data.writers.mask_pixels import pixels_of
from striate.records import BitMasks, MaskCrops


def is_pycocotools(mask, size):
    runs = oracle.frPyObjects(mask, *size)
    wanted = runs if isinstance(mask, dict) else oracle.merge(runs)
    return oracle.encode(np.asfortranarray(pixels_of(mask, size).astype(np.uint8))) == wanted


@pytest.mark.parametrize(
    ("corners", "counts"),
    [  # faster-coco-eval, tests/test_mask_api.py; shared conformance, "rle_from_polygons_20x20"
        ([7, 8, 9, 3, 7, 1, 5, 1, 5, 8, 3, 4, 4, 7, 7, 8], "U36>1OO2Lm6"),
        ([4, 4, 7, 5, 5, 9, 3, 1, 2, 3, 1, 6, 6, 2, 2, 9], "h02`012N_O0`00@1>OB3`0MQ8"),
        ([5, 3, 7, 1, 2, 5, 4, 9, 6, 6, 4, 8, 2, 9, 7, 4], "]1120=210AN>1BOT9"),
    ],
)
def test_published_run_lengths(corners, counts):
    pixels = torch.from_numpy(pixels_of([corners], (20, 20)))
    assert BitMasks(MaskCrops.of(pixels[None])).run_lengths(0)["counts"] == counts


def test_polygons_that_cross_themselves_and_the_border_are_pycocotools():
    made = np.random.default_rng(0)
    for number in range(300):
        size, count = tuple(map(int, made.integers(1, 60, 2))), made.integers(3, 12)
        corners = made.normal(0.5, 0.6, (count, 2)) * size[::-1]
        mask = [(corners, corners.round(), corners.round(1))[number % 3].ravel().tolist()]
        assert is_pycocotools(mask, size)


def test_masks_of_photographs_are_pycocotools(shared_data):
    values = json.loads((shared_data / "coco_mini" / "annotations" / "instances.json").read_text())
    sizes = {one["id"]: (one["height"], one["width"]) for one in values["images"]}
    for one in values["annotations"][::10]:
        assert is_pycocotools(one["segmentation"], sizes[one["image_id"]])


def test_corners_far_outside_cost_nothing():
    everything = [[-1e30, -1e30, 1e30, -1e30, 1e30, 1e30, -1e30, 1e30]]
    assert pixels_of(everything, (4, 5)).all()
    assert not pixels_of([[50, 50, 60, 50, 60, 60]], (4, 5)).any()
    assert not pixels_of([[2, 2, 2, 2, 2, 2]], (4, 5)).any()
