"""Normalization for batches of one or two pictures, whose own statistics say little.

batch     mean and variance of the batch; of all data seen, when it is used
frozen    those that were learned before; nothing of it is learned, also while training
group     mean and variance of groups of channels of each picture: Wu, He 2018, https://arxiv.org/abs/1803.08494
"""

from math import gcd
from typing import Literal, TypeVar, final, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.literals import require_choice

Norm = Literal["batch", "frozen", "group"]

M = TypeVar("M", bound=nn.Module)

GROUPS = 32
"""Of the paper; fewer where the channels cannot be divided so."""


@final
class FrozenBatchNorm2d(nn.Module):
    """Batch normalization with what was learned before: nothing of it is a parameter.

    Args:
        channels: of the maps.
        eps: added to the variance.
    """

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full((channels,), value))

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, C, H, W), each channel scaled and shifted."""
        return F.batch_norm(maps, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)

    def as_batch_norm(self) -> nn.BatchNorm2d:
        """A batch normalization that computes the same in evaluation mode."""
        made = nn.BatchNorm2d(len(self.weight), self.eps, device=self.weight.device, dtype=self.weight.dtype)
        made.load_state_dict(self.state_dict(), strict=False)
        return made.eval()


def with_norm(network: M, norm: Norm) -> M:
    """The network itself, with its batch normalizations replaced.

    Args:
        network: is changed.
        norm: ``batch`` changes nothing.

    Raises:
        SettingError: there is no such normalization.

    >>> [one.num_groups for one in with_norm(nn.Sequential(nn.BatchNorm2d(48)), "group")]
    [16]
    """
    require_choice("norm", norm, get_args(Norm))
    names = [name for name, part in network.named_modules() if type(part) is nn.BatchNorm2d]
    for name in names if norm != "batch" else ():
        old = network.get_submodule(name)
        assert isinstance(old, nn.BatchNorm2d)
        network.set_submodule(name, _frozen(old) if norm == "frozen" else _grouped(old))
    return network


def _frozen(old: nn.BatchNorm2d) -> nn.Module:
    made = FrozenBatchNorm2d(old.num_features, old.eps).to(old.weight.device)
    made.load_state_dict({name: value for name, value in old.state_dict().items() if "tracked" not in name})
    return made


def _grouped(old: nn.BatchNorm2d) -> nn.Module:
    groups = gcd(GROUPS, old.num_features)
    return nn.GroupNorm(groups, old.num_features, old.eps, device=old.weight.device)
