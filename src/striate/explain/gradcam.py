"""Grad-CAM: where the maps of a layer are that speak for the answer.

Selvaraju et al. 2017, equations 1 and 2. https://arxiv.org/abs/1610.02391

    image --> layer: maps A_1 .. A_k --> ... --> score S
                       |  a_k = mean of dS / dA_k
                       `--> ReLU(sum of a_k A_k) --stretched to the image--> (H, W)
"""

from torch import Tensor
from torch.nn import functional as F

from striate.explain.layers import as_map
from striate.explain.probe import Choice, Probe, gradients


def gradcam(probe: Probe, pixels: Tensor, choice: Choice, *, layer: str) -> Tensor:
    """Where the maps of a layer speak for the score, (N, H, W), never negative.

    Args:
        probe: the model.
        pixels: (N, C, H, W).
        choice: what is explained.
        layer: the name of a module that gives maps (N, C', H', W').

    Raises:
        SettingError: the layer does not run, or gives no maps.
    """
    coarse = class_activation(probe, pixels, choice, layer=layer).relu()
    size = pixels.shape[-2:]
    return F.interpolate(coarse.unsqueeze(1), size=size, mode="bilinear", align_corners=False).squeeze(1)


def class_activation(probe: Probe, pixels: Tensor, choice: Choice, *, layer: str) -> Tensor:
    """The weighted sum of a layer's maps at the layer's own size, signed, (N, H', W')."""
    with probe.watching([layer]) as seen:
        scores = choice(probe(pixels.requires_grad_()))
    maps = as_map(seen, layer)
    weights = gradients(scores, maps).mean((2, 3), keepdim=True)
    return (weights * maps.detach()).sum(1)
