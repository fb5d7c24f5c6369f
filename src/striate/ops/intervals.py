"""Between which two values a number that was measured on some images may lie.

    share of right images     wilson              Wilson 1927, equation 4; holds at 0 and 33 of 33 too
    any other number          bootstrap           percentiles of the number in 1,000 resamples; Efron 1979
    two models, same images   paired_difference   Agresti, Min 2005 for right or wrong; else the bootstrap

                low        value          high
    ------------|------------*-------------|------------     95 % of such intervals contain the true value

An interval says what chance in the choice of the images does, and nothing about another kind of images.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import torch
from torch import Tensor

from striate.errors import SettingError, ShapeError

CONFIDENCE = 0.95
RESAMPLES = 1000  # Efron, Tibshirani 1993, section 13.3: percentiles need about a thousand
DRAWS_AT_ONCE = 4_000_000  # bounds the memory: 32 MB of indices
MANY = 100_000  # from here on the mean is so nearly normal that resampling adds only time

Interval = tuple[float, float]


@dataclass(frozen=True)
class PairedDifference:
    """How much the second model is above the first on the same images.

    Args:
        mean: of the differences, second minus first.
        interval: (low, high) of that mean; None when there are too few images for one.
        count: N, images that both were measured on.
    """

    mean: float
    interval: Interval | None
    count: int

    @property
    def told_apart(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]

    @property
    def needed(self) -> int | None:
        """Images that would tell the two apart if they differ as much on all, to two digits; None if equal.

        The interval of a mean narrows with the square root of the number of images.

        >>> PairedDifference(0.02, (-0.03, 0.07), 100).needed
        630
        """
        if self.interval is None or self.mean == 0:
            return None
        wanted = self.count * ((self.interval[1] - self.interval[0]) / (2 * self.mean)) ** 2
        digits = 10.0 ** (math.floor(math.log10(wanted)) - 1)
        return max(self.count, math.ceil(wanted / digits) * int(digits)) if digits >= 1 else math.ceil(wanted)


def wilson(successes: float, count: int, confidence: float = CONFIDENCE) -> Interval:
    """(low, high), the interval of a share: ``successes`` of ``count`` images.

    Args:
        successes: 0..count.
        count: N, images; with none, nothing is known and the interval is (0, 1).
        confidence: share of such intervals that contain the true share, between 0 and 1.

    Raises:
        SettingError: an argument is outside its range.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference", equation 4.

    >>> [round(side, 3) for side in wilson(50, 100)]
    [0.404, 0.596]
    """
    z = _deviations(confidence)
    if not 0 <= successes <= count:
        raise SettingError(f"{successes} of {count} images", "0 to all of them", "pass counts of images")
    if not count:
        return 0.0, 1.0
    share, weight = successes / count, z**2 / count
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * (share * (1 - share) / count + weight / (4 * count)) ** 0.5
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))  # rounding apart


def mean_of_images(values: Tensor) -> Tensor:
    """float64 (B,), the mean of each row of (B, N)."""
    return values.double().mean(1)


def bootstrap(
    values: Tensor,
    statistic: Callable[[Tensor], Tensor] = mean_of_images,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval | None:
    """(low, high), the percentile bootstrap interval of a statistic of images; None for less than two images.

    Args:
        values: (N,) or (N, ...), what was measured on each image. Images whose values hold a NaN (nothing
            could be measured) are left out.
        statistic: (B, N, ...) -> (B,): the number for each of B sets of N images; their mean by default. Sets
            for which it is NaN are left out.
        seed: of the resamples; the same seed gives the same interval.
        resamples: how many sets of N images are drawn with replacement, 1 or more.
        confidence: share of such intervals that contain the true number, between 0 and 1.

    The mean of 100,000 images and more has the normal interval instead, mean +- z s / sqrt(N): it is the same
    to within a thousandth of its width, and needs no resamples.

    Source: Efron 1979, "Bootstrap methods: another look at the jackknife".

    >>> low, high = bootstrap(torch.tensor([0.0, 1.0, 2.0, 3.0]))
    >>> 0.0 <= low < 1.5 < high <= 3.0
    True
    >>> bootstrap(torch.tensor([0.5])) is None
    True
    """
    z = _deviations(confidence)
    if resamples < 1 or values.ndim < 1:
        raise SettingError(f"{resamples} resamples of {values.ndim} axes", "1 or more", "leave resamples out")
    values = values.detach()
    values = values[~values.isnan().reshape(len(values), -1).any(1)] if len(values) else values
    if len(values) < 2:
        return None
    if statistic is mean_of_images and values.ndim == 1 and len(values) >= MANY:
        return _normal(values.double(), z)
    statistics = _resampled(values, statistic, seed, resamples)
    statistics = statistics[~statistics.isnan()]
    if not len(statistics):
        return None
    tail = (1 - confidence) / 2
    low, high = statistics.quantile(torch.tensor([tail, 1 - tail], dtype=torch.float64)).tolist()
    return low, high


def paired_difference(
    first: Tensor, second: Tensor, *, seed: int = 0, confidence: float = CONFIDENCE
) -> PairedDifference:
    """How far ``second`` is above ``first``, measured on the same images in the same order.

    Args:
        first: (N,), what one model reached on each image. NaN: nothing could be measured.
        second: (N,), what the other reached.
        seed: of the bootstrap.
        confidence: share of such intervals that contain the true difference, between 0 and 1.

    Where both hold 0 and 1 only (wrong or right), the interval is that of Agresti and Min: the normal one
    after half an image is added to each of the four cells of (first right, second right). It is wide enough
    for few images, which the bootstrap is not: with one difference in 33 images it includes zero. For other
    values it is the bootstrap's.

    Raises:
        ShapeError: the two differ in shape.

    Source: Agresti, Min 2005, "Simple improved confidence intervals for comparing matched proportions".

    >>> right, wrong = torch.ones(33), torch.tensor([0.0] + [1.0] * 32)
    >>> paired_difference(right, wrong).told_apart
    False
    >>> paired_difference(right, torch.tensor([0.0] * 9 + [1.0] * 24)).told_apart
    True
    """
    if first.shape != second.shape or first.ndim != 1:
        raise ShapeError(
            f"values of {tuple(first.shape)} and of {tuple(second.shape)}",
            "two times (N,): one value for each image",
            "measure both models on the same images",
        )
    differences = second.double() - first.double()
    measured = ~differences.isnan()
    differences, count = differences[measured], int(measured.sum())
    mean = differences.mean().item() if count else 0.0
    if count and _is_binary(first[measured]) and _is_binary(second[measured]):
        return PairedDifference(mean, _agresti_min(differences, _deviations(confidence)), count)
    return PairedDifference(mean, bootstrap(differences, seed=seed, confidence=confidence), count)


def _agresti_min(differences: Tensor, z: float) -> Interval:
    """Half an image in each of four cells: N + 2 images, and b + 1/2, c + 1/2 on which the two disagree."""
    total = len(differences) + 2
    disagreed = int((differences != 0).sum()) + 1
    middle = differences.sum().item() / total
    half = z * (disagreed - total * middle**2) ** 0.5 / total
    return max(-1.0, middle - half), min(1.0, middle + half)


def _resampled(values: Tensor, statistic: Callable[[Tensor], Tensor], seed: int, resamples: int) -> Tensor:
    """float64 (resamples,), the statistic of each set."""
    count = len(values)
    generator = torch.Generator().manual_seed(seed)
    rows = max(1, DRAWS_AT_ONCE // values.numel())
    parts = []
    for start in range(0, resamples, rows):
        size = (min(rows, resamples - start), count)
        parts.append(statistic(values[torch.randint(count, size, generator=generator)]).double())
    return torch.cat(parts)


def _normal(values: Tensor, z: float) -> Interval:
    middle, half = values.mean().item(), z * values.std().item() / len(values) ** 0.5
    return middle - half, middle + half


def _is_binary(values: Tensor) -> bool:
    return bool(((values == 0) | (values == 1)).all())


def _deviations(confidence: float) -> float:
    """How many standard deviations of the normal distribution hold ``confidence`` of it: 1.96 for 0.95."""
    if not 0 < confidence < 1:
        raise SettingError(f"confidence is {confidence}", "between 0 and 1", "0.95")
    return NormalDist().inv_cdf((1 + confidence) / 2)
