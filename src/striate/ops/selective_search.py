"""Selective search: the regions of many groupings of a picture are where its objects may be.

    picture --color spaces--> pieces of graph segmentation, small and large --similarities--> regions
            --a box around each, in an order that mixes all groupings, none like an earlier one--> proposals

The i-th region of a grouping, counted from the whole picture down, gets the number RND * i with RND from 0 to
1; boxes are sorted by it, so that large regions come first, but not all of them (section 3.4).

    fast      HSV, Lab                       k = 50, 100              C+T+S+F, T+S+F            8 groupings
    quality   HSV, Lab, rgI, hue, intensity  k = 50, 100, 150, 300    C+T+S+F, T+S+F, F, S     80 groupings

Uijlings, van de Sande, Gevers, Smeulders 2013, table 5. https://doi.org/10.1007/s11263-013-0620-5
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, TypeVar, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from striate.errors import SettingError
from striate.ops.color_spaces import ColorSpace, convert_colors, require_picture
from striate.ops.graph_segmentation import SIGMA, edges_of, require_scale
from striate.ops.nms import nms
from striate.ops.region_grouping import Pieces, pieces_of, require_similarity, slopes_of

Array = NDArray[Any]
Mode = Literal["fast", "quality"]
Task = TypeVar("Task")
Done = TypeVar("Done")

SIDE = 1000
"""A picture with more pixels than a square of this side is looked at in small."""

ALIKE = 0.8
"""IoU above which the later of two boxes is left out: as many boxes find more objects, also at IoU 0.7."""


@dataclass(frozen=True)
class Strategies:
    """The groupings of a picture: every combination.

    Args:
        spaces: color spaces.
        scales: k of graph segmentation, and the least pixels of a piece.
        similarities: letters of ``group_regions``.

    Raises:
        SettingError: a list is empty, or something in it does not exist.
    """

    spaces: tuple[ColorSpace, ...] = ("hsv", "lab")
    scales: tuple[float, ...] = (50, 100)
    similarities: tuple[str, ...] = ("ctsf", "tsf")

    def __post_init__(self) -> None:
        known = get_args(ColorSpace)
        if not (self.spaces and self.scales and self.similarities) or not set(self.spaces) <= set(known):
            raise SettingError(
                f"the strategies are {self}", f"at least one of each; {', '.join(known)}", "FAST"
            )
        for scale in self.scales:
            require_scale(scale, SIGMA)
        for similarity in self.similarities:
            require_similarity(similarity)


FAST = Strategies()
QUALITY = Strategies(
    ("hsv", "lab", "rgi", "hue", "intensity"), (50, 100, 150, 300), ("ctsf", "tsf", "f", "s")
)
MODES = {"fast": FAST, "quality": QUALITY}


def selective_search(
    image: Tensor,
    mode: Mode | Strategies = "fast",
    *,
    side: int = SIDE,
    iou_threshold: float = ALIKE,
    seed: int = 0,
) -> Tensor:
    """Boxes that may hold an object, the most promising first.

    The same on any number of threads; torch's number of threads is used.

    Args:
        image: uint8 (1 or 3, H, W).
        mode: ``fast`` or ``quality``, or strategies of your own.
        side: a picture with more pixels than a square of this side is looked at in small, which bounds time
            and memory.
        iou_threshold: 0..1; a box that overlaps an earlier one by more is left out. With 1, as in the paper,
            only equal boxes are.
        seed: of the order.

    Returns:
        float32 (P, 4), x1, y1, x2, y2 in pixels of the image; at least the whole picture.

    Raises:
        ShapeError: it is no picture.
        SettingError: there is no such mode, ``side`` is below 1, the threshold is not 0..1, or ``seed`` is
            below 0.

    >>> image = torch.zeros(3, 20, 40, dtype=torch.uint8)
    >>> image[:, :, 20:] = 200
    >>> sorted(selective_search(image).tolist())
    [[0.0, 0.0, 20.0, 20.0], [0.0, 0.0, 40.0, 20.0], [20.0, 0.0, 40.0, 20.0]]
    """
    require_picture(image)
    strategies = mode if isinstance(mode, Strategies) else MODES.get(mode)
    if strategies is None or not side >= 1 or seed < 0:
        wrong = f"mode is {mode!r}, side {side}, seed {seed}"
        raise SettingError(wrong, "fast or quality; 1 or more; 0 or more", 'mode="fast"')
    small = in_small(image.detach().cpu(), side)
    boxes = torch.from_numpy(ranked(groupings(small, strategies), seed)).float()
    kept = boxes[nms(boxes, torch.arange(len(boxes), 0, -1.0), iou_threshold)]
    height, width = small.shape[1:]
    ratio = [image.shape[2] / width, image.shape[1] / height] * 2
    return (kept.double() * torch.tensor(ratio).double()).float()


def in_small(image: Tensor, side: int) -> Tensor:
    """The picture, with about as many pixels as a square of ``side`` at most."""
    height, width = image.shape[1:]
    factor = side / (height * width) ** 0.5
    if factor >= 1:
        return image
    size = max(1, round(height * factor)), max(1, round(width * factor))
    pixels = image[None] if min(size) > 1 else image[None].float()  # torch fails for bytes of one column
    small = F.interpolate(pixels, size, mode="bilinear", antialias=True)[0]
    return small.round().to(torch.uint8) if small.is_floating_point() else small


def groupings(image: Tensor, strategies: Strategies) -> list[Array]:
    """Frames (2R - 1, 5) of every grouping, in the order of the strategies."""
    spaces = in_parallel(lambda space: _Space(image, space), strategies.spaces)
    tasks = product(spaces, strategies.scales)
    pieces = in_parallel(lambda task: task[0].pieces(task[1]), tasks)
    measured = product(pieces, strategies.similarities)
    return list(in_parallel(lambda task: task[0].grouped(task[1])[0], measured))


class _Space:
    """A picture in one color space, with what all its segmentations share."""

    def __init__(self, image: Tensor, space: ColorSpace) -> None:
        self.image = convert_colors(image, space).numpy()
        self.weights, self.order, smoothed = edges_of(self.image)
        self.slopes = slopes_of(smoothed)

    def pieces(self, scale: float) -> Pieces:
        """The pieces of one segmentation."""
        from striate.ops.kernels.segment import united

        height, width = self.image.shape[1:]
        labels, count = united(self.weights, self.order, width, float(scale), round(scale))
        return pieces_of(labels.reshape(height, width), count, self.image, self.slopes)


def in_parallel(function: Callable[[Task], Done], tasks: Iterable[Task]) -> Sequence[Done]:
    """All results in their order, by as many threads as torch has: kernels run without Python's lock."""
    threads = torch.get_num_threads()
    if threads == 1:
        return [function(task) for task in tasks]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, tasks))


def ranked(groups: Sequence[Array], seed: int) -> Array:
    """int64 (P, 4): the boxes of all groupings, each once, sorted by a random number times their depth."""
    generator = np.random.default_rng(seed)
    boxes = np.concatenate([frames[::-1, :4] for frames in groups]).astype(np.int64)
    depth = np.concatenate([np.arange(1, len(frames) + 1) for frames in groups])
    sorted_boxes = boxes[np.argsort(generator.random(len(boxes)) * depth, kind="stable")]
    codes = sorted_boxes @ (np.int64(1) << np.array([48, 32, 16, 0]))
    _, first = np.unique(codes, return_index=True)
    kept: Array = sorted_boxes[np.sort(first)]
    return kept
