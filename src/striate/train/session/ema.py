"""The running average of the weights (EMA): what is evaluated and saved, while the weights themselves go on.

    average <- decay * average + (1 - decay) * weights      after every step

The statistics of batch norms are averaged too, with the same decay; their counters are not. The decay begins
low, min(decay, (1 + t) / (10 + t)) at step t, so that the average forgets the random weights of the start.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """The average of a module's tensors. With decay 0 it is the module itself, at no cost.

    Args:
        module: whose parameters and buffers are followed.
        decay: 0..<1.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        state = module.state_dict(keep_vars=True) if decay else {}
        self._live = {name: tensor.detach() for name, tensor in state.items() if tensor.is_floating_point()}
        self.tensors = {name: tensor.clone() for name, tensor in self._live.items()}
        self._pair = list(self.tensors.values()), list(self._live.values())

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after step ``step``, 0, 1, ..."""
        if self.decay:
            torch._foreach_lerp_(*self._pair, 1 - min(self.decay, (1 + step) / (10 + step)))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The module has the average inside, and its own weights again afterwards."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, tensor in self._live.items():
            kept: Tensor = tensor.clone()
            tensor.copy_(self.tensors[name])
            self.tensors[name].copy_(kept)
