"""Boundary F: how near the edges of a segmentation lie to the true ones.

    precision   share of guessed boundary pixels with a true one within the tolerance
    recall      share of true boundary pixels with a guessed one within the tolerance
    F           2 precision recall / (precision + recall)

A boundary pixel of a class has one of its four neighbours in another class. The edge of the picture is no
boundary, and neither are pixels that are ignored or lie beside such.

Csurka, Larlus, Perronnin 2013, section 3.2: a tolerance of 0.75 % of the diagonal.
http://www.bmva.org/bmvc/2013/Papers/paper0032
"""

from math import floor, hypot, sqrt

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import SettingError, ShapeError
from striate.ops.pixel_confusion import IGNORE

TOLERANCE = 0.0075
"""Of the diagonal of the picture."""


def boundary_counts(
    truth: Tensor, guess: Tensor, classes: int, ignore: int = IGNORE, tolerance: float | None = None
) -> Tensor:
    """Boundary pixels of one picture, and those of them that are met. Counts of pictures add up.

    Args:
        truth: whole numbers (H, W), class numbers, or ``ignore``.
        guess: class numbers (H, W).
        classes: K.
        ignore: pixels with this true value do not count.
        tolerance: pixels, 0 or more; None for 0.75 % of the diagonal, rounded up to a pixel at least.

    Returns:
        int64 (K, 4): guessed pixels that are met, guessed pixels, true pixels that are met, true pixels.

    Raises:
        ShapeError: the two are not (H, W) both.
        SettingError: the tolerance is below 0.

    >>> truth, guess = torch.tensor([[0, 0, 1, 1]]), torch.tensor([[0, 1, 1, 1]])
    >>> boundary_counts(truth, guess, classes=2, tolerance=0).tolist()
    [[0, 1, 0, 1], [0, 1, 0, 1]]
    >>> boundary_counts(truth, guess, classes=2, tolerance=1).tolist()
    [[1, 1, 1, 1], [1, 1, 1, 1]]
    """
    if truth.shape != guess.shape or truth.dim() != 2:
        raise ShapeError(
            f"truth is {tuple(truth.shape)}, guess {tuple(guess.shape)}", "(H, W) both", "one picture"
        )
    radius = max(1.0, TOLERANCE * hypot(*truth.shape)) if tolerance is None else tolerance
    if not radius >= 0:
        raise SettingError(f"tolerance is {tolerance}", "0 or more pixels", "tolerance=2")
    counts = torch.zeros(classes, 4, dtype=torch.int64)
    counted = truth != ignore
    edges = [boundary(values, counted) for values in (guess, truth)]
    for one in range(classes):
        guessed, true = (edge & (values == one) for edge, values in zip(edges, (guess, truth), strict=True))
        if guessed.any() or true.any():
            met = (guessed & near(true, radius), guessed, true & near(guessed, radius), true)
            counts[one] = torch.stack([pixels.sum() for pixels in met])
    return counts


def boundary_f(counts: Tensor) -> Tensor:
    """float64 (K,): F of each class, of added ``boundary_counts``; NaN where a class has no boundary.

    >>> boundary_f(torch.tensor([[1, 2, 3, 3], [0, 0, 0, 0]])).tolist()  # precision 1/2, recall 1
    [0.6666666666666666, nan]
    """
    met_guessed, guessed, met_true, true = counts.double().unbind(1)
    precision, recall = met_guessed / guessed.clamp(min=1), met_true / true.clamp(min=1)
    score = 2 * precision * recall / (precision + recall).clamp(min=1e-300)
    return torch.where(guessed + true > 0, score, torch.nan)


def boundary(labels: Tensor, counted: Tensor) -> Tensor:
    """bool (H, W): pixels that count and have a neighbour that counts in another class.

    >>> boundary(torch.tensor([[0, 0, 1, 1]]), torch.ones(1, 4, dtype=torch.bool)).tolist()
    [[False, True, True, False]]
    """
    found = torch.zeros_like(counted)
    for axis in (0, 1):
        steps = labels.shape[axis] - 1
        apart = labels.narrow(axis, 0, steps) != labels.narrow(axis, 1, steps)
        apart &= counted.narrow(axis, 0, steps) & counted.narrow(axis, 1, steps)
        found.narrow(axis, 0, steps).logical_or_(apart)
        found.narrow(axis, 1, steps).logical_or_(apart)
    return found


def near(pixels: Tensor, radius: float) -> Tensor:
    """bool (H, W): what lies within so many pixels of one that is True.

    >>> near(torch.tensor([[True, False, False, False]]), 2).tolist()
    [[True, True, True, False]]
    """
    height = pixels.shape[0]
    found, rows = pixels.clone(), pixels[None].float()
    for down in range(-min(floor(radius), height - 1), min(floor(radius), height - 1) + 1):
        across = floor(sqrt(radius * radius - down * down))
        wide = F.max_pool1d(rows, 2 * across + 1, 1, across)[0] > 0 if across else pixels
        if down >= 0:
            found[down:] |= wide[: height - down]
        else:
            found[:down] |= wide[-down:]
    return found
