"""Masks and joints of boxes, made of what else is known of each, in COCO's words, when a batch needs them.

    '{"segmentation": [[1, 1, 9, 1, 9, 5]], "keypoints": [...]}' --> the mask in its window, and points

Between batches they are the text: polygons and run lengths, which take little.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.checks.mask_findings import mask_problem
from striate.data.joints import Joints, mirror_pairs
from striate.data.writers.mask_pixels import pixels_of
from striate.records import MaskCrops, PointTargets
from striate.records.instance_masks import BitMasks
from striate.records.run_lengths import unpacked

MASK = re.compile(r'"segmentation": ?(\[\[|\{)')
"""Where a text has a mask that is not empty."""

Crop = tuple[Tensor, int, int]


@dataclass(frozen=True)
class Shapes:
    """What boxes carry beside themselves.

    Args:
        masks: whether any box has a mask.
        joints: of the data; None where no box has any.
    """

    masks: bool
    joints: Joints | None

    def crops(self, texts: Sequence[str], pictures: Sequence[tuple[int, int]]) -> MaskCrops | None:
        """The masks of some boxes; None where the data have none.

        Args:
            texts: JSON of each box, or empty.
            pictures: (H, W) of the picture of each, pixels; zeros where nobody says.
        """
        if not self.masks:
            return None
        rows = [
            crop_of(_known(text).get("segmentation"), size)
            for text, size in zip(texts, pictures, strict=True)
        ]
        ends = [(top + bits.shape[0], left + bits.shape[1]) for bits, left, top in filter(None, rows)]
        size = tuple(max((one[axis] for one in (*pictures, *ends)), default=0) for axis in (0, 1))
        return MaskCrops.gathered(rows, (size[0], size[1]))

    def points(self, texts: Sequence[str], boxes: NDArray[np.float32]) -> PointTargets | None:
        """The joints of some boxes; invisible where nobody labelled them. None where the data have none."""
        if self.joints is None:
            return None
        count = len(self.joints.names)
        values = np.zeros((len(texts), count, 3), np.float32)
        for row, text in zip(values, texts, strict=True):
            found = _known(text).get("keypoints")
            if isinstance(found, list) and len(found) == 3 * count:
                row[:] = np.array(found, np.float32).reshape(count, 3)
        sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
        scale = torch.from_numpy(np.sqrt(sides.prod(1)).astype(np.float32))
        points, visible = torch.from_numpy(values[..., :2].copy()), torch.from_numpy(values[..., 2] > 0)
        return PointTargets(points, visible, scale, self.joints.pairs)

    def has_joint(self, texts: Iterable[str]) -> bool:
        """Whether anybody labelled a joint of some boxes; read up to the first one.

        >>> points = Shapes(False, Joints(("nose",), ()))
        >>> points.has_joint(['{"keypoints": [0, 0, 0]}', ""]), points.has_joint(['{"keypoints": [4, 5, 2]}'])
        (False, True)
        """
        found = (_known(text).get("keypoints") for text in texts if '"keypoints"' in text)
        return any(isinstance(one, list) and any(one[2::3]) for one in found)


def shapes_of(
    texts: Sequence[Any], categories: Sequence[Mapping[str, Any]]
) -> tuple[Shapes, NDArray[np.bool_]]:
    """What the boxes of a data set carry, and bool (M,), which of them have a mask."""
    masked = np.array([MASK.search(str(text)) is not None for text in texts], np.bool_)
    return Shapes(bool(masked.any()), joints_of_categories(categories)), masked


def joints_of_categories(categories: Sequence[Mapping[str, Any]]) -> Joints | None:
    """The joints that all categories with joints share; None without any, or where they differ."""
    known = {
        (tuple(map(str, one["keypoints"])), tuple(map(tuple, one.get("skeleton") or ())))
        for one in categories
        if one.get("keypoints")
    }
    if len({names for names, _ in known}) != 1:
        return None
    names, lines = sorted(known)[0]
    sigmas = next((tuple(map(float, one["sigmas"])) for one in categories if one.get("sigmas")), ())
    skeleton = tuple((first - 1, second - 1) for first, second in lines)
    return Joints(names, mirror_pairs(names), skeleton, sigmas if len(sigmas) == len(names) else ())


def crop_of(mask: Any, picture: tuple[int, int] = (0, 0)) -> Crop | None:
    """A mask in COCO's words, in the smallest window that holds it; None for one that cannot be used.

    Args:
        mask: polygons or run lengths.
        picture: (H, W), outside of which nothing is kept; zeros where nobody says.

    >>> bits, left, top = crop_of([[1, 1, 3, 1, 3, 2, 1, 2]], (4, 4))
    >>> bits.tolist(), left, top
    ([[True, True]], 1, 1)
    """
    if not mask or mask_problem(mask, picture if picture[0] else None):
        return None
    if isinstance(mask, dict):
        counts = mask["counts"]
        runs = {**mask, "counts": unpacked(counts) if isinstance(counts, str) else counts}
        found = BitMasks.from_run_lengths([runs], (mask["size"][0], mask["size"][1]))
        return found.window(0)
    corners = [np.array(part, np.float64).reshape(-1, 2) for part in mask]
    low = np.maximum(np.floor(np.concatenate(corners).min(0)), 0)
    high = np.ceil(np.concatenate(corners).max(0))
    if picture[0]:
        high = np.minimum(high, picture[::-1])
    width, height = (max(0, math.floor(side)) for side in high - low)
    shifted = [(one - low).ravel().tolist() for one in corners]
    bits = torch.from_numpy(pixels_of(shifted, (height, width)))
    return bits, int(low[0]), int(low[1])


def _known(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text) if text else {}
    return found
