"""What a YOLO grid is taught, as a table: for every cell y = [Pc, bx, by, bh, bw, c1, ..., cK].

    image 100x100, grid 3x3, 3 classes         --> 3 x 3 x 8
    the same with two anchors                  --> 3 x 3 x 2 x 8 = 3 x 3 x 16

bx, by: the centre in its cell, 0..1. bh, bw: sides in cells, which may be above 1. An object belongs to the
cell that holds its centre, and there to the anchor whose shape fits it best. When two objects want one
anchor, the one that fits it better gets it, of equal ones the first, and the other takes its next best anchor
that is free; when a cell has more objects than anchors, those that fit worst are left out.

Redmon et al. 2016, section 2, https://arxiv.org/abs/1506.02640; the vector as it is taught since.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from striate.ops import cell_of, shape_iou
from striate.tasks.detection.parts.assignment import middles, sizes

Pair = tuple[int, int]


class Responsible(NamedTuple):
    """Which objects are taught where.

    Args:
        objects: int64 (P,), numbers of the objects that found a place, in the order of their places.
        cells: int64 (P,), row * columns + column.
        anchors: int64 (P,).
        left_out: int64 (M - P,), numbers of the objects for which no anchor was left.
    """

    objects: Tensor
    cells: Tensor
    anchors: Tensor
    left_out: Tensor


def responsible(boxes: Tensor, grid: Pair, image_size: Pair, anchors: Tensor | None = None) -> Responsible:
    """Give every object a cell, and an anchor of its own in it.

    Args:
        boxes: (M, 4), two corners, pixels.
        grid: rows and columns.
        image_size: (H, W), pixels.
        anchors: (B, 2), widths and heights in pixels; one place in each cell when left out.

    >>> two = torch.tensor([[10.0, 10, 20, 20], [12, 8, 22, 22]])  # one cell, one place: the first keeps it
    >>> responsible(two, (3, 3), (100, 100)).left_out.tolist()
    [1]
    """
    cells = cell_of(boxes, grid, image_size)
    count = 1 if anchors is None else len(anchors)
    fit = torch.ones(len(boxes), 1) if anchors is None else shape_iou(sizes(boxes), anchors).cpu()
    order = fit.flatten().sort(descending=True, stable=True).indices.tolist()
    taken, placed = set[tuple[int, int]](), dict[int, tuple[int, int]]()
    for number, anchor in (divmod(one, count) for one in order):
        place = (int(cells[number]), anchor)
        if number not in placed and place not in taken:
            taken.add(place)
            placed[number] = place
    rows = sorted(placed, key=lambda number: placed[number])
    left = [number for number in range(len(boxes)) if number not in placed]
    columns = (rows, [placed[one][0] for one in rows], [placed[one][1] for one in rows], left)
    return Responsible(*(torch.tensor(one, dtype=torch.int64, device=boxes.device) for one in columns))


def grid_targets(
    boxes: Tensor,
    labels: Tensor,
    classes: int,
    grid: Pair,
    image_size: Pair,
    anchors: Tensor | None = None,
) -> Tensor:
    """The table that a grid is taught.

    Args:
        boxes: (M, 4), two corners, pixels.
        labels: int64 (M,).
        classes: K.
        grid: rows and columns.
        image_size: (H, W), pixels.
        anchors: (B, 2), widths and heights in pixels.

    Returns:
        float32 (rows, columns, 5 + K), zeros where no object is; with anchors (rows, columns, B, 5 + K).

    >>> car = torch.tensor([[40.0, 60.0, 70.0, 80.0]])  # centre (55, 70) in cells of 100 / 3
    >>> table = grid_targets(car, torch.tensor([1]), 3, (3, 3), (100, 100))
    >>> table.shape, [round(x, 2) for x in table[2, 1].tolist()]
    (torch.Size([3, 3, 8]), [1.0, 0.65, 0.1, 0.6, 0.9, 0.0, 1.0, 0.0])
    """
    places = 1 if anchors is None else len(anchors)
    table = torch.zeros(grid[0] * grid[1], places, 5 + classes)
    own = responsible(boxes, grid, image_size, anchors)
    cell = boxes.new_tensor([image_size[1] / grid[1], image_size[0] / grid[0]])
    chosen = boxes[own.objects]
    corner = torch.stack([own.cells % grid[1], own.cells // grid[1]], dim=1)
    centre, side = middles(chosen) / cell - corner, sizes(chosen) / cell
    kinds = torch.nn.functional.one_hot(labels[own.objects], classes).to(centre.dtype)
    values = torch.cat([torch.ones_like(centre[:, :1]), centre, side.flip(1), kinds], dim=1)
    table[own.cells.cpu(), own.anchors.cpu()] = values.float().cpu()
    shaped = table.view(*grid, places, 5 + classes)
    return shaped[:, :, 0] if anchors is None else shaped
