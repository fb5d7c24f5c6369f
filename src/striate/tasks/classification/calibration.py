"""Whether confidence can be believed: of the answers with 80 % confidence, are 80 % right?

    share right
     1 |          /.        each bin of confidence is a point; the distance to the diagonal is its gap;
       |       . /          the calibration error is the mean of the gaps, each weighted by its images
       |      ./
     0 +---------- 1 confidence

Guo, Pleiss, Sun, Weinberger 2017, section 5. https://arxiv.org/abs/1706.04599
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.ops.intervals import CONFIDENCE, RESAMPLES, Interval

BINS = 15  # Guo et al. 2017, section 5
JUDGED_FROM = 600
"""Images from which on a calibration error is given.

With fewer, chance alone makes one. Take a perfectly calibrated model whose confidences spread evenly over the
15 bins. A bin holds N / 15 images, its gap is normal with deviation sqrt(15 p (1 - p) / N), and the mean of
|gap| over the bins is sqrt(2 / pi) * sqrt(15 / N) * mean of sqrt(p (1 - p)), that is 0.798 * 3.873 * 0.393 /
sqrt(N) = 1.21 / sqrt(N): 21 points of error at 33 images, 5 points at 600.
"""


@dataclass(frozen=True)
class Calibration:
    """Confidence against truth in bins of equal width from 0 to 1. Empty bins hold zeros.

    Args:
        confidence: mean confidence in each bin.
        right: share of right answers in each bin.
        count: images in each bin.
        mean: confidence of all answers; 0 for none.
        gap_deviation: standard error of right - confidence in each bin.
    """

    confidence: tuple[float, ...]
    right: tuple[float, ...]
    count: tuple[int, ...]
    mean: float
    gap_deviation: tuple[float, ...]

    @property
    def images(self) -> int:
        """N."""
        return sum(self.count)

    @property
    def judged(self) -> bool:
        """Whether there are images enough to say anything."""
        return self.images >= JUDGED_FROM

    def error(self) -> float:
        """Expected calibration error, 0..1: the mean gap; 0 for no images."""
        return float(self._mean_gap(self._gaps()[None]))

    def interval(self, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
        """(low, high) of the error, by a bootstrap of the bins' gaps.

        The gap of each bin is drawn from the normal distribution around it. Noise enlarges a mean of
        distances, in the draws as in the measured error. So the interval is the reflected one, 2 error -
        percentiles (Efron, Tibshirani 1993, section 13.4). It always contains the error.
        """
        generator, error = torch.Generator().manual_seed(seed), self.error()
        noise = torch.randn(resamples, len(self.count), generator=generator, dtype=torch.float64)
        drawn = self._mean_gap(self._gaps() + noise * torch.tensor(self.gap_deviation, dtype=torch.float64))
        tail = (1 - CONFIDENCE) / 2
        low, high = drawn.quantile(torch.tensor([tail, 1 - tail], dtype=torch.float64)).tolist()
        return max(0.0, min(error, 2 * error - high)), min(1.0, max(error, 2 * error - low))

    def _gaps(self) -> Tensor:
        return torch.tensor(self.right, dtype=torch.float64) - torch.tensor(
            self.confidence, dtype=torch.float64
        )

    def _mean_gap(self, gaps: Tensor) -> Tensor:
        """(R, bins) -> (R,)"""
        weights = torch.tensor(self.count, dtype=torch.float64) / max(self.images, 1)
        return (gaps.abs() * weights).sum(1)


def calibration(confidence: Tensor, right: Tensor, bins: int = BINS) -> Calibration:
    """Sort answers into bins by their confidence.

    Args:
        confidence: float (N,), the highest probability of each image, 0..1.
        right: bool (N,), whether that class was the true one.
        bins: of equal width; each is open below and closed above.

    >>> found = calibration(torch.tensor([0.9, 0.9, 0.55]), torch.tensor([True, False, True]))
    >>> round(found.error(), 4)  # 2/3 * |1/2 - 0.9| + 1/3 * |1 - 0.55|
    0.4167
    """
    confidence = confidence.double()
    bin_of = (confidence * bins).ceil().long().clamp(1, bins) - 1
    count = torch.bincount(bin_of, minlength=bins)
    gap = right.double() - confidence

    def mean(values: Tensor) -> Tensor:
        return torch.bincount(bin_of, values, minlength=bins) / count.clamp(min=1)

    variance = (mean(gap.square()) - mean(gap).square()).clamp(min=0)
    return Calibration(
        confidence=tuple(mean(confidence).tolist()),
        right=tuple(mean(right.double()).tolist()),
        count=tuple(count.tolist()),
        mean=float(confidence.mean()) if len(confidence) else 0.0,
        gap_deviation=tuple((variance / count.clamp(min=1)).sqrt().tolist()),
    )


def chance_error(images: int) -> float:
    """The error that a perfectly calibrated model shows by chance; see ``JUDGED_FROM``.

    >>> round(chance_error(33), 2), round(chance_error(600), 2)
    (0.21, 0.05)
    """
    return math.sqrt(2 / math.pi) * math.sqrt(BINS / images) * math.pi / 8
