"""Captions from codes: how the next word is chosen.

    greedy    the likeliest word at every step                        beam 1
    beam      B unfinished captions of each region, see beam_search   beam 2 or more
    sampled   a word by its probability                               temperature above 0

All captions of all regions go through the recurrent network in one batch for every word. UNK is never
written; after the longest caption that is known only END follows. A caption's log-probability is that of its
words and of END. Sutskever, Vinyals, Le 2014, section 3.2, https://arxiv.org/abs/1409.3215
"""

from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from striate.errors import SettingError
from striate.tasks.captioning.beam_search import continued
from striate.tasks.captioning.language_model import LanguageModel, Remembered
from striate.tasks.captioning.language_targets import NOTHING, learned
from striate.tasks.captioning.next_words import Likely, Trace, Written, likeliest

MOST_BEAM, HOTTEST = 100, 100.0

AT_ONCE = 1 << 24
"""Numbers of one step that are held at once: regions go through in parts of so many."""


@dataclass(frozen=True)
class Search:
    """How captions are written.

    Args:
        beam: unfinished captions of a region, 1..100.
        temperature: 0 for the likeliest words; else each word is drawn, more at random the higher it is.
        seed: of the draw.
        phrase: every caption is this sentence, with its log-probability; "" for what the model writes.

    Raises:
        SettingError: a number is out of range, or captions shall be drawn with a beam.
    """

    beam: int = 1
    temperature: float = 0.0
    seed: int = 0
    phrase: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.beam, bool) or not isinstance(self.beam, int) or not 1 <= self.beam <= MOST_BEAM:
            raise SettingError(f"beam is {repr(self.beam)[:40]}", f"1..{MOST_BEAM}", "5")
        known = isinstance(self.temperature, int | float) and 0 <= self.temperature <= HOTTEST
        if not known:
            wrong = f"temperature is {repr(self.temperature)[:40]}"
            raise SettingError(wrong, f"0..{HOTTEST:g}; 0 for the likeliest words", "temperature 1")
        if self.temperature and self.beam > 1:
            wrong = f"beam is {self.beam}, and temperature {self.temperature:g}"
            raise SettingError(wrong, "captions that are drawn, or a beam", "leave one of them out")


GREEDY = Search()


class NextWords(Protocol):
    """The words that may come next in A captions, the one to take first."""

    def __call__(self, model: LanguageModel, last: Tensor, state: Remembered, *, ends: bool) -> Likely:
        """See ``likeliest``."""


@torch.no_grad()
def write(model: LanguageModel, codes: Tensor, search: Search = GREEDY) -> Written:
    """The captions of M regions.

    Args:
        model: any language model.
        codes: (M, D).
        search: how.
    """
    longest = model.vocabulary.longest
    step = max(search.beam * 8 * model.width, len(model.vocabulary)) + longest * 2 * model.width
    each = max(1, AT_ONCE // step)
    parts = [_written(model, part, search) for part in torch.split(codes, each)] if len(codes) else []
    words = torch.cat([one.words for one in parts]) if parts else codes.new_zeros(0, longest).long()
    sums = torch.cat([one.log_probabilities for one in parts]) if parts else codes.new_zeros(0).float()
    return Written(words, sums)


def _written(model: LanguageModel, codes: Tensor, search: Search) -> Written:
    """Captions of as many regions as go through at once."""
    if search.temperature:
        return _one_each(model, codes, _Drawn(search.temperature, search.seed))
    if search.beam == 1:
        return _one_each(model, codes, partial(likeliest, count=1))
    trace: list[Trace] = []
    greedy = _one_each(model, codes, partial(likeliest, count=search.beam), trace)
    return continued(model, search.beam, greedy, trace)


def _one_each(
    model: LanguageModel, codes: Tensor, next_words: NextWords, trace: list[Trace] | None = None
) -> Written:
    """One caption of each region.

    Args:
        model: any language model.
        codes: (M, D).
        next_words: what follows; the first one is taken.
        trace: gets what was likely at each step.
    """
    count, longest, end = len(codes), model.vocabulary.longest, model.vocabulary.end
    words = codes.new_zeros(count, longest + 1, dtype=torch.int64)
    sums = codes.new_zeros(count, dtype=torch.float32)
    regions, state = torch.arange(count, device=codes.device), model.begin(codes)
    last = codes.new_full((count,), model.vocabulary.start, dtype=torch.int64)
    for step in range(longest + 1):
        likely = next_words(model, last, state, ends=step == longest)
        if trace is not None:
            trace.append(Trace(regions, likely))
        sums[regions] += likely.log_probabilities[:, 0]
        words[regions, step] = likely.words[:, 0]
        going = (likely.words[:, 0] != end).nonzero().squeeze(1)
        if not len(going):
            break
        regions, last, state = regions[going], likely.words[going, 0], likely.state.rows(going)
    return Written(torch.where(words == end, NOTHING, words)[:, :longest], sums)


class _Drawn:
    """Draws the next word of each caption by its probability.

    Args:
        temperature: above 0; more at random the higher it is.
        seed: of the draw.
    """

    def __init__(self, temperature: float, seed: int) -> None:
        self._temperature = temperature
        self._generator = torch.Generator().manual_seed(seed)

    def __call__(self, model: LanguageModel, last: Tensor, state: Remembered, *, ends: bool) -> Likely:
        """As ``likeliest``, one word."""
        if ends:
            return likeliest(model, last, state, 1, ends=True)
        scores, after = model.step(last, state)
        known = scores[:, : model.vocabulary.end]
        shares = (known / self._temperature).softmax(1)
        drawn = torch.multinomial(shares.cpu(), 1, generator=self._generator).to(scores.device)
        return Likely(known.gather(1, drawn), drawn + 1, after)


@torch.no_grad()
def phrase_log_probabilities(model: LanguageModel, codes: Tensor, words: list[str]) -> Tensor:
    """float32 (M,): the log-probability of one phrase, with END, for each of M regions.

    Args:
        model: any language model.
        codes: (M, D).
        words: of the phrase, as the tokenizer gives them; those that the model does not know count as UNK.
    """
    numbers = torch.tensor(model.vocabulary.numbers(words), dtype=torch.int64, device=codes.device)
    rows = numbers.expand(len(codes), -1)
    losses = model.step_losses(codes, rows) if len(codes) else codes.new_zeros(0, len(words) + 2)
    assert losses.shape == learned(rows, model.vocabulary.end).shape
    return -losses.sum(1)
