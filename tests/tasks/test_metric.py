"""What every metric promises: parts merge to the whole, nothing measured is said so, files give it back."""

import json

import pytest
import torch

from striate.records import Batch, ClassTargets
from striate.tasks.classification.metric import ClassificationMetric
from striate.tasks.metric import PlainMetrics, Primary

ERROR = Primary("error", higher_is_better=False, share=False)


def measured(raw, labels):
    metric = ClassificationMetric(("a", "b", "c"))
    metric.update(
        raw, Batch.full(torch.zeros(len(raw), 1, 1, 1), torch.arange(len(raw)), ClassTargets(labels))
    )
    return metric


def test_two_processes_measure_what_one_does():
    generator = torch.Generator().manual_seed(0)
    raw, labels = torch.randn(20, 3, generator=generator), torch.arange(20) % 3
    first, second, whole = measured(raw[:7], labels[:7]), measured(raw[7:], labels[7:]), measured(raw, labels)
    first.merge(second)
    assert first.compute() == whole.compute()
    assert first.loss() == whole.loss()
    assert first.answers() == whole.answers()
    assert torch.equal(first.compute().per_image, whole.compute().per_image)


def test_a_primary_number_ranks_by_its_direction():
    better, worse = ERROR.of(0.1), ERROR.of(0.2)
    assert better.rank() > worse.rank() > ERROR.rank()
    assert Primary("accuracy", 0.9).rank() > Primary("accuracy", 0.8).rank() > Primary("accuracy").rank()


def test_plain_metrics_leave_out_what_could_not_be_measured():  # mean of 1 and 3
    found = PlainMetrics.of(ERROR, torch.tensor([1.0, float("nan"), 3.0]), other=0.5)
    assert (found.primary.value, found.count) == (2.0, 3)
    assert found.values == {"error": 2.0, "other": 0.5}
    low, high = found.interval
    assert 1.0 <= low <= 2.0 <= high <= 3.0


@pytest.mark.parametrize("per_image", [[], [float("nan")], [2.0, 4.0]])
def test_plain_metrics_come_back_from_json(per_image):
    found = PlainMetrics.of(ERROR, torch.tensor(per_image))
    again = PlainMetrics.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found
    assert (again.primary.value is None) == (per_image != [2.0, 4.0])
