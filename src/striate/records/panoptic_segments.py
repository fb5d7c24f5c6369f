"""Things and stuff in one picture: every object by itself, every other class as a whole, no pixel twice.

    Detections     cow 0.9   cow 0.8          the better score takes the pixels that both have
    Segmentation   grass     cow     sky      things take theirs from stuff; "cow" here is left out,
                                              as cows are things
    Panoptic       cow 1     cow 2     grass     sky     background where nothing is left

An object that keeps less than half of its pixels is left out: most of it is another one. Kirillov, He,
Girshick, Rother, Dollar 2019, section 5. https://arxiv.org/abs/1801.00868
"""

from collections import Counter
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from striate.errors import ShapeError
from striate.records.detections import Detections
from striate.records.segmentation import Segmentation

NOTHING, BACKGROUND = -1, "background"
LEAST_LEFT = 0.5
"""Share of an object's pixels that no better object has, from which on it is kept."""


@final
@dataclass(frozen=True)
class Panoptic:
    """The segments of one picture, things first.

    Args:
        segments: int64 (H, W), the segment of each pixel, 0..S-1, or -1 where nothing is.
        labels: int64 (S,), the class of each segment, a number of ``classes``.
        classes: names, those of things first.
        things: how many of the segments are objects.
    """

    segments: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    things: int

    @property
    def names(self) -> tuple[str, ...]:
        """``cow 1``, ``cow 2``, ``grass``: S names."""
        counted, names = Counter[str](), list[str]()
        for number, label in enumerate(self.labels.tolist()):
            name = self.classes[label]
            counted[name] += 1
            names.append(f"{name} {counted[name]}" if number < self.things else name)
        return tuple(names)

    def segmentation(self) -> Segmentation:
        """The same as a record whose classes are ``background`` and the names of the segments."""
        return Segmentation.of(self.segments - NOTHING, (BACKGROUND, *self.names))


def panoptic(things: Detections, stuff: Segmentation | None = None) -> Panoptic:
    """One answer of objects and one of classes -> one picture of segments.

    Args:
        things: with masks.
        stuff: of the same picture; its classes that are called as one of ``things``, or background, are left
            out. None for objects alone.

    Raises:
        ShapeError: the objects have no masks, or the two are answers to pictures of different sizes.

    >>> from striate.records import BitMasks, MaskCrops
    >>> two = BitMasks(MaskCrops.of(torch.tensor([[[1, 1, 0, 0]], [[0, 1, 1, 0]]]) > 0))
    >>> boxes, labels = torch.tensor([[0.0, 0, 2, 1], [1, 0, 3, 1]]), torch.zeros(2).long()
    >>> cows = Detections(boxes, torch.tensor([0.8, 0.9]), labels, ("cow",), masks=two)
    >>> found = panoptic(cows, Segmentation.of(torch.tensor([[1, 0, 0, 1]]), ("cow", "grass")))
    >>> found.segments.tolist(), found.names  # the second cow is surer; half of the first one is left
    ([[1, 0, 0, 2]], ('cow 1', 'cow 2', 'grass'))
    """
    masks = things.masks
    if masks is None:
        raise ShapeError("the objects have no masks", "the answer of a model such as mask_rcnn", "mask_rcnn")
    if stuff is not None and stuff.size != masks.size:
        wrong = f"objects are on a picture of {masks.size}, classes on one of {stuff.size} pixels"
        raise ShapeError(wrong, "answers to the same picture", "predict both from the same picture")
    segments, labels = torch.full(masks.size, NOTHING, dtype=torch.int64), list[int]()
    for number in things.scores.argsort(descending=True, stable=True).tolist():
        bits, left, top = masks.window(number)
        part = segments[top : top + bits.shape[0], left : left + bits.shape[1]]
        free = bits.cpu() & (part == NOTHING)
        if int(free.sum()) >= max(LEAST_LEFT * int(bits.sum()), 1):
            part[free] = len(labels)
            labels.append(int(things.labels[number]))
    count, names = len(labels), list[str]()
    if stuff is not None:
        names = [name for name in stuff.classes if name not in (*things.classes, BACKGROUND)]
        labels += _laid_under(segments, stuff, names, len(things.classes))
    return Panoptic(segments, torch.tensor(labels, dtype=torch.int64), (*things.classes, *names), count)


def _laid_under(segments: Tensor, stuff: Segmentation, names: list[str], first: int) -> list[int]:
    """Give the pixels that no object has to classes; the numbers of these classes, from ``first`` on."""
    labels, free, next_one = list[int](), segments == NOTHING, int(segments.max()) + 1
    for number, name in enumerate(names):
        own = stuff.where(name) & free
        if bool(own.any()):
            segments[own] = next_one + len(labels)
            labels.append(first + number)
    return labels
