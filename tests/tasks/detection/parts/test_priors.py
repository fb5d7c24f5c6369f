"""Priors of an image, by hand."""

import pytest
import torch

from striate.tasks.detection.parts.priors import AnchorGrid, DefaultBoxes


def test_anchors_stand_in_the_middle_of_every_cell_all_of_a_cell_together():
    made = AnchorGrid([(4.0, 2.0), (10.0, 10.0)])((16, 32), ((1, 2),))
    assert made.boxes.tolist() == [[6, 7, 10, 9], [3, 3, 13, 13], [22, 7, 26, 9], [19, 3, 29, 13]]
    assert made.cells.tolist() == [[16, 16]] * 4


def test_anchors_take_the_typical_sizes_of_objects():  # two clusters, their means
    grid = AnchorGrid([(1.0, 1.0), (2.0, 2.0)])
    grid.fit(torch.tensor([[10.0, 10.0], [12.0, 10.0], [90.0, 100.0], [110.0, 100.0]]))
    assert grid.sizes.tolist() == [[11, 10], [100, 100]]
    assert "sizes" in grid.state_dict()  # a saved model holds them


def test_with_fewer_objects_than_anchors_their_own_sizes_serve():
    grid = AnchorGrid([(1.0, 1.0)] * 3)
    grid.fit(torch.tensor([[10.0, 20.0]]))
    assert grid.sizes.tolist() == [[10, 20]] * 3
    grid.fit(torch.zeros(0, 2))
    assert grid.sizes.tolist() == [[10, 20]] * 3


def test_ssd300_has_8732_default_boxes():  # 38 * 38 * 4 + (19 * 19 + 100 + 25) * 6 + (9 + 1) * 4
    maker = DefaultBoxes(((2,), (2, 3), (2, 3), (2, 3), (2,), (2,)))
    sides = (38, 19, 10, 5, 3, 1)
    made = maker((300, 300), [(side, side) for side in sides])
    assert len(made) == 8732
    assert maker.each == (4, 6, 6, 6, 4, 4)
    assert made.cells[0].tolist() == pytest.approx([300 / 38] * 2)
    assert made.cells[-1].tolist() == [300, 300]
