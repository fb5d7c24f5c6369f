"""Grad-CAM: where the maps of a layer are that speak for the answer.

Selvaraju et al. 2017, equations 1 and 2. https://arxiv.org/abs/1610.02391

    image --> layer: maps A_1 .. A_k --> ... --> score S
                       |  a_k = mean of dS / dA_k
                       `--> ReLU(sum of a_k A_k) --stretched to the image--> (H, W)
"""

from collections.abc import Sequence
from typing import Literal, get_args

from torch import Tensor
from torch.nn import functional as F

from striate.errors import SettingError, ShapeError
from striate.explain.attribution.gradients import At, Probe, gradients
from striate.explain.attribution.layers import as_map
from striate.explain.attribution.target import TargetSelector

Upsample = Literal["bilinear", "nearest", "none"]


def gradcam(
    probe: Probe,
    pixels: Tensor,
    selector: TargetSelector,
    *,
    layer: str,
    at: At = "output",
    relu: bool = True,
    upsample: Upsample = "bilinear",
) -> Tensor:
    """Where the maps of a layer speak for the score, (N, H, W), never negative.

    Args:
        probe: the model.
        pixels: (N, C, H, W).
        selector: what is explained.
        layer: the name of a module that gives maps (N, C', H', W').
        at: the maps are what the layer gives (``output``), or what it is given (``input``).
        relu: False keeps what speaks against the score, below zero.
        upsample: how the map is stretched to the picture; ``none`` leaves it as large as the layer's,
            (N, H', W').

    Raises:
        SettingError: the layer does not run, or gives no maps; or an option has no such value.
        ShapeError: the score does not depend on the layer.
    """
    if upsample not in get_args(Upsample):
        raise SettingError(f"upsample is {upsample!r}", "bilinear, nearest or none", "leave it out")
    coarse = class_activation(probe, pixels, selector, layer=layer, at=at)
    coarse = coarse.relu() if relu else coarse
    return coarse if upsample == "none" else stretched(coarse, pixels.shape[-2:], upsample)


def stretched(coarse: Tensor, size: Sequence[int], how: Upsample = "bilinear") -> Tensor:
    """Maps (N, H', W') at the size (H, W) of the picture."""
    aligned = {} if how == "nearest" else {"align_corners": False}
    return F.interpolate(coarse.unsqueeze(1), size=tuple(size), mode=how, **aligned).squeeze(1)


def class_activation(
    probe: Probe, pixels: Tensor, selector: TargetSelector, *, layer: str, at: At = "output"
) -> Tensor:
    """The weighted sum of a layer's maps at the layer's own size, signed, (N, H', W')."""
    return weighted_maps(probe, pixels, selector, layer=layer, at=at).sum(1)


def weighted_maps(
    probe: Probe, pixels: Tensor, selector: TargetSelector, *, layer: str, at: At = "output"
) -> Tensor:
    """Every map of a layer times its weight, (N, C', H', W').

    Gradients go back to the layer and no further, so nothing is kept of what comes before it.
    """
    with probe.watching([layer], at, begin=True) as seen:
        scores = selector(probe(pixels))
    maps = as_map(seen, layer)
    if not scores.requires_grad:
        raise ShapeError(
            f"the scores do not depend on the layer {layer!r} by anything that has a gradient",
            "a layer on the way to the scores, with no detach or rounding behind it",
            "leave layer out, or explain with occlusion",
        )
    return gradients(scores, maps).mean((2, 3), keepdim=True) * maps.detach()
