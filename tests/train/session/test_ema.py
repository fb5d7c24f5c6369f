"""The running average of weights, worked by hand."""

import torch
from torch import nn

from striate.train.session.ema import Average


def scalar(value: float) -> nn.Module:
    module = nn.Linear(1, 1, bias=False)
    nn.init.constant_(module.weight, value)
    return module


def test_the_average_moves_by_one_minus_the_decay_and_faster_at_first() -> None:
    module = scalar(0.0)
    average = Average(module, decay=0.5)
    nn.init.constant_(module.weight, 1.0)
    average.update(0)  # decay min(0.5, 1/10): 0.1 * 0 + 0.9 * 1
    assert average.tensors["weight"].item() == torch.tensor(0.9).item()
    nn.init.constant_(module.weight, 2.0)
    average.update(100)  # decay 0.5: (0.9 + 2) / 2
    assert abs(average.tensors["weight"].item() - 1.45) < 1e-6


def test_inside_the_module_has_the_average_and_afterwards_its_own_weights() -> None:
    module = scalar(0.0)
    average = Average(module, decay=0.5)
    nn.init.constant_(module.weight, 3.0)
    with average.in_place():
        assert module.weight.item() == 0.0
    assert module.weight.item() == 3.0
    assert average.tensors["weight"].item() == 0.0


def test_statistics_of_batch_norms_are_averaged_too() -> None:
    module = nn.BatchNorm1d(1)
    average = Average(module, decay=0.5)
    module(torch.tensor([[9.0], [11.0]]))  # running mean 0.1 * 10 = 1
    average.update(100)
    assert abs(average.tensors["running_mean"].item() - 0.5) < 1e-6
    assert "num_batches_tracked" not in average.tensors


def test_decay_zero_is_the_module_itself() -> None:
    module = scalar(1.0)
    average = Average(module, decay=0.0)
    average.update(0)
    with average.in_place():
        assert module.weight.item() == 1.0
    assert average.tensors == {}
