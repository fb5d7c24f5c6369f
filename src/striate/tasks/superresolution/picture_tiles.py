"""A picture of any size, enlarged in bounded memory: tiles that overlap by what matters to their pixels.

+-------+---+          a tile sees ``margin`` pixels more on each side than are kept of it;
| kept  | m |          at the edges of the picture it ends as the picture does.
+-------+ a |
| m a r g i n          So the parts are equal to those of the whole picture.
"""

from collections.abc import Callable

import torch
from torch import Tensor

TILE = 192
"""Pixels of a side that are kept of a tile: the maps of a network then take some tens of megabytes."""


def in_tiles(
    answer: Callable[[Tensor], Tensor],
    images: Tensor,
    by: int,
    margin: int,
    *,
    tile: int = TILE,
    finish: Callable[[Tensor], Tensor] = lambda pixels: pixels,
) -> Tensor:
    """Pictures (N, C, H, W) -> enlarged ones (N, C, by H, by W), tile by tile.

    Args:
        answer: images -> enlarged images.
        images: small ones.
        by: factor of both sides.
        margin: pixels around a pixel that matter to it.
        tile: pixels of a side of which each tile gives its answer.
        finish: what becomes of the answer to each tile, pixel by pixel.

    >>> images = torch.rand(1, 1, 5, 7)
    >>> double = lambda x: x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    >>> torch.equal(in_tiles(double, images, 2, 1, tile=3), double(images))
    True
    """
    height, width = images.shape[2:]
    if height <= tile + 2 * margin and width <= tile + 2 * margin:
        return finish(answer(images))
    result: Tensor | None = None
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            rows, columns = Span(top, height, tile, margin), Span(left, width, tile, margin)
            part = finish(answer(images[:, :, rows.seen, columns.seen]))
            kept = part[:, :, rows.kept(by), columns.kept(by)]
            if result is None:
                result = kept.new_empty(len(kept), kept.shape[1], by * height, by * width)
            result[:, :, rows.place(by), columns.place(by)] = kept
    assert result is not None
    return result


class Span:
    """A tile along one side: where it begins, what it sees, and what is kept of it."""

    def __init__(self, start: int, side: int, tile: int, margin: int) -> None:
        self.start, self.end = start, min(start + tile, side)
        self.seen = slice(max(0, start - margin), min(self.end + margin, side))

    def kept(self, by: int) -> slice:
        """Within the answer to the tile."""
        return slice(by * (self.start - self.seen.start), by * (self.end - self.seen.start))

    def place(self, by: int) -> slice:
        """Within the enlarged picture."""
        return slice(by * self.start, by * self.end)


def levels(pixels: Tensor) -> Tensor:
    """Floats 0..1 as uint8, what lies outside clipped.

    >>> levels(torch.tensor([-0.1, 0.5, 1.2])).tolist()
    [0, 128, 255]
    """
    return (pixels.float() * 255).round().clamp(0, 255).to(torch.uint8)
