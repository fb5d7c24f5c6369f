import torch
from torch import nn

from striate.zoo.weights.norm_epsilon import epsilons, with_epsilon


def test_norms_are_found_by_name():
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4, eps=0.5), nn.BatchNorm1d(4))
    assert epsilons(network) == {"1": 0.5, "2": 1e-5}


def test_the_scale_is_that_worked_by_hand():  # 3 * sqrt((1 + 8) / (1 + 3)) = 3 * 3 / 2
    tensors = {"n.weight": torch.tensor([3.0]), "n.running_var": torch.tensor([1.0]), "other": torch.ones(1)}
    scaled = with_epsilon(tensors, {"n": (3.0, 8.0)})
    assert scaled["n.weight"].tolist() == [4.5]
    assert scaled["other"] is tensors["other"]
    assert tensors["n.weight"].tolist() == [3.0]


def test_a_norm_computes_the_same_with_another_epsilon_and_back():
    torch.manual_seed(0)
    before, now = (nn.Sequential(nn.BatchNorm2d(5, eps=eps)).double().eval() for eps in (1e-5, 1e-3))
    nn.init.uniform_(before[0].weight, 0.5, 2)
    before[0].running_var.copy_(torch.tensor([1e-6, 1e-4, 0.1, 1, 50]))
    now.load_state_dict(with_epsilon(before.state_dict(), {"0": (1e-5, 1e-3)}))
    x = torch.randn(2, 5, 3, 3, dtype=torch.float64)
    assert torch.allclose(now(x), before(x))
    back = with_epsilon(now.state_dict(), {"0": (1e-3, 1e-5)})
    assert torch.allclose(back["0.weight"], before[0].weight)
