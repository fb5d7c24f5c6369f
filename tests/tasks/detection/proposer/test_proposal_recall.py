"""Recall of proposals: overlaps worked out by hand."""

import math

import pytest
import torch

from striate.errors import ShapeError
from striate.records import BoxTargets, Proposals
from striate.tasks.detection.proposer.proposal_recall import best_overlaps, proposal_recall


def boxes_of(*boxes: tuple[float, float, float, float]) -> Proposals:
    return Proposals(torch.tensor(boxes).reshape(-1, 4), torch.arange(len(boxes), 0, -1.0))


def truth(
    *boxes: tuple[float, float, float, float], labels: tuple[int, ...] = (), ignored: int = -1
) -> BoxTargets:
    numbers = torch.tensor(labels or (0,) * len(boxes), dtype=torch.int64)
    unclear = torch.arange(len(boxes)) == ignored
    return BoxTargets(torch.tensor(boxes).reshape(-1, 4), numbers, torch.tensor([len(boxes)]), unclear)


def test_the_best_of_the_first_boxes_counts() -> None:
    # IoU with (0, 0, 10, 10): 0.2, 0.8, 0.5
    found = boxes_of((0, 0, 10, 2), (0, 0, 8, 10), (0, 0, 5, 10))
    table = best_overlaps(found.boxes, torch.tensor([[0.0, 0, 10, 10]]), [1, 2, 3, 9])
    assert torch.allclose(table, torch.tensor([[0.2, 0.8, 0.8, 0.8]]))


def test_recall_is_the_share_of_the_objects_of_all_pictures() -> None:
    # picture 1: overlaps 0.5 at once, and 1 with the second box; 2 has no object; 3 has one, and no boxes
    first = boxes_of((0, 0, 10, 5), (20, 0, 30, 10))
    targets = [truth((0, 0, 10, 10), (20, 0, 30, 10)), truth(), truth((0, 0, 5, 5))]
    measured = proposal_recall([first, first, boxes_of()], targets, counts=(1, 2, 5, 9))
    assert measured.counts == (1, 2)
    assert measured.recall(0.5).tolist() == [1 / 3, 2 / 3]
    assert measured.recall(0.7).tolist() == [0, 1 / 3]
    assert (measured.proposals, measured.images) == (4, 3)


def test_classes_count_the_same_in_the_mean_best_overlap() -> None:
    # class 0: 1 and 0.5, mean 0.75; class 2: 0.25; so 0.5
    found = boxes_of((0, 0, 10, 10))
    targets = truth((0, 0, 10, 10), (0, 0, 10, 5), (0, 0, 5, 5), labels=(0, 0, 2))
    measured = proposal_recall([found], [targets])
    assert measured.mean_best_overlap().tolist() == [0.5]
    assert measured.rows() == [
        {"proposals": 1, "recall 0.5": 2 / 3, "recall 0.7": 1 / 3, "mean best overlap": 0.5}
    ]


def test_ignored_objects_do_not_count() -> None:
    measured = proposal_recall([boxes_of((0, 0, 1, 1))], [truth((0, 0, 1, 1), (5, 5, 9, 9), ignored=1)])
    assert measured.recall().tolist() == [1]


def test_without_objects_nothing_is_known() -> None:
    for pair in (([], []), ([boxes_of()], [truth()])):
        measured = proposal_recall(*pair)
        assert math.isnan(measured.recall()[0])
        assert math.isnan(measured.mean_best_overlap()[0])


def test_as_many_targets_as_proposals() -> None:
    with pytest.raises(ShapeError):
        proposal_recall([boxes_of()], [])
