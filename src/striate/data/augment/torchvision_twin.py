"""``Augment`` once more, one picture at a time, out of torchvision's transforms: the plain twin of the batch.

    picture --pad--> canvas --random crop, mirror, flip, map, warp--> its middle --color, light--> erase

The canvas is padded once, as if the picture went on beyond its border, so that several parts in a row look
past it as one sampling does. Between pixels the twin interpolates once for the map and once for the warp.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision import tv_tensors
from torchvision.transforms import v2

from striate.data.augment.augment import Augment, spread
from striate.data.augment.geometric import KNOTS, linear_maps, pixels, warp_basis
from striate.data.augment.photometric import BLANK, adjusted, hue_turned


def per_sample(augment: Augment, size: tuple[int, int]) -> v2.Transform:
    """A transform of one picture (C, *size) with the distribution of ``augment``."""
    reach = augment.inside("crop", *size)
    margin = min(size) - 1 - reach if augment.bent else 0
    padding = "reflect" if augment.edge == "reflect" else "constant"
    steps = [
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Pad(margin + reach, padding_mode=padding),
        v2.RandomCrop((size[0] + 2 * margin, size[1] + 2 * margin)),
        v2.RandomHorizontalFlip(augment.mirror),
        v2.RandomVerticalFlip(augment.flip),
    ]
    steps += [Map(augment, size)] if augment.bent else []
    steps += [Warp(augment.warp / 100 * min(size), size, margin)] if augment.warp else []
    steps += [v2.CenterCrop(size), *color_steps(augment), *erase_steps(augment, size)]
    return v2.Compose(steps)


def color_steps(augment: Augment) -> list[v2.Transform]:
    """Brightness, contrast, saturation and PCA color, then a clip."""

    def color(image: Tensor) -> Tensor:
        if augment.color:
            image = adjusted(image[None], *(1 + spread(torch.rand(3, 1), augment.color)))[0]
        if augment.hue and image.shape[0] == 3:
            image = hue_turned(image[None], spread(torch.rand(1), augment.hue))[0]
        if augment.pca and image.shape[0] == 3:
            image = image + augment.light(torch.default_generator, image[None])[0, :, None, None]
        return image.clamp(0, 1)

    return (
        [v2.Lambda(color, tv_tensors.Image), v2.ToImage()]
        if augment.color or augment.hue or augment.pca
        else []
    )


def erase_steps(augment: Augment, size: tuple[int, int]) -> list[v2.Transform]:
    """A square somewhere, wholly inside."""
    side = augment.inside("erase", *size)
    area = side**2 / (size[0] * size[1])
    return [v2.RandomErasing(1, (area, area), (1, 1), BLANK / 255)] if side else []


class Map(v2.Transform):  # type: ignore[misc]
    """Scale, shear, rotation and shift about the middle."""

    def __init__(self, augment: Augment, size: tuple[int, int]) -> None:
        super().__init__()
        self.augment, self.reach = augment, pixels(augment.shift, *size)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, list[float]]:
        """The eight coefficients of torchvision's ``perspective``; the last two are 0."""
        turn = spread(torch.rand(1), math.radians(self.augment.rotate))
        lean = spread(torch.rand(1), math.radians(self.augment.shear))
        linear = linear_maps(turn, lean, 1 + spread(torch.rand(1, 2), self.augment.scale))[0]
        shift = spread(torch.rand(2), self.reach)
        height, width = v2.functional.get_size(flat_inputs[0])
        middle = torch.tensor([width / 2, height / 2])
        offset = middle - linear @ (middle + shift)
        (a, b), (c, d) = linear.tolist()
        return {"coefficients": [a, b, float(offset[0]), c, d, float(offset[1]), 0.0, 0.0]}

    def transform(self, inpt: Any, params: dict[str, list[float]]) -> Any:
        """A picture, a mask or boxes, mapped."""
        return v2.functional.perspective(inpt, None, None, **params)


class Warp(v2.Transform):  # type: ignore[misc]
    """A smooth random displacement of the middle of the canvas."""

    def __init__(self, spread: float, size: tuple[int, int], margin: int) -> None:
        super().__init__()
        self.spread, self.size, self.margin = spread, size, margin

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Tensor]:
        """The displacement (1, H, W, 2) in units of half the canvas."""
        moves = self.spread * torch.randn(2, KNOTS**2) @ warp_basis(*self.size)
        canvas = F.pad(moves.view(2, *self.size), [self.margin] * 4)
        height, width = canvas.shape[1:]
        return {"displacement": canvas.permute(1, 2, 0)[None] * torch.tensor([2 / width, 2 / height])}

    def transform(self, inpt: Any, params: dict[str, Tensor]) -> Any:
        """A picture, a mask or boxes, warped."""
        return v2.functional.elastic(inpt, **params)
