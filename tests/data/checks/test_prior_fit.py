"""What a detector can reach before it has learned anything; figures of the blood cells are known."""

from pathlib import Path

import numpy as np
import pytest
import torch

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.checks.detector_fit import DetectorFit, detector_fit, seen_boxes
from striate.data.checks.prior_fit import (
    below_stride,
    best_overlaps,
    by_class,
    by_size,
    held_by_cells,
    kept_by_nms,
    suppressed_pairs,
)
from striate.data.preprocess import Preprocess
from striate.data.read_dataset import read_found
from striate.ops import default_boxes, grid_anchors, pyramid_anchors

Boxes = tuple[BoxAnnotations, torch.Tensor, torch.Tensor, torch.Tensor]
SIZE = (480, 640)
RATIOS = (0.5, 1.0, 2.0)


@pytest.fixture(scope="module")
def cells(shared_data: Path) -> Boxes:
    """4,886 boxes with an area, as they are in the files."""
    found = read_found(shared_data / "bccd", None, (), None, details=False)
    assert isinstance(found.annotations, BoxAnnotations)
    return (found.annotations, *seen_boxes(found.annotations, Preprocess(SIZE)))


def covered(cells: Boxes, priors: torch.Tensor, scale: tuple[float, float] = (1, 1)) -> dict[str, float]:
    annotations, boxes, labels, _ = cells
    best = best_overlaps(boxes * torch.tensor([*scale, *scale]), priors)
    return {one.name: round(100 * one.share, 1) for one in by_class(best > 0.5, labels, annotations.classes)}


def test_anchors_of_a_pyramid_cover_the_platelets(cells: Boxes):  # 99.7 % are known
    grids = [(120, 160), (60, 80), (30, 40), (15, 20), (8, 10)]
    priors = pyramid_anchors(SIZE, grids, [(32,), (64,), (128,), (256,), (512,)], [RATIOS] * 5)
    assert covered(cells, priors)["Platelets"] == 99.7


def test_default_boxes_cover_them_a_little_less(cells: Boxes):  # 98.1 % are known
    scales = (0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05)
    grids = [(side, side) for side in (38, 19, 10, 5, 3, 1)]
    ratios = [(2,), (2, 3), (2, 3), (2, 3), (2,), (2,)]
    priors = default_boxes((300, 300), grids, ratios, scales, (8, 16, 32, 64, 100, 300))
    assert covered(cells, priors, (300 / 640, 300 / 480))["Platelets"] == 98.1


def test_a_grid_of_7_holds_nearly_all(cells: Boxes):  # 96.4 % with one object in a cell, 99.9 % with two
    _, boxes, _, images = cells
    held = [held_by_cells(boxes, images, (7, 7), SIZE, each).float().mean().item() for each in (1, 2)]
    assert [round(100 * one, 1) for one in held] == [96.4, 99.9]


@pytest.mark.parametrize(("threshold", "pairs"), [(0.3, 108), (0.5, 13)])
def test_so_many_red_cells_overlap(threshold: float, pairs: int, cells: Boxes):
    annotations, boxes, labels, images = cells
    found = suppressed_pairs(boxes, labels, images, threshold)
    assert len(found) == pairs
    assert {annotations.classes[label] for label in labels[found].flatten().tolist()} == {"RBC"}
    assert len(boxes) - pairs <= kept_by_nms(boxes, labels, images, threshold) < len(boxes)


def test_shares_by_class_and_by_size_count_every_box_once():
    boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 10, 10], [0, 0, 300, 300], [0, 0, 9, 9]])
    having = torch.tensor([True, False, True, True])
    sizes = by_size(having, boxes)
    assert [(one.name, one.boxes, one.having) for one in sizes] == [
        ("0 to 8 px", 1, 1),
        ("8 to 16 px", 2, 1),
        ("from 256 px", 1, 1),
    ]
    shares = by_class(having, torch.tensor([0, 2, 2, 0]), ("a", "b", "c"))
    assert [(one.name, one.share) for one in shares] == [("c", 0.5), ("a", 1)]


def test_nothing_is_legal():
    none, nobody = torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64)
    assert best_overlaps(none, torch.ones(3, 4)).shape == (0,)
    assert best_overlaps(torch.tensor([[0.0, 0, 1, 1]]), none).tolist() == [0]
    assert held_by_cells(none, nobody, (7, 7), SIZE).shape == (0,)
    assert suppressed_pairs(none, nobody, nobody, 0.5).shape == (0, 2)
    assert kept_by_nms(none, nobody, nobody, 0.5) == 0
    assert below_stride(none, 8).shape == (0,)


def small() -> BoxAnnotations:
    """Two pictures of 100 x 50: two boxes of one centre and a tiny one; a crowd, a flat one, a fine one."""
    boxes = [[10, 10, 30, 30], [10, 12, 30, 28], [60, 10, 62, 12], [0, 0, 9, 9], [5, 5, 5, 9], [0, 0, 50, 50]]
    crowd = np.array([False, False, False, True, False, False])
    sizes = np.array([[50, 100], [50, 100]], np.int32)
    labels = np.array([0, 0, 1, 0, 0, 1], np.int32)
    array = np.array(boxes, np.float32)
    return BoxAnnotations(array, labels, np.array([3, 6]), ("a", "b"), {"crowd": crowd}, {"size": sizes})


def test_boxes_are_those_that_the_network_sees():
    # a letterbox of 100 x 100 leaves the sides and puts 25 black rows above
    boxes, labels, images = seen_boxes(small(), Preprocess((100, 100), resize_mode="letterbox"))
    assert boxes.tolist() == [[10, 35, 30, 55], [10, 37, 30, 53], [60, 35, 62, 37], [0, 25, 50, 75]]
    assert (labels.tolist(), images.tolist()) == ([0, 0, 1, 1], [0, 0, 0, 1])


def fit() -> DetectorFit:
    """Cells of 20 pixels with one prior of 20 x 20 each."""
    priors = grid_anchors(torch.tensor([[-10.0, -10, 10, 10]]), (5, 5), 20, offset=0.5)
    prep = Preprocess((100, 100), resize_mode="letterbox")
    return detector_fit(small(), prep, priors, torch.full((25, 2), 20.0), 0.7)


def test_the_numbers_of_a_small_case_by_hand():
    found = fit()
    # the best prior of [10, 35, 30, 55] is a cell away by 10 and 5: 10 x 15 shared of 650: 0.23
    assert found.covered.having == 0
    assert (found.grid, found.each, found.priors) == ((5, 5), 1, 25)
    assert (found.held.having, found.held.boxes, found.shared) == (3, 4, 1)  # two centres at (20, 45)
    assert found.below.having == 2  # [60, 35, 62, 37], and 16 pixels of [10, 37, 30, 53]
    assert (found.pairs, found.kept.having) == (1, 3)  # IoU 16 / 20
    assert [one.kind for one in found.findings()] == [
        "not-covered",
        "not-covered",
        "crowded-cells",
        "below-stride",
        "suppressed",
    ]


def test_the_numbers_in_words_and_as_json():
    sentences = fit().sentences()
    assert sentences[0] == "images of 100x100, 25 priors; the finest map has 5x5 cells, 1 prior each"
    assert sentences[-1].endswith("overlap above 0.7: 1; suppression leaves 75.0 % of the truth")
    values = fit().to_dict()
    assert values["held"] == {"name": "held", "boxes": 4, "share": 0.75}
    assert [one["name"] for one in values["sizes"]] == ["0 to 8 px", "16 to 32 px", "32 to 64 px"]
