"""Panoptic quality: things by instance and stuff by class, every pixel in one segment, in one number.

    truth        guess          cow 1 meets cow 1 with an IoU above 0.5        true positive
    1 1 . 2      1 1 1 3        cow 2 meets nothing of its class               false negative
    1 1 . 2      1 1 1 3        grass 3 meets nothing of its class             false positive

    quality  =  sum of the IoU of those that meet  /  (TP + FP / 2 + FN / 2)

Segments do not overlap, so none meets two. Pixels that nobody has named (``.``) count in no union, and a
guess that lies mostly in them is no mistake.

Kirillov, He, Girshick, Rother, Dollar 2019, section 4. https://arxiv.org/abs/1801.00868
"""

from typing import NamedTuple

import torch
from torch import Tensor

from striate.errors import LabelError, ShapeError

VOID = -1
"""Pixels that nobody has named."""


class PanopticQuality(NamedTuple):
    """Of each class, float64 (K,); NaN where a class is in neither truth nor guess.

    Args:
        quality: segmentation times recognition.
        segmentation: the mean IoU of segments that meet; 0 where none does.
        recognition: F1 of the segments.
    """

    quality: Tensor
    segmentation: Tensor
    recognition: Tensor


def panoptic_counts(
    truth: Tensor, truth_classes: Tensor, guess: Tensor, guess_classes: Tensor, classes: int
) -> Tensor:
    """What one picture adds to the quality of each class.

    Args:
        truth: int64 (H, W), the segment of each pixel, 0..S-1, or -1 for pixels that do not count.
        truth_classes: int64 (S,), the class of each segment, 0..K-1.
        guess: int64 (H, W), likewise, 0..T-1, or -1 where nothing is guessed.
        guess_classes: int64 (T,).
        classes: K.

    Returns:
        float64 (K, 4): sum of IoU of segments that meet, true positives, false positives, false negatives.
        Counts of pictures add up.

    Raises:
        ShapeError: the pictures differ in shape.
        LabelError: a pixel names a segment that has no class, or a segment a class that is none.

    >>> truth, guess = torch.tensor([[0, 0, 1, 1]]), torch.tensor([[0, 0, 0, 1]])
    >>> panoptic_counts(truth, torch.tensor([0, 1]), guess, torch.tensor([0, 1]), 2).tolist()
    [[0.6666666666666666, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]
    """
    _require(truth, truth_classes, guess, guess_classes, classes)
    rows, columns = len(truth_classes) + 1, len(guess_classes) + 1
    places = (truth.flatten() - VOID) * columns + guess.flatten() - VOID
    table = torch.bincount(places, minlength=rows * columns).view(rows, columns).double()
    true_areas, areas, unknown = table[1:].sum(1), table[:, 1:].sum(0), table[0, 1:]
    shared = table[1:, 1:]
    unions = true_areas[:, None] + areas - unknown - shared
    same = truth_classes[:, None] == guess_classes
    overlap = torch.where(same & (shared > 0), shared / unions.clamp(min=1), 0.0)
    meets = overlap > 0.5
    counts = torch.zeros(classes, 4, dtype=torch.float64)
    counts[:, 0].index_add_(0, truth_classes, (overlap * meets).sum(1))
    counts[:, 1].index_add_(0, truth_classes, meets.any(1).double())
    wrong = ~meets.any(0) & (areas > 0) & (2 * unknown <= areas)
    counts[:, 2].index_add_(0, guess_classes, wrong.double())
    counts[:, 3].index_add_(0, truth_classes, (~meets.any(1) & (true_areas > 0)).double())
    return counts


def panoptic_quality(counts: Tensor) -> PanopticQuality:
    """The quality of each class; its mean over classes leaves out NaN.

    Args:
        counts: float64 (K, 4), of ``panoptic_counts``, summed over pictures.

    >>> found = panoptic_quality(torch.tensor([[1.6, 2.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]))
    >>> [round(float(column[0]), 4) for column in found], bool(found.quality[1].isnan())
    ([0.5333, 0.8, 0.6667], True)
    """
    overlap, right, wrong, missed = counts.double().unbind(1)
    recognition = right / (right + wrong / 2 + missed / 2)
    segmentation = torch.where(recognition.isnan(), torch.nan, overlap / right.clamp(min=1))
    return PanopticQuality(segmentation * recognition, segmentation, recognition)


def _require(
    truth: Tensor, truth_classes: Tensor, guess: Tensor, guess_classes: Tensor, classes: int
) -> None:
    if truth.shape != guess.shape or truth.ndim != 2:
        wrong = f"truth is {tuple(truth.shape)}, guess {tuple(guess.shape)}"
        raise ShapeError(wrong, "(H, W) both", "the segments of one picture")
    for name, picture, of in (("truth", truth, truth_classes), ("guess", guess, guess_classes)):
        if picture.numel() and not VOID <= int(picture.min()) <= int(picture.max()) < len(of):
            wrong = f"{name} has segments {int(picture.min())} to {int(picture.max())}, and {len(of)} classes"
            raise LabelError(wrong, f"0..{len(of) - 1}, or {VOID} where nothing is known", "number from 0")
        if len(of) and not 0 <= int(of.min()) <= int(of.max()) < classes:
            wrong = f"the segments of {name} have classes {int(of.min())} to {int(of.max())}"
            raise LabelError(wrong, f"0..{classes - 1}", "number the classes from 0")
