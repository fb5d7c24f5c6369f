"""A picture falls into pieces: neighbours belong together if they differ less than pixels inside of each do.

    smooth -> an edge from each pixel to its 8 neighbours, as heavy as colors differ -> lightest first:

        two pieces become one   if   weight <= min( Int(A) + k / |A|,  Int(B) + k / |B| )

Int is the heaviest edge inside of a piece. A larger k gives larger pieces. At last, pieces of fewer than
``least`` pixels join a neighbour. Weights are rounded to 1/64 of a grey level, so that they are sorted by
counting.

Felzenszwalb, Huttenlocher 2004, algorithm 1. https://doi.org/10.1023/B:VISI.0000022288.19776.77
"""

from math import ceil
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import SettingError
from striate.ops.color_spaces import require_picture

SIGMA = 0.8
"""Of the smoothing before, in pixels: it cannot be seen and removes what digital pictures have of noise."""

STEP = 64
"""Of a weight: parts of a grey level."""


def graph_segmentation(
    image: Tensor, k: float = 100, least: int | None = None, sigma: float = SIGMA
) -> Tensor:
    """The number of each pixel's piece.

    Args:
        image: uint8 (1 or 3, H, W).
        k: how much larger pieces are preferred, above 0, grey levels times pixels.
        least: pixels of a piece at least; as many as ``k`` when left out, as selective search has it.
        sigma: of the smoothing before, 0..5 pixels.

    Returns:
        int64 (H, W), pieces 0, 1, 2, ... in the order in which they appear, row by row.

    Raises:
        ShapeError: it is no picture.
        SettingError: a number is out of range.

    >>> image = torch.zeros(1, 4, 8, dtype=torch.uint8)
    >>> image[:, :, 4:] = 200
    >>> graph_segmentation(image, k=10, least=1, sigma=0)[0].tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """
    from striate.ops.kernels.segment import united

    require_picture(image)
    require_scale(k, sigma)
    weights, order, _ = edges_of(image.detach().cpu().numpy(), sigma)
    fewest = round(k) if least is None else min(max(least, 0), image.numel())
    labels, _ = united(weights, order, image.shape[2], float(k), fewest)
    return torch.from_numpy(labels.astype(np.int64)).reshape(image.shape[1:])


def require_scale(k: float, sigma: float) -> None:
    """Numbers with which a picture can be cut.

    Raises:
        SettingError: one is out of range.
    """
    if not 0 < k < 1e9 or not 0 <= sigma <= 5:
        raise SettingError(f"k is {k} and sigma {sigma}", "k above 0, sigma 0..5", "k=100, sigma=0.8")


def edges_of(image: NDArray[Any], sigma: float = SIGMA) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Weights uint16 (4, pixels) of all edges, their order int32, and the smoothed picture float32."""
    from striate.ops.kernels.segment import edge_weights, smooth, sorted_edges

    smoothed = np.empty(image.shape, np.float32)
    smooth(np.ascontiguousarray(image, np.float32), gaussian_taps(sigma), smoothed)
    weights = np.empty((4, *image.shape[1:]), np.uint16)
    edge_weights(smoothed, weights)
    flat = weights.reshape(4, -1)
    return flat, sorted_edges(flat), smoothed


def gaussian_taps(sigma: float) -> NDArray[Any]:
    """float32: the middle and one half of a Gaussian of ``sigma`` pixels, as far as 4 sigma; their sum is 1.

    >>> gaussian_taps(0).tolist()
    [1.0]
    """
    if sigma == 0:
        return np.ones(1, np.float32)
    taps = np.exp(-0.5 * (np.arange(ceil(4 * sigma) + 1) / sigma) ** 2)
    whole: NDArray[Any] = (taps / (2 * taps.sum() - taps[0])).astype(np.float32)
    return whole


def plain_graph_segmentation(image: Tensor, k: float, least: int, sigma: float = SIGMA) -> Tensor:
    """The definition of ``graph_segmentation``, edge by edge."""
    smoothed = plain_smooth(image.numpy(), gaussian_taps(sigma))
    height, width = image.shape[1:]
    edges = []
    for y, x in np.ndindex(height, width):
        for direction, (down, right) in enumerate(((0, 1), (1, 0), (1, 1), (1, -1))):
            if y + down < height and 0 <= x + right < width:
                gaps = smoothed[:, y, x] - smoothed[:, y + down, x + right]
                weight = int(np.sqrt(sum(gap * gap for gap in gaps)) * np.float32(STEP) + np.float32(0.5))
                edges.append((weight, y * width + x, direction, (y + down) * width + x + right))
    piece = {p: [p] for p in range(height * width)}  # pixel -> all pixels of its piece, one list for all
    limit = {p: np.float32(k) for p in piece}  # of the first pixel of a piece

    def unite(p: int, q: int) -> list[int]:
        joined = [*piece[p], *piece[q]]
        piece.update(dict.fromkeys(joined, joined))
        return joined

    edges.sort()
    for weight, p, _, q in edges:
        level = np.float32(weight) / np.float32(STEP)
        if piece[p] is not piece[q] and level <= min(limit[piece[p][0]], limit[piece[q][0]]):
            joined = unite(p, q)
            limit[joined[0]] = level + np.float32(k) / np.float32(len(joined))
    for _, p, _, q in edges:
        if piece[p] is not piece[q] and min(len(piece[p]), len(piece[q])) < least:
            unite(p, q)
    numbers: dict[int, int] = {}
    labels = [numbers.setdefault(id(piece[p]), len(numbers)) for p in range(height * width)]
    return torch.tensor(labels).reshape(height, width)


def plain_smooth(image: NDArray[Any], taps: NDArray[Any]) -> NDArray[Any]:
    """float32 (C, H, W): a symmetric filter in x, then in y; the border repeats the last pixel."""
    smoothed = image.astype(np.float32)
    reach = len(taps) - 1
    for axis in (2, 1):
        edge = [(reach, reach) if number == axis else (0, 0) for number in range(3)]
        wide, length = np.pad(smoothed, edge, mode="edge"), smoothed.shape[axis]

        def shifted(
            by: int, wide: NDArray[Any] = wide, length: int = length, axis: int = axis
        ) -> NDArray[Any]:
            return wide.take(np.arange(reach + by, reach + by + length), axis)

        smoothed = taps[0] * shifted(0)
        for distance in range(1, reach + 1):
            smoothed = smoothed + taps[distance] * (shifted(-distance) + shifted(distance))
    return smoothed
