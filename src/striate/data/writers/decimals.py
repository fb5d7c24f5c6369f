"""Numbers of boxes with the fewest digits that bring back the same float32, bit by bit.

float32 239.97000122070312  -->  239.97  -->  float32 239.97000122070312
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

DIGITS = range(17)
"""After the point; a float64 has no more."""


def shortest(
    values: NDArray[np.float64], same: Callable[[NDArray[np.float64]], NDArray[np.bool_]]
) -> NDArray[np.float64]:
    """Each value rounded to the fewest digits with which ``same`` holds; as it is where none will do.

    Args:
        values: float64, any shape.
        same: whether rounded values of this shape will do.

    >>> third = np.array([1 / 3])
    >>> shortest(third, lambda x: x.astype(np.float32) == third.astype(np.float32)).tolist()
    [0.33333333]
    """
    result, left = values.copy(), np.ones(values.shape, np.bool_)
    for digits in DIGITS:
        rounded = np.round(values, digits)
        fits = left & same(rounded)
        result[fits] = rounded[fits]
        left &= ~fits
        if not left.any():
            break
    return result


def as_float32(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """The shortest numbers that become these float32."""
    return shortest(values.astype(np.float64), lambda rounded: rounded.astype(np.float32) == values)


def corner_and_size(boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    """float64 (M, 4): x, y, w, h whose sums are the corners.

    >>> corner_and_size(np.array([[239.97, 260.24, 462.01, 459.99]], np.float32)).tolist()
    [[239.97, 260.24, 222.04, 199.75]]
    """
    start = as_float32(boxes[:, :2])
    ends = boxes[:, 2:]
    sides = shortest(ends - start, lambda rounded: (start + rounded).astype(np.float32) == ends)
    return np.concatenate([start, sides], axis=1)


def centre_and_size(boxes: NDArray[np.float32], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """float64 (M, 4): centre and size as shares of the sides, as YOLO writes them.

    Args:
        boxes: float32 (M, 4), x1, y1, x2, y2.
        sizes: int64 (M, 2), height and width of the pictures.

    >>> centre_and_size(np.array([[15, 7.5, 25, 22.5]], np.float32), np.array([[30, 40]])).tolist()
    [[0.5, 0.5, 0.25, 0.5]]
    """
    wide, ends = sizes[:, ::-1].astype(np.float64), boxes.astype(np.float64).reshape(-1, 2, 2)
    exact = np.stack([(ends[:, 0] + ends[:, 1]) / 2 / wide, (ends[:, 1] - ends[:, 0]) / wide])

    def same(rounded: NDArray[np.float64]) -> NDArray[np.bool_]:
        back = corners(rounded, wide) == boxes
        both = back[:, :2] & back[:, 2:]
        return np.stack([both, both])

    return np.concatenate(list(shortest(exact, same)), axis=1)


def corners(shares: NDArray[np.float64], wide: NDArray[np.float64]) -> NDArray[np.float32]:
    """float32 (M, 4) of centres and sizes (2, M, 2), in shares of width and height (M, 2)."""
    centre, side = shares
    return np.concatenate([(centre - side / 2) * wide, (centre + side / 2) * wide], axis=1).astype(np.float32)


def plain(values: list[float]) -> list[float]:
    """Whole numbers without a point.

    >>> plain([2.0, 2.5])
    [2, 2.5]
    """
    return [int(one) if one.is_integer() else one for one in values]
