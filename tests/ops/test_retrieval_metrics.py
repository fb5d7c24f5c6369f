"""Figures of a search are those of a published example, and of one worked by hand."""

import pytest
import torch

from striate.errors import ShapeError
from striate.ops.retrieval_metrics import retrieval


def test_a_published_example():
    # pytorch-metric-learning, tests/utils/test_calculate_accuracies.py::test_accuracy_calculator:
    # six queries of labels of which 3, 3, 5, 4, 5 and 2 could be found
    found = torch.tensor([
        [0, 1, 1, 2, 2], [1, 0, 1, 1, 3], [4, 4, 4, 4, 2], [3, 1, 3, 1, 3], [0, 0, 4, 2, 2], [1, 2, 3, 4, 5],
    ])  # fmt: skip
    metrics = retrieval(found, torch.tensor([1, 1, 2, 3, 4, 0]), torch.tensor([3, 3, 5, 4, 5, 2]))
    assert metrics.precision_at_1 == pytest.approx(2 / 6)
    assert metrics.r_precision == pytest.approx(0.37222222222)
    assert metrics.map_at_r == pytest.approx(0.24462962963)
    assert metrics.mean_average_precision == pytest.approx(0.31129629630)
    assert metrics.reciprocal_ranks == pytest.approx((1 / 2, 1, 1 / 5, 1, 1 / 3, 0))


def test_a_perfect_list_has_ones():
    metrics = retrieval(torch.tensor([[7, 7, 8]]), torch.tensor([7]), torch.tensor([2]))
    assert (metrics.r_precision, metrics.map_at_r, metrics.mean_average_precision) == (1, 1, 1)


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(ShapeError, match="counts"):
        retrieval(torch.tensor([[1]]), torch.tensor([1]), torch.tensor([0]))
    with pytest.raises(ShapeError, match="found labels are"):
        retrieval(torch.tensor([1, 2]), torch.tensor([1]), torch.tensor([1]))
