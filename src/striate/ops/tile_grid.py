"""Tiles that cover a large picture, with an overlap.

+-------+ . . . . .
|   A   | .       .     A and B show a strip of the picture both; the first and the last tile of a row
|     . |     B   .     lie at its borders.
+-------+ . . . . .
"""

from math import ceil

import torch
from torch import Tensor

OVERLAP = 0.25
"""Share of a tile that its neighbour shows too, at least."""


def tile_boxes(size: tuple[int, int], tile: tuple[int, int], overlap: float = OVERLAP) -> Tensor:
    """int64 (T, 4): x1, y1, x2, y2 of tiles that cover a picture of (H, W) pixels, row by row.

    They lie evenly, the first and the last one at the borders, and are smaller where the picture is.

    >>> tile_boxes((100, 160), (100, 100), 0.25).tolist()
    [[0, 0, 100, 100], [60, 0, 160, 100]]
    """
    rows, columns = (starts(side, one, overlap) for side, one in zip(size, tile, strict=True))
    height, width = min(tile[0], size[0]), min(tile[1], size[1])
    return torch.tensor([[x, y, x + width, y + height] for y in rows for x in columns])


def starts(side: int, tile: int, overlap: float) -> list[int]:
    """Where tiles begin along a side.

    >>> starts(90, 100, 0.25), starts(400, 100, 0.25)
    ([0], [0, 75, 150, 225, 300])
    """
    if side <= tile:
        return [0]
    gaps = max(1, ceil((side - tile) / max(1, int(tile * (1 - overlap)))))
    return [round(number * (side - tile) / gaps) for number in range(gaps + 1)]
