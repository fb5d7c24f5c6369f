"""Captions by a beam: of every region the B likeliest unfinished captions are continued together.

    "a"    -1.2         "a red"   -1.9     What is not likelier than the likeliest finished caption of its
    "the"  -1.4   -->   "the dog" -2.1     region is dropped, as a longer caption is never likelier than its
                        "a dog"   -2.2     beginning. The first finished one is the greedy caption.

So the answer is that of a plain beam whose finished captions are set aside, or the greedy caption where that
is likelier. What the network said of the beginnings of the greedy caption is not asked again. Sutskever,
Vinyals, Le 2014, section 3.2, https://arxiv.org/abs/1409.3215; the bound: Huang, Zhao, Ma 2017,
https://aclanthology.org/D17-1227.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from striate.tasks.captioning.language_model import LanguageModel, Remembered
from striate.tasks.captioning.language_targets import NOTHING
from striate.tasks.captioning.next_words import Likely, Trace, Written, likeliest


class Beams(NamedTuple):
    """Unfinished captions of R regions, in B places each.

    Args:
        regions: int64 (R,), which of all regions.
        sums: float32 (R, B), log-probabilities so far; -inf where a place is empty.
        words: int64 (R, B, T), numbers, filled up with 0.
        greedy: bool (R, B), which are beginnings of the greedy caption.
        last: int64 (A,), the last words of the A others.
        state: what is remembered of these A; None before the first word.
    """

    regions: Tensor
    sums: Tensor
    words: Tensor
    greedy: Tensor
    last: Tensor
    state: Remembered | None

    @property
    def taken(self) -> Tensor:
        """bool (R, B): the places that are not empty."""
        return self.sums > -math.inf


def continued(model: LanguageModel, beam: int, known: Written, trace: Sequence[Trace]) -> Written:
    """The likeliest captions that a beam finds, or the greedy ones where it finds none that is likelier.

    Args:
        model: any language model.
        beam: unfinished captions of a region, 2 or more.
        known: the greedy caption of each region.
        trace: what was likely at each step of them.
    """
    count, longest = known.words.shape
    found = Written(known.words.clone(), known.log_probabilities.clone())
    sums, words = found.log_probabilities.new_zeros(count, 1), found.words.new_zeros(count, 1, longest + 1)
    regions = torch.arange(count, device=sums.device)
    beams = Beams(regions, sums, words, sums == 0, words.new_zeros(0), None)
    for step in range(longest + 1):
        if not len(beams.regions):
            break
        asked = None
        if beams.state is not None and len(beams.last):
            asked = likeliest(model, beams.last, beams.state, beam, ends=step == longest)
        likely, rows = _together(beams, asked, trace[step] if step < len(trace) else None)
        beams = _step(beams, likely, rows, step, beam, model.vocabulary.end, known, found)
    return found


def _together(beams: Beams, asked: Likely | None, traced: Trace | None) -> tuple[Likely, Tensor]:
    """What is likely after all captions, from the network and from the trace of the greedy ones.

    Returns:
        it, those of the trace last; int64 (R, B), the row of each place.
    """
    parts = [] if asked is None else [asked]
    others = beams.taken & ~beams.greedy
    rows = beams.regions.new_zeros(beams.sums.shape)
    rows[others] = torch.arange(len(beams.last), device=rows.device)
    if traced is not None:
        parts.append(traced.likely)
        owners = beams.regions[:, None].expand_as(rows)[beams.greedy]
        rows[beams.greedy] = len(beams.last) + torch.searchsorted(traced.regions, owners)
    best, words, hidden, cell = zip(*((*one[:2], *one.state) for one in parts), strict=True)
    state = Remembered(torch.cat(hidden, 1), torch.cat(cell, 1))
    return Likely(torch.cat(best), torch.cat(words), state), rows


def _step(
    beams: Beams, likely: Likely, rows: Tensor, step: int, beam: int, end: int, known: Written, found: Written
) -> Beams:
    """The beams with one word more; captions that end are put among those that were found."""
    width = likely.words.shape[1]
    totals = (beams.sums[..., None] + likely.log_probabilities[rows]).flatten(1)
    sums, places = totals.topk(min(beam, totals.shape[1]), dim=1)
    parents, chosen = places // width, likely.words[rows].flatten(1).gather(1, places)
    words = beams.words.gather(1, parents[..., None].expand(-1, -1, beams.words.shape[2]))
    words[..., step] = chosen
    ended = chosen == end
    _keep(beams.regions, sums.where(ended, -math.inf), words, end, found)
    alive = ~ended & (sums > found.log_probabilities[beams.regions, None])
    greedy = alive & beams.greedy.gather(1, parents) & (chosen == _word(known, step)[beams.regions, None])
    others, on = alive & ~greedy, alive.any(1)
    state = likely.state.rows(rows.gather(1, parents)[others])
    sums = sums.where(alive, -math.inf)
    return Beams(beams.regions[on], sums[on], words[on], greedy[on], chosen[others], state)


def _word(known: Written, step: int) -> Tensor:
    """int64 (M,): a word of each caption, 0 behind the last one."""
    return known.words[:, step] if step < known.words.shape[1] else known.words.new_zeros(len(known.words))


def _keep(regions: Tensor, sums: Tensor, words: Tensor, end: int, found: Written) -> None:
    """Put the likeliest finished caption of each region among those that were found, if it is likelier.

    Args:
        regions: int64 (R,).
        sums: (R, B), -inf where a caption has not ended.
        words: int64 (R, B, T), END at the end.
        end: the number of END.
        found: is changed.
    """
    best, place = sums.max(1)
    better = (best > found.log_probabilities[regions]).nonzero().squeeze(1)
    own = words[better, place[better]]
    found.log_probabilities[regions[better]] = best[better]
    found.words[regions[better]] = torch.where(own == end, NOTHING, own)[:, : found.words.shape[1]]
