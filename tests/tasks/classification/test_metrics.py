"""Metrics worked by hand."""

import pytest
import torch

from striate.errors import ShapeError
from striate.ops.intervals import wilson
from striate.tasks.classification.metrics import ClassificationMetrics, classification_metrics

# true 0: predicted 0, 0, 0, 1      true 1: predicted 1, 1      true 2 never occurs, and is never predicted
LABELS = torch.tensor([0, 0, 0, 0, 1, 1])
SCORES = torch.tensor(
    [[0.9, 0.1, 0], [0.8, 0.2, 0], [0.7, 0.3, 0], [0.4, 0.6, 0], [0.2, 0.8, 0], [0.1, 0.9, 0]],
)
NAMES = ("cat", "dog", "owl")


def test_accuracy_is_the_share_of_right_answers_and_has_an_interval() -> None:  # 3 + 2 of 6
    measured = classification_metrics(SCORES, LABELS, NAMES)
    assert measured.accuracy == 5 / 6
    assert measured.interval == wilson(5, 6)
    assert measured.per_image is not None
    assert measured.per_image.tolist() == [1, 1, 1, 0, 1, 1]


def test_precision_recall_and_f1_are_by_class_and_nothing_is_said_of_a_class_that_never_occurs() -> None:
    measured = classification_metrics(SCORES, LABELS, NAMES)
    assert measured.precision == (1.0, 2 / 3, None)  # 3/3, 2/3, 0/0
    assert measured.recall == (0.75, 1.0, None)  # 3/4, 2/2, 0/0
    assert measured.f1[:2] == pytest.approx((6 / 7, 4 / 5), rel=1e-15)  # 2*3/(4+3), 2*2/(2+3)
    assert measured.f1[2] is None
    assert measured.support == (4, 2, 0)


@pytest.mark.parametrize(("classes", "expected"), [(3, None), (19, None), (20, 0.5)])
def test_the_top_five_of_few_classes_are_left_out(classes: int, expected: float | None) -> None:
    scores = torch.linspace(1, 0, classes).expand(2, classes)
    names = [str(number) for number in range(classes)]
    measured = classification_metrics(scores, torch.tensor([1, classes - 1]), names)
    assert measured.top5 == expected
    assert measured.top5_interval == (wilson(1, 2) if expected else None)


def test_the_calibration_of_few_images_is_left_out() -> None:
    few = classification_metrics(SCORES, LABELS, NAMES)
    assert (few.calibration_error, few.calibration_interval) == (None, None)
    many = classification_metrics(SCORES.repeat(100, 1), LABELS.repeat(100), NAMES)
    # confidences .9 .8 .7 .6 .8 .9: four bins, the one of .6 has no right answer: (.2 + .4 + .3 + .6) / 6
    assert many.calibration_error == pytest.approx(1.5 / 6, abs=1e-6)
    low, high = many.calibration_interval or (1, 0)
    assert low - 1e-6 <= 1.5 / 6 <= high + 1e-6


def test_nothing_is_said_of_no_images() -> None:
    nothing = classification_metrics(torch.empty(0, 2), torch.empty(0).long(), ("cat", "dog"))
    assert (nothing.count, nothing.accuracy, nothing.top5, nothing.calibration_error) == (0, None, None, None)
    assert (nothing.interval, nothing.precision) == (None, (None, None))
    assert nothing.confusion.dense().tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("repeats", [1, 100])
def test_metrics_come_back_from_a_dictionary(repeats: int) -> None:
    measured = classification_metrics(SCORES.repeat(repeats, 1), LABELS.repeat(repeats), NAMES)
    assert ClassificationMetrics.from_dict(measured.to_dict()) == measured


def test_many_classes_take_the_room_of_their_images() -> None:
    import json

    names = tuple(f"c{number}" for number in range(3000))
    measured = classification_metrics(torch.rand(50, 3000), torch.arange(50), names)
    assert len(json.dumps(measured.to_dict())) < 200_000


def test_the_summary_says_nothing_by_class() -> None:
    summary = classification_metrics(SCORES, LABELS, NAMES).summary()
    assert summary["accuracy"] == 5 / 6
    assert not {"precision", "confusion", "classes"} & set(summary)


def test_scores_that_do_not_fit_the_labels_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"scores have the shape \(6, 3\)\n  expected: \(6, 2\)"):
        classification_metrics(SCORES, LABELS, ("cat", "dog"))
