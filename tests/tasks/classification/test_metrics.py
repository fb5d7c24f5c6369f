"""Figures worked by hand."""

import pytest
import torch

from striate.errors import ShapeError
from striate.tasks.classification.metrics import (
    Metrics,
    calibration_error,
    classification_metrics,
    confusion_counts,
)

# truth 0: guesses 0, 0, 0, 1      truth 1: guesses 1, 1      truth 2 never occurs, and is never guessed
LABELS = torch.tensor([0, 0, 0, 0, 1, 1])
SCORES = torch.tensor(
    [[0.9, 0.1, 0], [0.8, 0.2, 0], [0.7, 0.3, 0], [0.4, 0.6, 0], [0.2, 0.8, 0], [0.1, 0.9, 0]],
)
NAMES = ("cat", "dog", "owl")


def test_confusion_has_truth_in_rows_and_guesses_in_columns() -> None:
    assert classification_metrics(SCORES, LABELS, NAMES).confusion == ((3, 1, 0), (0, 2, 0), (0, 0, 0))


def test_accuracy_is_the_share_of_right_guesses() -> None:  # 3 + 2 of 6
    assert classification_metrics(SCORES, LABELS, NAMES).accuracy == 5 / 6


def test_precision_recall_and_f1_are_by_class_and_a_class_that_never_occurs_has_zeros() -> None:
    measured = classification_metrics(SCORES, LABELS, NAMES)
    assert measured.precision == (1.0, 2 / 3, 0.0)  # 3/3, 2/3, 0/0
    assert measured.recall == (0.75, 1.0, 0.0)  # 3/4, 2/2, 0/0
    assert measured.f1 == pytest.approx((6 / 7, 4 / 5, 0.0), rel=1e-15)  # 2*3/(4+3), 2*2/(2+3), 0/0
    assert measured.support == (4, 2, 0)


def test_top_five_of_three_classes_is_everything() -> None:
    assert classification_metrics(SCORES, LABELS, NAMES).top5 == 1.0


def test_top_five_counts_the_five_highest_scores() -> None:
    scores = torch.tensor([[0.3, 0.25, 0.2, 0.1, 0.08, 0.07]]).repeat(2, 1)
    assert (
        classification_metrics(scores, torch.tensor([4, 5]), tuple("abcdef")).top5 == 0.5
    )  # the fifth is in, the sixth is not


def test_calibration_error_is_the_weighted_distance_of_confidence_and_accuracy() -> None:
    # Bins are 1/15 wide: 0.9 and 0.9 share one (confidence 0.9, right 1/2), 0.55 is alone (right 1/1).
    # 2/3 * |0.9 - 0.5| + 1/3 * |0.55 - 1| = 0.41666...
    scores = torch.tensor([[0.9, 0.1], [0.9, 0.1], [0.55, 0.45]], dtype=torch.float64)
    assert calibration_error(scores, torch.tensor([0, 1, 0])) == pytest.approx(0.8 / 3 + 0.45 / 3, abs=1e-7)


def test_no_images_give_zeros_and_no_nan() -> None:
    nothing = classification_metrics(torch.empty(0, 2), torch.empty(0).long(), ("cat", "dog"))
    assert (nothing.count, nothing.accuracy, nothing.top5, nothing.calibration_error) == (0, 0.0, 0.0, 0.0)
    assert nothing.confusion == ((0, 0), (0, 0))


def test_counts_stay_exact_beyond_the_whole_numbers_of_float32() -> None:  # 2^24 + 1 is none of them
    count = 2**24 + 1
    labels = torch.zeros(count, dtype=torch.int64)
    scores = torch.tensor([[1.0, 0.0]]).expand(count, 2)
    assert confusion_counts(scores, labels).tolist() == [[count, 0], [0, 0]]


def test_figures_come_back_from_a_dictionary() -> None:
    measured = classification_metrics(SCORES, LABELS, NAMES)
    assert Metrics.from_dict(measured.to_dict()) == measured


def test_scores_that_do_not_fit_the_labels_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"scores have the shape \(6, 3\)\n  expected: \(6, 2\)"):
        classification_metrics(SCORES, LABELS, ("cat", "dog"))
