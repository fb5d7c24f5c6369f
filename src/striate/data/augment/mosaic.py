"""Mosaic: four pictures around one point, each with a part of what it shows.

    +-------+-----+
    |   a   |  b  |       the point lies anywhere in the middle half, the parts anywhere in their views;
    |       |     |       things are as large as in the views that the parts come from
    +-------+-----+
    |   c   |  d  |
    +-------+-----+

Bochkovskiy, Wang, Liao 2020 (YOLOv4), figure 3. https://arxiv.org/abs/2004.10934
"""

import torch
from torch import Tensor

from striate.data.augment.pieces import Pieces, pieces_of

NUMBERS = 11
"""Uniform numbers of a mosaic: whether, the point, and where the four parts are taken from."""


def mosaic(views: Tensor, size: tuple[int, int], chance: float, uniform: Tensor, partners: Tensor) -> Pieces:
    """The pieces of N new pictures, some of which are mosaics.

    Args:
        views: float (N, 4), what each picture would show alone.
        size: (H, W) of all pictures.
        chance: of a mosaic; there is none of pictures of one pixel.
        uniform: (NUMBERS, N), numbers 0..1.
        partners: int64 (N, 4), the pictures of each mosaic.
    """
    count = len(views)
    whole = torch.tensor([0, 0, size[1], size[0]])
    mixed = uniform[0] < (chance if min(size) > 1 else 0)
    middle = ((0.25 + uniform[1:3].T / 2) * whole[2:]).round().long()
    middle = torch.minimum(middle.clamp(min=1), whole[2:] - 1)
    positions = quarters(middle, whole[2:])  # (N, 4, 4)
    parts = parts_of(views[partners], positions, whole[2:], uniform[3:].T.reshape(count, 4, 2))
    new = torch.arange(count)
    alone = new[~mixed]
    order = torch.cat([alone, new[mixed].repeat_interleave(4)]).sort(stable=True)
    columns = [
        torch.cat([one, four])[order.indices]
        for one, four in (
            (alone, partners[mixed].flatten()),
            (views[alone], parts[mixed].flatten(0, 1)),
            (whole.expand(len(alone), 4), positions[mixed].flatten(0, 1)),
        )
    ]
    return pieces_of(columns[0], columns[1], columns[2], size, order.values)


def quarters(middle: Tensor, sides: Tensor) -> Tensor:
    """int64 (N, 4, 4): the rectangles around a point x, y (N, 2) in a picture of sides W, H.

    >>> quarters(torch.tensor([[3, 1]]), torch.tensor([8, 4])).tolist()
    [[[0, 0, 3, 1], [3, 0, 8, 1], [0, 1, 3, 4], [3, 1, 8, 4]]]
    """
    (x, y), zero = middle.unbind(1), torch.zeros_like(middle[:, 0])
    width, height = sides.expand(len(middle), 2).unbind(1)
    corners = [(zero, zero, x, y), (x, zero, width, y), (zero, y, x, height), (x, y, width, height)]
    return torch.stack([torch.stack(corner, dim=1) for corner in corners], dim=1)


def parts_of(views: Tensor, positions: Tensor, sides: Tensor, uniform: Tensor) -> Tensor:
    """float (N, 4, 4): parts of views that fill rectangles of the new picture at the scale of the views."""
    spans = views[..., 2:] - views[..., :2]
    own = (positions[..., 2:] - positions[..., :2]) / sides * spans
    corner = views[..., :2] + (spans - own) * uniform
    return torch.cat([corner, corner + own], dim=-1)
