"""How good captions of pictures are, each beside all true captions of its picture.

    cider_d                     by formula, 0..10; see ``cider``
    bleu_4                      of the whole set, without smoothing; see ``bleu``
    meteor_without_synonyms     by exact and stem matches; see ``meteor``
    exact                       the share that is one of the true captions word for word

The interval is the bootstrap's over pictures. Pictures of which nothing is said are left out.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Self, final

import torch
from torch import Tensor

from striate.data.captions.tokenizer import words_of
from striate.records import Batch, CaptionTargets
from striate.tasks.captioning.bleu import bleu
from striate.tasks.captioning.cider import cider_d
from striate.tasks.captioning.meteor import meteor
from striate.tasks.metric import Metric, PlainMetrics, Primary
from striate.tasks.raw_outputs import Raw

CIDER_D: Primary = Primary("cider_d", share=False)


@final
class CaptionMetric(Metric):
    """Measures captions of whole pictures.

    Args:
        write: raw numbers -> the caption of each image.
        loss_of: raw numbers and their batch -> losses (N,).
    """

    primary: ClassVar[Primary] = CIDER_D

    def __init__(
        self, write: Callable[[Raw], Sequence[str]], loss_of: Callable[[Raw, Batch], Tensor]
    ) -> None:
        self._write, self._loss_of = write, loss_of
        self._texts: list[str] = []
        self._truths: list[list[list[str]]] = []
        self._losses = [torch.empty(0)]

    @torch.no_grad()
    def update(self, raw: Raw, batch: Batch) -> None:
        """Take in raw numbers."""
        assert isinstance(batch.targets, CaptionTargets)
        self._texts += self._write(raw)
        self._truths += [list(filter(None, map(words_of, own))) for own in batch.targets.captions]
        self._losses.append(self._loss_of(raw, batch).cpu())

    def merge(self, other: Self) -> None:
        """Take in what another process measured."""
        self._texts += other._texts
        self._truths += other._truths
        self._losses += other._losses

    def compute(self) -> PlainMetrics:
        """What was measured."""
        known = [row for row, own in enumerate(self._truths) if own]
        answers, truths = [words_of(self._texts[row]) for row in known], [self._truths[row] for row in known]
        per_image = torch.full((len(self._texts),), torch.nan, dtype=torch.float64)
        per_image[known] = cider_d(answers, truths)
        others = measured(answers, truths) if known else {}
        return PlainMetrics.of(CIDER_D, per_image, **others)

    def losses(self) -> Tensor:
        """(N,), NaN where a loss is no number."""
        losses = torch.cat(self._losses)
        return losses.where(losses.isfinite(), torch.nan)

    def answers(self) -> list[str]:
        """The captions."""
        return [text or "no words" for text in self._texts]


def measured(answers: Sequence[list[str]], truths: Sequence[list[list[str]]]) -> dict[str, float | None]:
    """All numbers of some captions but the primary one.

    >>> found = measured([["a", "red", "cat", "sat"]], [[["a", "red", "cat", "sat"], ["a", "cat"]]])
    >>> found["bleu_4"], found["exact"]
    (1.0, 1.0)
    """
    pairs = list(zip(answers, truths, strict=True))
    return {
        "bleu_4": bleu(answers, truths),
        "meteor_without_synonyms": sum(meteor(*pair) for pair in pairs) / len(pairs),
        "exact": sum(answer in known for answer, known in pairs) / len(pairs),
    }
