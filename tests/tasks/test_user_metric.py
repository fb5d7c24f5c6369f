"""A metric of somebody's own: of all pictures at once, or of each, beside the task's numbers."""

import math

import pytest
import torch
from torch import Tensor

from striate.errors import SettingError
from striate.records import Batch, ClassTargets, MaskTargets
from striate.tasks.classification.metric import ClassificationMetric
from striate.tasks.metric import Primary
from striate.tasks.segmentation.mask_metric import MaskMetric
from striate.tasks.user_metric import UserMetric


def batch_of(*labels: int) -> Batch:
    count = len(labels)
    return Batch.full(torch.zeros(count, 3, 2, 2), torch.arange(count), ClassTargets(torch.tensor(labels)))


def worst(raw: Tensor, targets: Tensor) -> float:
    """The lowest score of a true class: no mean of batches."""
    return float(raw[torch.arange(len(raw)), targets].min())


def test_scores_of_pictures_are_asked_for_all_at_once() -> None:
    metric = UserMetric(ClassificationMetric(("a", "b")), worst, "worst")
    metric.update(torch.tensor([[5.0, 1.0], [4.0, 2.0]]), batch_of(0, 1))
    metric.update(torch.tensor([[3.0, 9.0]]), batch_of(0))
    found = metric.compute()
    assert found.primary == Primary("worst", 2.0, share=False)
    assert found.values["accuracy"] == pytest.approx(1 / 3)
    assert found.count == 3
    assert metric.answers() == ["a", "a", "b"]
    assert type(found).from_dict(found.to_dict()).primary == found.primary


def test_the_answers_of_two_processes_are_asked_about_together() -> None:
    one, other = (UserMetric(ClassificationMetric(("a", "b")), worst, "worst") for _ in range(2))
    one.update(torch.tensor([[5.0, 1.0]]), batch_of(0))
    other.update(torch.tensor([[3.0, 9.0]]), batch_of(0))
    one.merge(other)
    assert one.compute().primary.value == 3.0


def test_maps_of_scores_are_asked_for_picture_by_picture() -> None:
    def share(raw: Tensor, masks: Tensor) -> float:
        return float((raw.argmax(1) == masks).float().mean())

    raw = torch.zeros(2, 2, 64, 64)
    raw[0, 1] = 1.0  # class 1 everywhere on the first, class 0 on the second
    masks = MaskTargets(torch.ones(2, 64, 64, dtype=torch.uint8))
    metric = UserMetric(MaskMetric(("a", "b"), lambda raw, batch: torch.zeros(len(raw))), share, "share")
    metric.update(raw, Batch.full(torch.zeros(2, 3, 64, 64), torch.arange(2), masks))
    found = metric.compute()
    assert found.primary.value == 0.5
    assert found.per_image is not None
    assert found.per_image.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_finite_number_is_refused_by_the_name_of_the_metric(value: float) -> None:
    metric = UserMetric(ClassificationMetric(("a", "b")), lambda raw, targets: value, "mine")
    metric.update(torch.zeros(1, 2), batch_of(0))
    with pytest.raises(SettingError, match=f"metric mine gives {value}") as raised:
        metric.compute()
    assert "division by zero" in raised.value.attempt


def of_each_picture(*values: float) -> UserMetric:
    """A metric that was asked for two pictures, and gave these numbers."""
    given = iter(values)
    inner = MaskMetric(("a", "b"), lambda raw, batch: torch.zeros(len(raw)))
    metric = UserMetric(inner, lambda raw, targets: next(given), "mine")
    masks = MaskTargets(torch.ones(2, 64, 64, dtype=torch.uint8))
    metric.update(torch.zeros(2, 2, 64, 64), Batch.full(torch.zeros(2, 3, 64, 64), torch.arange(2), masks))
    return metric


def test_of_single_pictures_nan_says_nothing_but_not_of_all() -> None:
    assert of_each_picture(math.nan, 0.5).compute().primary.value == 0.5
    with pytest.raises(SettingError, match="metric mine gives nan"):
        of_each_picture(math.nan, math.nan).compute()


def test_a_metric_with_the_name_of_the_tasks_stands_beside_it() -> None:
    metric = UserMetric(ClassificationMetric(("a", "b")), lambda raw, targets: 0.25, "accuracy")
    metric.update(torch.tensor([[5.0, 1.0], [4.0, 2.0]]), batch_of(0, 1))
    values = metric.compute().values
    assert values["accuracy"] == 0.25
    assert values["task_accuracy"] == 0.5


def test_answers_of_several_networks_are_pooled_where_the_task_pools_them() -> None:
    inner = ClassificationMetric(("a", "b"))
    inner.pools = False  # type: ignore[misc]
    assert not UserMetric(inner, worst, "worst").pools
    assert UserMetric(ClassificationMetric(("a", "b")), worst, "worst").pools


def test_a_failure_is_named() -> None:
    failing = UserMetric(ClassificationMetric(("a", "b")), lambda raw, targets: raw, "mine")
    failing.update(torch.zeros(1, 2), batch_of(0))
    with pytest.raises(SettingError, match="metric mine failed"):
        failing.compute()
