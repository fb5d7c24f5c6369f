"""An image mirrored at its edges, as often as it takes.

3 2 | 1 2 3 4 | 3 2 1 2 3      the pixel at the edge stands once
"""

import torch
from torch import Tensor


def mirrored(images: Tensor, margins: tuple[int, int, int, int]) -> Tensor:
    """(..., H, W) -> (..., top + H + bottom, left + W + right), mirrored at the edges.

    torch's own reflection refuses a margin that is not smaller than the image; this one goes on to and fro.

    Args:
        images: of any dtype, at least one pixel.
        margins: left, right, top, bottom, pixels, each 0 or more, as ``torch.nn.functional.pad`` has them.

    >>> mirrored(torch.tensor([[1, 2, 3]]), (3, 4, 0, 0)).tolist()
    [[2, 3, 2, 1, 2, 3, 2, 1, 2, 3]]
    """
    left, right, top, bottom = margins
    rows = reflected(images.shape[-2], top, bottom).to(images.device)
    columns = reflected(images.shape[-1], left, right).to(images.device)
    return images.index_select(-2, rows).index_select(-1, columns)


def reflected(side: int, before: int, after: int) -> Tensor:
    """int64: which pixel of a side stands at each place.

    >>> reflected(4, 2, 5).tolist()
    [2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]
    """
    period = max(2 * (side - 1), 1)
    places = torch.arange(-before, side + after, device="cpu").remainder(period)
    return torch.minimum(places, period - places) if side > 1 else torch.zeros_like(places)
