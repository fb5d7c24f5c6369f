"""Cost of a layer: how many numbers it learns, and how many weight multiplications one image takes.

Parameters: LeCun, Bottou, Bengio, Haffner 1998, section II.B, http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf.
Multiplications: Szegedy et al. 2014, section 4, https://arxiv.org/abs/1409.4842; no additions, no biases.

      in_channels        out_channels maps
       +------+            +------+         one filter has f * f * in_channels / groups weights and a bias;
      +------+|   filter  +------+|         it is laid on every position of the map, and there is one
      | [f]  ||  ------>  | x    ||         filter for each of the out_channels maps
      +------+            +------+
"""

from collections.abc import Sequence
from math import prod

from striate.errors import SettingError
from striate.ops.geometry import per_axis


def conv_parameters(
    f: int | Sequence[int], in_channels: int, out_channels: int, groups: int = 1, *, bias: bool = True
) -> int:
    """Count what a convolution, transposed or not, learns: (f * f * in_channels / groups + 1) * out_channels.

    Args:
        f: side of the square filter, or its size along each axis.
        in_channels: maps that come in; a multiple of ``groups``.
        out_channels: maps that come out; a multiple of ``groups``.
        groups: parts into which the channels are split; in_channels for a depthwise convolution.
        bias: each filter has one number more.

    Raises:
        SettingError: a number is smaller than 1, or the channels cannot be split into the groups.

    >>> conv_parameters(3, in_channels=3, out_channels=10)
    280
    """
    return (_filter_weights(f, in_channels, out_channels, groups) + bias) * out_channels


def conv_multiplications(
    f: int | Sequence[int],
    in_channels: int,
    out_channels: int,
    map_size: int | Sequence[int],
    groups: int = 1,
) -> int:
    """Count the weight multiplications of a convolution on one image.

    Args:
        f: side of the square filter, or its size along each axis.
        in_channels: maps that come in; a multiple of ``groups``.
        out_channels: maps that come out; a multiple of ``groups``.
        map_size: side of the square map that comes out (of a transposed convolution: the one that comes in),
            or its size along each axis.
        groups: parts into which the channels are split.

    Raises:
        SettingError: a number is smaller than 1, or the channels cannot be split into the groups.

    A 5x5 layer of 32 maps on 28x28x192, and the same behind a bottleneck of 16 maps:

    >>> conv_multiplications(5, 192, 32, map_size=28)
    120422400
    >>> conv_multiplications(1, 192, 16, map_size=28) + conv_multiplications(5, 16, 32, map_size=28)
    12443648
    """
    axes = 2 if isinstance(f, int) else len(f)
    positions = prod(per_axis("map_size", map_size, axes))
    return _filter_weights(f, in_channels, out_channels, groups) * out_channels * positions


def linear_parameters(in_features: int, out_features: int, *, bias: bool = True) -> int:
    """Count what a fully connected layer learns: (in_features + 1) * out_features.

    Raises:
        SettingError: a number is smaller than 1.

    >>> linear_parameters(5 * 5 * 16, 120), linear_parameters(84, 10)
    (48120, 850)
    """
    return linear_multiplications(in_features, out_features) + bias * out_features


def linear_multiplications(in_features: int, out_features: int) -> int:
    """Count the weight multiplications of a fully connected layer on one image.

    Raises:
        SettingError: a number is smaller than 1.

    >>> linear_multiplications(400, 120)
    48000
    """
    return prod(per_axis("features", (in_features, out_features), 2))


def _filter_weights(f: int | Sequence[int], in_channels: int, out_channels: int, groups: int) -> int:
    """Count the weights of one filter."""
    channels = per_axis("channels", (in_channels, out_channels), 2)
    (parts,) = per_axis("groups", groups, 1)
    if any(count % parts for count in channels):
        raise SettingError(
            f"{in_channels} and {out_channels} channels do not split into {groups} groups",
            "a number of groups that divides both",
            "groups=1, or groups=in_channels with a multiple of that many maps out",
        )
    size = per_axis("f", f, 2 if isinstance(f, int) else len(f))
    return prod(size) * (in_channels // parts)
