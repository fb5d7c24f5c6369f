"""Which part of the plane of a picture is shown: nearer, farther, or around a box.

    zoom in          zoom out            random IoU crop
    +---------+      +.............+     +---------+
    |  +...+  |      :  +-------+  :     |  +....+ |      ..... the view, which becomes the whole new picture
    |  :   :  |      :  |picture|  :     |  : [box]:      ----- the picture; black beyond it
    |  +...+  |      :  +-------+  :     |  +....+ |
    +---------+      +.............+     +---------+

A view is x1, y1, x2, y2 in pixels of the picture. Zoom out and random IoU crop: Liu et al. 2016 (SSD),
sections 2.2 and 3.6, https://arxiv.org/abs/1512.02325, with torchvision's numbers.
"""

import torch
from torch import Tensor

from striate.ops.boxes import box_ioa, plain_iou
from striate.records import BoxTargets
from striate.records.affine import LEAST_SHARE

FARTHEST = 4.0
"""Sides of the view of a zoom out, in sides of the picture, at most."""

LEAST_IOUS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
"""Overlaps of which a crop draws one: it overlaps some box by as much."""

TRIALS = 40
"""Crops that are tried for one picture; if none fits, all of the view is shown."""

LEAST_CROP, LEAST_ASPECT = 0.3, 0.5
"""Sides of a crop in sides of the view; its width by its height, and the other way round."""


def zoom_factors(uniform: Tensor, zoom: float, zoom_out: float) -> Tensor:
    """(N,): how much larger things are shown.

    Args:
        uniform: (3, N), numbers 0..1.
        zoom: factors lie within 1 / (1 + zoom) .. 1 + zoom, the logarithms equally often.
        zoom_out: chance of another factor, 1 / f with f within 1..FARTHEST, equally often.

    >>> zoom_factors(torch.tensor([[0.0, 1.0], [0.9, 0.1], [0.5, 1.0]]), 1.0, 0.5).tolist()
    [0.5, 0.5]
    """
    near = (1 + zoom) ** (2 * uniform[0] - 1)
    far = 1 + (FARTHEST - 1) * uniform[2]
    return torch.where(uniform[1] < zoom_out, near / far, near)


def zoomed_views(factors: Tensor, uniform: Tensor, size: tuple[int, int]) -> Tensor:
    """float (N, 4): views that lie inside the picture where factors are above 1, and around it below.

    Args:
        factors: (N,), above 0.
        uniform: (2, N), numbers 0..1: where, from left to right and from top to bottom.
        size: (H, W) of the pictures.

    >>> zoomed_views(torch.tensor([2.0, 0.5]), torch.tensor([[0.5, 1.0], [1.0, 1.0]]), (10, 20)).tolist()
    [[5.0, 5.0, 15.0, 10.0], [-20.0, -10.0, 20.0, 10.0]]
    """
    sides = torch.tensor([size[1], size[0]]) / factors[:, None]
    corner = (torch.tensor([size[1], size[0]]) - sides) * uniform.T
    return torch.cat([corner, corner + sides], dim=1)


def iou_crops(views: Tensor, targets: BoxTargets, chance: float, uniform: Tensor) -> Tensor:
    """float (N, 4): some of the views cut to a part that overlaps a box well; the others as they are.

    A view is cut where a drawn crop overlaps some box of the picture by the drawn IoU or more, and the box
    stays by the rule of ``stays_inside``. Pictures without boxes keep their view.

    Args:
        views: float (N, 4).
        targets: on the CPU.
        chance: to try it.
        uniform: (N, 2 + 4 * TRIALS), numbers 0..1.
    """
    count = len(views)
    crops, shapely = drawn_crops(views, uniform[:, 2:].view(count, TRIALS, 4))
    least = torch.tensor(LEAST_IOUS)[(uniform[:, 1] * len(LEAST_IOUS)).long()]
    best = torch.zeros(count, TRIALS)
    stays = torch.zeros(count, TRIALS, dtype=torch.bool)
    for picture, (boxes, _) in enumerate(targets.split()):
        if len(boxes) and uniform[picture, 0] < chance:
            best[picture] = plain_iou(boxes, crops[picture]).amax(0)
            stays[picture] = (box_ioa(crops[picture], boxes) >= LEAST_SHARE).any(1)
    fits = shapely & stays & (best >= least[:, None])
    first = fits.int().argmax(1)  # the first one that fits
    return torch.where(fits.any(1)[:, None], crops[torch.arange(count), first], views)


def drawn_crops(views: Tensor, uniform: Tensor) -> tuple[Tensor, Tensor]:
    """Parts of views, float (N, TRIALS, 4), and which of them are not too long, bool (N, TRIALS)."""
    sides = (views[:, 2:] - views[:, :2])[:, None]
    own = sides * (LEAST_CROP + (1 - LEAST_CROP) * uniform[:, :, :2])
    corner = views[:, None, :2] + (sides - own) * uniform[:, :, 2:]
    aspect = own[:, :, 0] / own[:, :, 1]
    shapely = (aspect >= LEAST_ASPECT) & (aspect <= 1 / LEAST_ASPECT)
    return torch.cat([corner, corner + own], dim=2), shapely
