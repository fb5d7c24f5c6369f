"""The words that a model of captions knows, and their numbers.

    0          nothing: what fills up short captions
    1 .. V     words, the most frequent first
    V + 1      END of a caption
    V + 2      UNK, a word that is not known: it is read, and never written
    V + 3      START of a caption: it is read only

Numbers of words and of END are those of DenseCap (Johnson, Karpathy, Fei-Fei 2016,
https://arxiv.org/abs/1511.07571). A saved model has its vocabulary as text in its header, and a fingerprint
of it among its tensors: a header that was edited no longer fits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from striate.errors import DataError, ModelFileError, SettingError

MOST_WORDS, MOST_LENGTH = 1_000_000, 1_000
"""Words that a model can know, and of a caption, at most."""


@dataclass(frozen=True)
class Vocabulary:
    """V words.

    Args:
        words: V different ones, as the tokenizer gives them.
        longest: words of a caption at most; of longer ones the first are learned.

    >>> known = Vocabulary(("a", "cat"), 5)
    >>> known.numbers(["a", "red", "cat"]), known.text([1, 2, 3, 0])
    ([1, 4, 2], 'a cat')
    """

    words: tuple[str, ...]
    longest: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "_numbers", {word: number for number, word in enumerate(self.words, 1)})

    def __len__(self) -> int:
        return len(self.words)

    @property
    def end(self) -> int:
        """The number of END."""
        return len(self.words) + 1

    @property
    def unknown(self) -> int:
        """The number of UNK."""
        return len(self.words) + 2

    @property
    def start(self) -> int:
        """The number of START."""
        return len(self.words) + 3

    def numbers(self, words: Sequence[str]) -> list[int]:
        """The numbers of a caption's words, ``longest`` at most; of a word that is not known that of UNK."""
        table: dict[str, int] = self._numbers  # type: ignore[attr-defined]
        return [table.get(word, self.unknown) for word in words[: self.longest]]

    def text(self, numbers: Sequence[int]) -> str:
        """The caption that some numbers stand for, up to END, the filling, or a number of no word."""
        words = []
        for number in numbers:
            if not 1 <= number <= len(self.words):
                break
            words.append(self.words[number - 1])
        return " ".join(words)

    def digest(self) -> bytes:
        """32 bytes: a fingerprint of all words in their order, and of ``longest``."""
        return sha256("\n".join((*self.words, str(self.longest))).encode()).digest()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"words": list(self.words), "longest": self.longest}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Vocabulary":
        """The inverse of ``to_dict``.

        Raises:
            ModelFileError: these values are no vocabulary.
        """
        if not isinstance(values, Mapping):
            raise _edited("it is no table of words")
        words, longest = values.get("words"), values.get("longest")
        if not isinstance(words, list | tuple) or not all(isinstance(word, str) and word for word in words):
            raise _edited("its words are no list of texts")
        if not 1 <= len(words) <= MOST_WORDS:
            raise _edited(f"it has {len(words):,} words")
        if len(set(words)) < len(words):
            twice = next(word for word, count in Counter(words).items() if count > 1)
            raise _edited(f"the word {twice[:40]!r} stands twice")
        if not isinstance(longest, int) or not 1 <= longest <= MOST_LENGTH:
            raise _edited(f"longest is {str(longest)[:40]}")
        return cls(tuple(words), longest)


def vocabulary_of(captions: Iterable[Sequence[str]], *, least: int, longest: int) -> Vocabulary:
    """The words that stand often enough in some captions, the most frequent first.

    Args:
        captions: words of each.
        least: how often a word must stand to be known.
        longest: words of a caption at most; what stands behind is not counted.

    Raises:
        SettingError: ``least`` or ``longest`` is out of range.
        DataError: no word stands so often, or there is none.

    >>> vocabulary_of([["a", "red", "cat"], ["a", "cat"], ["one", "cat"]], least=2, longest=15).words
    ('cat', 'a')
    """
    if least < 1:
        raise SettingError(f"least is {least}", "1 or more", "leave it out")
    if not 1 <= longest <= MOST_LENGTH:
        raise SettingError(f"longest is {longest}", f"1..{MOST_LENGTH:,}", "leave it out")
    counts = Counter(word for caption in captions for word in caption[:longest])
    kept = sorted((-count, word) for word, count in counts.items() if count >= least)
    if not counts:
        raise DataError(
            "the captions of the training pictures have no word",
            "letters or digits in some of them; emoji and punctuation are no words",
            "`striate check DATA` names captions that are empty",
        )
    if not kept:
        most = max(counts.values(), default=0)
        raise DataError(
            f"no word stands {least} times or more in the captions of the training pictures",
            f"{len(counts):,} different words, of which the most frequent stands {most} times",
            f"--least-count {max(most, 1)} or less, or more captions",
        )
    return Vocabulary(tuple(word for _, word in kept[:MOST_WORDS]), longest)


def _edited(wrong: str) -> ModelFileError:
    """The error of values that are no vocabulary."""
    return ModelFileError(
        f"the vocabulary of the model cannot be used: {wrong}",
        "the words as they were saved",
        "the file as the training wrote it",
    )
