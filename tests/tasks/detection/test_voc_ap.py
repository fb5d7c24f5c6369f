"""VOC's average precision, curves and thresholds."""

from math import isnan

import pytest
import torch

from striate.errors import SettingError
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes
from striate.tasks.detection.voc_ap import average_precision, curve_of, precision_recall, voc_ap


def boxes(*lefts: float) -> torch.Tensor:
    """Boxes of 10 x 10 that begin at these columns; 10 pixels further is another object."""
    left = torch.tensor(lefts, dtype=torch.float64).reshape(-1)
    zero = torch.zeros_like(left)
    return torch.stack([left, zero, left + 10, zero + 10], dim=1)


def truth(*lefts: float, labels: list[int] | None = None, ignored: list[bool] | None = None) -> TrueBoxes:
    marked = None if ignored is None else torch.tensor(ignored)
    return TrueBoxes(boxes(*lefts), torch.tensor(labels or [0] * len(lefts), dtype=torch.int64), marked)


def predicted(rows: dict[float, float], labels: list[int] | None = None) -> PredictedBoxes:
    """Scores by the column at which a box begins."""
    classes = torch.tensor(labels or [0] * len(rows), dtype=torch.int64)
    return PredictedBoxes(boxes(*rows), torch.tensor(list(rows.values()), dtype=torch.float64), classes)


TRUTHS = [truth(0, 100, 200), truth(0)]
PREDICTIONS = [predicted({0: 0.9, 1: 0.8, 300: 0.7, 101: 0.6}), predicted({2: 0.5, 50: 0.4})]
"""Right, duplicate, wrong, right, right (IoU 8/12), wrong; one of four objects is never found.

precision  1  1/2  1/3  2/4  3/5  3/6
recall    1/4 1/4  1/4  2/4  3/4  3/4       best further right: 1, then 3/5 up to recall 3/4
"""


def test_precision_and_recall_by_hand() -> None:
    (curve,) = precision_recall(PREDICTIONS, TRUTHS, classes=1)
    assert curve.precision.tolist() == pytest.approx([1, 1 / 2, 1 / 3, 2 / 4, 3 / 5, 3 / 6])
    assert curve.recall.tolist() == pytest.approx([1 / 4, 1 / 4, 1 / 4, 2 / 4, 3 / 4, 3 / 4])
    assert curve.objects == 4


def test_average_precision_by_hand() -> None:
    area = voc_ap(PREDICTIONS, TRUTHS, classes=1)
    assert area.mean == pytest.approx(1 / 4 + 1 / 2 * 3 / 5)
    assert area.convention == "AP at IoU > 0.5, area, continuous boxes"
    # recall 0, .1, .2: 1; .3 to .7: 3/5; .8, .9, 1: 0
    assert voc_ap(PREDICTIONS, TRUTHS, 1, rule="11-point").mean == pytest.approx((3 + 5 * 3 / 5) / 11)
    # 26 points up to .25, then 50 up to .75
    assert voc_ap(PREDICTIONS, TRUTHS, 1, rule="101-point").mean == pytest.approx((26 + 50 * 3 / 5) / 101)


def test_a_recall_of_three_tenths_reaches_the_point_there() -> None:
    recall = torch.arange(1, 11, dtype=torch.float64) / 10
    assert average_precision(recall, torch.ones(10), "11-point") == 1
    assert average_precision(recall[:3], torch.ones(3), "11-point") == pytest.approx(4 / 11)
    assert average_precision(torch.zeros(0), torch.zeros(0)) == 0


def test_the_threshold_of_the_best_f1() -> None:  # at 0.5: 2 * .6 * .75 / 1.35
    (curve,) = precision_recall(PREDICTIONS, TRUTHS, classes=1)
    threshold, f1 = curve.best_threshold()
    assert (threshold, f1) == pytest.approx((0.5, 2 / 3))
    equal = curve_of(torch.tensor([0.5, 0.5]), torch.tensor([True, False]), objects=1)
    assert equal.best_threshold() == (0.5, pytest.approx(2 / 3))  # both or none


def test_an_overlap_at_the_threshold_is_not_above_it() -> None:
    half = PredictedBoxes(torch.tensor([[0.0, 0, 10, 5]]), torch.tensor([0.9]), torch.tensor([0]))
    assert voc_ap([half], [truth(0)], 1).mean == 0
    assert voc_ap([half], [truth(0)], 1, iou_threshold=0.49).mean == 1


def test_difficult_objects_are_neither_asked_for_nor_wrong() -> None:
    hard = truth(0, 100, ignored=[True, False])
    (curve,) = precision_recall([predicted({0: 0.9, 100: 0.8, 1: 0.7})], [hard], classes=1)
    assert curve.precision.tolist() == [1]
    assert curve.objects == 1


def test_classes_apart_and_classes_without_objects() -> None:
    both = truth(0, 100, labels=[0, 2])
    found = voc_ap([predicted({0: 0.9, 100: 0.8}, labels=[0, 1])], [both], classes=4)
    assert found.per_class[0] == 1
    assert found.per_class[2] == 0
    assert isnan(found.per_class[1])
    assert isnan(found.per_class[3])
    assert found.mean == 0.5
    assert found.curves[3].best_threshold() == (1.0, 0.0)


def test_nothing() -> None:
    assert isnan(voc_ap([], [], classes=2).mean)
    assert voc_ap([predicted({})], [truth(0)], classes=1).mean == 0
    assert isnan(voc_ap([predicted({0: 0.5})], [truth()], classes=1).mean)


def test_wrong_rule_is_refused() -> None:
    with pytest.raises(SettingError, match="rule is 'best'"):
        voc_ap([], [], 1, rule="best")
