"""Codes as captions, by a search; or how likely a phrase is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from torch import Tensor

from striate.data.captions.tokenizer import words_of
from striate.data.captions.vocabulary import Vocabulary, vocabulary_of
from striate.errors import SettingError
from striate.records import Captions
from striate.tasks.captioning.language_model import LanguageModel
from striate.tasks.captioning.language_targets import texts
from striate.tasks.captioning.search import GREEDY, Search, phrase_log_probabilities, write

OPTIONS = tuple(one.name for one in fields(Search))

SHOWN = 10
"""Words of a vocabulary that an error names."""


def written(language: LanguageModel, codes: Tensor, search: Search = GREEDY) -> Captions:
    """The captions of M codes (M, D), or the log-probability of the phrase of the search at each.

    Raises:
        SettingError: no word of the phrase is known.
    """
    if search.phrase:
        words = known_words(search.phrase, language.vocabulary)
        likely = phrase_log_probabilities(language, codes.float(), words).cpu()
        return Captions((search.phrase,) * len(codes), likely)
    numbers, sums = write(language, codes.float(), search)
    return Captions(tuple(texts(numbers.cpu(), language.vocabulary)), sums.cpu())


def search_of(options: Mapping[str, Any], beam: int = 1) -> Search:
    """How captions are written, by the options of an answer.

    Args:
        options: as of ``Search``.
        beam: where they name none, and no word is drawn.

    Raises:
        SettingError: there is no such option, or it is out of range.
    """
    unknown = [name for name in options if name not in OPTIONS]
    if unknown:
        wrong = f"models of captions have no option {unknown[0]!r}"
        raise SettingError(wrong, ", ".join(OPTIONS), f"leave {unknown[0]} out")
    usual = {} if options.get("temperature") else {"beam": beam}
    return Search(**(usual | dict(options)))


def split_captions(captions: Captions, counts: Sequence[int]) -> list[Captions]:
    """The captions of each image.

    Args:
        captions: of M regions, those of the first image first.
        counts: regions of each image; they sum to M.
    """
    parts, first = list[Captions](), 0
    for count in counts:
        rows = slice(first, first + count)
        parts.append(Captions(captions.texts[rows], captions.log_probabilities[rows]))
        first += count
    return parts


def known_words(phrase: str, known: Vocabulary) -> list[str]:
    """The words of a phrase.

    Raises:
        SettingError: none of them is known.
    """
    words = words_of(phrase)
    if set(words) & set(known.words):
        return words
    shown = ", ".join(known.words[:SHOWN])
    raise SettingError(
        f"the model knows no word of the phrase {phrase[:60]!r}",
        f"words of its captions: {shown}{', ...' if len(known) > SHOWN else ''}",
        "another phrase",
    )


def vocabulary_to_learn(captions: Iterable[Sequence[str]], settings: Any) -> dict[str, Any]:
    """The option ``vocabulary`` of a model that shall learn from captions.

    Args:
        captions: of each region or picture.
        settings: with ``least_count`` and ``longest_caption``.

    Raises:
        DataError: no word stands often enough.
    """
    words = (words_of(text) for own in captions for text in own)
    least, longest = settings.least_count, settings.longest_caption
    return {"vocabulary": vocabulary_of(words, least=least, longest=longest).to_dict()}


def vocabulary_note(language: LanguageModel) -> str:
    """How many words a model knows, for the user."""
    return f"vocabulary: {len(language.vocabulary):,} words of the training captions"
