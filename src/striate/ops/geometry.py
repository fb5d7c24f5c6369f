"""Geometry of windows: how large a map comes out of a layer, and which pixels one of its units sees.

Output size and "same" padding: Dumoulin, Visin 2016, https://arxiv.org/abs/1603.07285.
Receptive fields: Araujo, Norris, Sim 2019, https://distill.pub/2019/computing-receptive-fields.

    before                              after       n = 6 pixels, kernel f = 3, stride s = 2,
      0 | a   b   c   d   e   f |                   padding (1, 0): floor((6 + 1 - 3) / 2) + 1 = 3
    [------]
            [-------]                               f units of the layer below are seen by one unit;
                    [-------]                       the next unit sees those that lie s further on
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from striate.errors import SettingError, ShapeError

Padding = Literal["same", "valid"]
"""Padding by name: "same" keeps ceil(n / stride) units, "valid" adds nothing."""


def output_size(
    n: int, f: int, stride: int = 1, padding: int | tuple[int, int] | Padding = 0, dilation: int = 1
) -> int:
    """Count the places where a window fits: floor((n + before + after - span) / stride) + 1.

    Args:
        n: pixels along the axis, 1 or more.
        f: pixels of the window, 1 or more.
        stride: pixels from one window to the next, 1 or more.
        padding: pixels added on both sides, or (before, after), or "same" or "valid".
        dilation: pixels from one element of the window to the next; span = dilation * (f - 1) + 1.

    Raises:
        ShapeError: the window is larger than the padded input.
        SettingError: an argument is out of its range.

    >>> output_size(6, 3)
    4
    >>> output_size(7, 3, stride=2, padding=1)
    4
    >>> output_size(7, 2, stride=2, padding="same")
    4
    """
    before, after = padding_sides(n, f, stride, padding, dilation)
    span, padded = _span(f, dilation), n + before + after
    if span > padded:
        raise ShapeError(
            f"a window of {span} pixels does not fit an input of {n} padded to {padded}",
            f"a window of at most {padded} pixels",
            'a smaller kernel or dilation, a larger input, or padding="same"',
        )
    return (padded - span) // stride + 1


def same_padding(n: int, f: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """Give the padding (before, after) with which ceil(n / stride) units come out; the odd pixel comes after.

    Raises:
        SettingError: an argument is smaller than 1.

    >>> same_padding(6, 3)
    (1, 1)
    >>> same_padding(6, 4)
    (1, 2)
    >>> same_padding(224, 7, stride=2)
    (2, 3)
    """
    for name, value in (("n", n), ("f", f), ("stride", stride), ("dilation", dilation)):
        _at_least(name, value, 1)
    units = -(-n // stride)
    total = max((units - 1) * stride + _span(f, dilation) - n, 0)
    return total // 2, total - total // 2


def padding_sides(
    n: int, f: int, stride: int = 1, padding: int | tuple[int, int] | Padding = 0, dilation: int = 1
) -> tuple[int, int]:
    """Turn any way to name the padding of one axis into (before, after), in pixels.

    Raises:
        SettingError: the padding is negative or has no such name, or another argument is smaller than 1.

    >>> [padding_sides(6, 4, padding=name) for name in ("same", "valid", 2)]
    [(1, 2), (0, 0), (2, 2)]
    """
    same = same_padding(n, f, stride, dilation)
    if isinstance(padding, str):
        if padding not in get_args(Padding):
            raise SettingError(f"padding is {padding!r}", '"same", "valid" or pixels', 'padding="same"')
        return same if padding == "same" else (0, 0)
    before, after = (padding, padding) if isinstance(padding, int) else padding
    _at_least("padding", min(before, after), 0)
    return before, after


def per_axis(name: str, value: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """Spread one number over all axes, or check that there is one number of at least 1 for each.

    Raises:
        SettingError: there are more or fewer numbers than axes, or one is smaller than 1.

    >>> per_axis("stride", 2, axes=2), per_axis("stride", (2, 1), axes=2)
    ((2, 2), (2, 1))
    """
    values = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(values) != axes:
        raise SettingError(
            f"{name} has {len(values)} numbers", f"1 or {axes}, one for each axis", f"{name}={values[:1]}"
        )
    for number in values:
        _at_least(name, number, 1)
    return values


@dataclass(frozen=True)
class ReceptiveField:
    """The pixels that one unit of a map sees, along one axis. Without arguments: a pixel that sees itself.

    Attributes:
        size: pixels from the first to the last that the unit sees.
        stride: pixels between the fields of two neighbours; the product of the strides on the way ("jump").
        start: centre of the first unit's field, in pixels from the image's edge; the first pixel's is 0.5.

    >>> pixel = ReceptiveField()
    >>> pixel.through(5).through(2, stride=2).through(5).through(2, stride=2)
    ReceptiveField(size=16, stride=4, start=8.0)
    """

    size: float = 1
    stride: float = 1
    start: float = 0.5

    def through(
        self, kernel: int, stride: int = 1, padding: int | tuple[int, int] = 0, dilation: int = 1
    ) -> "ReceptiveField":
        """Give the field after a convolution or a pooling; "same" depends on the input: see ``same_padding``.

        Raises:
            SettingError: an argument is out of its range.

        >>> ReceptiveField().through(3, stride=2, padding=1)
        ReceptiveField(size=3, stride=2, start=0.5)
        """
        per_axis("stride", stride, 1)
        before, _ = padding_sides(1, kernel, stride, padding, dilation)
        reach = _span(kernel, dilation) - 1
        return ReceptiveField(
            size=self.size + reach * self.stride,
            stride=self.stride * stride,
            start=self.start + (reach / 2 - before) * self.stride,
        )

    def through_transposed(
        self, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
    ) -> "ReceptiveField":
        """Give the field after a transposed convolution, where neighbours see fields of different sizes.

        The size is that of the largest, ``start`` the centre on the average.

        Raises:
            SettingError: an argument is out of its range.

        >>> ReceptiveField(size=3, stride=2, start=1.5).through_transposed(2, stride=2)
        ReceptiveField(size=3, stride=1.0, start=1.0)
        """
        padding_sides(1, kernel, stride, padding, dilation)
        span = _span(kernel, dilation)
        below = (span - 1) // stride  # a unit is fed by those below at most (span - 1) / stride apart
        return ReceptiveField(
            size=self.size + below * self.stride,
            stride=self.stride / stride,
            start=self.start + (padding - (span - 1) / 2) * self.stride / stride,
        )

    def merge(self, other: "ReceptiveField") -> "ReceptiveField":
        """Give the field of a unit that joins two branches: all from the first pixel to the last they see.

        Raises:
            ShapeError: the branches have different strides, so their units do not lie on each other.

        >>> ReceptiveField().merge(ReceptiveField().through(3, padding=1).through(3, padding=1))
        ReceptiveField(size=5.0, stride=1, start=0.5)
        """
        if self.stride != other.stride:
            raise ShapeError(
                f"two branches of strides {self.stride} and {other.stride} meet",
                "branches of one stride",
                "pool the finer branch or enlarge the coarser one before they meet",
            )
        first = min(self.start - self.size / 2, other.start - other.size / 2)
        last = max(self.start + self.size / 2, other.start + other.size / 2)
        return ReceptiveField(size=last - first, stride=self.stride, start=(first + last) / 2)


def _span(f: int, dilation: int) -> int:
    """Count the pixels from a window's first element to its last."""
    return dilation * (f - 1) + 1


def _at_least(name: str, value: int, least: int) -> None:
    """Refuse a number that is too small."""
    if value < least:
        raise SettingError(f"{name} is {value}", f"{least} or more", f"{name}={least}")
