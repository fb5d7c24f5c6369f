"""Pooling: many numbers become one, and nothing is learned.

Average: LeCun et al. 1998. Max: Krizhevsky, Sutskever, Hinton 2012. Global average: Lin, Chen, Yan 2013,
section 3.2, https://arxiv.org/abs/1312.4400. Spatial pyramid: He et al. 2014, figure 3, https://arxiv.org/abs/1406.4729.

    max, 2x2, stride 2           depthwise                    spatial pyramid, any H and W
    1 3 | 2 1                    maps 1 2 | 3 4 | 5 6         +-+-+-+-+   +---+---+   +-------+
    4 2 | 0 5       4 5              \\ /   \\ /   \\ /         +-+-+-+-+   |   |   |   |       |
    ----+----  -->  7 6               1     2     3           +-+-+-+-+   +---+---+   |       |
    0 7 | 6 1                    the largest (or the mean)    +-+-+-+-+   |   |   |   |       |
    1 2 | 3 3                    of neighbouring maps         +-+-+-+-+   +---+---+   +-------+
                                                              16 C     +   4 C     +   C  = 21 C numbers
"""

from collections.abc import Sequence
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.errors import SettingError, ShapeError
from striate.ops.geometry import Padding, output_size, padding_sides

Kind = Literal["max", "average"]


def max_pool(x: Tensor, size: int, stride: int | None = None, padding: int | Padding = 0) -> Tensor:
    """Keep the largest number of each window.

    Args:
        x: float (N, C, H, W).
        size: side of the square window, in pixels.
        stride: pixels from one window to the next; ``size`` if not given.
        padding: pixels on every side, less than ``size``, or "same" or "valid"; a padded pixel never wins.

    Returns:
        (N, C, H', W') with the sizes that ``output_size`` gives.

    Raises:
        ShapeError: ``x`` is no float (N, C, H, W), or smaller than the window.
        SettingError: size, stride or padding is out of its range.

    >>> max_pool(torch.tensor([[[[1.0, 3, 2, 1], [4, 2, 0, 5], [0, 7, 6, 1], [1, 2, 3, 3]]]]), 2).tolist()
    [[[[4.0, 5.0], [7.0, 6.0]]]]
    """
    step = size if stride is None else stride
    return F.max_pool2d(_surround(x, _ends(x, size, step, padding), -torch.inf), size, step)


def max_pool_with_places(
    x: Tensor, size: int, stride: int | None = None, padding: int | Padding = 0
) -> tuple[Tensor, Tensor]:
    """Keep the largest number of each window and remember where it was, for ``max_unpool``.

    Arguments and errors are those of ``max_pool``.

    Returns:
        The values (N, C, H', W'), and int64 of the same shape: the place, row * W + column, in ``x``.

    >>> values, places = max_pool_with_places(torch.tensor([[[[1.0, 3, 2, 1], [4, 2, 0, 5]]]]), 2)
    >>> values.tolist(), places.tolist()
    ([[[[4.0, 5.0]]]], [[[[4, 7]]]])
    """
    step = size if stride is None else stride
    left, right, top, _ = ends = _ends(x, size, step, padding)
    values, places = F.max_pool2d(_surround(x, ends, -torch.inf), size, step, return_indices=True)
    if not any(ends):
        return values, places
    height, width = x.shape[2:]
    row = places.div(width + left + right, rounding_mode="floor") - top
    column = places.remainder(width + left + right) - left
    # Among pixels of minus infinity the padding may have won; the nearest pixel of x is in the window too.
    return values, row.clamp(0, height - 1) * width + column.clamp(0, width - 1)


def avg_pool(x: Tensor, size: int, stride: int | None = None, padding: int | Padding = 0) -> Tensor:
    """Keep the mean of each window; padded pixels are not counted.

    Arguments, result and errors are those of ``max_pool``.

    >>> avg_pool(torch.tensor([[[[1.0, 3, 2, 1], [4, 2, 0, 5], [0, 7, 6, 1], [1, 2, 3, 3]]]]), 2).tolist()
    [[[[2.5, 2.0], [2.5, 3.25]]]]
    >>> avg_pool(torch.ones(1, 1, 3, 3), 2, padding="same").unique().tolist()
    [1.0]
    """
    step = size if stride is None else stride
    ends = _ends(x, size, step, padding)
    mean = F.avg_pool2d(_surround(x, ends, 0.0), size, step)
    if not any(ends):
        return mean
    counted = _surround(x.new_ones(1, 1, *x.shape[2:]), ends, 0.0)
    return mean / F.avg_pool2d(counted, size, step)


