"""What a language model reads and learns of captions.

    step       0      1        2        3        4
    reads      code   START    a        cat      -
    learns     -      a        cat      END      -

The loss looks at the steps up to END. Johnson, Karpathy, Fei-Fei 2016, section 3.3.
https://arxiv.org/abs/1511.07571
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from striate.data.captions.vocabulary import Vocabulary

NOTHING = 0
"""The number of what fills up, and of steps that learn nothing."""


def numbered(captions: Sequence[Sequence[str]], vocabulary: Vocabulary) -> Tensor:
    """int64 (M, T): numbers of the words of M captions, 0 behind the last one; T of the longest, 1 at least.

    >>> numbered([["a", "cat"], []], Vocabulary(("a", "cat"), 5)).tolist()
    [[1, 2], [0, 0]]
    """
    rows = [torch.tensor(vocabulary.numbers(words), dtype=torch.int64) for words in captions]
    longest = torch.zeros(1, dtype=torch.int64)  # gives the table a column where every caption is empty
    return pad_sequence([longest, *rows], batch_first=True)[1:]


def learned(words: Tensor, end: int) -> Tensor:
    """int64 (M, T + 2): what each step learns, 0 for nothing.

    Args:
        words: int64 (M, T), of ``numbered``.
        end: the number of END.

    >>> learned(torch.tensor([[5, 7, 0]]), 101).tolist()
    [[0, 5, 7, 101, 0]]
    """
    count, most = words.shape
    targets = words.new_zeros(count, most + 2)
    targets[:, 1:-1] = words
    lengths = (words != NOTHING).sum(1)
    targets[torch.arange(count, device=words.device), lengths + 1] = end
    return targets


def read(words: Tensor, start: int) -> Tensor:
    """int64 (M, T + 1): what the steps after the code read: START, and the words.

    >>> read(torch.tensor([[5, 7, 0]]), 103).tolist()
    [[103, 5, 7, 0]]
    """
    return torch.cat([words.new_full((len(words), 1), start), words], 1)


def texts(numbers: Tensor, vocabulary: Vocabulary) -> list[str]:
    """The captions that rows of numbers (M, T) stand for, each up to END.

    >>> texts(torch.tensor([[1, 2, 3, 1]]), Vocabulary(("a", "cat"), 5))
    ['a cat']
    """
    rows: list[list[int]] = numbers.tolist()
    return [vocabulary.text(row) for row in rows]
