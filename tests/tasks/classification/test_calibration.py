"""Calibration by hand, beside torchmetrics, and against what chance does."""

import pytest
import torch
from torchmetrics.functional.classification import binary_calibration_error

from striate.tasks.classification.calibration import JUDGED_FROM, calibration, chance_error


def test_bins_are_open_below_and_closed_above() -> None:
    # confidences 0.5, 0.75, 1.0 in bins (0.25, 0.5], (0.5, 0.75], (0.75, 1]; the second is wrong
    found = calibration(torch.tensor([0.5, 0.75, 1.0]), torch.tensor([True, False, True]), bins=4)
    assert found.count == (0, 1, 1, 1)
    assert found.right == (0.0, 1.0, 0.0, 1.0)
    assert found.confidence == (0.0, 0.5, 0.75, 1.0)
    assert found.mean == 0.75


def test_the_error_is_the_weighted_distance_of_confidence_and_accuracy() -> None:
    # Bins are 1/15 wide: 0.9 and 0.9 share one (confidence 0.9, right 1/2), 0.55 is alone (right 1/1).
    confidence = torch.tensor([0.9, 0.9, 0.55], dtype=torch.float64)
    error = calibration(confidence, torch.tensor([True, False, True])).error()
    assert error == pytest.approx(0.8 / 3 + 0.45 / 3, abs=1e-12)


def test_the_error_is_that_of_torchmetrics() -> None:
    torch.manual_seed(1)
    confidence, right = torch.rand(500, dtype=torch.float64), torch.rand(500) < 0.7
    expected = binary_calibration_error(confidence, right.long(), n_bins=15, norm="l1")
    assert calibration(confidence, right).error() == pytest.approx(float(expected), abs=1e-9)


def well_calibrated(images: int) -> tuple[torch.Tensor, torch.Tensor]:
    confidence = torch.rand(images)
    return confidence, torch.rand(images) < confidence


@pytest.mark.parametrize("images", [33, 600])
def test_chance_alone_makes_the_error_that_the_threshold_is_derived_from(images: int) -> None:
    torch.manual_seed(0)
    errors = [calibration(*well_calibrated(images)).error() for _ in range(200)]
    assert sum(errors) / 200 == pytest.approx(chance_error(images), rel=0.1)


def test_few_images_are_not_judged() -> None:
    torch.manual_seed(0)
    assert not calibration(*well_calibrated(JUDGED_FROM - 1)).judged
    assert calibration(*well_calibrated(JUDGED_FROM)).judged


def test_the_interval_contains_the_true_error_of_a_model_that_is_too_sure() -> None:
    torch.manual_seed(0)
    held = 0
    for _ in range(100):  # 10 points too sure, everywhere
        confidence = 0.5 + 0.5 * torch.rand(2000)
        low, high = calibration(confidence, torch.rand(2000) < confidence - 0.1).interval()
        held += low <= 0.1 <= high
    assert held >= 85  # 95 expected; 3 standard deviations are 6.5, and the bins are no exact model


def test_the_interval_of_a_calibrated_model_begins_at_zero() -> None:
    torch.manual_seed(0)
    found = calibration(*well_calibrated(1000))
    low, high = found.interval()
    assert low == pytest.approx(0, abs=0.012)
    assert low <= found.error() <= high < 0.06
    assert found.interval(seed=1) != (low, high) == found.interval()


def test_no_images_have_no_error() -> None:
    found = calibration(torch.empty(0), torch.empty(0, dtype=torch.bool))
    assert (found.images, found.error(), found.mean, found.judged) == (0, 0.0, 0.0, False)
