"""METEOR without synonyms: how well the words of a sentence can be aligned with those of a true one.

    answer   on the mat sat the cat        m = 6 matches, 3 chunks: runs that stand together in both
    truth    the cat sat on the mat        score = F * (1 - 1/2 (chunks / m)^3),  F = 10 P R / (R + 9 P)

P and R are the shares of the answer's and of the truth's words that are matched. Words match exactly, else by
their stems (Snowball's English stemmer). The original also matches synonyms by WordNet and, from version 1.5
on, paraphrases by a table, and needs a Java program: its numbers are others. Banerjee, Lavie 2005,
https://aclanthology.org/W05-0909; of alignments with as many matches the one of fewest chunks counts.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

NAME = "METEOR (exact and stem matches, no synonyms)"
"""How the measure is called wherever it is printed."""

BEAM = 40
"""Unfinished alignments that are kept, as in Meteor 1.3 (Denkowski, Lavie 2011)."""

Words = Sequence[str]


class _Partial(NamedTuple):
    """Words aligned exactly and in all; their chunks; used places of the truth, and the last of them."""

    exact: int
    matches: int
    chunks: int
    used: int
    last: int


def meteor(answer: Words, truths: Sequence[Words]) -> float:
    """The best score of a sentence against one of several true ones, 0..1; 0 without any.

    >>> cat = "the cat sat on the mat".split()
    >>> round(meteor("the cat was sat on the mat".split(), [cat]), 4)  # F .9836, penalty 1/2 (2/6)^3
    0.9654
    """
    return max((_score(tuple(answer), tuple(one)) for one in truths), default=0.0)


@lru_cache(100_000)
def _score(answer: tuple[str, ...], truth: tuple[str, ...]) -> float:
    """The score against one sentence."""
    matches, chunks = alignment(answer, truth)
    if not matches:
        return 0.0
    precision, recall = matches / len(answer), matches / len(truth)
    mean = 10 * precision * recall / (recall + 9 * precision)
    return mean * (1 - 0.5 * (chunks / matches) ** 3)


def alignment(answer: Words, truth: Words) -> tuple[int, int]:
    """Matched words, and the chunks that they form.

    As many words as possible are matched exactly, as many others as possible by their stems.

    >>> alignment(["a", "dog", "runs"], ["a", "running", "dog"])
    (3, 3)
    """
    options = [_fitting(word, truth) for word in answer]
    begun = [_Partial(0, 0, 0, 0, -2)]
    for places in options:
        grown = {one for partial in begun for one in _next(partial, places)}
        begun = sorted(grown, key=_merit)[:BEAM]
    return begun[0].matches, begun[0].chunks


def _fitting(word: str, truth: Words) -> list[tuple[int, bool]]:
    """Places of a sentence that a word matches, and whether exactly."""
    own = stem(word)
    return [(place, word == other) for place, other in enumerate(truth) if stem(other) == own]


def _next(partial: _Partial, places: list[tuple[int, bool]]) -> list[_Partial]:
    """A word unmatched, or matched at every place that is free."""
    rows = [partial._replace(last=-2)]
    for place, exact in places:
        if not partial.used >> place & 1:
            rows.append(
                _Partial(
                    partial.exact + exact,
                    partial.matches + 1,
                    partial.chunks + (place != partial.last + 1),
                    partial.used | 1 << place,
                    place,
                )
            )
    return rows


def _merit(partial: _Partial) -> tuple[int, ...]:
    """Small for what is better: more exact matches, more matches, fewer chunks."""
    return -partial.exact, -partial.matches, partial.chunks, -partial.last, partial.used


@lru_cache(100_000)
def stem(word: str) -> str:
    """The stem of an English word.

    >>> stem("running"), stem("dogs")
    ('run', 'dog')
    """
    return str(_stemmer().stemWord(word))


@lru_cache(1)
def _stemmer() -> Any:
    from snowballstemmer import stemmer

    return stemmer("english")
