"""Batch norms that become part of the convolution before them, for prediction.

Ioffe, Szegedy 2015, section 3.1: when nothing is learned any more, a batch norm multiplies and shifts every
channel by fixed numbers, and so does a convolution. https://arxiv.org/abs/1502.03167

    g (w x + b - mean) / s + shift  =  (g w / s) x + (b - mean) g / s + shift,    s = sqrt(variance + epsilon)

    conv --> norm --> relu    becomes    conv' --> relu

Which norm follows which convolution is seen in a run on shapes alone; names and the order of the parts say
nothing about it.
"""

from collections import Counter
from copy import deepcopy
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.utils._python_dispatch import TorchDispatchMode

from striate.layers.norms import FrozenBatchNorm2d
from striate.zoo.cost.op_rules import tensors_in


def folded(network: nn.Module, input_size: tuple[int, ...]) -> nn.Module:
    """A copy in evaluation mode whose convolutions have taken in their batch norms.

    A batch norm stays where its convolution is used elsewhere too, or where either of them runs twice.

    Args:
        network: takes images (N, *input_size); it stays as it is.
        input_size: (C, H, W) of an image that it can take.

    >>> net = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2), nn.ReLU())
    >>> folded(net, (1, 8, 8))
    Sequential(
      (0): Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))
      (1): Identity()
      (2): ReLU()
    )
    """
    copy = deepcopy(network).eval().requires_grad_(False)
    for name, part in list(copy.named_modules()):
        if isinstance(part, FrozenBatchNorm2d):
            copy.set_submodule(name, part.as_batch_norm())
    for conv, norm in pairs(copy, input_size):
        before, after = copy.get_submodule(conv), copy.get_submodule(norm)
        assert isinstance(before, nn.Conv2d)
        assert isinstance(after, nn.BatchNorm2d)
        copy.set_submodule(conv, fuse_conv_bn_eval(before, after))
        copy.set_submodule(norm, nn.Identity())
    return copy


@torch.no_grad()
def pairs(network: nn.Module, input_size: tuple[int, ...]) -> list[tuple[str, str]]:
    """The names of (convolution, batch norm) where the batch norm alone uses what the convolution gives."""
    shapes_only = on_meta(network)
    dtype = next((tensor.dtype for tensor in network.parameters()), torch.float32)
    watch = _Watch(shapes_only)
    with watch:
        shapes_only(torch.empty(1, *input_size, device="meta", dtype=dtype))
    return watch.pairs()


def on_meta(network: nn.Module) -> nn.Module:
    """A copy in evaluation mode whose tensors have a shape and no numbers."""
    tensors = chain(network.parameters(), network.buffers())
    return deepcopy(network, {id(tensor): tensor.detach().to("meta") for tensor in tensors}).eval()


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees which module gave what, and how often every tensor is used."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.uses: Counter[int] = Counter()
        self.runs: Counter[str] = Counter()
        self.given: dict[int, str] = {}
        self.taken: dict[str, int] = {}
        self.alive: list[Any] = []  # or another tensor could get the number of one that is gone
        for name, module in network.named_modules():
            if type(module) is nn.Conv2d:
                module.register_forward_hook(self._note_conv(name))
            elif type(module) is nn.BatchNorm2d and module.running_mean is not None:
                module.register_forward_pre_hook(self._note_norm(name))

    def _note_conv(self, name: str) -> Any:
        def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            self.given[id(output)] = name
            self.runs[name] += 1

        return note

    def _note_norm(self, name: str) -> Any:
        def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            self.taken[name] = id(inputs[0])
            self.runs[name] += 1

        return note

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one operation and count its inputs."""
        result = func(*args, **(kwargs or {}))
        self.uses.update({id(tensor) for tensor in tensors_in((args, kwargs))})
        self.alive.append(result)
        return result

    def pairs(self) -> list[tuple[str, str]]:
        """The names of convolutions and batch norms that belong to each other alone."""
        found = [(self.given[tensor], norm) for norm, tensor in self.taken.items() if tensor in self.given]
        return [
            (conv, norm)
            for conv, norm in found
            if self.runs[conv] == self.runs[norm] == self.uses[self.taken[norm]] == 1
        ]
