"""New pictures made of parts of old ones: one part for a crop or a zoom, four for a mosaic.

      old picture            new picture
    +-------------+         +--------+----+
    |  +-----+    |         |        |    |       a piece: a window of an old picture, resized
    |  |     |    |   -->   |        |    |       to a position in a new one
    |  +-----+    |         +--------+----+
    +-------------+         |        |    |
                            +--------+----+
                            black where there is no piece

Windows and positions are whole pixels, so that boxes move by exactly the map of the pixels. Pixels are
averaged (antialiased) where a piece becomes smaller, and uint8 stays uint8.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.data.preprocess import resize
from striate.errors import SettingError
from striate.records import BoxTargets, Targets
from striate.records.affine import moved_boxes, stays_inside


@dataclass(frozen=True)
class Pieces:
    """P parts of old pictures, and where they go; the pieces of a new picture stand together, in order.

    Args:
        new: int64 (P,), the new picture of each piece, 0..N-1, ascending.
        old: int64 (P,), the old one.
        windows: int64 (P, 4), x1, y1, x2, y2 in the old picture, whole pixels.
        positions: int64 (P, 4), likewise in the new one; those of one picture do not overlap.
    """

    new: Tensor
    old: Tensor
    windows: Tensor
    positions: Tensor

    def affine(self) -> Tensor:
        """float32 (P, 2, 3): from places in the old pictures to places in the new ones.

        >>> one = torch.tensor([0])
        >>> half = torch.tensor([[0, 0, 10, 10]]), torch.tensor([[5, 0, 10, 10]])
        >>> Pieces(one, one, *half).affine().tolist()
        [[[0.5, 0.0, 5.0], [0.0, 1.0, 0.0]]]
        """
        windows, positions = self.windows.float(), self.positions.float()
        factors = (positions[:, 2:] - positions[:, :2]) / (windows[:, 2:] - windows[:, :2])
        offsets = positions[:, :2] - windows[:, :2] * factors
        return torch.cat([torch.diag_embed(factors), offsets[:, :, None]], dim=2)


def pieces_of(
    old: Tensor, views: Tensor, positions: Tensor, size: tuple[int, int], new: Tensor | None = None
) -> Pieces:
    """The pieces that show parts of the plane of pictures, in whole pixels.

    Args:
        old: int64 (P,), the old picture of each part.
        views: float (P, 4), x1, y1, x2, y2 in its plane; may reach beyond the picture, where all is black.
        positions: int64 (P, 4), what the whole view fills of the new picture.
        size: (H, W) of the pictures.
        new: int64 (P,), ascending; one new picture for each part when left out.

    Returns:
        pieces that are at least one pixel wide and high; a view without anything of the picture has none.
    """
    new = torch.arange(len(old)) if new is None else new
    border = torch.tensor([size[1], size[0]])
    start, end = views[:, :2].clamp(min=0), torch.minimum(views[:, 2:], border)
    shown = (end > start).all(1)
    first = torch.minimum(start.round().long(), border - 1)
    last = torch.minimum(torch.maximum(end.round().long(), first + 1), border)
    factors = (positions[:, 2:] - positions[:, :2]) / (views[:, 2:] - views[:, :2])
    edges = [positions[:, :2] + (corner - views[:, :2]) * factors for corner in (first, last)]
    left = torch.minimum(torch.maximum(edges[0].round().long(), positions[:, :2]), positions[:, 2:] - 1)
    right = torch.minimum(torch.maximum(edges[1].round().long(), left + 1), positions[:, 2:])
    windows, places = torch.cat([first, last], dim=1), torch.cat([left, right], dim=1)
    return Pieces(new[shown], old[shown], windows[shown], places[shown])


def assembled(images: Tensor, pieces: Pieces) -> Tensor:
    """The new pictures: (N, C, H, W) of the shape and type of the old ones, uint8 or float."""
    result = torch.zeros_like(images)
    columns = (pieces.new, pieces.old, pieces.windows, pieces.positions)
    for new, old, (x1, y1, x2, y2), (left, top, right, bottom) in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        part = images[old, :, y1:y2, x1:x2]
        result[new, :, top:bottom, left:right] = _resized(part, (bottom - top, right - left))
    return result


def _resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    """(C, *size), antialiased; torch resizes uint8 on a CPU only."""
    if image.is_floating_point() or image.device.type == "cpu":
        return resize(image, size)
    found = F.interpolate(image[None].float(), size=size, mode="bilinear", antialias=True)[0]
    return found.round().to(image.dtype)


def moved_targets(targets: Targets, pieces: Pieces, size: tuple[int, int]) -> Targets:
    """What is known of the new pictures.

    Args:
        targets: of the old pictures.
        pieces: on the CPU.
        size: (H, W) of the new pictures.

    A box goes with every piece that shows enough of it, see ``stays_inside``, and is clipped to the piece.

    Raises:
        SettingError: several pieces make a picture, and its targets are not boxes.
    """
    if not targets.spatial:
        return targets
    if isinstance(targets, BoxTargets):
        return _moved_boxes(targets, pieces)
    if not torch.equal(pieces.new, pieces.old):
        raise SettingError(
            "augmentation mosaic makes one picture of several", "data with boxes", "leave mosaic out"
        )
    device = targets.tensors()[0].device
    affine = torch.eye(2, 3).repeat(len(targets), 1, 1)
    affine[pieces.new] = pieces.affine()
    return targets.moved(affine.to(device), size)


def _moved_boxes(targets: BoxTargets, pieces: Pieces) -> BoxTargets:
    device = targets.boxes.device
    new, old = pieces.new.to(device), pieces.old.to(device)
    counts = targets.counts[old]
    starts = (targets.counts.cumsum(0) - targets.counts)[old]
    piece = torch.arange(len(old), device=device).repeat_interleave(counts)
    first = (counts.cumsum(0) - counts)[piece]
    rows = starts[piece] + torch.arange(len(piece), device=device) - first
    moved = moved_boxes(targets.boxes[rows], pieces.affine().to(device)[piece])
    positions = pieces.positions.to(moved)[piece]
    inside = torch.cat(
        [torch.maximum(moved[:, :2], positions[:, :2]), torch.minimum(moved[:, 2:], positions[:, 2:])], dim=1
    )
    kept = stays_inside(moved, inside)
    numbers = torch.bincount(new[piece][kept], minlength=len(targets))
    columns = [inside[kept], targets.labels[rows][kept], numbers, targets.unclear[rows][kept]]
    if targets.proposals is not None:
        columns += _moved_boxes(targets.proposals, pieces).tensors()
    return targets.like(columns)
