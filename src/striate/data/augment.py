"""Pictures that could have been: a whole batch at once, on its own device, from one generator.

    uint8 --mirror, flip, crop--> uint8 --erase--> uint8                      (nothing lies between pixels)
    uint8 --mirror, flip, crop, shift, scale, rotate, shear, warp: one sampling--> float 0..1
          --color, pca: one formula, clipped to 0..1--> --erase--> float 0..1

``Augment.per_sample`` is the same distribution as a torchvision transform of one picture.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import torch
from torch import Tensor

from striate.data.dataset import Dataset
from striate.data.pca import ColorAxes, color_axes
from striate.data.pixels import adjusted, erased
from striate.data.place import KNOTS, Edge, Placement, linear_maps, moved, pixels, radians, to_float
from striate.errors import SettingError

if TYPE_CHECKING:
    from torchvision.transforms.v2 import Transform

# The uniform numbers of a batch, drawn as one (len(UNIFORM), N) table, whatever is used of it. Then come, if
# used, the normal ones: (N, 2, KNOTS ** 2) for the warp, (N, 3) for PCA color.
UNIFORM = (
    *("mirror", "flip", "crop_x", "crop_y", "shift_x", "shift_y", "scale_x", "scale_y", "rotate", "shear"),
    *("brightness", "contrast", "saturation", "erase_x", "erase_y"),
)


@dataclass(frozen=True)
class Part:
    """One way to change pictures.

    Args:
        usual: its strength when only the name is given.
        most: the largest strength.
        meaning: of the strength, for help and errors.
    """

    usual: float
    most: float
    meaning: str


LENGTH = "below 1 a share of the shorter side, from 1 on pixels"
PARTS = {
    "mirror": Part(0.5, 1, "chance to swap left and right"),
    "flip": Part(0.5, 1, "chance to swap top and bottom"),
    "crop": Part(0.125, 512, f"whole pixels off the middle at most; {LENGTH}"),
    "shift": Part(0.05, 512, f"off the middle at most, not rounded; {LENGTH}"),
    "scale": Part(0.1, 0.9, "width and height by factors 1 - s to 1 + s"),
    "rotate": Part(10, 180, "degrees at most, either way"),
    "shear": Part(5, 60, "degrees that a vertical line leans at most, either way"),
    "warp": Part(0.0125, 64, f"standard deviation of a local displacement; {LENGTH}"),
    "color": Part(0.2, 1, "brightness, contrast, saturation by factors 1 - c to 1 + c"),
    "pca": Part(0.1, 1, "standard deviation of light along the data's color axes"),
    "erase": Part(0.25, 512, f"side of a grey square; {LENGTH}"),
}


@dataclass(frozen=True)
class Augment:
    """How pictures are changed at random; 0 leaves a part out. ``PARTS`` says what a strength means.

    Args:
        edge: what lies beyond the border, ``reflect`` or ``black``.
        axes: the data's own color axes, which ``pca`` needs; see ``fitted``.

    Raises:
        SettingError: a strength is out of range.

    >>> str(Augment(mirror=0.5, crop=4))
    'mirror=0.5,crop=4'
    """

    mirror: float = 0
    flip: float = 0
    crop: float = 0
    shift: float = 0
    scale: float = 0
    rotate: float = 0
    shear: float = 0
    warp: float = 0
    color: float = 0
    pca: float = 0
    erase: float = 0
    edge: Edge = "reflect"
    axes: ColorAxes | None = None

    def __post_init__(self) -> None:
        for name, part in PARTS.items():
            if not 0 <= getattr(self, name) <= part.most:
                wrong = f"augmentation {name} is {getattr(self, name):g}"
                raise SettingError(wrong, f"0..{part.most:g}, {part.meaning}", f"{name}={part.usual:g}")
        if self.edge not in get_args(Edge):
            wrong = f"augmentation edge is {self.edge!r}"
            raise SettingError(wrong, "reflect or black", "leave it out for reflect")

    def __str__(self) -> str:
        words = [f"{name}={getattr(self, name):g}" for name in PARTS if getattr(self, name)]
        words += ["edge=black"] if words and self.edge == "black" else []
        return ",".join(words) or "none"

    def fitted(self, dataset: Dataset) -> "Augment":
        """The same with the color axes of a data set, when they are needed and not there."""
        return replace(self, axes=color_axes(dataset)) if self.pca and self.axes is None else self

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """A changed copy of every picture.

        Args:
            images: uint8 or float 0..1 (N, C, H, W), C = 1 or 3, on any device.
            generator: where all random numbers come from. One of the CPU serves pictures on every device,
                and gives them the same numbers everywhere.

        Returns:
            (N, C, H, W): floats 0..1, or uint8 when all parts are among mirror, flip, crop, erase.

        Raises:
            SettingError: a crop or an erased square is as large as the pictures, or ``pca`` lacks its axes.
        """
        if not len(images):
            return images
        table = torch.rand(len(UNIFORM), len(images), generator=generator, device=generator.device)
        uniform = dict(zip(UNIFORM, table.to(images.device), strict=True))
        images = moved(images, self.placement(uniform, generator, images), self.edge)
        if self.color or self.pca:
            images = self._colored(to_float(images), uniform, generator).clamp_(0, 1)
        return self._erased(images, uniform)

    def placement(self, uniform: dict[str, Tensor], generator: torch.Generator, images: Tensor) -> Placement:
        """Where the pictures of a batch go, from numbers 0..1 of shape (N,) by their names in ``UNIFORM``."""
        height, width = images.shape[2:]
        signed = {name: 2 * values - 1 for name, values in uniform.items()}
        flips = [(uniform[name] >= getattr(self, name)).float() * 2 - 1 for name in ("mirror", "flip")]
        reach = self.inside("crop", height, width)
        crop = [(uniform[name] * (2 * reach + 1)).floor() - reach for name in ("crop_x", "crop_y")]
        shift = [signed[name] * pixels(self.shift, height, width) for name in ("shift_x", "shift_y")]
        scale = [1 + self.scale * signed[name] for name in ("scale_x", "scale_y")]
        turn, lean = (radians(signed[name] * getattr(self, name)) for name in ("rotate", "shear"))
        bent = any((self.shift, self.scale, self.rotate, self.shear, self.warp))
        linear = linear_maps(turn, lean, torch.stack(scale, 1)) if bent else None
        knots = self._knots(generator, images) if self.warp else None
        return Placement(torch.stack(flips, 1), torch.stack(crop, 1), linear, torch.stack(shift, 1), knots)

    def per_sample(self, size: tuple[int, int]) -> "Transform":
        """The same distribution as a transform of torchvision, for one picture (C, *size) at a time.

        It takes PIL pictures, arrays, tensors and torchvision's tv_tensors, draws from torch's global
        generator, and gives floats 0..1. It is for those who feed other programs, and tests the batch form.
        """
        from striate.data.twin import per_sample

        return per_sample(self, size)

    def inside(self, name: str, height: int, width: int) -> int:
        """The whole pixels of ``crop`` or ``erase``.

        Raises:
            SettingError: it is as large as the shorter side.
        """
        length = round(pixels(getattr(self, name), height, width))
        if length >= min(height, width):
            wrong = f"augmentation {name} is {length} pixels for pictures of {height} x {width}"
            raise SettingError(wrong, f"less than {min(height, width)}", f"{name}={PARTS[name].usual:g}")
        return length

    def light(self, generator: torch.Generator, images: Tensor) -> Tensor:
        """(N, 3): what PCA color adds to red, green and blue.

        Raises:
            SettingError: there are no color axes.
        """
        if self.axes is None:
            expected = "the color axes of the data"
            raise SettingError("augmentation pca has no axes", expected, "call .fitted(dataset) first")
        return self.axes.light(_normal((len(images), 3), generator, images) * self.pca)

    def _knots(self, generator: torch.Generator, images: Tensor) -> Tensor:
        return _normal((len(images), 2, KNOTS**2), generator, images) * pixels(self.warp, *images.shape[2:])

    def _colored(self, images: Tensor, uniform: dict[str, Tensor], generator: torch.Generator) -> Tensor:
        names = ("brightness", "contrast", "saturation")
        if self.color:
            images = adjusted(images, *(1 + self.color * (2 * uniform[name] - 1) for name in names))
        if self.pca and images.shape[1] == 3:
            images = images + self.light(generator, images)[:, :, None, None]
        return images

    def _erased(self, images: Tensor, uniform: dict[str, Tensor]) -> Tensor:
        height, width = images.shape[2:]
        side = self.inside("erase", height, width)
        places = ((uniform["erase_y"], height), (uniform["erase_x"], width))
        top, left = ((place * (length - side + 1)).long() for place, length in places)
        return erased(images, top, left, side) if side else images


def _normal(shape: tuple[int, ...], generator: torch.Generator, images: Tensor) -> Tensor:
    return torch.randn(shape, generator=generator, device=generator.device).to(images.device)
