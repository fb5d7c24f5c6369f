"""What is kept of the candidates."""

import pytest
import torch
from torchvision.ops import batched_nms

from striate.errors import SettingError
from striate.tasks.detection.parts.finish import Finish

BOXES = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10], [-5, -5, 5, 50]])


def test_suppression_is_within_a_class_and_the_best_come_first():
    scores = torch.tensor([[0.9, 0.0], [0.8, 0.7], [0.0, 0.95], [0.0, 0.0]])
    found = Finish()(BOXES, scores, (40, 40))
    assert found.labels.tolist() == [1, 0, 1]
    assert found.scores.tolist() == pytest.approx([0.95, 0.9, 0.7])


def test_a_score_must_be_above_the_threshold_and_boxes_are_clipped():
    scores = torch.tensor([[0.5], [0.5], [0.5], [0.6]])
    assert Finish(score_threshold=0.5)(BOXES, scores, (40, 40)).boxes.tolist() == [[0, 0, 5, 40]]


def test_the_best_of_all_classes_are_kept():
    scores = torch.tensor([[0.9, 0.1], [0.0, 0.0], [0.8, 0.2], [0.7, 0.3]])
    assert Finish(top_k=2)(BOXES, scores, (40, 40)).scores.tolist() == pytest.approx([0.9, 0.8])


def test_no_candidate_no_object():
    found = Finish()(BOXES, torch.zeros(4, 2), (40, 40))
    assert (found.boxes.shape, found.labels.dtype) == ((0, 4), torch.int64)
    assert len(Finish()(BOXES[:0], torch.zeros(0, 2), (40, 40)).scores) == 0


def test_many_classes_are_as_one_after_the_other():
    """The loop that torchvision writes out, class by class."""
    made = torch.Generator().manual_seed(0)
    corner = torch.rand(300, 2, generator=made) * 80
    boxes = torch.cat([corner, corner + 5 + 15 * torch.rand(300, 2, generator=made)], dim=1).clamp(max=90)
    scores = torch.rand(300, 7, generator=made)
    parts = []
    for label in range(7):
        kept = (scores[:, label] > 0.3).nonzero().squeeze(1)
        kept = kept[scores[kept, label].topk(min(100, len(kept))).indices]
        parts.append((boxes[kept], scores[kept, label], torch.full((len(kept),), label)))
    columns = [torch.cat(part) for part in zip(*parts, strict=True)]
    best = batched_nms(*columns, 0.4)[:50]
    found = Finish(0.3, 0.4, 50, 100)(boxes, scores, (90, 90))
    assert all(torch.equal(ours, theirs[best]) for ours, theirs in zip(found, columns, strict=True))


def test_options_are_asked_for_by_name():
    assert Finish().with_options({"score_threshold": 0.3, "top_k": 5}) == Finish(0.3, 0.5, 5)
    with pytest.raises(SettingError, match="no option 'threshold'"):
        Finish().with_options({"threshold": 0.3})


@pytest.mark.parametrize(
    "wrong",
    [{"score_threshold": 1.5}, {"iou_threshold": -0.1}, {"score_threshold": float("nan")}, {"top_k": 0}],
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        Finish().with_options(wrong)


@pytest.mark.parametrize(
    "wrong", [{"score_threshold": "a"}, {"iou_threshold": None}, {"top_k": 1.5}, {"top_k": True}]
)
def test_a_value_of_another_kind_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=next(iter(wrong))):
        Finish().with_options(wrong)
