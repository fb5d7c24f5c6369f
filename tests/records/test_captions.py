"""Sentences with their regions: as targets of a batch and in an answer."""

import pytest
import torch

from striate.errors import ShapeError
from striate.records import BoxTargets, Captions, CaptionTargets, Detections
from striate.records.affine import scaling

SAID = [["a cat", "one cat"], [], ["caf\u00e9"]]


def test_captions_come_back_from_their_bytes():
    targets = CaptionTargets.of(SAID)
    assert targets.captions == SAID
    assert targets.lengths.tolist() == [13, 0, 5]  # a cat, a newline, one cat; e with an accent is two bytes
    assert targets.like(targets.tensors()).captions == SAID


def test_no_regions_have_no_captions():
    assert CaptionTargets.of([]).captions == []
    assert CaptionTargets.of([[], []]).captions == [[], []]


def test_some_regions_keep_their_captions():
    kept = CaptionTargets.of(SAID).where(torch.tensor([False, True, True]))
    assert kept.captions == SAID[1:]


def test_captions_of_two_batches_follow_each_other():
    assert CaptionTargets.of(SAID).joined([CaptionTargets.of([["a dog"]])]).captions == [*SAID, ["a dog"]]


def test_lengths_that_do_not_add_up_are_refused():
    with pytest.raises(ShapeError, match="bytes, the regions 2"):
        CaptionTargets(torch.zeros(5, dtype=torch.uint8), torch.tensor([2]))


def boxes() -> BoxTargets:
    rows = torch.tensor([[0.0, 0, 4, 4], [90, 90, 99, 99], [2, 2, 6, 6]])
    targets = CaptionTargets.of([["one"], ["two"], ["three"]])
    return BoxTargets(rows, torch.zeros(3).long(), torch.tensor([2, 1]), captions=targets)


def test_a_region_that_leaves_the_picture_takes_its_caption_along():
    moved = boxes().moved(scaling(1.0, 1.0)[None].expand(2, 2, 3), (50, 50))
    assert moved.captions is not None
    assert moved.captions.captions == [["one"], ["three"]]
    assert moved.counts.tolist() == [1, 1]


def test_captions_go_with_the_tensors_of_boxes():
    again = boxes().like(boxes().tensors())
    assert again.captions is not None
    assert again.captions.captions == [["one"], ["two"], ["three"]]


def test_as_many_captions_as_boxes():
    with pytest.raises(ShapeError, match="captions of 1 boxes"):
        BoxTargets(
            torch.zeros(2, 4), torch.zeros(2).long(), torch.tensor([2]), captions=CaptionTargets.of([["a"]])
        )


FOUND = Detections(
    torch.tensor([[0.0, 0, 4, 4], [1, 1, 3, 3]]),
    torch.tensor([0.9, 0.5]),
    torch.zeros(2).long(),
    ("region",),
    "a.jpg",
    captions=Captions(("a cat", "a dog"), torch.tensor([-0.5, -2.0])),
)


def test_an_answer_with_captions_comes_back_from_json():
    again = Detections.from_dict(FOUND.to_dict())
    assert again.captions is not None
    assert again.captions.texts == ("a cat", "a dog")
    assert again.captions.log_probabilities.tolist() == [-0.5, -2.0]
    assert FOUND.to_dict()["objects"][0]["caption"] == "a cat"


def test_an_answer_is_told_by_its_best_captions():
    assert FOUND.in_words() == "a cat; a dog"
    assert FOUND.in_words(1) == "a cat; 1 other"
    assert FOUND.where(torch.tensor([], dtype=torch.int64)).in_words() == "nothing found"


def test_captions_follow_their_regions():
    assert FOUND.above(0.6).captions.texts == ("a cat",)
    assert FOUND.where(torch.tensor([1, 0])).captions.texts == ("a dog", "a cat")


def test_a_number_for_each_caption():
    with pytest.raises(ShapeError, match="2 captions"):
        Captions(("a", "b"), torch.zeros(1))
