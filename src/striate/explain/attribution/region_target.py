"""A class over a region of a segmenter's answer as a target: the sum of its scores there.

    box            the pixels that are answered as box
    box@4,8,30,40  the pixels from column 4 up to 30 and from row 8 up to 40
    None           the pixels of the class that is answered most often

Source: Vinogradova, Dibrov, Myers 2020, equation 2 (Seg-Grad-CAM). https://arxiv.org/abs/2002.11434
"""

import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.errors import SettingError
from striate.formatting import plural
from striate.records import class_number
from striate.tasks.segmentation.segmenter import Segmenter, scores_of

BOX = re.compile(r"(.*)@(\d+),(\d+),(\d+),(\d+)", re.DOTALL)


class RegionTarget:
    """The summed score of a class over some pixels, for any variant of the picture.

    Args:
        name: of the class.
        number: of the class.
        region: bool (H, W), pixels of the image that the network sees.
    """

    def __init__(self, name: str, number: int, region: Tensor) -> None:
        self.number, self.region = number, region
        self._words = f"{name} over {plural(int(region.sum()), 'pixel')}"

    def __call__(self, raw: Any) -> Tensor:
        """Scores (N, K, H, W) -> (N,)."""
        scores = scores_of(raw)
        return scores[:, self.number][:, self.region.to(scores.device)].sum(1)

    def __str__(self) -> str:
        return self._words


def region_target(model: Segmenter, images: Tensor, target: str | int | None) -> RegionTarget:
    """A class over the pixels that are answered as that class, or over a box.

    Args:
        model: that is explained.
        images: uint8 or float 0..1 (1, C, H, W), as the network sees the picture.
        target: see the head of this file.

    Raises:
        SettingError: there are several pictures, or no pixel is in the region.
        LabelError: there is no such class.
    """
    if len(images) != 1:
        wrong = f"{len(images)} pictures are given"
        raise SettingError(wrong, "one, whose pixels are explained", "one picture")
    with torch.inference_mode(False), torch.no_grad():
        best = scores_of(model(images.to(model.device)))[0].argmax(0).cpu()
    box = BOX.fullmatch(target) if isinstance(target, str) and target not in model.classes else None
    named: str | int = box[1] if box else int(best.flatten().mode().values) if target is None else target or 0
    number = class_number(model.classes, named)
    region = best == number if box is None else within(best.shape, [*map(int, box.groups()[1:])])
    if not region.any():
        answered = ", ".join(model.classes[one] for one in sorted(set(best.flatten().tolist())))
        height, width = best.shape
        raise SettingError(
            f"the region of {target!r} has no pixel",
            f"a class that is answered here: {answered}; or a box inside of {height} x {width} pixels",
            f"--target {model.classes[number]}@0,0,{width},{height}, columns and rows that the network sees",
        )
    return RegionTarget(model.classes[number], number, region)


def within(size: Sequence[int], box: Sequence[int]) -> Tensor:
    """bool (H, W): the pixels of a box (x1, y1, x2, y2), without its last column and row.

    >>> within((2, 3), (1, 0, 3, 1)).int().tolist()
    [[0, 1, 1], [0, 0, 0]]
    """
    x1, y1, x2, y2 = box
    region = torch.zeros(*size, dtype=torch.bool)
    region[y1:y2, x1:x2] = True
    return region
