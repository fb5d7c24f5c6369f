"""Which prior learns which object, by hand: cells of 10 pixels, two anchors each, 10x10 and 20x10."""

import torch

from striate.tasks.detection.parts import assignment
from striate.tasks.detection.parts.assignment import assign_cells, spare_ignored
from striate.tasks.detection.parts.priors import AnchorGrid

PRIORS = AnchorGrid([(10.0, 10.0), (20.0, 10.0)])((10, 30), ((1, 3),))
BOTH = torch.tensor([[11.0, 0.0, 20.0, 10.0], [6.0, 0.0, 25.0, 10.0]])  # centres 15.5 and 15.5; 9 and 19 wide


def test_an_object_is_learned_in_the_cell_of_its_centre_by_the_anchor_of_its_shape():
    assert assign_cells(BOTH[:1], PRIORS, similar=0.95).tolist() == [-1, -1, 0, -1, -1, -1]
    assert assign_cells(BOTH, PRIORS, similar=0.95).tolist() == [-1, -1, 0, 1, -1, -1]


def test_anchors_of_a_similar_size_learn_it_too():  # shapes 9x10 and 20x10: IoU 90 / 200
    assert assign_cells(BOTH[:1], PRIORS, similar=0.45).tolist() == [-1, -1, 0, 0, -1, -1]


def test_with_a_wider_reach_neighbouring_cells_learn_it_too():  # the centre is 10.5 and 9.5 pixels off
    assert assign_cells(BOTH[:1], PRIORS, reach=2.0, similar=0.95).tolist() == [-1, -1, 0, -1, -1, -1]
    assert assign_cells(BOTH[:1], PRIORS, reach=2.2, similar=0.85).tolist() == [0, -1, 0, -1, 0, -1]


def test_a_prior_that_two_objects_want_learns_the_better_shape_and_of_equal_ones_the_first():
    pair = torch.tensor([[11.0, 0.0, 19.0, 10.0], [11.0, 0.0, 20.0, 10.0]])  # 8x10 and 9x10 for 10x10
    assert assign_cells(pair, PRIORS, similar=0.95).tolist()[2] == 1
    assert assign_cells(pair[[1, 1]], PRIORS, similar=0.95).tolist()[2] == 0


def test_a_centre_on_the_far_border_belongs_to_the_last_cell():
    corner = torch.tensor([[30.0, 10.0, 30.0, 10.0]])
    assert assign_cells(corner, PRIORS).tolist() == [-1, -1, -1, -1, 0, -1]


def test_without_objects_all_are_background():
    assert assign_cells(torch.zeros(0, 4), PRIORS).tolist() == [-1] * 6


def test_background_within_a_crowd_is_neither():
    assigned = assign_cells(BOTH[:1], PRIORS, similar=0.95)
    crowd = torch.tensor([[8.0, 0.0, 30.0, 10.0]])  # 2 of 10 of the first prior, all of the last cell's
    assert spare_ignored(assigned, PRIORS.boxes, crowd).tolist() == [-1, -1, 0, -2, -2, -2]
    assert spare_ignored(assigned, PRIORS.boxes, crowd[:0]).tolist() == assigned.tolist()


def test_many_objects_are_assigned_in_parts_as_all_at_once(monkeypatch):
    made = torch.Generator().manual_seed(0)
    corner = torch.rand(50, 2, generator=made) * torch.tensor([20.0, 4.0])
    boxes = torch.cat([corner, corner + 4 + 8 * torch.rand(50, 2, generator=made)], dim=1)
    whole = assign_cells(boxes, PRIORS, reach=2.0)
    monkeypatch.setattr(assignment, "AT_ONCE", 7)
    assert torch.equal(assign_cells(boxes, PRIORS, reach=2.0), whole)
