"""Scores of overlapping tiles become those of the whole picture: a mean in which the middle of a tile counts
most.

    weight of a tile     .1 .5  1 .5 .1
                               .1 .5  1 .5 .1        the seam fades from one tile into the next

A pixel at the edge of a tile was seen without what lies around it. Bands of rows are given as soon as no tile
adds to them any more, so that a picture of any height takes the memory of one row of tiles.

Isensee et al. 2021 (nnU-Net), supplementary note 2 (Gaussian weights, deviation 1/8 of the tile).
"""

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from striate.errors import ShapeError

SPREAD = 1 / 8
"""Deviation of the weights, in sides of the tile."""

AT_ONCE = 2_000_000
"""Numbers that are given together."""

LEAST = 1e-12
"""Weight of a corner at least: a corner of the picture is seen by one tile alone."""


def tile_weights(size: tuple[int, int], spread: float = SPREAD) -> Tensor:
    """float32 (h, w): Gaussian weights of the pixels of a tile, 1 in its middle, LEAST or more.

    >>> tile_weights((1, 3), spread=1 / 2).round(decimals=4).tolist()  # exp(-(1/1.5)^2 / 2) beside the middle
    [[0.8007000088691711, 1.0, 0.8007000088691711]]
    """
    rows, columns = (
        (-((torch.arange(side) - (side - 1) / 2) / (spread * side)).square() / 2).exp() for side in size
    )
    return torch.outer(rows, columns).clamp(min=LEAST)


def blended_bands(
    tiles: Iterable[tuple[Tensor, Tensor]], size: tuple[int, int], dtype: torch.dtype = torch.float32
) -> Iterator[tuple[int, Tensor]]:
    """The weighted mean of tiles, band of rows by band of rows.

    Args:
        tiles: (box, scores): x1, y1, x2, y2 and (K, h, w), row of tiles by row of tiles, as ``tile_boxes``
            lists them; together they cover the picture.
        size: (H, W) of the picture.
        dtype: of the means; float16 takes half the memory, and small weights lose nothing in it.

    Yields:
        the first row of a band, and its scores (K, rows, W), from above to below.

    Raises:
        ShapeError: scores have not the size of their box.

    >>> boxes = torch.tensor([[0, 0, 2, 1], [1, 0, 3, 1]])
    >>> tiles = zip(boxes, torch.tensor([[[[1.0, 2.0]]], [[[4.0, 3.0]]]]))
    >>> [(top, rows.tolist()) for top, rows in blended_bands(tiles, (1, 3))]
    [(0, [[[1.0, 3.0, 3.0]]])]
    """
    width, top, held = size[1], 0, 0
    means, total, weights = torch.empty(0, 0, width), torch.empty(0, width), torch.empty(0, 0)
    for box, scores in tiles:
        left, above, right, below = box.tolist()
        if scores.shape[-2:] != (below - above, right - left):
            wrong = f"scores are {tuple(scores.shape)} for a box of {below - above}x{right - left}"
            raise ShapeError(wrong, "(K, h, w) of the size of the box", "the tile that the box cut")
        if above > top:
            yield from _some_rows(means, top, above - top)
            _move_up([*means, total], above - top)
            top, held = above, held - (above - top)
        if below - top > len(total):
            rows = below - top - len(total)
            grown = torch.zeros(len(scores), rows, width, dtype=dtype)
            means = torch.cat([means, grown], 1) if held else grown
            total = torch.cat([total, torch.zeros(rows, width)])
        held = max(held, below - top)
        if weights.shape != scores.shape[-2:]:
            weights = tile_weights((below - above, right - left))
        part, seen = (one[..., above - top : below - top, left:right] for one in (means, total))
        seen += weights
        part += ((scores.float() - part.float()) * (weights / seen)).to(dtype)
    yield from _some_rows(means, top, held)


def _some_rows(means: Tensor, top: int, count: int) -> Iterator[tuple[int, Tensor]]:
    """The first rows that are done, some at a time."""
    rows = max(1, AT_ONCE // max(1, len(means) * means.shape[2]))
    for first in range(0, count, rows):
        yield top + first, means[:, first : min(first + rows, count)].clone()


def _move_up(maps: Sequence[Tensor], done: int) -> None:
    """Rows that are done leave each map (h, W), in its own memory; zeros come in from below."""
    for one in maps:
        rest = one[done:].clone()
        one[: len(rest)] = rest
        one[len(rest) :] = 0
