"""Which of the true captions a step learns, as numbers.

captions of M regions  --one of each-->              words (M, T)             dense captions: many regions
captions of N pictures --all of each, up to ten-->   words (S, T), owners (S,)    captions alone
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from striate.data.captions.tokenizer import words_of
from striate.data.captions.vocabulary import Vocabulary
from striate.tasks.captioning.language_targets import numbered

AUGMENT = "shift=0.1,scale=0.2,edge=black"
"""Captions speak of left, right and colors, which a mirror and other colors would make wrong."""

MOST = 10
"""Captions of a picture that a step learns, at most."""


class DrawnCaptions(NamedTuple):
    """int64 (M, T) numbers of words, and bool (M,), whether anything is said."""

    words: Tensor
    said: Tensor

    @property
    def steps(self) -> Tensor:
        """int64 (M,): words and END that are learned; 0 where nothing is said."""
        return ((self.words != 0).sum(1) + 1) * self.said


def drawn_captions(
    known: Sequence[Sequence[str]], vocabulary: Vocabulary, device: torch.device
) -> DrawnCaptions:
    """One of the captions of each region, drawn by torch.

    Args:
        known: the captions of each.
        vocabulary: the words of the model.
        device: where the numbers shall be.

    >>> from striate.data.captions.vocabulary import Vocabulary
    >>> drawn_captions([["a cat"], []], Vocabulary(("a", "cat"), 5), torch.device("cpu")).steps.tolist()
    [3, 0]
    """
    captions = [_one_of(own) for own in known]
    said = torch.tensor([bool(one) for one in captions], dtype=torch.bool, device=device)
    return DrawnCaptions(numbered(captions, vocabulary).to(device), said)


class OwnedCaptions(NamedTuple):
    """int64 (S, T) numbers of words, and int64 (S,), the picture that each caption is of."""

    words: Tensor
    owners: Tensor

    @property
    def steps(self) -> Tensor:
        """int64 (S,): words and END that are learned."""
        return (self.words != 0).sum(1) + 1

    def sums(self, values: Tensor, count: int) -> Tensor:
        """(count,): the sum of values (S,) over the captions of each picture."""
        return values.new_zeros(count).index_add(0, self.owners, values)


def owned_captions(
    known: Sequence[Sequence[str]], vocabulary: Vocabulary, device: torch.device, most: int = MOST
) -> OwnedCaptions:
    """All captions of each picture; where there are more than ``most``, so many of them, drawn by torch.

    Args:
        known: the captions of each picture.
        vocabulary: the words of the model.
        device: where the numbers shall be.
        most: captions of a picture at most.

    >>> from striate.data.captions.vocabulary import Vocabulary
    >>> known, vocabulary = [["a", "a cat"], [], ["cat"]], Vocabulary(("a", "cat"), 5)
    >>> found = owned_captions(known, vocabulary, torch.device("cpu"))
    >>> found.words.tolist(), found.owners.tolist()
    ([[1, 0], [1, 2], [2, 0]], [0, 0, 2])
    """
    some = [_some_of(own, most) for own in known]
    owners = torch.tensor([number for number, own in enumerate(some) for _ in own], dtype=torch.int64)
    words = numbered([words_of(text) for own in some for text in own], vocabulary)
    return OwnedCaptions(words.to(device), owners.to(device))


def _some_of(captions: Sequence[str], most: int) -> Sequence[str]:
    """So many of the captions at most."""
    if len(captions) <= most:
        return captions
    return [captions[row] for row in torch.randperm(len(captions))[:most].tolist()]


def _one_of(captions: Sequence[str]) -> list[str]:
    """The words of one of the captions of a region; none where nothing is said."""
    if len(captions) > 1:
        captions = [captions[int(torch.randint(len(captions), ()))]]
    return words_of(captions[0]) if captions else []