def global_average_pool(x: Tensor) -> Tensor:
    """Average each map: (N, C, H, W) -> (N, C).

    Raises:
        ShapeError: ``x`` is no float (N, C, H, W), or its maps have no pixels.

    >>> global_average_pool(torch.tensor([[[[1.0, 2.0], [3.0, 6.0]]]])).tolist()
    [[3.0]]
    """
    _check_maps(x)
    return x.mean(dim=(2, 3))


def depthwise_pool(x: Tensor, size: int, stride: int | None = None, kind: Kind = "max") -> Tensor:
    """Pool over channels: what is learned as several maps (rotated, thicker, brighter) becomes one.

    Args:
        x: float (N, C, H, W).
        size: neighbouring maps that become one, 1..C.
        stride: maps from one window to the next; ``size`` if not given.
        kind: "max" or "average".

    Returns:
        (N, C', H, W) with C' = floor((C - size) / stride) + 1.

    Raises:
        ShapeError: ``x`` is no float (N, C, H, W), or has fewer than ``size`` maps.
        SettingError: size or stride is smaller than 1, or there is no such kind.

    >>> x = torch.tensor([1.0, 5.0, 2.0, 4.0]).reshape(1, 4, 1, 1)
    >>> depthwise_pool(x, 2).flatten().tolist(), depthwise_pool(x, 2, kind="average").flatten().tolist()
    ([5.0, 4.0], [3.0, 3.0])
    """
    _check_maps(x)
    if kind not in get_args(Kind):
        raise SettingError(f"kind is {kind!r}", '"max" or "average"', 'kind="max"')
    step = size if stride is None else stride
    output_size(x.shape[1], size, step)
    windows = x.unfold(1, size, step)
    return windows.amax(dim=-1) if kind == "max" else windows.mean(dim=-1)


def spatial_pyramid_pool(x: Tensor, bins: Sequence[int] = (4, 2, 1)) -> Tensor:
    """Keep the largest number of each bin of each level: as many numbers whatever the size of the maps.

    Bin i of b covers the pixels from floor(i * n / b) up to ceil((i + 1) * n / b) of n: every pixel is in a
    bin, no bin is empty, and neighbours may share a pixel where b does not divide n.

    Args:
        x: float (N, C, H, W), any H and W of at least 1.
        bins: bins along each side, a number for each level.

    Returns:
        (N, C * sum of b * b): level after level, in a level map after map, in a map row after row.

    Raises:
        ShapeError: ``x`` is no float (N, C, H, W), or its maps have no pixels.
        SettingError: there is no level, or one has fewer than 1 bin.

    >>> spatial_pyramid_pool(torch.rand(2, 256, 13, 9)).shape
    torch.Size([2, 5376])
    >>> spatial_pyramid_pool(torch.arange(9.0).reshape(1, 1, 3, 3), bins=(2, 1)).tolist()
    [[4.0, 5.0, 7.0, 8.0, 8.0]]
    """
    _check_maps(x)
    if not bins or min(bins) < 1:
        raise SettingError(f"bins is {tuple(bins)}", "one or more numbers of at least 1", "bins=(4, 2, 1)")
    return torch.cat([F.adaptive_max_pool2d(x, b).flatten(1) for b in bins], dim=1)


def _ends(x: Tensor, size: int, stride: int, padding: int | Padding) -> list[int]:
    """Check a pooling's arguments and give the padding left, right, top, bottom."""
    _check_maps(x)
    sides = [padding_sides(n, size, stride, padding) for n in x.shape[2:]]
    if max(max(side) for side in sides) >= size:
        raise SettingError(
            f"padding is {padding} for a window of {size}",
            "less padding than the window is wide",
            'padding="same"',
        )
    for n, side in zip(x.shape[2:], sides, strict=True):
        output_size(n, size, stride, side)
    (top, bottom), (left, right) = sides
    return [left, right, top, bottom]


def _surround(x: Tensor, ends: list[int], value: float) -> Tensor:
    """Pad with a value; without padding nothing is copied."""
    return F.pad(x, ends, value=value) if any(ends) else x


def _check_maps(x: Tensor) -> None:
    """Refuse what is no stack of maps."""
    if x.dim() != 4 or 0 in x.shape[1:] or not x.is_floating_point():
        raise ShapeError(
            f"x is {tuple(x.shape)} of {x.dtype}",
            "float (N, C, H, W) with at least one channel and one pixel",
            "x[None] for one image, x.float() for whole numbers",
        )
