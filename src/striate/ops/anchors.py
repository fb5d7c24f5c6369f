"""Boxes that are there before anything is seen: anchors, SSD's default boxes, grid cells, typical sizes.

    base anchors around (0, 0)          the same at every cell of a grid, stride pixels apart
        +---+                               +---+---+---+
      +-|---|-+    x  grid, stride   ->     | * | * | * |     row by row, all anchors of a cell together
      +-|---|-+                             +---+---+---+
        +---+                               | * | * | * |

Anchors: Ren et al. 2015, section 3.1.1, https://arxiv.org/abs/1506.01497, as torchvision's AnchorGenerator
makes them. Default boxes: Liu et al. 2016, section 2.2, https://arxiv.org/abs/1512.02325. Cells and clusters:
Redmon et al. 2016, https://arxiv.org/abs/1506.02640; Redmon, Farhadi 2017, https://arxiv.org/abs/1612.08242.
"""

from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor

from striate.errors import SettingError, ShapeError
from striate.ops.boxes import check_boxes, check_finite

Pair = tuple[int, int]


def base_anchors(sizes: Sequence[float], ratios: Sequence[float], *, rounded: bool = True) -> Tensor:
    """Anchors around the origin: every size with every ratio, the ratios in the outer loop.

    Args:
        sizes: square roots of areas, in pixels.
        ratios: height / width.
        rounded: whether corners are rounded to whole pixels, as torchvision does; detectron2 does not.

    Returns:
        float32 (ratios * sizes, 4).

    >>> base_anchors((32,), (0.5, 1.0)).tolist()
    [[-23.0, -11.0, 23.0, 11.0], [-16.0, -16.0, 16.0, 16.0]]
    """
    if not sizes or not ratios or min(*sizes, *ratios, 1) <= 0:
        raise SettingError(
            f"sizes are {tuple(sizes)}, ratios {tuple(ratios)}", "numbers above 0", "(32,), (1.0,)"
        )
    tall = torch.tensor(ratios, dtype=torch.float32).sqrt()[:, None]
    scales = torch.tensor(sizes, dtype=torch.float32)
    widths, heights = ((1 / tall) * scales).flatten(), (tall * scales).flatten()
    corners = torch.stack([-widths, -heights, widths, heights], dim=1) / 2
    return corners.round() if rounded else corners


def grid_anchors(
    base: Tensor, grid: Pair, stride: float | tuple[float, float], offset: float = 0.0
) -> Tensor:
    """Put anchors at every cell of a grid.

    Args:
        base: (A, 4), around the origin.
        grid: rows and columns.
        stride: pixels from cell to cell, or (down, right).
        offset: of the first anchor's centre, in strides: 0 in torchvision, 0.5 for the centres of cells.

    Returns:
        (rows * columns * A, 4), row by row, on the device of ``base``.

    >>> grid_anchors(torch.tensor([[-5.0, -5, 5, 5]]), (1, 2), 10).tolist()
    [[-5.0, -5.0, 5.0, 5.0], [5.0, -5.0, 15.0, 5.0]]
    """
    check_boxes(base, "base")
    down, right = stride if isinstance(stride, tuple) else (stride, stride)
    y = (torch.arange(grid[0], device=base.device) + offset) * down
    x = (torch.arange(grid[1], device=base.device) + offset) * right
    shifts = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], dim=-1).repeat(1, 1, 2)
    return (shifts.reshape(-1, 1, 4) + base).reshape(-1, 4).to(base.dtype)


