"""Tensors become pictures: one image, and how much every pixel of it matters.

    signed values (C, H, W) --max over C of |.|--> strength 0..1 (H, W) --ramp--> heat --over grey--> overlay

Source of the strength: Simonyan, Vedaldi, Zisserman 2014, section 3.1. https://arxiv.org/abs/1312.6034
"""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from striate.draw.theme import EMBER, ramp
from striate.errors import ShapeError

# One pixel in a hundred may be brighter than white: a single outlier must not leave the rest in the dark.
BRIGHTEST = 0.99
LUMA = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)  # Rec. 601


def picture(image: Tensor) -> Image.Image:
    """A PIL picture (grey or RGB) of uint8 0..255 or float 0..1 (1 or 3, H, W).

    Raises:
        ShapeError: it is no picture.

    >>> picture(torch.ones(1, 2, 3)).getpixel((0, 0))
    255
    """
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise ShapeError(
            f"the image is {tuple(image.shape)}",
            "(1, H, W) or (3, H, W)",
            "draw the images of a batch one by one",
        )
    image = image.detach().cpu()
    if image.is_floating_point():
        image = (image.float().clamp(0, 1) * 255).round().to(torch.uint8)
    array = image.permute(1, 2, 0).contiguous().numpy()
    return Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)


def strength(values: Tensor) -> Tensor:
    """How much every pixel matters: float32 (H, W), 0..1, of signed values (C, H, W).

    The largest magnitude over the channels, as a share of the 99th percentile of the picture.

    >>> strength(torch.tensor([[[0.0, -2.0]], [[1.0, 1.0]]]))
    tensor([[0.5000, 1.0000]])
    """
    most = values.detach().float().cpu().nan_to_num(0.0, 0.0, 0.0).abs().amax(0)
    top = most.flatten().quantile(BRIGHTEST, interpolation="higher") if most.numel() < 2**24 else most.amax()
    top = top if top > 0 else most.amax()
    return (most / top).clamp(0, 1) if top > 0 else torch.zeros_like(most)


def heat(values: Tensor) -> Image.Image:
    """A map of signed values (C, H, W): dark where nothing matters, bright where most does."""
    return Image.fromarray(ramp(strength(values).numpy(), EMBER))


def overlay(image: Tensor, values: Tensor, opacity: float = 0.9) -> Image.Image:
    """The map of ``values`` glowing over the faint grey image.

    Args:
        image: uint8 or float 0..1 (1 or 3, H, W).
        values: signed (C, H, W) of the same size.
        opacity: 0..1, how much the strongest pixel hides the image.

    Raises:
        ShapeError: the sizes differ.
    """
    if image.shape[-2:] != values.shape[-2:]:
        raise ShapeError(
            f"the image is {tuple(image.shape[-2:])} and the map {tuple(values.shape[-2:])}",
            "one size",
            "explain the image in the size that the network sees",
        )
    glow = strength(values).numpy()
    grey = np.asarray(picture(image).convert("L"), dtype=float)[..., None]
    faint = 14 + grey * 0.45  # dark enough for the glow, light enough to see what is there
    share = (opacity * np.sqrt(glow))[..., None]
    return Image.fromarray(np.rint(faint * (1 - share) + ramp(glow, EMBER) * share).astype(np.uint8))


def enlarge(shown: Image.Image, side: int) -> Image.Image:
    """A picture whose longer side is ``side``: small ones keep their hard pixels, large ones are averaged."""
    scale = side / max(shown.size)
    size = max(1, round(shown.width * scale)), max(1, round(shown.height * scale))
    if size == shown.size:
        return shown
    return shown.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)
