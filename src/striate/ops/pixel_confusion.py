"""The confusion table of pixels, and what is read from it.

                     guessed
                  0     1     2          IoU of a class   its diagonal / (row + column - diagonal)
    true    0  [  3     1     0  ]       Dice             2 diagonal / (row + column)
            1  [  0     2     0  ]       pixel accuracy   all diagonals / all
            2  [  1     0     0  ]

Tables of pictures add up: a data set of any size needs one table.

Long, Shelhamer, Darrell 2015, section 5. https://arxiv.org/abs/1411.4038
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import LabelError, ShapeError

IGNORE = 255

PARTS = 8
"""Pieces of the pixels, of which threads take one after the other."""

BYTES, WORD = 256, 8
"""Values of a byte, and bytes of a word."""

Array = NDArray[Any]


def confusion(truth: Tensor, guess: Tensor, classes: int, ignore: int = IGNORE) -> Tensor:
    """Count pixels by (true class, guessed class).

    Args:
        truth: whole numbers of any shape, class numbers 0..K-1, or ``ignore``.
        guess: whole numbers of the same shape, 0..K-1 wherever the truth is no ``ignore``.
        classes: K.
        ignore: pixels whose *truth* has this value are not counted.

    Returns:
        int64 (K, K), pixels. Rows are truth, columns are guesses. Tables of batches add up.

    Raises:
        ShapeError: the two differ in shape, or are no whole numbers.
        LabelError: a value is neither a class nor ``ignore``.

    >>> confusion(torch.tensor([0, 0, 1, 255]), torch.tensor([0, 1, 1, 0]), classes=2).tolist()
    [[1, 1], [0, 1]]
    """
    _require(truth, guess)
    if truth.device.type != "cpu" or guess.device.type != "cpu" or not truth.numel():
        return confusion_plain(truth, guess, classes, ignore)
    pixels = [x.detach().contiguous().view(-1).numpy() for x in (truth, guess)]
    if all(x.dtype == np.uint8 for x in pixels) and classes <= BYTES:
        table = _of_bytes(pixels, ignore)
    else:
        table = _of_numbers(pixels, classes, ignore)
    if table.sum() != table[:classes, :classes].sum():
        raise _strange(truth, guess, classes, ignore)
    return torch.from_numpy(table[:classes, :classes].copy())


def _of_bytes(pixels: list[Array], ignore: int) -> Array:
    """int64 (256, 256), of all pairs of bytes but those to ignore."""
    from striate.ops.kernels.compile import in_threads
    from striate.ops.kernels.count_pairs import count_bytes

    whole = pixels[0].size // WORD * WORD
    tables = np.zeros((PARTS + 1, BYTES, BYTES), np.int64)
    words = [x[:whole].view(np.uint64) for x in pixels]
    in_threads(count_bytes, PARTS, whole, *words, _edges(whole // WORD), tables, cuts=PARTS)
    np.add.at(tables[PARTS], tuple(x[whole:] for x in pixels), 1)
    table: Array = tables.sum(0)
    if 0 <= ignore < BYTES:
        table[ignore] = 0
    return table


def _of_numbers(pixels: list[Array], classes: int, ignore: int) -> Array:
    """int64 (K + 1, K + 1), of all pairs but those to ignore; the last row and column are of no class."""
    from striate.ops.kernels.compile import in_threads
    from striate.ops.kernels.count_pairs import count_pairs

    tables = np.zeros((PARTS, classes + 1, classes + 1), np.int64)
    edges = _edges(pixels[0].size)
    in_threads(count_pairs, PARTS, pixels[0].size, *pixels, edges, ignore, tables, cuts=PARTS)
    table: Array = tables.sum(0)
    return table


def _edges(count: int) -> Array:
    """int64 (PARTS + 1,): where the parts begin, and the end."""
    return np.array([count * part // PARTS for part in range(PARTS + 1)])


def confusion_plain(truth: Tensor, guess: Tensor, classes: int, ignore: int = IGNORE) -> Tensor:
    """The tensor twin of ``confusion``, on any device; arguments, result and errors are the same.

    >>> confusion_plain(torch.tensor([0, 0, 1, 255]), torch.tensor([0, 1, 1, 0]), classes=2).tolist()
    [[1, 1], [0, 1]]
    """
    _require(truth, guess)
    counted = truth != ignore
    true, guessed = truth[counted].long(), guess[counted].long()
    for values in (true, guessed):
        if values.numel() and (values.min() < 0 or values.max() >= classes):
            raise _strange(truth, guess, classes, ignore)
    return (true * classes + guessed).bincount(minlength=classes**2).view(classes, classes)


def class_iou(table: Tensor) -> Tensor:
    """float64 (K,): intersection over union of each class; NaN where it is neither true nor guessed.

    >>> class_iou(torch.tensor([[3, 1, 0], [0, 2, 0], [1, 0, 0]])).tolist()
    [0.6, 0.6666666666666666, 0.0]
    """
    right, true, guessed = _areas(table)
    return right / (true + guessed - right)


def class_dice(table: Tensor) -> Tensor:
    """float64 (K,): Dice's coefficient of each class; NaN where it is neither true nor guessed.

    >>> class_dice(torch.tensor([[3, 1, 0], [0, 2, 0], [1, 0, 0]])).tolist()
    [0.75, 0.8, 0.0]
    """
    right, true, guessed = _areas(table)
    return 2 * right / (true + guessed)


def mean_iou(table: Tensor) -> Tensor:
    """float64 (): the mean IoU of the classes that have a true pixel; NaN without any.

    >>> mean_iou(torch.tensor([[3, 1, 0], [0, 2, 0], [0, 0, 0]])).item()  # (3/4 + 2/3) / 2
    0.7083333333333333
    """
    there = table.sum(1) > 0
    return class_iou(table)[there].mean()


def pixel_accuracy(table: Tensor) -> Tensor:
    """float64 (): the share of pixels whose class was guessed; NaN without any.

    >>> pixel_accuracy(torch.tensor([[3, 1, 0], [0, 2, 0], [1, 0, 0]])).item()  # 5/7
    0.7142857142857143
    """
    return table.diagonal().sum().double() / table.sum()


def _areas(table: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Right, true and guessed pixels of each class, float64 (K,)."""
    return table.diagonal().double(), table.sum(1).double(), table.sum(0).double()


def _require(truth: Tensor, guess: Tensor) -> None:
    """Whole numbers of one shape."""
    if truth.shape != guess.shape:
        raise ShapeError(
            f"truth is {tuple(truth.shape)}, guess {tuple(guess.shape)}", "the same shape", "scores.argmax(1)"
        )
    for name, values in (("truth", truth), ("guess", guess)):
        if values.is_floating_point() or values.dtype == torch.bool:
            raise ShapeError(f"{name} is {values.dtype}", "whole numbers", f"{name}.long(), or argmax(1)")


def _strange(truth: Tensor, guess: Tensor, classes: int, ignore: int) -> LabelError:
    """The error that names the values that are no class."""
    counted = truth != ignore
    name, strange = "truth", _no_class(truth[counted], classes)
    if not strange:
        name, strange = "guess", _no_class(guess[counted], classes)
    return LabelError(
        f"{name} holds the values {strange[:8]}",
        f"0..{classes - 1}" + (f", or {ignore} for pixels to skip" if name == "truth" else ""),
        f"map the values to 0..{classes - 1}, or classes={max(strange) + 1}",
    )


def _no_class(values: Tensor, classes: int) -> list[int]:
    """The values that are no class."""
    found: list[int] = torch.unique(values[(values < 0) | (values >= classes)]).tolist()
    return found
