"""Weights that were learned with one vocabulary, for a language model with another one.

vectors and scores of words     of words that both know: those of the weights; of all others: new ones
END, UNK, START                 those of the weights
fingerprint                     never that of the weights: it belongs to the words of the model
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from striate.data.captions.vocabulary import Vocabulary
from striate.formatting import plural
from striate.tasks.captioning.language_model import LanguageModel, require_fingerprint
from striate.tasks.captioning.language_targets import NOTHING

LOOK_UP, SCORES, BIAS, FINGERPRINT = "look_up.weight", "scores.weight", "scores.bias", "fingerprint"


def taken_over(
    network: nn.Module, tensors: Mapping[str, Tensor], options: Mapping[str, Any]
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The tensors of a saved model as a network takes them that writes in words of its own.

    Args:
        network: with a language model, or without any.
        tensors: of the saved model, by name.
        options: of the saved model, with its ``vocabulary``, as far as anybody knows it.

    Returns:
        the tensors, those of words in the shapes of the network; and what was decided, sentences.

    Raises:
        ModelFileError: the vocabulary is not the one that the weights were learned with, or is none.
    """
    result, notes = dict(tensors), tuple[str, ...]()
    known = options.get("vocabulary")
    theirs = Vocabulary((), 1) if known is None else Vocabulary.from_dict(known)
    for name, part in network.named_modules():
        before = f"{name}." if name else ""
        if isinstance(part, LanguageModel) and before + FINGERPRINT in tensors:
            if known is not None:
                require_fingerprint(tensors[before + FINGERPRINT], theirs)
            if not torch.equal(tensors[before + FINGERPRINT], part.fingerprint):
                result |= {before + key: one for key, one in _words(part, tensors, before, theirs).items()}
                notes = (*notes, _told(part.vocabulary, theirs))
    return result, notes


def _told(ours: Vocabulary, theirs: Vocabulary) -> str:
    """How many words the weights know."""
    shared = len(set(ours.words) & set(theirs.words))
    return f"vocabulary: that of the data; the weights know {shared:,} of {plural(len(ours), 'word')}"


def _words(
    part: LanguageModel, tensors: Mapping[str, Tensor], before: str, theirs: Vocabulary
) -> dict[str, Tensor]:
    """What a language model has of words, with the rows that the weights know; of other widths as it is."""
    result = {FINGERPRINT: part.fingerprint}
    ours, stored = same_numbers(part.vocabulary, theirs)
    rows = {LOOK_UP: (ours, stored, 4), SCORES: (ours - 1, stored - 1, 2), BIAS: (ours - 1, stored - 1, 2)}
    own = part.state_dict()
    for key, (into, of, more) in rows.items():
        new, old = own[key].clone(), tensors.get(before + key)
        if old is None or old.shape[1:] != new.shape[1:]:
            continue
        if len(old) == len(theirs) + more:
            inside = (into >= 0) & (into < len(new)) & (of < len(old))
            new[into[inside]] = old[of[inside]].to(new)
        result[key] = new
    return result


def same_numbers(ours: Vocabulary, theirs: Vocabulary) -> tuple[Tensor, Tensor]:
    """int64 (S,) twice: the numbers of what two vocabularies share, in one and in the other.

    >>> one, other = Vocabulary(("a", "cat"), 5), Vocabulary(("dog", "cat", "a"), 5)
    >>> [numbers.tolist() for numbers in same_numbers(one, other)]
    [[0, 1, 2, 3, 4, 5], [0, 3, 2, 4, 5, 6]]
    """
    numbers = {word: number for number, word in enumerate(theirs.words, 1)}
    words = [(number, numbers[word]) for number, word in enumerate(ours.words, 1) if word in numbers]
    special = [(ours.end, theirs.end), (ours.unknown, theirs.unknown), (ours.start, theirs.start)]
    into, of = zip((NOTHING, NOTHING), *words, *special, strict=True)
    return torch.tensor(into), torch.tensor(of)
