"""What a YOLO grid is taught, by hand: images of 100x100 pixels, a grid of 3x3, three classes."""

import pytest
import torch

from striate.tasks.detection.networks.grid_targets import grid_targets, responsible

GRID, SIZE = (3, 3), (100, 100)
TALL, WIDE = torch.tensor([10.0, 30.0]), torch.tensor([40.0, 15.0])
ANCHORS = torch.stack([TALL, WIDE])
# a person (tall) and a car (wide) whose centres are both (50, 50), in the middle cell
PERSON, CAR = [45.0, 35.0, 55.0, 65.0], [30.0, 42.5, 70.0, 57.5]


def table(rows, labels, anchors=None):
    return grid_targets(
        torch.tensor(rows).view(-1, 4), torch.tensor(labels, dtype=torch.int64), 3, GRID, SIZE, anchors
    )


def test_one_object_fills_the_cell_of_its_centre():  # 10 x 30 pixels are 0.3 x 0.9 cells
    found = table([PERSON], [0])
    assert found.shape == (3, 3, 8)
    assert found[1, 1].tolist() == pytest.approx([1, 0.5, 0.5, 0.9, 0.3, 1, 0, 0])
    assert found.count_nonzero() == 6


def test_two_objects_in_a_cell_go_to_the_anchors_of_their_shapes():
    found = table([CAR, PERSON], [1, 0], ANCHORS)
    assert found.shape == (3, 3, 2, 8)
    assert found.flatten(2).shape == (3, 3, 16)
    assert found[1, 1].flatten().tolist() == pytest.approx(
        [1, 0.5, 0.5, 0.9, 0.3, 1, 0, 0, 1, 0.5, 0.5, 0.45, 1.2, 0, 1, 0]
    )


def test_two_objects_that_want_one_anchor_the_better_fit_gets_it_and_the_other_the_next():
    slim = [46.0, 35.0, 54.0, 65.0]  # 8 x 30: IoU of shapes with the tall anchor 0.8, that of the person is 1
    found = table([slim, PERSON], [2, 0], ANCHORS)
    assert found[1, 1, 0, 5:].tolist() == [1, 0, 0]
    assert found[1, 1, 1, 5:].tolist() == [0, 0, 1]


def test_of_equal_fits_the_first_is_taught():
    found = responsible(torch.tensor([PERSON, PERSON]), GRID, SIZE, ANCHORS)
    assert dict(zip(found.anchors.tolist(), found.objects.tolist(), strict=True)) == {0: 0, 1: 1}


def test_three_objects_on_two_anchors_the_worst_fit_is_left_out():
    slim = [46.0, 35.0, 54.0, 65.0]
    found = responsible(torch.tensor([slim, PERSON, CAR]), GRID, SIZE, ANCHORS)
    assert found.left_out.tolist() == [0]
    assert found.objects.tolist() == [1, 2]


def test_without_anchors_a_cell_holds_one_object():
    found = responsible(torch.tensor([PERSON, CAR]), GRID, SIZE)
    assert (found.objects.tolist(), found.left_out.tolist()) == ([0], [1])


def test_without_objects_the_table_is_empty():
    assert table([], []).count_nonzero() == 0
    assert table([], [], ANCHORS).shape == (3, 3, 2, 8)
