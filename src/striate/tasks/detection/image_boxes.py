"""What is true in an image, and what was predicted for it: the two sides of every measure here.

Boxes are two corners in continuous pixels; classes are 0..K-1. Image i of one list belongs to image i of the
other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.errors import LabelError, SettingError, ShapeError
from striate.ops.boxes import check_boxes, check_finite


@dataclass(frozen=True)
class TrueBoxes:
    """The objects of an image.

    Args:
        boxes: float (M, 4).
        labels: int64 (M,).
        ignored: bool (M,), crowds of COCO, difficult objects of VOC: finding them is neither right nor wrong.
        areas: float (M,), square pixels that decide between small and large; those of the boxes if left out.
    """

    boxes: Tensor
    labels: Tensor
    ignored: Tensor | None = None
    areas: Tensor | None = None

    def __post_init__(self) -> None:
        check_boxes(self.boxes)
        _check_lengths(self.boxes, labels=self.labels, ignored=self.ignored, areas=self.areas)

    @property
    def counted(self) -> Tensor:
        """bool (M,): what is not ignored."""
        none = torch.zeros(len(self.boxes), dtype=torch.bool, device=self.boxes.device)
        return ~(none if self.ignored is None else self.ignored)


@dataclass(frozen=True)
class PredictedBoxes:
    """What a detector answered for an image.

    Args:
        boxes: float (M, 4).
        scores: float (M,).
        labels: int64 (M,).
    """

    boxes: Tensor
    scores: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        check_boxes(self.boxes)
        check_finite(self.scores, "scores")
        _check_lengths(self.boxes, scores=self.scores, labels=self.labels)


def check_images(predictions: Sequence[PredictedBoxes], truths: Sequence[TrueBoxes], classes: int) -> None:
    """Refuse lists that do not belong together, and classes that do not exist.

    Raises:
        ShapeError: not as many images on both sides.
        LabelError: a class is not 0..classes - 1.
        SettingError: there are no classes.
    """
    if classes < 1:
        raise SettingError(f"classes is {classes}", "1 or more", "the number of class names")
    if len(predictions) != len(truths):
        raise ShapeError(
            f"{len(predictions)} images predicted, {len(truths)} true",
            "the same images in the same order",
            "PredictedBoxes without boxes for an image in which nothing was found",
        )
    sides = {"predicted": [p.labels for p in predictions], "true": [t.labels for t in truths]}
    for name, images in sides.items():
        for number, labels in enumerate(images):
            if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
                raise LabelError(
                    f"image {number} has the {name} classes {sorted(set(labels.tolist()))}",
                    f"0..{classes - 1}",
                    "number the classes from 0; the background is none of them",
                )


def _check_lengths(boxes: Tensor, **others: Tensor | None) -> None:
    for name, values in others.items():
        if values is not None and values.shape != boxes.shape[:1]:
            raise ShapeError(
                f"{name} are {tuple(values.shape)} for boxes {tuple(boxes.shape)}", "one for each box", "(M,)"
            )
