"""Normalization for batches of one or two pictures."""

import pytest
import torch
from torch import nn
from torchvision.ops.misc import FrozenBatchNorm2d as TheirFrozenBatchNorm2d

from striate.errors import SettingError
from striate.layers.norms import FrozenBatchNorm2d, with_norm
from striate.zoo.inference.fold_batch_norm import folded


def network():
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8, eps=1e-3), nn.ReLU())
    for name in ("weight", "bias", "running_mean", "running_var"):
        getattr(made[1], name).data.uniform_(0.5, 2)
    return made


def test_frozen_computes_what_batch_normalization_does_in_evaluation_mode():
    made, images = network().eval(), torch.randn(2, 3, 9, 9)
    wanted = made(images)
    frozen = with_norm(made, "frozen").train()
    assert torch.equal(frozen(images), wanted)


def test_frozen_is_torchvisions():
    ours, theirs, maps = FrozenBatchNorm2d(8), TheirFrozenBatchNorm2d(8), torch.randn(2, 8, 5, 5)
    for one in ours.state_dict().values():
        one.uniform_(0.5, 2)
    theirs.load_state_dict(ours.state_dict())
    assert torch.allclose(ours(maps), theirs(maps), atol=1e-6)


def test_nothing_of_frozen_is_learned_and_nothing_moves():
    frozen = with_norm(network(), "frozen").train()
    before = {name: value.clone() for name, value in frozen[1].state_dict().items()}
    frozen.requires_grad_(True)
    frozen(torch.randn(2, 3, 9, 9)).sum().backward()
    assert list(frozen[1].parameters()) == []
    assert all(torch.equal(value, before[name]) for name, value in frozen[1].state_dict().items())


def test_frozen_becomes_part_of_the_convolution():
    frozen, images = with_norm(network(), "frozen").eval(), torch.randn(2, 3, 9, 9)
    made = folded(frozen, (3, 9, 9))
    assert isinstance(made[1], nn.Identity)
    assert torch.allclose(made(images), frozen(images), atol=1e-5)


def test_group_does_not_mix_pictures():
    made, images = with_norm(network(), "group").train(), torch.randn(2, 3, 9, 9)
    assert torch.allclose(made(images)[:1], made(images[:1]), atol=1e-6)


def test_another_word_is_refused():
    with pytest.raises(SettingError, match="norm is 'layer'"):
        with_norm(network(), "layer")
