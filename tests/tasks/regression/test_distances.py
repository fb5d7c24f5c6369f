"""Distances, by hand."""

import torch

from striate.tasks.regression.distances import distance, masked_mean


def test_three_distances_of_one_pair():  # d = 0.02 and 0.3; smooth: 0.02^2 / 0.1, 0.3 - 0.025
    guess, truth = (
        torch.tensor([0.52, 0.2], dtype=torch.float64),
        torch.tensor([0.5, 0.5], dtype=torch.float64),
    )
    for kind, expected in {"l1": [0.02, 0.3], "l2": [0.0004, 0.09], "smooth_l1": [0.004, 0.275]}.items():
        assert torch.allclose(distance(guess, truth, kind), torch.tensor(expected, dtype=torch.float64))


def test_what_is_not_known_has_no_loss_and_no_gradient():
    values = torch.tensor([[1.0, 5.0], [torch.nan, 2.0]], requires_grad=True)
    mean = masked_mean(values, torch.tensor([[True, True], [False, False]]))
    assert mean.tolist() == [3.0, 0.0]
    mean.sum().backward()
    assert values.grad.tolist() == [[0.5, 0.5], [0.0, 0.0]]