def pyramid_anchors(
    image_size: Pair,
    grids: Sequence[Pair],
    sizes: Sequence[Sequence[float]],
    ratios: Sequence[Sequence[float]],
) -> Tensor:
    """All anchors of an image, level after level; equal to torchvision's AnchorGenerator.

    Args:
        image_size: (height, width) of the padded image.
        grids: rows and columns of the map of each level; a stride is image size // grid.
        sizes: of the anchors of each level.
        ratios: height / width, of each level.

    Returns:
        float32 (anchors, 4).

    >>> pyramid_anchors((32, 32), [(2, 2), (1, 1)], [(8,), (16,)], [(1.0,), (1.0,)]).shape
    torch.Size([5, 4])
    """
    height, width = image_size
    levels = zip(grids, sizes, ratios, strict=True)
    return torch.cat(
        [grid_anchors(base_anchors(s, r), g, (height // g[0], width // g[1])) for g, s, r in levels]
    )


def default_boxes(
    image_size: Pair,
    grids: Sequence[Pair],
    ratios: Sequence[Sequence[float]],
    scales: Sequence[float] | None = None,
    steps: Sequence[float] | None = None,
    *,
    clip: bool = True,
) -> Tensor:
    """SSD's default boxes in pixels: two squares and two boxes for each ratio at every cell.

    Args:
        image_size: (height, width).
        grids: rows and columns of each map.
        ratios: of each map, the longer by the shorter side; (2, 3) gives 2:1, 1:2, 3:1 and 1:3.
        scales: sides as shares of the image, one more than maps; ``default_scales`` when left out.
        steps: pixels from cell to cell; the image divided by the grid when left out.
        clip: whether a side is at most the image's.

    Returns:
        float32 (boxes, 4), two corners; equal to torchvision's DefaultBoxGenerator.

    >>> default_boxes((128, 128), [(1, 1)], [()], scales=(0.125, 0.5)).tolist()
    [[56.0, 56.0, 72.0, 72.0], [48.0, 48.0, 80.0, 80.0]]
    """
    chosen = default_scales(len(grids)) if scales is None else tuple(scales)
    if len(chosen) != len(grids) + 1 or len(ratios) != len(grids) or (steps and len(steps) != len(grids)):
        raise SettingError(
            f"{len(chosen)} scales, {len(ratios)} ratios, {len(steps or grids)} steps, {len(grids)} maps",
            "one more scale than maps, and ratios and steps for every map",
            "scales=None",
        )
    height, width = image_size
    levels = []
    for k, (rows, columns) in enumerate(grids):
        down, right = (height / steps[k], width / steps[k]) if steps else (rows, columns)
        y, x = (torch.arange(rows) + 0.5) / down, (torch.arange(columns) + 0.5) / right
        centres = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], dim=-1).reshape(-1, 1, 2)
        half = 0.5 * torch.tensor(_default_sizes(chosen[k], chosen[k + 1], ratios[k]))
        half = half.clamp(0, 0.5) if clip else half
        levels.append(torch.cat([centres - half, centres + half], dim=2).flatten(0, 1))
    return torch.cat(levels) * torch.tensor([width, height, width, height])


def default_scales(maps: int, smallest: float = 0.15, largest: float = 0.9) -> tuple[float, ...]:
    """Sides of SSD's squares as shares of the image, evenly from map to map, and 1 at the end.

    >>> default_scales(2)
    (0.15, 0.9, 1.0)
    """
    if maps == 1:
        return (smallest, largest)
    return (*(smallest + (largest - smallest) * k / (maps - 1) for k in range(maps)), 1.0)


def grid_cells(grid: Pair, image_size: Pair) -> Tensor:
    """The cells of a YOLO grid as boxes in pixels, float32 (rows * columns, 4), row by row.

    >>> grid_cells((1, 2), (10, 20)).tolist()
    [[0.0, 0.0, 10.0, 10.0], [10.0, 0.0, 20.0, 10.0]]
    """
    down, right = image_size[0] / grid[0], image_size[1] / grid[1]
    cell = torch.tensor([[-right / 2, -down / 2, right / 2, down / 2]])
    return grid_anchors(cell, grid, (down, right), offset=0.5)


def cell_of(boxes: Tensor, grid: Pair, image_size: Pair) -> Tensor:
    """The cell that holds the centre of each box, int64 (M,): row * columns + column.

    A centre between two cells belongs to the right or the lower one, one on the far border to the last cell.

    >>> cell_of(torch.tensor([[0.0, 0, 4, 4], [10, 0, 20, 10]]), (3, 3), (30, 30)).tolist()
    [0, 1]
    """
    check_boxes(boxes)
    (rows, columns), (height, width) = grid, image_size
    column = ((boxes[:, 0] + boxes[:, 2]) / 2 * (columns / width)).floor().clamp(0, columns - 1)
    row = ((boxes[:, 1] + boxes[:, 3]) / 2 * (rows / height)).floor().clamp(0, rows - 1)
    return (row * columns + column).long()


def shape_iou(first: Tensor, second: Tensor) -> Tensor:
    """IoU of sizes (M, 2) and (N, 2) when their boxes share a centre: (M, N).

    >>> shape_iou(torch.tensor([[2.0, 4]]), torch.tensor([[4.0, 2], [2, 4]])).tolist()
    [[0.3333333432674408, 1.0]]
    """
    inside = torch.minimum(first[:, None], second).prod(dim=2)
    union = first.prod(dim=1)[:, None] + second.prod(dim=1) - inside
    return torch.where(union > 0, inside / torch.where(union > 0, union, 1), 0)


def cluster_boxes(sizes: Tensor, clusters: int, generator: torch.Generator, rounds: int = 300) -> Tensor:
    """Find the typical sizes of boxes by k-means with the distance 1 - IoU.

    The first centres are drawn far from each other (Arthur and Vassilvitskii 2007); a cluster that loses its
    last box takes the one that fits its own cluster worst, of those that are not alone.

    Args:
        sizes: (M, 2) widths and heights, above 0.
        clusters: 1..M.
        generator: draws the first centres.
        rounds: at most; it ends when no box changes its cluster.

    Returns:
        (clusters, 2), the mean size of each, small to large.

    Raises:
        ShapeError: not (M, 2).
        SettingError: more clusters than boxes, or a size that is not above 0.

    >>> sizes = torch.tensor([[10.0, 10], [12, 10], [90, 100], [110, 100]])
    >>> cluster_boxes(sizes, 2, torch.Generator().manual_seed(0)).tolist()
    [[11.0, 10.0], [100.0, 100.0]]
    """
    if sizes.dim() != 2 or sizes.shape[1] != 2:
        raise ShapeError(f"sizes are {tuple(sizes.shape)}", "(M, 2)", "boxes[:, 2:] - boxes[:, :2]")
    check_finite(sizes, "sizes")
    if not 1 <= clusters <= len(sizes) or not bool((sizes > 0).all()):
        raise SettingError(
            f"{clusters} clusters of {len(sizes)} boxes, {int((sizes <= 0).any(dim=1).sum())} without area",
            "1 to as many clusters as boxes, and sides above 0",
            "leave out boxes without area",
        )
    centres = _first_centres(sizes, clusters, generator)
    member = None
    for _ in range(rounds):
        fit, nearest = shape_iou(sizes, centres).max(dim=1)
        for empty in sorted(set(range(clusters)) - set(nearest.tolist())):
            alone = nearest.bincount(minlength=clusters)[nearest] == 1  # the last one of its cluster stays
            nearest[torch.where(alone, 2, fit).argmin()] = empty
        if member is not None and bool((nearest == member).all()):
            break
        member = nearest
        centres = torch.stack([sizes[member == number].mean(dim=0) for number in range(clusters)])
    return centres[centres.prod(dim=1).argsort()]


def _first_centres(sizes: Tensor, clusters: int, generator: torch.Generator) -> Tensor:
    """Draw boxes, the next with a chance that grows with the square of its distance to those drawn."""
    chance = torch.ones(len(sizes), dtype=torch.float64)
    chosen: list[int] = []
    for _ in range(clusters):
        chosen.append(int(torch.multinomial(chance, 1, generator=generator)))
        nearest = shape_iou(sizes, sizes[chosen]).amax(dim=1)
        chance = (1 - nearest.double().cpu()).clamp(min=0).square()
        chance[chosen] = 0
        if not bool(chance.sum() > 0):  # all others equal one that was drawn
            chance = torch.ones_like(chance)
            chance[chosen] = 0 if len(chosen) < len(sizes) else 1
    return sizes[chosen]


def _default_sizes(scale: float, larger: float, ratios: Sequence[float]) -> list[tuple[float, float]]:
    """Width and height of the default boxes of a map, as shares of the image."""
    between = sqrt(scale * larger)
    sizes = [(scale, scale), (between, between)]
    for ratio in ratios:
        long, short = scale * sqrt(ratio), scale / sqrt(ratio)
        sizes += [(long, short), (short, long)]
    return sizes
