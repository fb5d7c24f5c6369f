"""Guided backpropagation and the deconvnet: a gradient that only climbs.

Springenberg, Dosovitskiy, Brox, Riedmiller 2015. https://arxiv.org/abs/1412.6806
Zeiler, Fergus 2014. https://arxiv.org/abs/1311.2901

    x ----> ReLU ----> y          guided: where x > 0 and the gradient is positive
      <-R--      <--g--           deconvnet: where the gradient is positive

Their pictures are sharp, but hardly depend on the weights of the upper layers (Adebayo et al. 2018): they
show the picture's edges rather than the reason of the answer.
"""

from torch import Tensor

from striate.errors import SettingError
from striate.explain.attribution.gradcam import Upsample, gradcam
from striate.explain.attribution.gradients import At, Probe
from striate.explain.attribution.relu_rules import ReluMode, Rule
from striate.explain.attribution.saliency import pixel_gradients
from striate.explain.attribution.target import TargetSelector


def guided_backprop(probe: Probe, pixels: Tensor, selector: TargetSelector) -> Tensor:
    """The guided gradient, (N, C, H, W).

    Raises:
        SettingError: the model has no ReLU.
    """
    return _ruled(probe, pixels, selector, "guided", "guided_backprop")


def deconvnet(probe: Probe, pixels: Tensor, selector: TargetSelector) -> Tensor:
    """The deconvnet's gradient, (N, C, H, W).

    Raises:
        SettingError: the model has no ReLU.
    """
    return _ruled(probe, pixels, selector, "deconvnet", "deconvnet")


def guided_gradcam(
    probe: Probe,
    pixels: Tensor,
    selector: TargetSelector,
    *,
    layer: str,
    at: At = "output",
    upsample: Upsample = "bilinear",
) -> Tensor:
    """The guided gradient where Grad-CAM is bright, (N, C, H, W).

    Args:
        probe: the model.
        pixels: (N, C, H, W).
        selector: what is explained.
        layer: the name of a module that gives maps (N, C', H', W').
        at: the maps are what the layer gives (``output``), or what it is given (``input``).
        upsample: how Grad-CAM is stretched to the picture: ``bilinear`` or ``nearest``.

    Raises:
        SettingError: the model has no ReLU, or no such layer.

    Source: Selvaraju et al. 2017, section 3.2. https://arxiv.org/abs/1610.02391
    """
    if upsample == "none":
        raise SettingError("upsample is 'none'", "bilinear or nearest, to the picture's size", "leave it out")
    where = gradcam(probe, pixels, selector, layer=layer, at=at, upsample=upsample)
    return _ruled(probe, pixels, selector, "guided", "guided_gradcam") * where.unsqueeze(1)


def _ruled(probe: Probe, pixels: Tensor, selector: TargetSelector, rule: Rule, method: str) -> Tensor:
    with ReluMode(rule) as relus:
        values = pixel_gradients(probe, pixels, selector)
    if not relus.count:
        raise SettingError(
            f"{type(probe.model).__name__} has no ReLU, which {method} needs",
            "a model with one ReLU or more",
            "the method saliency or integrated_gradients",
        )
    return values
