"""How near points are: the mean normalised error, points within a share of the length, limbs found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, final

import torch
from torch import Tensor

from striate.errors import SettingError
from striate.formatting import percent
from striate.ops.intervals import Interval, bootstrap
from striate.ops.point_errors import pck, pcp, point_error
from striate.records import Batch, PointTargets
from striate.tasks.metric import Metric, Metrics, Primary
from striate.tasks.raw_outputs import Raw

WITHIN = (0.05, 0.1, 0.2)
"""Shares of the length within which points are counted."""

ERROR = Primary("error", higher_is_better=False, share=False)


@final
@dataclass(frozen=True)
class PointMetrics(Metrics):
    """What was measured of L points on N images. All means are over images first, but for ``per_point``.

    Args:
        count: N.
        error: mean of the images' mean normalised errors; None where no point is visible.
        within: {share: mean share of the points that lie within it}, as ``pck`` counts them.
        pcp: mean share of the limbs found; None without a skeleton.
        per_point: {name: mean error}; None for a point that is never visible.
        between: (low, high) of the error, 95 %.
        measured_on: what the images are to the model, a sentence; empty if nobody said.
        per_image: float64 (N,), the error of each image.
    """

    count: int
    error: float | None
    within: dict[str, float | None]
    pcp: float | None
    per_point: dict[str, float | None]
    between: Interval | None = None
    per_image: Tensor | None = field(default=None, repr=False, compare=False)
    measured_on: str = field(default="", compare=False)

    @property
    def primary(self) -> Primary:
        """The error; the smaller the better."""
        return ERROR.of(self.error)

    @property
    def interval(self) -> Interval | None:
        """(low, high) of the error, 95 %."""
        return self.between

    @property
    def values(self) -> dict[str, float | None]:
        """All numbers by name, the error first."""
        shares = {f"pck_{share}": value for share, value in self.within.items()}
        return {"error": self.error, **shares, "pcp": self.pcp}

    def others_in_words(self) -> dict[str, str]:
        """Shares of points and limbs, in per cent: ``PCK@0.05``, ..., ``PCP``."""
        shares = {f"PCK@{share}": value for share, value in self.within.items()} | {"PCP": self.pcp}
        return {name: percent(value, 2) for name, value in shares.items() if value is not None}

    def headline(self, pictures: str) -> str:
        """``error 0.0225 on 33 val pictures (95 % interval 0.02 to 0.025)``."""
        known = self.primary.range_text(self.interval)
        return f"error {self.primary.text()} on {pictures}" + (f" (95 % interval {known})" if known else "")

    def summary(self) -> dict[str, Any]:
        """The numbers of all points together."""
        return {"count": self.count, **self.values}


class PointMetric(Metric):
    """Measures points.

    Args:
        names: L names.
        skeleton: the limbs, pairs of numbers of points.
        ends: two points whose distance divides the errors; None for the scale of the targets.
    """

    primary: ClassVar[Primary] = ERROR
    kind: ClassVar[type[Metrics]] = PointMetrics

    def __init__(
        self,
        names: Sequence[str],
        skeleton: Sequence[tuple[int, int]] = (),
        ends: tuple[int, int] | None = None,
    ) -> None:
        self.names, self.skeleton, self.ends = tuple(names), tuple(skeleton), ends
        self._errors = [torch.empty(0, len(self.names), dtype=torch.float64)]
        self._limbs = [torch.empty(0, len(self.skeleton), dtype=torch.float64)]

    def update(self, raw: Raw, batch: Batch) -> None:
        """Take in points (N, 2 L + S), shares of the images."""
        assert isinstance(raw, Tensor)
        targets = batch.targets
        assert isinstance(targets, PointTargets)
        sides = torch.tensor([*batch.images.shape[:-3:-1]], dtype=torch.float64)
        points = raw[:, : 2 * len(self.names)].double().view(-1, len(self.names), 2) * sides
        truth, visible = targets.points.double().cpu(), targets.visible.cpu()
        length = targets.scale.double().cpu()
        if self.ends is not None:
            first, second = self.ends
            length = torch.linalg.vector_norm(truth[:, first] - truth[:, second], dim=-1)
            length = torch.where(visible[:, first] & visible[:, second], length, 0)
        self._errors.append(point_error(points, truth, visible, length))
        self._limbs.append(pcp(points, truth, visible, self.skeleton))

    def merge(self, other: Self) -> None:
        """Take in what another process measured."""
        self._errors += other._errors
        self._limbs += other._limbs

    def compute(self) -> PointMetrics:
        """What was measured."""
        errors, limbs = torch.cat(self._errors), torch.cat(self._limbs)
        per_image = errors.nanmean(1)
        per_point = dict(zip(self.names, map(known, errors.nanmean(0).tolist()), strict=True))
        within = {f"{share:g}": known(pck(errors, share).nanmean(1).nanmean().item()) for share in WITHIN}
        return PointMetrics(
            count=len(errors),
            error=known(per_image.nanmean().item()),
            within=within,
            pcp=known(limbs.nanmean(1).nanmean().item()) if self.skeleton else None,
            per_point=per_point,
            between=bootstrap(per_image),
            per_image=per_image,
        )

    def answers(self) -> list[str]:
        """The error of each image."""
        return [f"error {value:.3g}" for value in torch.cat(self._errors).nanmean(1).tolist()]


def known(value: float) -> float | None:
    """A number, or None for NaN.

    >>> known(0.5), known(float("nan"))
    (0.5, None)
    """
    return None if value != value else value


def named_ends(text: str, names: Sequence[str]) -> tuple[int, int] | None:
    """The two points of ``--normalize``; None for ``box``, the scale of the targets.

    Raises:
        SettingError: it is neither ``box`` nor two names.

    >>> named_ends("box", ["nose"]), named_ends("left_eye,right_eye", ["left_eye", "right_eye"])
    (None, (0, 1))
    """
    if text == "box":
        return None
    words = [word.strip() for word in text.split(",")]
    if len(words) != 2 or not set(words) <= set(names) or words[0] == words[1]:
        shown = ", ".join(list(names)[:10])
        raise SettingError(f"normalize is {text!r}", f"box, or two of: {shown}", "normalize box")
    return list(names).index(words[0]), list(names).index(words[1])
