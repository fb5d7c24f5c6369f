"""Masks in COCO's words: what is wrong with them, and their areas."""

import pytest

from striate.data.checks.mask_findings import mask_area, mask_problem


@pytest.mark.parametrize(
    ("polygon", "area"),  # detectron2, tests/layers/test_mask_ops.py; shared conformance, "d2_polygon_area"
    [([0, 0, 0, 10, 10, 10, 10, 0], 100), ([0, 0, 0, 10, 10, 10], 50)],
)
def test_published_areas_of_polygons(polygon, area):
    assert mask_area([polygon]) == area


def test_run_lengths_of_another_size_than_the_picture():
    runs = {"size": [4, 6], "counts": [4, 20]}
    assert mask_problem(runs, (4, 6)) == ""
    assert mask_problem(runs, (6, 4)) == "run lengths of 4 x 6, the picture is 6 x 4"
    assert mask_area(runs) == 20
