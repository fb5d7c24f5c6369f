"""Pictures that could have been: a whole batch at once, on its own device, from one generator.

    uint8 --zoom, zoom_out, iou_crop, mosaic: pieces resized--> uint8         (with boxes: see views, mosaic)
    uint8 --mirror, flip, crop--> uint8 --erase--> uint8                      (nothing lies between pixels)
    uint8 --mirror, flip, crop, shift, scale, rotate, shear, warp: one sampling--> float 0..1
          --color, hue, pca: clipped to 0..1--> --erase--> float 0..1

Whatever is known of the pictures goes with them: ``Augment.on`` takes batches. ``Augment.per_sample`` is the
same distribution as a torchvision transform of one picture.
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import torch
from torch import Tensor

from striate.data.augment.color_pca import ColorAxes, color_axes
from striate.data.augment.geometric import (
    KNOTS,
    Edge,
    Placement,
    Warp,
    linear_maps,
    moved,
    pixels,
    sampling_grid,
    to_float,
)
from striate.data.augment.mosaic import NUMBERS, mosaic
from striate.data.augment.photometric import adjusted, erased, hue_turned
from striate.data.augment.pieces import Pieces, assembled, moved_targets, pieces_of
from striate.data.augment.views import TRIALS, iou_crops, zoom_factors, zoomed_views
from striate.data.dataset import Dataset
from striate.errors import SettingError
from striate.records import Batch, BoxTargets, MaskTargets, Targets

if TYPE_CHECKING:
    from torchvision.transforms.v2 import Transform

# The uniform numbers of one picture. A batch draws them as one (15, N) table, whatever is used of it; then,
# if used, come the normal ones: (N, 2, KNOTS ** 2) for the warp, (N, 3) for PCA color.
UNIFORM = {"flips": 2, "crop": 2, "shift": 2, "scale": 2, "rotate": 1, "shear": 1, "color": 3, "erase": 2}


@dataclass(frozen=True)
class AugmentStep:
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
    "mirror": AugmentStep(0.5, 1, "chance to swap left and right"),
    "flip": AugmentStep(0.5, 1, "chance to swap top and bottom"),
    "crop": AugmentStep(0.125, 512, f"whole pixels off the middle at most; {LENGTH}"),
    "shift": AugmentStep(0.05, 512, f"off the middle at most, not rounded; {LENGTH}"),
    "scale": AugmentStep(0.1, 0.9, "width and height by factors 1 - s to 1 + s"),
    "rotate": AugmentStep(10, 180, "degrees at most, either way"),
    "shear": AugmentStep(5, 60, "degrees that a vertical line leans at most, either way"),
    "warp": AugmentStep(1.25, 20, "standard deviation of a local displacement, per cent of the shorter side"),
    "color": AugmentStep(0.2, 1, "brightness, contrast, saturation by factors 1 - c to 1 + c"),
    "hue": AugmentStep(0.05, 0.5, "turn of the colors, parts of their circle at most, either way"),
    "pca": AugmentStep(0.1, 1, "standard deviation of light along the data's color axes"),
    "erase": AugmentStep(0.25, 512, f"side of a grey square; {LENGTH}"),
    "zoom": AugmentStep(0.4, 9, "larger or smaller by factors up to 1 + z, cut or on black, anywhere"),
    "zoom_out": AugmentStep(0.5, 1, "chance to show the picture on black, sides down to a quarter"),
    "iou_crop": AugmentStep(0.86, 1, "chance of a part that overlaps a box by a drawn IoU; needs boxes"),
    "mosaic": AugmentStep(0.5, 1, "chance of a picture made of parts of four; needs boxes"),
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
    hue: float = 0
    pca: float = 0
    erase: float = 0
    zoom: float = 0
    zoom_out: float = 0
    iou_crop: float = 0
    mosaic: float = 0
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
        """A changed copy of every picture. ``on`` also moves what is known of them.

        Args:
            images: uint8 or float 0..1 (N, C, H, W), C = 1 or 3, on any device.
            generator: where all random numbers come from. One of the CPU serves pictures on every device,
                and gives them the same numbers everywhere.

        Returns:
            (N, C, H, W): floats 0..1, or uint8 when all parts are among mirror, flip, crop, erase.

        Raises:
            SettingError: a crop or an erased square is as large as the pictures, ``pca`` lacks its axes, or
                ``iou_crop`` its boxes.
        """
        self.require(spatial=False, boxes=not self.iou_crop)
        if self.reframes and len(images):
            images = assembled(images, self.pieces(images, None, generator))
        return self.placed(images, generator)[0]

    def on(self, batch: Batch, generator: torch.Generator) -> Batch:
        """A changed copy of every picture of a batch, and its targets, moved by the same map.

        A box that leaves the picture is clipped; with less than a fifth of its area or less than a pixel of a
        side inside it is dropped. With boxes, black lies beyond the border whatever ``edge`` says: a
        reflection would show objects that have no box.

        Args:
            batch: images and targets on one device.
            generator: of all random numbers.

        Raises:
            SettingError: as for a call with pictures alone, and as ``require``.
        """
        boxes = isinstance(batch.targets, BoxTargets)
        self.require(batch.targets.spatial, boxes, masks=isinstance(batch.targets, MaskTargets))
        if self.reframes and len(batch):
            batch = self._reframed(batch, generator)
        images, place = (replace(self, edge="black") if boxes else self).placed(batch.images, generator)
        size = (images.shape[2], images.shape[3])
        if place is None or not batch.targets.spatial:
            return replace(batch, images=images)
        return replace(batch, images=images, targets=_moved_by(place, batch.targets, images, size))

    def require(self, spatial: bool, boxes: bool, *, masks: bool = False) -> None:
        """The parts can be done with what is known of the pictures.

        Args:
            spatial: whether that has places in the picture.
            boxes: whether it is boxes.
            masks: whether it is masks, which are warped as their pictures are.

        Raises:
            SettingError: ``warp`` would leave points and boxes behind, or a part needs boxes.
        """
        if self.warp and spatial and not masks:
            wrong = "augmentation warp moves pixels by a field, and places only by straight maps"
            raise SettingError(wrong, "no warp where points or boxes are learned", "warp=0")
        for name in ("iou_crop", "mosaic"):
            if getattr(self, name) and not boxes:
                raise SettingError(f"augmentation {name} needs boxes", "data for detection", f"{name}=0")

    def _reframed(self, batch: Batch, generator: torch.Generator) -> Batch:
        size = (batch.images.shape[2], batch.images.shape[3])
        boxes = batch.targets if isinstance(batch.targets, BoxTargets) else None
        pieces = self.pieces(batch.images, boxes, generator)
        targets = moved_targets(batch.targets, pieces, size)
        return replace(batch, images=assembled(batch.images, pieces), targets=targets)

    @property
    def reframes(self) -> bool:
        """Whether pictures are made of parts of pictures."""
        return any((self.zoom, self.zoom_out, self.iou_crop, self.mosaic))

    def pieces(self, images: Tensor, boxes: BoxTargets | None, generator: torch.Generator) -> Pieces:
        """The parts that new pictures are made of, on the CPU."""
        count, (height, width) = len(images), images.shape[2:]

        def numbers(*shape: int) -> Tensor:
            return torch.rand(shape, generator=generator, device=generator.device).cpu()

        factors = zoom_factors(numbers(3, count), self.zoom, self.zoom_out)
        views = zoomed_views(factors, numbers(2, count), (height, width))
        if self.iou_crop and boxes is not None:
            drawn = numbers(count, 2 + 4 * TRIALS)
            views = iou_crops(views, boxes.to(views.device), self.iou_crop, drawn)
        alone = torch.arange(count)
        if not self.mosaic:
            whole = torch.tensor([[0, 0, width, height]]).expand(count, 4)
            return pieces_of(alone, views, whole, (height, width))
        others = [torch.randperm(count, generator=generator, device=generator.device).cpu() for _ in range(3)]
        partners = torch.stack([alone, *others], dim=1)
        return mosaic(views, (height, width), self.mosaic, numbers(NUMBERS, count), partners)

    def placed(self, images: Tensor, generator: torch.Generator) -> tuple[Tensor, Placement | None]:
        """The same, and where the pictures went; None if every pixel stayed in its place."""
        if not len(images):
            return images, None
        rows, place = list(UNIFORM.values()), None
        table = torch.rand(sum(rows), len(images), generator=generator, device=generator.device)
        uniform = dict(zip(UNIFORM, table.to(images.device).split_with_sizes(rows), strict=True))
        if self.moves:
            place = self.placement(uniform, generator, images)
            images = moved(images, place, self.edge)
        if self.color or self.hue or self.pca:
            images = self._colored(to_float(images), uniform, generator).clamp_(0, 1)
        return self._erased(images, uniform["erase"]) if self.erase else images, place

    @property
    def moves(self) -> bool:
        """Whether pixels change their places."""
        return bool(self.bent or self.mirror or self.flip or self.crop)

    @property
    def bent(self) -> bool:
        """Whether new pixels lie between old ones."""
        return any((self.shift, self.scale, self.rotate, self.shear, self.warp))

    def placement(self, uniform: dict[str, Tensor], generator: torch.Generator, images: Tensor) -> Placement:
        """Where the pictures of a batch go, from the rows of numbers 0..1 that ``UNIFORM`` names."""
        height, width = images.shape[2:]
        chances = torch.tensor([[self.mirror], [self.flip]], device=images.device)
        flips = (uniform["flips"] >= chances).float() * 2 - 1
        reach = self.inside("crop", height, width)
        crop = (uniform["crop"] * (2 * reach + 1)).floor() - reach
        return Placement(flips.T, crop.T, self._bend(uniform, generator, images) if self.bent else None)

    def per_sample(self, size: tuple[int, int]) -> "Transform":
        """The same distribution as a transform of torchvision, for one picture (C, *size) at a time.

        It takes PIL pictures, arrays, tensors and torchvision's tv_tensors, draws from torch's global
        generator, and gives floats 0..1. It is for those who feed other programs, and tests the batch form.

        Raises:
            SettingError: a part is done with whole batches only.
        """
        if self.reframes:
            part = next(name for name in ("zoom", "zoom_out", "iou_crop", "mosaic") if getattr(self, name))
            raise SettingError(f"augmentation {part} changes batches", "parts of one picture", f"{part}=0")
        from striate.data.augment.torchvision_twin import per_sample

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

    def _bend(self, uniform: dict[str, Tensor], generator: torch.Generator, images: Tensor) -> Warp:
        height, width = images.shape[2:]
        turn = spread(uniform["rotate"][0], math.radians(self.rotate))
        lean = spread(uniform["shear"][0], math.radians(self.shear))
        linear = linear_maps(turn, lean, 1 + spread(uniform["scale"].T, self.scale))
        shift = spread(uniform["shift"].T, pixels(self.shift, height, width))
        if not self.warp:
            return Warp(linear, shift)
        knots = _normal((len(images), 2, KNOTS**2), generator, images)
        return Warp(linear, shift, knots * (self.warp / 100 * min(height, width)))

    def _colored(self, images: Tensor, uniform: dict[str, Tensor], generator: torch.Generator) -> Tensor:
        if self.color:
            images = adjusted(images, *(1 + spread(uniform["color"], self.color)))
        if self.hue and images.shape[1] == 3:
            drawn = torch.rand(len(images), generator=generator, device=generator.device)
            images = hue_turned(images, spread(drawn.to(images.device), self.hue))
        if self.pca and images.shape[1] == 3:
            images = images + self.light(generator, images)[:, :, None, None]
        return images

    def _erased(self, images: Tensor, uniform: Tensor) -> Tensor:
        height, width = images.shape[2:]
        side = self.inside("erase", height, width)
        left, top = (uniform[0] * (width - side + 1)).long(), (uniform[1] * (height - side + 1)).long()
        return erased(images, top, left, side)


def _moved_by(place: Placement, targets: Targets, images: Tensor, size: tuple[int, int]) -> Targets:
    """The targets at their new places; masks follow a warp pixel by pixel, as in U-Net's paper."""
    if place.bend is None or place.bend.knots is None or not isinstance(targets, MaskTargets):
        return targets.moved(place.affine(size), size)
    return targets.sampled(sampling_grid(place.flips, place.offset, place.bend, images), align_corners=True)


def spread(uniform: Tensor, width: float) -> Tensor:
    """Numbers 0..1 as numbers -width..width."""
    return uniform * (2 * width) - width


def _normal(shape: tuple[int, ...], generator: torch.Generator, images: Tensor) -> Tensor:
    return torch.randn(shape, generator=generator, device=generator.device).to(images.device)
