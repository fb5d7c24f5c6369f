"""How good dense captions are: the mean average precision of regions with their sentences.

    mAP          the mean over overlaps and similarities; see ``dense_ap``
    box_AP       the mean over the overlaps, whatever the sentences say
    exact        of the true regions found at IoU 0.5, the share whose caption is right word for word
    meteor       of these, the mean similarity

The interval is the bootstrap's over pictures: sets of pictures are drawn with replacement.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self, final

import torch
from torch import Tensor

from striate.data.captions.tokenizer import words_of
from striate.formatting import percent
from striate.ops.intervals import Interval, bootstrap
from striate.records import Batch, BoxTargets, Detections
from striate.tasks.captioning.dense_ap import (
    OVERLAPS,
    Judged,
    RegionObjects,
    average_precision,
    dense_ap,
    judged,
    merged,
)
from striate.tasks.captioning.meteor import NAME, Words, meteor
from striate.tasks.metric import Metric, Metrics, Primary
from striate.tasks.raw_outputs import Raw

MAP = Primary("mAP")
CONVENTION = "dense captioning AP of Johnson et al. 2016"
SIMILAR, NO_SENTENCES = f"similarity by {NAME}", "boxes alone: no captions were learned"
FOUND = 0.5
"""IoU from which on a region is found, for the share of exact captions."""

RESAMPLES = 200
"""Sets of pictures that are drawn for the interval."""

SAID = 3
"""Regions whose captions are named in the answer to an image."""


@final
@dataclass(frozen=True)
class DenseCaptionMetrics(Metrics):
    """What was measured on N images.

    Args:
        count: N.
        numbers: by name, the primary one first; None where there is nothing to find.
        by_overlap: the mean over similarities at each overlap, by the overlap.
        convention: how it was computed.
        between: (low, high) of mAP, 95 %.
        measured_on: what the images are to the model, a sentence; empty if nobody said.
        per_image: float64 (N,), mAP of each image alone, NaN without regions.
    """

    count: int
    numbers: dict[str, float | None]
    by_overlap: dict[str, float | None]
    convention: str
    between: Interval | None = None
    per_image: Tensor | None = field(default=None, repr=False, compare=False)
    measured_on: str = field(default="", compare=False)

    @property
    def primary(self) -> Primary:
        """mAP."""
        return MAP.of(self.numbers[MAP.name])

    @property
    def interval(self) -> Interval | None:
        """(low, high) of mAP, 95 %."""
        return self.between

    @property
    def values(self) -> dict[str, float | None]:
        """All numbers by name, the primary one first."""
        return {**self.numbers, **{f"mAP_{name}": value for name, value in self.by_overlap.items()}}

    def others_in_words(self) -> dict[str, str]:
        """All numbers that are known but mAP, in per cent."""
        others = {name: value for name, value in self.values.items() if name != MAP.name}
        return {name.replace("_", " "): percent(one, 2) for name, one in others.items() if one is not None}

    def headline(self, pictures: str) -> str:
        """``mAP 57.10 % on 500 test pictures (95 % interval ...; similarity by METEOR (...))``."""
        known = self.primary.range_text(self.interval)
        sure = f"95 % interval {known}; " if known else ""
        how = NO_SENTENCES if self.convention.endswith(NO_SENTENCES) else SIMILAR
        return f"mAP {self.primary.text()} on {pictures} ({sure}{how})"

    def summary(self) -> dict[str, Any]:
        """The numbers."""
        return {"count": self.count, **self.numbers}

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = asdict(self)
        del values["per_image"]
        return values


@final
class DenseCaptionMetric(Metric):
    """Measures regions with captions.

    Args:
        decode: raw numbers and sizes of images -> records, down to low scores.
        loss_of: raw numbers and their batch -> losses (N,); None where nobody can say.
        sentences: whether captions count; without them mAP is that of the boxes, of a detector that learns
            these first.
    """

    primary: ClassVar[Primary] = MAP
    kind: ClassVar[type[Metrics]] = DenseCaptionMetrics

    def __init__(
        self,
        decode: Callable[[Raw, Tensor], list[Detections]],
        loss_of: Callable[[Raw, Batch], Tensor] | None = None,
        *,
        sentences: bool = True,
    ) -> None:
        self._decode, self._loss_of, self._sentences = decode, loss_of, sentences
        self._judged: list[Judged] = []
        self._exact: list[tuple[int, int]] = []
        self._words: list[str] = []
        self._losses = [torch.empty(0)]

    @torch.no_grad()
    def update(self, raw: Raw, batch: Batch) -> None:
        """Take in raw numbers."""
        targets = batch.targets
        assert isinstance(targets, BoxTargets)
        records = self._decode(raw, batch.sizes)
        for record, truth in zip(records, objects_of(targets), strict=True):
            self._take(record, truth)
        if self._loss_of is not None:
            self._losses.append(self._loss_of(raw, batch).cpu())

    def _take(self, record: Detections, truth: RegionObjects) -> None:
        """One image."""
        assert record.captions is not None
        said = [words_of(text) for text in record.captions.texts]
        found = judged(record.boxes, record.scores, said, truth, meteor if self._sentences else any_sentence)
        right = found.first & (found.overlaps >= FOUND)
        self._judged.append(found)
        self._exact.append((int((right & found.exact).sum()), int(right.sum())))
        self._words.append(record.in_words(SAID))

    def merge(self, other: Self) -> None:
        """Take in what another process measured."""
        self._judged += other._judged
        self._exact += other._exact
        self._words += other._words
        self._losses += other._losses

    def compute(self) -> DenseCaptionMetrics:
        """What was measured."""
        table = dense_ap(self._judged) if self._judged else torch.full((len(OVERLAPS), 1), float("nan"))
        exact, found = (sum(column) for column in zip(*self._exact, strict=True)) if self._exact else (0, 0)
        similar = [one.similarities[one.first & (one.overlaps >= FOUND)] for one in self._judged]
        numbers = {
            MAP.name: _known(table.mean().item()),
            "box_AP": self._box_ap(),
            "exact": exact / found if found else None,
            "meteor": torch.cat(similar).mean().item() if found and self._sentences else None,
        }
        by_overlap = {f"{low:g}": _known(row.mean().item()) for low, row in zip(OVERLAPS, table, strict=True)}
        return DenseCaptionMetrics(
            count=len(self._judged),
            numbers=numbers,
            by_overlap=by_overlap,
            convention=f"{CONVENTION}; {SIMILAR if self._sentences else NO_SENTENCES}",
            between=self._interval(),
            per_image=torch.tensor(
                [dense_ap([one]).mean().item() if one.objects else float("nan") for one in self._judged],
                dtype=torch.float64,
            ),
        )

    def _box_ap(self) -> float | None:
        """The mean over the overlaps of average precision without sentences; None without regions."""
        objects = sum(one.objects for one in self._judged)
        if not objects:
            return None
        order = torch.cat([one.scores for one in self._judged]).argsort(descending=True, stable=True)
        overlaps = torch.cat([one.overlaps for one in self._judged])[order]
        first = torch.cat([one.first for one in self._judged])[order]
        values = [average_precision(first & (overlaps >= low), objects) for low in OVERLAPS]
        return sum(values) / len(values)

    def _interval(self) -> Interval | None:
        """The bootstrap's, over images."""
        if not any(one.objects for one in self._judged):
            return None

        def statistic(sets: Tensor) -> Tensor:
            rows = [
                dense_ap([self._judged[one] for one in row]).mean() for row in sets.round().long().tolist()
            ]
            return torch.stack(rows)

        numbers = torch.arange(len(self._judged)).double()
        return bootstrap(numbers, statistic, resamples=RESAMPLES)

    def losses(self) -> Tensor | None:
        """(N,), NaN where a loss is no number."""
        losses = torch.cat(self._losses)
        return None if self._loss_of is None else losses.where(losses.isfinite(), torch.nan)

    def answers(self) -> list[str]:
        """The captions of the surest regions."""
        return self._words


def any_sentence(said: Words, truths: Sequence[Words]) -> float:
    """The similarity where captions do not count: 1."""
    return 1.0


def objects_of(targets: BoxTargets) -> list[RegionObjects]:
    """The true regions of each image, merged; a region with several captions brings all of them.

    Regions that are ignored, or of which nothing is said, are left out.
    """
    known = [[]] * len(targets.boxes) if targets.captions is None else targets.captions.captions
    boxes, ignored = targets.boxes.cpu(), targets.unclear.tolist()
    result, first = [], 0
    for count in targets.counts.tolist():
        rows = [row for row in range(first, first + count) if known[row] and not ignored[row]]
        pairs = [(row, words_of(text)) for row in rows for text in known[row]]
        result.append(merged(boxes[[row for row, _ in pairs]], [words for _, words in pairs]))
        first += count
    return result


def _known(value: float) -> float | None:
    """None for NaN."""
    return None if value != value else value
