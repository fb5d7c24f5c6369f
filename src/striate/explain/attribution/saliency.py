"""Saliency: which pixels would change the score of a class most, if they changed a little?

Simonyan, Vedaldi, Zisserman 2014, section 3. https://arxiv.org/abs/1312.6034

    image I --network--> score of class c, before the softmax
          <--gradient--- w = dS_c / dI                         one signed number for each pixel and channel
"""

from torch import Tensor, nn

from striate.arguments import checked
from striate.explain.attribution.gradients import Probe, attribute, gradients
from striate.explain.attribution.target import Target, TargetSelector


@checked
def saliency(model: nn.Module, images: Tensor, target: Target = None, *, batch: int | None = None) -> Tensor:
    """The gradient of one class score of every image by its pixels.

    The model is as it was afterwards: its weights, statistics, gradients, flags and modes. It may be frozen,
    in training mode, or called where gradients are switched off.

    Args:
        model: images (N, C, H, W) -> scores (N, K), before the softmax.
        images: uint8 0..255 or float 0..1 (N, C, H, W), in the size that the network sees.
        target: the class whose score is explained, by name or number; a sequence has one for each image;
            None takes the class with the highest score of each image; a function takes the model's output.
        batch: images that go through the network at once; None takes as many as are quick.

    Returns:
        (N, C, H, W), signed, per unit of a pixel in 0..1, on the device of the images.

    Raises:
        LabelError: there is no such class.
        ShapeError: the model does not give one row of scores per image, its scores do not depend on the
            pixels, or there are more or fewer targets than images.

    Source: Simonyan, Vedaldi, Zisserman 2014, equation 5.

    >>> import torch
    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(2, 1, bias=False))
    >>> _ = network[1].weight.data.copy_(torch.tensor([[3.0, -4.0]]))
    >>> saliency(network, torch.rand(1, 1, 1, 2), target=0)
    tensor([[[[ 3., -4.]]]])
    """
    return attribute(model, images, target, pixel_gradients, batch)[0]


def pixel_gradients(probe: Probe, pixels: Tensor, selector: TargetSelector) -> Tensor:
    """dS / dI of the chosen scores, (N, C, H, W)."""
    pixels = pixels.requires_grad_()
    return gradients(selector(probe(pixels)), pixels)


def gradient_x_input(probe: Probe, pixels: Tensor, selector: TargetSelector) -> Tensor:
    """I * dS / dI: of a linear score the share of every pixel, (N, C, H, W).

    Source: Shrikumar et al. 2016, https://arxiv.org/abs/1605.01713
    """
    return pixel_gradients(probe, pixels, selector) * pixels.detach()
