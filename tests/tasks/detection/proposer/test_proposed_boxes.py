"""Proposals of a data set's pictures, as batches ask for them."""

from dataclasses import dataclass, field

import numpy as np
import torch

from striate.data.image_store import Array
from striate.data.preprocess import Preprocess
from striate.records import Proposals
from striate.tasks.detection.proposer import proposed_boxes
from striate.tasks.detection.proposer.proposed_boxes import ProposedBoxes
from striate.tasks.detection.proposer.proposer import Proposer


@dataclass
class Left(Proposer):
    """The left half of the picture, then the whole; remembers what it was asked."""

    asked: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def settings(self):
        return {}

    def propose(self, image, source=""):
        self.asked.append(tuple(image.shape))
        _, height, width = image.shape
        boxes = torch.tensor([[0.0, 0, width / 2, height], [0, 0, width, height]])
        return Proposals(boxes, torch.tensor([2.0, 1.0]), source)


def made(most=10):
    pixels = np.zeros((3, 20, 40, 3), np.uint8)
    return ProposedBoxes(Array(pixels, "made"), np.arange(3), Left(), Preprocess((10, 20)), most)


def test_they_are_found_as_the_network_sees_the_picture_and_said_in_its_own_pixels():
    boxes = made()
    targets = boxes.collate(torch.tensor([1]))
    assert boxes.proposer.asked == [(3, 10, 20)]
    assert targets.boxes.tolist() == [[0, 0, 20, 20], [0, 0, 40, 20]]
    assert targets.counts.tolist() == [2]


def test_a_picture_is_asked_for_once_whatever_subset_asks():
    boxes = made()
    assert boxes.collate(torch.tensor([0, 2, 0])).counts.tolist() == [2, 2, 2]
    some = boxes.subset(np.array([2]))
    some.joined([boxes.subset(np.array([0]))]).collate(torch.tensor([0, 1]))
    assert len(boxes.proposer.asked) == 2


def test_the_best_are_kept():
    assert made(most=1).collate(torch.tensor([0])).boxes.tolist() == [[0, 0, 20, 20]]


def test_what_does_not_fit_into_memory_is_asked_for_again(monkeypatch):
    monkeypatch.setattr(proposed_boxes, "MOST_NUMBERS", 8)
    boxes = made()
    for _ in range(2):
        assert boxes.collate(torch.tensor([0, 1])).counts.tolist() == [2, 2]
    assert len(boxes.proposer.asked) == 3  # the first stays


def test_no_picture_is_no_proposal():
    assert made().collate(torch.tensor([], dtype=torch.int64)).boxes.shape == (0, 4)
