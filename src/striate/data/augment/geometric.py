"""Where pixels go: whole batches mirrored, cropped, turned, sheared, scaled, shifted and locally warped.

Positions are pixels measured from the middle of the picture, x to the right and y down. What a picture shows
at p was at q in the original, and all parts together are one linear map and one sampling:

    q = F L (p + w(p) - t) + o      F mirror and flip     L scale, shear and rotation, inverted
                                    t shift     o offset of the crop     w smooth field of a local warp

Without L, t and w nothing lies between pixels, and uint8 pictures stay uint8.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Edge = Literal["reflect", "black"]

KNOTS = 5  # a warp is given by 5 x 5 control points: about one for each stroke of a digit


@dataclass(frozen=True)
class Warp:
    """How N pictures are turned, sheared, scaled, shifted and warped.

    Args:
        linear: (N, 2, 2), L above.
        shift: (N, 2), x and y, pixels.
        knots: (N, 2, KNOTS ** 2), x and y of the warp at its control points, pixels; None without a warp.
    """

    linear: Tensor
    shift: Tensor
    knots: Tensor | None = None


@dataclass(frozen=True)
class Placement:
    """Where N pictures go.

    Args:
        flips: (N, 2), x and y, -1 where a picture is mirrored and 1 where it is not.
        offset: (N, 2), x and y, whole pixels by which the crop lies off the middle.
        bend: what leaves new pixels between old ones, or None.
    """

    flips: Tensor
    offset: Tensor
    bend: Warp | None = None

    def affine(self, size: tuple[int, int]) -> Tensor:
        """float32 (N, 2, 3): from places in the old pictures to places in the new ones, without the warp.

        Args:
            size: (H, W) of the pictures, pixels.

        It is the way back of q = F L (p - t) + o, with places measured from the corner, not the middle c:
        p = (F L)^-1 (q - c - o) + t + c.

        >>> one = Placement(torch.tensor([[-1.0, 1.0]]), torch.zeros(1, 2))
        >>> one.affine((10, 20)).tolist()
        [[[-1.0, 0.0, 20.0], [0.0, 1.0, 0.0]]]
        """
        forth, shift = torch.diag_embed(self.flips), torch.zeros_like(self.flips)
        if self.bend is not None:
            forth, shift = self.flips[:, :, None] * self.bend.linear, self.bend.shift
        middle = torch.tensor([size[1] / 2, size[0] / 2], device=forth.device)
        back = torch.linalg.inv(forth)
        moved = shift + middle - (back @ (self.offset + middle)[:, :, None])[:, :, 0]
        return torch.cat([back, moved[:, :, None]], dim=2) + 0.0  # no negative zeros


def linear_maps(rotation: Tensor, shear: Tensor, scale: Tensor) -> Tensor:
    """(N, 2, 2): from places in the new pictures to places in the old ones.

    Args:
        rotation: (N,), radians, clockwise as y points down.
        shear: (N,), radians: a vertical line leans by this much.
        scale: (N, 2), factors of width and height, done first.

    >>> quarter = torch.tensor([torch.pi / 2])
    >>> linear_maps(quarter, torch.zeros(1), torch.tensor([[2.0, 4.0]])).round(decimals=4).abs().tolist()
    [[[0.0, 0.5], [0.25, 0.0]]]
    """
    sine, cosine, lean = rotation.sin(), rotation.cos(), shear.tan()
    rows = [cosine - sine * lean, sine + cosine * lean, -sine, cosine]
    return torch.stack(rows, dim=1).view(-1, 2, 2) / scale[:, :, None]


def moved(images: Tensor, placement: Placement, edge: Edge) -> Tensor:
    """Every picture at its new place.

    Args:
        images: (N, C, H, W), uint8, or floats.
        placement: of N pictures.
        edge: beyond the border lies the picture's reflection (its border pixels once), or black.

    Returns:
        (N, C, H, W), of the same type without a bend, else float 0..1.
    """
    if placement.bend is None:
        return picked(images, placement.flips, placement.offset, edge)
    floats = to_float(images)
    places = sampling_grid(placement.flips, placement.offset, placement.bend, floats)
    padding = "reflection" if edge == "reflect" else "zeros"
    return F.grid_sample(floats, places, padding_mode=padding, align_corners=True)


def picked(images: Tensor, flips: Tensor, offset: Tensor, edge: Edge) -> Tensor:
    """(N, C, H, W): pictures mirrored and cropped by whole pixels, without leaving their type."""
    count, channels, height, width = images.shape
    columns = _line(width, flips[:, 0], offset[:, 0])
    rows = _line(height, flips[:, 1], offset[:, 1])
    first = torch.arange(count * channels, device=images.device).view(count, channels, 1) * height
    chosen = (first + _reflected(rows, height)[:, None]).view(-1)
    tall = images.reshape(-1, width).index_select(0, chosen).view(images.shape)
    places = _reflected(columns, width)[:, None, None].expand(images.shape)
    result = tall.gather(3, places)
    if edge == "black":
        outside = _outside(rows, height)[:, None, :, None] | _outside(columns, width)[:, None, None, :]
        result.masked_fill_(outside, 0)
    return result


def sampling_grid(flips: Tensor, offset: Tensor, bend: Warp, images: Tensor) -> Tensor:
    """(N, H, W, 2): where grid_sample (corners aligned) looks, all parts in one matrix product."""
    turned = flips[:, :, None] * bend.linear
    parts = [turned, offset[:, :, None] - turned @ bend.shift[:, :, None]]
    parts += [] if bend.knots is None else [turned @ bend.knots]
    count, _, height, width = images.shape
    half = torch.tensor([[max(side - 1, 1) / 2] for side in (width, height)], device=images.device)
    basis = field_basis(height, width, bend.knots is not None, images.device)
    weights = (torch.cat(parts, dim=2) / half).view(2 * count, -1)
    return (weights @ basis).view(count, 2, height, width).permute(0, 2, 3, 1)


@lru_cache(maxsize=16)
def field_basis(height: int, width: int, warped: bool, device: torch.device) -> Tensor:
    """(3, H W): x, y and 1 of every pixel; with a warp (3 + KNOTS ** 2, H W), its shares too."""
    x = torch.arange(width) - (width - 1) / 2
    y = torch.arange(height) - (height - 1) / 2
    plane = torch.stack([x.repeat(height), y.repeat_interleave(width), torch.ones(height * width)])
    return (torch.cat([plane, warp_basis(height, width)]) if warped else plane).to(device)


def warp_basis(height: int, width: int) -> Tensor:
    """(KNOTS ** 2, H W): what every control point adds to every pixel, smoothly (bicubic).

    The squares of a pixel's shares sum to 1: independent control points of standard deviation s move every
    pixel by s, not the ones between control points less.
    """
    knots = torch.eye(KNOTS**2).view(-1, 1, KNOTS, KNOTS)
    shares = F.interpolate(knots, size=(height, width), mode="bicubic", align_corners=True)
    return F.normalize(shares.view(KNOTS**2, -1), dim=0)


def to_float(images: Tensor) -> Tensor:
    """Floats 0..1 of uint8; floats stay as they are."""
    return images.float().mul_(1 / 255) if images.dtype == torch.uint8 else images


def pixels(length: float, height: int, width: int) -> float:
    """A length in pixels: below 1 it is a share of the shorter side.

    >>> pixels(0.125, 32, 48), pixels(4, 32, 48)
    (4.0, 4)
    """
    return length * min(height, width) if length < 1 else length


def _line(side: int, flip: Tensor, offset: Tensor) -> Tensor:
    """int64 (N, side): which old row or column each new one shows; may lie outside."""
    steps = torch.arange(side, device=flip.device)
    return torch.where(flip[:, None] < 0, side - 1 - steps, steps) + offset[:, None].long()


def _reflected(places: Tensor, side: int) -> Tensor:
    """Places up to side - 1 beyond either border, mirrored back inside."""
    return (side - 1) - ((side - 1) - places.abs()).abs()


def _outside(places: Tensor, side: int) -> Tensor:
    return (places < 0) | (places >= side)
