"""Compound scaling: one number makes a network wider, deeper and its pictures larger at once.

Tan, Le 2019, section 3.3, equation 3. https://arxiv.org/abs/1905.11946

    phi --> depth alpha^phi          blocks of a stage      cost x alpha
        --> width beta^phi           channels of a map      cost x beta^2
        --> resolution gamma^phi     pixels of a side       cost x gamma^2

alpha, beta and gamma are 1.2, 1.1 and 1.15: alpha beta^2 gamma^2 = 1.92, so a step of phi about doubles what
the network costs. Any network that takes ``width=`` and ``depth=`` can be scaled by it:

    scale = compound(1)
    create("mobilenet_v2", width=scale.width, depth=scale.depth)    # for pictures of 224 * scale.resolution
"""

from math import ceil
from typing import NamedTuple

from striate.errors import SettingError

MOST = 32
"""EfficientNet-B7 has factors of 2 and 3.1; a model file may not ask for more blocks than memory holds."""

LEAST_SHARE = 0.9  # rounding takes away a tenth of the channels at most
ROUNDING = 1e-9  # 10 * 1.1 = 11.000000000000002 are eleven blocks


class Compound(NamedTuple):
    """What channels, blocks and sides are multiplied with."""

    width: float
    depth: float
    resolution: float


def compound(phi: float, alpha: float = 1.2, beta: float = 1.1, gamma: float = 1.15) -> Compound:
    """The three factors for about 2 ** phi times the cost.

    Args:
        phi: steps; 0 is the baseline, less than 0 makes the network smaller.
        alpha: depth of one step.
        beta: width of one step.
        gamma: resolution of one step.

    Source: Tan, Le 2019, equation 3 and section 4.1 step 1.

    >>> compound(2)
    Compound(width=1.2100000000000002, depth=1.44, resolution=1.3224999999999998)
    """
    return Compound(width=beta**phi, depth=alpha**phi, resolution=gamma**phi)


def scaled_width(channels: int, factor: float, divisor: int = 8) -> int:
    """Channels times the factor, as the nearest multiple of the divisor.

    Args:
        channels: of the baseline.
        factor: more than 0.
        divisor: of the result, which is at least this; where the nearest multiple loses more than a tenth, it
            is the next one.

    Raises:
        SettingError: the factor is not a number above 0.

    Source: Sandler et al. 2018, the networks that its authors published; their width multiplier is this one.

    >>> [scaled_width(channels, 0.75) for channels in (16, 24, 32, 1280)]
    [16, 24, 24, 960]
    """
    _require("width", factor)
    wanted = channels * factor
    nearest = max(divisor, int(wanted + divisor / 2) // divisor * divisor)
    return nearest if nearest >= LEAST_SHARE * wanted else nearest + divisor


def scaled_depth(repeats: int, factor: float) -> int:
    """Blocks times the factor, rounded up.

    Args:
        repeats: blocks of the baseline.
        factor: more than 0.

    Raises:
        SettingError: the factor is not a number above 0.

    >>> [scaled_depth(repeats, 1.1) for repeats in (1, 2, 3, 10)]
    [2, 3, 4, 11]
    """
    _require("depth", factor)
    return max(1, ceil(repeats * factor - ROUNDING))


def _require(argument: str, factor: float) -> None:
    """The factor is a number above 0, and no larger than any network was ever scaled."""
    number = isinstance(factor, int | float) and not isinstance(factor, bool)
    if not number or not 0 < factor <= MOST:
        expected = f"a number above 0, {MOST} at most"
        raise SettingError(f"{argument} is {factor!r}", expected, f"{argument}=1.0, the baseline")
