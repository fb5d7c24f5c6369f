"""One word more of many captions at once: what the recurrent network makes likely.

    last words (A,), what is remembered --recurrent network--> (A, H) --scores, by parts--> the best

UNK is never written; after the longest caption that is known only END follows.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from striate.tasks.captioning.language_model import LanguageModel, Remembered

AT_ONCE = 1 << 22
"""Scores that are held at once: so many stay in the cache of a processor, and need no new memory."""


class Written(NamedTuple):
    """int64 (M, T) numbers of words, filled up with 0, and float32 (M,) log-probabilities."""

    words: Tensor
    log_probabilities: Tensor


class Likely(NamedTuple):
    """What may come next in A captions.

    Args:
        log_probabilities: float32 (A, b), the likeliest first.
        words: int64 (A, b), their numbers.
        state: what is remembered then.
    """

    log_probabilities: Tensor
    words: Tensor
    state: Remembered


class Trace(NamedTuple):
    """What was likely at one step of captions.

    Args:
        regions: int64 (A,), whose captions had not ended, ascending.
        likely: next in them.
    """

    regions: Tensor
    likely: Likely


def likeliest(model: LanguageModel, last: Tensor, state: Remembered, count: int, *, ends: bool) -> Likely:
    """The likeliest words, END among them.

    Args:
        model: any language model.
        last: int64 (A,), the last word of each caption.
        state: what is remembered of them.
        count: how many words; fewer where fewer are known.
        ends: whether nothing but END may come.
    """
    seen, after = model.advance(last, state)
    end = model.vocabulary.end
    parts = list[tuple[Tensor, Tensor]]()
    for part in torch.split(seen, max(1, AT_ONCE // (end + 1))):
        known = model.scores(part).float().log_softmax(1)[:, end - 1 if ends else 0 : end]
        best, places = known.max(1, keepdim=True) if count == 1 else known.topk(min(count, known.shape[1]))
        parts.append((best, places + (end if ends else 1)))
    best, words = (torch.cat(column) for column in zip(*parts, strict=True))
    return Likely(best, words, after)
