"""The pieces of a picture are grouped: again and again the two most similar neighbours become one region.

    a b | c         a+b | c        (a+b)+c          R pieces give R - 1 regions; the last is the picture
    ---------  -->  --------  -->
      d             d                               every region, small or large, is where an object may be

Similarity is the sum of those that are asked for, each 0..1 (equations 2 to 6):

    c  color     common part of the histograms of color, 25 bins a channel
    t  texture   common part of the histograms of slopes, 8 directions of 10 bins a channel
    s  size      1 - (|A| + |B|) / |picture|                        small regions first
    f  fill      1 - (|box around both| - |A| - |B|) / |picture|    regions that fit into each other first

The histogram of a merged region is the mean of both, weighted by their pixels, so that no pixel is looked at
again. Of equally similar pairs, the one with the lowest numbers comes first.

Uijlings et al. 2013, section 3.1 and 3.2. https://doi.org/10.1007/s11263-013-0620-5
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import SettingError, ShapeError
from striate.ops.color_spaces import require_picture
from striate.ops.graph_segmentation import gaussian_taps, plain_smooth

Array = NDArray[Any]
PARTS = "ctsf"
"""Color, texture, size, fill."""


@dataclass(frozen=True)
class Pieces:
    """What is known of the pieces of a picture.

    Args:
        counts: int32 (R, bins): pixels by color, then by slope.
        frames: int32 (R, 5): x1, y1, x2, y2, pixels.
        pairs: int32 (E, 2): which are neighbours.
        colors: how many of the bins are colors.
        pixels: of the picture.
    """

    counts: Array
    frames: Array
    pairs: Array
    colors: int
    pixels: int

    def grouped(self, similarity: str) -> tuple[Array, Array]:
        """Frames (2R - 1, 5) of the pieces and of all regions, and the parts (2R - 1, 2) of each."""
        from striate.ops.kernels.group import Similarity, grouped

        color, texture, size, fill = (float(part in similarity) for part in PARTS)
        measure = Similarity(color, texture, size, fill, self.colors, self.pixels)
        frames = np.zeros((2 * len(self.frames) - 1, 5), np.int32)
        frames[: len(self.frames)] = self.frames
        parts = grouped(self.counts.copy(), frames, self.pairs, measure)
        return frames, parts


class Regions(NamedTuple):
    """The regions of a picture: its pieces, and one for each time that two become one.

    Args:
        boxes: int64 (2R - 1, 4), x1, y1, x2, y2 in pixels; the pieces first, at last the whole picture.
        parts: int64 (2R - 1, 2), the two regions that each is made of; -1 for pieces.
    """

    boxes: Tensor
    parts: Tensor

    def labels_of(self, labels: Tensor, count: int) -> Tensor:
        """int64 (H, W): the region of each pixel when ``count`` regions are left.

        >>> image = torch.tensor([[[0, 0, 10, 250]]], dtype=torch.uint8)
        >>> labels = torch.tensor([[0, 0, 1, 2]])
        >>> group_regions(labels, image, "s").labels_of(labels, 2).tolist()
        [[0, 0, 3, 3]]
        """
        pieces = (len(self.parts) + 1) // 2
        numbers = torch.arange(len(self.parts))
        for new in range(pieces, len(self.parts) - max(count, 1) + 1):
            numbers[torch.isin(numbers, self.parts[new])] = new
        return numbers[labels]


def group_regions(labels: Tensor, image: Tensor, similarity: str = PARTS) -> Regions:
    """Group the pieces of a picture.

    Args:
        labels: int64 (H, W), pieces 0..R-1 of ``graph_segmentation``, each of neighbouring pixels.
        image: uint8 (1 or 3, H, W).
        similarity: letters of what counts: c, t, s and f.

    Returns:
        the boxes of all regions, and of which two each is made.

    Raises:
        ShapeError: they do not belong together.
        SettingError: there is no such similarity.

    >>> image = torch.tensor([[[0, 0, 10, 250]]], dtype=torch.uint8)
    >>> group_regions(torch.tensor([[0, 0, 1, 2]]), image, "s").boxes.tolist()
    [[0, 0, 2, 1], [2, 0, 3, 1], [3, 0, 4, 1], [2, 0, 4, 1], [0, 0, 4, 1]]
    """
    require_picture(image)
    require_similarity(similarity)
    if labels.shape != image.shape[1:] or labels.is_floating_point() or int(labels.min()) < 0:
        raise ShapeError(
            f"labels are {labels.dtype} {tuple(labels.shape)} for an image {tuple(image.shape)}",
            "whole numbers (H, W), 0 or more",
            "labels=graph_segmentation(image)",
        )
    pixels = np.ascontiguousarray(image.detach().cpu().numpy())
    smoothed = plain_smooth(pixels, gaussian_taps(0.8))
    numbers = labels.detach().cpu().numpy().astype(np.int32)
    pieces = pieces_of(numbers, int(numbers.max()) + 1, pixels, slopes_of(smoothed))
    if not pieces.frames[:, 4].all():
        missing = int(pieces.frames[:, 4].argmin())
        wrong = f"no pixel has the label {missing}"
        raise ShapeError(wrong, "pieces 0..R-1", "labels=graph_segmentation(image)")
    frames, parts = pieces.grouped(similarity)
    return Regions(torch.from_numpy(frames[:, :4].astype(np.int64)), torch.from_numpy(parts.astype(np.int64)))


def require_similarity(similarity: str) -> None:
    """Letters, each once.

    Raises:
        SettingError: it is something else.
    """
    letters = set(similarity)
    if not letters or len(letters) != len(similarity) or not letters <= set(PARTS):
        expected = "some of the letters c, t, s and f: color, texture, size, fill"
        raise SettingError(f"similarity is {similarity!r}", expected, '"ctsf"')


def slopes_of(smoothed: Array) -> Array:
    """uint8 (channels * 4, pixels): direction and size of the slopes of a smoothed picture (C, H, W)."""
    from striate.ops.kernels.region_features import AXES, slope_bins

    channels, height, width = smoothed.shape
    slopes = np.empty((channels, AXES, height * width), np.uint8)
    slope_bins(smoothed, slopes)
    return slopes.reshape(channels * AXES, height * width)


def pieces_of(labels: Array, count: int, image: Array, slopes: Array) -> Pieces:
    """What is known of the pieces ``labels`` (H, W), int32, of a picture uint8 (C, H, W)."""
    from striate.ops.kernels.region_features import COLORS, DIRECTIONS, SLOPES, histograms, neighbours

    colors = len(image) * COLORS
    counts = np.zeros((count, colors + len(image) * DIRECTIONS * SLOPES), np.int32)
    frames = np.zeros((count, 5), np.int32)
    histograms(labels, image.reshape(len(image), -1), slopes, counts, frames)
    return Pieces(counts, frames, neighbours(labels, count), colors, labels.size)


def plain_grouped(pieces: Pieces, similarity: str) -> tuple[Array, Array]:
    """The definition of ``Pieces.grouped``, pair by pair."""
    counts = {number: row.astype(np.int64) for number, row in enumerate(pieces.counts)}
    frames = {number: row.astype(np.int64) for number, row in enumerate(pieces.frames)}
    parts = dict.fromkeys(frames, (-1, -1))
    alike = {
        (int(a), int(b)): plain_similarity(pieces, similarity, counts, frames, a, b) for a, b in pieces.pairs
    }
    for new in range(len(frames), 2 * len(frames) - 1):
        a, b = min(alike, key=lambda pair: (-alike[pair], pair))
        counts[new] = counts[a] + counts[b]
        low, high = np.minimum(frames[a], frames[b]), np.maximum(frames[a], frames[b])
        frames[new] = np.array([*low[:2], *high[2:4], frames[a][4] + frames[b][4]])
        parts[new] = a, b
        near = {one for pair in alike if {a, b} & set(pair) for one in pair} - {a, b}
        alike = {pair: value for pair, value in alike.items() if not {a, b} & set(pair)}
        for one in near:
            alike[one, new] = plain_similarity(pieces, similarity, counts, frames, one, new)
    return np.array(list(frames.values())), np.array(list(parts.values()))


def plain_similarity(
    pieces: Pieces, similarity: str, counts: dict[int, Array], frames: dict[int, Array], a: int, b: int
) -> float:
    """How similar two regions are."""
    total, pixels = 0.0, frames[a][4] + frames[b][4]
    for letter, bins in (("c", slice(pieces.colors)), ("t", slice(pieces.colors, None))):
        if letter in similarity:
            one, other = (np.floor(counts[r][bins] * (2**24 / counts[r][bins].sum())) for r in (a, b))
            total += float(np.minimum(one, other).sum()) / 2**24
    if "s" in similarity:
        total += 1 - pixels / pieces.pixels
    if "f" in similarity:
        low, high = np.minimum(frames[a], frames[b]), np.maximum(frames[a], frames[b])
        box = (high[2] - low[0]) * (high[3] - low[1])
        total += 1 - (box - pixels) / pieces.pixels
    return float(total)
