"""Captions from codes: how the next word is chosen.

    greedy    the likeliest word at every step                        beam 1
    beam      B unfinished captions of each region, the likeliest     beam 2 or more
    sampled   a word by its probability                               temperature above 0

All captions of all regions go through the recurrent network in one batch for every word. UNK is never
written; after the longest caption that is known only END follows. A caption's log-probability is that of its
words and of END. Sutskever, Vinyals, Le 2014, section 3.2, https://arxiv.org/abs/1409.3215
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from striate.errors import SettingError
from striate.tasks.captioning.language_model import LanguageModel
from striate.tasks.captioning.language_targets import NOTHING, learned

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
            raise SettingError(f"beam is {repr(self.beam)[:40]}", f"1..{MOST_BEAM}", "beam 5")
        known = isinstance(self.temperature, int | float) and 0 <= self.temperature <= HOTTEST
        if not known:
            wrong = f"temperature is {repr(self.temperature)[:40]}"
            raise SettingError(wrong, f"0..{HOTTEST:g}; 0 for the likeliest words", "temperature 1")
        if self.temperature and self.beam > 1:
            wrong = f"beam is {self.beam}, and temperature {self.temperature:g}"
            raise SettingError(wrong, "captions that are drawn, or a beam", "leave one of them out")


GREEDY = Search()


class Written(NamedTuple):
    """int64 (M, T) numbers of words, filled up with 0, and float32 (M,) log-probabilities."""

    words: Tensor
    log_probabilities: Tensor


@torch.no_grad()
def write(model: LanguageModel, codes: Tensor, search: Search = GREEDY) -> Written:
    """The captions of M regions.

    Args:
        model: any language model.
        codes: (M, D).
        search: how.
    """
    each = max(1, AT_ONCE // (search.beam * (len(model.vocabulary) + 4)))
    parts = [_written(model, part, search) for part in torch.split(codes, each)] if len(codes) else []
    longest = model.vocabulary.longest
    words = torch.cat([one.words for one in parts]) if parts else codes.new_zeros(0, longest).long()
    sums = torch.cat([one.log_probabilities for one in parts]) if parts else codes.new_zeros(0).float()
    return Written(words, sums)


def _written(model: LanguageModel, codes: Tensor, search: Search) -> Written:
    """Captions of as many regions as go through at once."""
    generator = torch.Generator().manual_seed(search.seed)
    count, longest, end = len(codes), model.vocabulary.longest, model.vocabulary.end
    state = model.begin(codes)
    last = codes.new_full((count,), model.vocabulary.start, dtype=torch.int64)
    words = codes.new_zeros(count, 1, longest + 1, dtype=torch.int64)
    sums = codes.new_zeros(count, 1, dtype=torch.float32)
    for step in range(longest + 1):
        alive = _alive(sums, last.view_as(sums), end).flatten().nonzero().squeeze(1)
        if not len(alive):
            break
        scores, after = model.step(last[alive], state.rows(alive))
        found = _likely(scores, end, search, generator, ends=step == longest)
        parents, chosen, sums = _next(sums, last.view_as(sums), end, alive, found, search.beam)
        words = words.gather(1, parents[..., None].expand(-1, -1, longest + 1))
        words[..., step] = chosen
        place = torch.zeros_like(last).index_copy(0, alive, torch.arange(len(alive), device=last.device))
        first = torch.arange(0, len(last), len(last) // count, device=last.device)
        state, last = after.rows(place[(first[:, None] + parents).flatten()]), chosen.flatten()
    best = words[:, 0]
    return Written(torch.where(best == end, NOTHING, best)[:, :longest], sums[:, 0])


def _alive(sums: Tensor, last: Tensor, end: int) -> Tensor:
    """bool (M, B): captions that have not ended, and that are likelier than the best of the region that has.

    A longer caption is never likelier than its beginning: the others cannot win.
    """
    over = (last == NOTHING) | (last == end)
    best = torch.where(over, sums, -math.inf).amax(1, keepdim=True)
    return ~over & (sums > best)


def _likely(
    scores: Tensor, end: int, search: Search, generator: torch.Generator, *, ends: bool
) -> tuple[Tensor, Tensor]:
    """What may come next in each of A captions: log-probabilities (A, b), and numbers (A, b) of words.

    Args:
        scores: (A, V + 2), log-probabilities of words, END and UNK.
        end: the number of END.
        search: how many, or that one is drawn.
        generator: of the draw.
        ends: whether nothing but END may come.
    """
    if ends:
        return scores[:, end - 1 : end], torch.full_like(scores[:, :1], end, dtype=torch.int64)
    known = scores[:, :end]
    if search.temperature:
        shares = (known / search.temperature).softmax(1)
        drawn = torch.multinomial(shares.cpu(), 1, generator=generator).to(scores.device)
        return known.gather(1, drawn), drawn + 1
    best, places = (
        known.max(1, keepdim=True) if search.beam == 1 else known.topk(min(search.beam, end), dim=1)
    )
    return best, places + 1


def _next(
    sums: Tensor, last: Tensor, end: int, alive: Tensor, found: tuple[Tensor, Tensor], beam: int
) -> tuple[Tensor, Tensor, Tensor]:
    """For the captions that go on: which caption each continues, with which word, and their sums.

    A caption that has ended goes on with nothing, at no cost.

    Args:
        sums: (M, B), log-probabilities so far.
        last: int64 (M, B), the last words.
        end: the number of END.
        alive: int64 (A,), which of all M * B captions go on.
        found: of ``_likely``.
        beam: how many go on, at most.
    """
    likely, numbers = found
    over, width = ((last == NOTHING) | (last == end)).flatten(), likely.shape[1]
    gains = sums.new_full((sums.numel(), width), -math.inf)
    gains[over, 0] = 0.0
    gains[alive] = likely
    choices = last.new_zeros(sums.numel(), width)
    choices[alive] = numbers
    totals = (sums[:, :, None] + gains.view(*sums.shape, width)).flatten(1)
    best, places = totals.topk(min(totals.shape[1], beam), dim=1)
    return places // width, choices.view(len(sums), -1).gather(1, places), best


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
