"""Weights that were learned with another epsilon in their norms.

norm:  y = scale * (x - mean) / sqrt(variance + epsilon) + bias

scale' = scale * sqrt((variance + epsilon') / (variance + epsilon))     gives with epsilon' the same y
"""

from collections.abc import Mapping

from torch import Tensor, nn

from striate.layers.norms import FrozenBatchNorm2d


def epsilons(network: nn.Module) -> dict[str, float]:
    """{name of a batch normalization: its epsilon}.

    >>> epsilons(nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)))
    {'1': 1e-05}
    """
    norms = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, FrozenBatchNorm2d)
    return {name: module.eps for name, module in network.named_modules() if isinstance(module, norms)}


def with_epsilon(
    tensors: Mapping[str, Tensor], norms: Mapping[str, tuple[float, float]]
) -> dict[str, Tensor]:
    """The same tensors, with scales under which norms of another epsilon compute what they did.

    Args:
        tensors: a state dict, which has the weight and the variance of every norm.
        norms: {name of a norm: (the epsilon it was learned with, the epsilon it has now)}.

    >>> import torch
    >>> norm = {"n.weight": torch.tensor([1.0]), "n.running_var": torch.tensor([0.0])}
    >>> with_epsilon(norm, {"n": (1.0, 4.0)})["n.weight"]
    tensor([2.])
    """
    scaled = {}
    for name, (before, now) in norms.items():
        scale, variance = tensors[f"{name}.weight"], tensors[f"{name}.running_var"].double()
        ratio = ((variance + now) / (variance + before)).sqrt()
        scaled[f"{name}.weight"] = (scale.double() * ratio).to(scale.dtype)
    return {**tensors, **scaled}
