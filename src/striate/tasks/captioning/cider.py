"""CIDEr-D: how much a caption says what the true captions of its picture say and those of others do not.

    weight of a run of words = count * log(pictures / pictures whose true captions have it)
    CIDEr-D = 10 * mean over runs of 1..4 words and over true captions of
              sum(min(answer, true) * true) / (|answer| |true|) * exp(-(difference of length)^2 / (2 * 6^2))

Vedantam, Zitnick, Parikh 2015, equations 2 to 5, https://arxiv.org/abs/1411.5726. Words are not stemmed, as
in COCO's evaluation; lengths are words.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from striate.tasks.captioning.bleu import ORDER, Words, runs

SIGMA, SCALE = 6.0, 10.0
"""Of the penalty for another length, in words; and of the result, as published."""

Weights = dict[tuple[str, ...], float]


def cider_d(answers: Sequence[Words], truths: Sequence[Sequence[Words]]) -> Tensor:
    """float64 (N,): CIDEr-D of each picture, 0..10; the number of a set is their mean.

    Args:
        answers: words of the caption of each picture.
        truths: of each picture the words of its true captions; they also tell which runs are rare.

    >>> truth = [[["a", "cat"]], [["a", "dog"]]]  # "a" is everywhere: nothing. "cat", "a cat": log 2 each
    >>> cider_d([["a", "cat"], ["a", "cat"]], truth).tolist()  # 10 * (1 + 1 + 0 + 0) / 4
    [5.0, 0.0]
    """
    result = torch.zeros(len(answers), dtype=torch.float64)
    for length in range(1, ORDER + 1):
        shown: Counter[tuple[str, ...]] = Counter()
        for known in truths:
            shown.update({run for one in known for run in runs(one, length)})
        for number, (answer, known) in enumerate(zip(answers, truths, strict=True)):
            own = _weights(answer, length, shown, len(truths))
            each = [
                _likeness(own, _weights(one, length, shown, len(truths))) * _as_long(answer, one)
                for one in known
            ]
            result[number] += sum(each) / max(len(each), 1)
    return result * SCALE / ORDER


def _weights(words: Words, length: int, shown: Mapping[tuple[str, ...], int], pictures: int) -> Weights:
    """The weight of every run of a sentence."""
    counts = runs(words, length)
    return {run: count * math.log(pictures / max(shown.get(run, 0), 1)) for run, count in counts.items()}


def _likeness(answer: Weights, truth: Weights) -> float:
    """The clipped cosine of two sentences."""
    sides = math.sqrt(sum(value**2 for value in answer.values()) * sum(value**2 for value in truth.values()))
    shared = sum(min(value, truth.get(run, 0.0)) * truth.get(run, 0.0) for run, value in answer.items())
    return shared / sides if sides else 0.0


def _as_long(answer: Words, truth: Words) -> float:
    """1 for two sentences of one length, less the more they differ."""
    return math.exp(-((len(answer) - len(truth)) ** 2) / (2 * SIGMA**2))
