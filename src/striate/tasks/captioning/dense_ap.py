"""Dense captioning AP: a region is right when it lies on a true one and says what that one says.

    truths of a picture  --those that overlap by 0.7 or more become one box with several captions-->  objects
    answers, the surest first  --each the object that it overlaps most, every object once-->  right or wrong
    for IoU .3 .4 .5 .6 .7  and similarity above 0 .05 .1 .15 .2 .25:  average precision, 101 points of recall

The number is the mean of the thirty. Johnson, Karpathy, Fei-Fei 2016, section 4.2,
https://arxiv.org/abs/1511.07571, with the rules of the authors' evaluation; the similarity of sentences is
``meteor``, and boxes are continuous where theirs count a pixel more along each side.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.ops import box_iou
from striate.tasks.captioning.meteor import Words, meteor

OVERLAPS = (0.3, 0.4, 0.5, 0.6, 0.7)
SIMILARITIES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25)
MERGED = 0.7
"""IoU from which on true regions are one object."""

RECALLS = 101
"""Points of recall at which precision is read."""


@dataclass(frozen=True)
class RegionObjects:
    """The objects of a picture: boxes (G, 4), and the words of one or more captions of each."""

    boxes: Tensor
    captions: tuple[tuple[tuple[str, ...], ...], ...]


@dataclass(frozen=True)
class Judged:
    """The answers for a picture, the surest first.

    Args:
        scores: float64 (D,).
        overlaps: float64 (D,), IoU with the object that each overlaps most.
        similarities: float64 (D,), of its sentence.
        exact: bool (D,), whether the sentence is one of the object's, word for word.
        first: bool (D,), whether no surer answer overlaps that object most.
        objects: G of the picture.
    """

    scores: Tensor
    overlaps: Tensor
    similarities: Tensor
    exact: Tensor
    first: Tensor
    objects: int


def merged(boxes: Tensor, captions: Sequence[Words], least: float = MERGED) -> RegionObjects:
    """True regions that overlap much as one: the mean of their boxes, with all their captions.

    The region that overlaps most others takes these first, and so on with what is left.

    Args:
        boxes: (M, 4), two corners, pixels.
        captions: words of each.
        least: IoU from which on two regions are one.
    """
    alike = box_iou(boxes.double(), boxes.double()) >= least
    alike.fill_diagonal_(True)  # a region of no area is like itself too
    left = torch.ones(len(boxes), dtype=torch.bool)
    means, gathered = [], []
    while left.any():
        counts = (alike & left).sum(1) * left
        group = (alike[int(counts.argmax())] & left).nonzero().squeeze(1)
        means.append(boxes[group].double().mean(0))
        gathered.append(tuple(tuple(captions[one]) for one in group.tolist()))
        left[group] = False
    return RegionObjects(torch.stack(means) if means else boxes.new_zeros(0, 4).double(), tuple(gathered))


def judged(
    boxes: Tensor,
    scores: Tensor,
    captions: Sequence[Words],
    truth: RegionObjects,
    similarity: Callable[[Words, Sequence[Words]], float] = meteor,
) -> Judged:
    """What the answers for one picture are worth.

    Args:
        boxes: (D, 4), two corners, pixels.
        scores: (D,).
        captions: words of each.
        truth: of ``merged``.
        similarity: of a sentence with several true ones, 0..1.
    """
    order = scores.double().argsort(descending=True, stable=True)
    count = len(order)
    overlaps, similar = torch.zeros(count, dtype=torch.float64), torch.zeros(count, dtype=torch.float64)
    first, exact = torch.zeros(2, count, dtype=torch.bool)
    if count and len(truth.boxes):
        overlaps, nearest = box_iou(boxes[order].double(), truth.boxes).max(1)
        taken = set[int]()
        for row, (one, number) in enumerate(zip(order.tolist(), nearest.tolist(), strict=True)):
            if overlaps[row] > 0:
                first[row] = number not in taken
                taken.add(number)
                similar[row] = similarity(captions[one], truth.captions[number])
                exact[row] = tuple(captions[one]) in truth.captions[number]
    return Judged(scores.double()[order], overlaps, similar, exact, first, len(truth.boxes))


def average_precision(right: Tensor, objects: int) -> float:
    """The mean, over 101 points of recall, of the best precision from there on; NaN without objects.

    Args:
        right: bool (D,), of answers, the surest first.
        objects: to be found.

    >>> average_precision(torch.tensor([True, False]), 2)  # precision 1 at the recalls 0 .. 0.5: 51 of 101
    0.504950495049505
    """
    if not objects:
        return float("nan")
    if not len(right):
        return 0.0
    found = right.double().cumsum(0)
    precision = found / torch.arange(1, len(right) + 1, dtype=torch.float64)
    best = precision.flip(0).cummax(0).values.flip(0)
    wanted = torch.arange(RECALLS, dtype=torch.int64) * objects  # recall >= t / 100, in whole numbers
    rows = torch.searchsorted((found * (RECALLS - 1)).round().long(), wanted)
    reached = rows < len(right)
    return float(torch.where(reached, best[rows.clamp(max=len(right) - 1)], 0.0).mean())


def dense_ap(pictures: Sequence[Judged]) -> Tensor:
    """float64 (5, 6): average precision at each overlap (rows) and similarity (columns)."""
    scores = torch.cat([one.scores for one in pictures])
    order = scores.argsort(descending=True, stable=True)
    overlaps, similar, first = (
        torch.cat([getattr(one, name) for one in pictures])[order]
        for name in ("overlaps", "similarities", "first")
    )
    objects = sum(one.objects for one in pictures)
    rows = [
        [average_precision(first & (overlaps >= low) & (similar > least), objects) for least in SIMILARITIES]
        for low in OVERLAPS
    ]
    return torch.tensor(rows, dtype=torch.float64)
