import torch
from torch import nn

from striate.backbones.lenet import Squash, lenet5, lenet5_1998


def test_the_squash_maps_one_to_one():  # appendix A: A and S are chosen so that f(1) = 1 and f(-1) = -1
    assert torch.allclose(Squash()(torch.tensor([-1.0, 0.0, 1.0])), torch.tensor([-1.0, 0.0, 1.0]), atol=1e-4)


def test_the_squash_stays_within_its_amplitude():
    assert Squash()(torch.tensor([-99.0, 99.0])).tolist() == torch.tensor([-1.7159, 1.7159]).tolist()


def test_today_and_1998_differ_in_activation_and_pooling():
    today, then = (set(map(type, network.modules())) for network in (lenet5(), lenet5_1998()))
    assert today - then == {nn.ReLU, nn.MaxPool2d}
    assert then - today == {Squash, nn.AvgPool2d}


def test_activations_follow_every_layer_but_the_last():
    names = list(dict(lenet5().head.named_children()))
    assert names == ["flatten", "fc3", "active3", "fc4", "active4", "output"]
