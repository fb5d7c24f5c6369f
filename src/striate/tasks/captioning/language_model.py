"""A language model: a recurrent network that writes a caption, word by word, about what a code tells.

    code --linear, ReLU--> step 0 ---+
    START, words --look up--> steps 1 .. --> LSTM --> linear --> scores of words, END and UNK

The code is the first thing that the recurrent network reads; what it says there is not looked at.
Johnson, Karpathy, Fei-Fei 2016, section 3.3. https://arxiv.org/abs/1511.07571
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.captions.vocabulary import Vocabulary
from striate.errors import ModelFileError
from striate.tasks.captioning.language_targets import NOTHING, learned, read

NO_WORDS = Vocabulary((), 15)
"""Of a network until somebody names words."""

KEPT = 1.0
"""First bias of the forget gates: what the code told is still remembered some words later. Gers, Schmidhuber,
Cummins 2000; Jozefowicz, Zaremba, Sutskever 2015."""


class Remembered(NamedTuple):
    """What the recurrent network remembers of B captions: hidden (1, B, H) and cell (1, B, H)."""

    hidden: Tensor
    cell: Tensor

    def rows(self, chosen: Tensor) -> "Remembered":
        """Of some of the captions, int64 (b,)."""
        return Remembered(self.hidden[:, chosen], self.cell[:, chosen])


class LanguageModel(nn.Module):
    """Codes (M, D) and words (M, T) -> scores (M, T + 2, V + 2) of every step.

    Output o is about the word of number o + 1: V words, END, UNK.

    Args:
        code: D.
        width: H, of the recurrent network and of the vectors of words.
        vocabulary: V words; a network without any learns to end.

    Attributes:
        fingerprint: uint8 (32,), of the vocabulary, which a saved file holds apart from its words.
    """

    fingerprint: Tensor

    def __init__(self, code: int, width: int, vocabulary: Vocabulary = NO_WORDS) -> None:
        super().__init__()
        self.width = width
        self.encode = nn.Linear(code, width)
        self.recurrent = nn.LSTM(width, width, batch_first=True)
        nn.init.kaiming_normal_(self.encode.weight, nonlinearity="relu")
        forget = slice(width, 2 * width)  # of the gates: in, forget, cell, out
        biases = dict(self.recurrent.named_parameters())
        nn.init.constant_(biases["bias_ih_l0"][forget], KEPT)
        nn.init.zeros_(biases["bias_hh_l0"][forget])
        self._build(vocabulary)

    def _build(self, vocabulary: Vocabulary) -> None:
        """New vectors and scores of words."""
        self.vocabulary = vocabulary
        self.look_up = nn.Embedding(len(vocabulary) + 4, self.width, padding_idx=NOTHING)
        self.scores = nn.Linear(self.width, len(vocabulary) + 2)
        digest = torch.tensor(list(vocabulary.digest()), dtype=torch.uint8)
        self.register_buffer("fingerprint", digest.to(self.encode.weight.device))

    def use(self, vocabulary: Vocabulary) -> None:
        """Write in these words from now on; for other ones than before, their vectors and scores are new.

        Raises:
            ModelFileError: the weights were learned with other words.
        """
        if vocabulary != self.vocabulary:
            self._build(vocabulary)
        elif not self.fingerprint.is_meta:
            require_fingerprint(self.fingerprint, vocabulary)

    def forward(self, codes: Tensor, words: Tensor) -> Tensor:
        """Scores of every step; those of step 0 mean nothing.

        Args:
            codes: (M, D).
            words: int64 (M, T), of ``numbered``.
        """
        first = F.relu(self.encode(codes))[:, None]
        steps = torch.cat([first, self.look_up(read(words, self.vocabulary.start))], 1)
        seen, _ = self.recurrent(steps)
        scores: Tensor = self.scores(seen)
        return scores

    def step_losses(self, codes: Tensor, words: Tensor) -> Tensor:
        """(M, T + 2): minus the log-probability of what each step learns; 0 where it learns nothing."""
        targets = learned(words, self.vocabulary.end)
        scores = self(codes, words).float()
        losses = F.cross_entropy(
            scores.flatten(0, 1), targets.flatten() - 1, ignore_index=NOTHING - 1, reduction="none"
        )
        return losses.view_as(targets)

    def begin(self, codes: Tensor) -> Remembered:
        """What is remembered after the code alone."""
        _, state = self.recurrent(F.relu(self.encode(codes))[:, None])
        return Remembered(*state)

    def step(self, words: Tensor, state: Remembered) -> tuple[Tensor, Remembered]:
        """One word of every caption.

        Args:
            words: int64 (B,), the last word of each.
            state: what is remembered so far.

        Returns:
            float32 (B, V + 2), log-probabilities of what comes next, and what is remembered then.
        """
        seen, after = self.advance(words, state)
        return self.scores(seen).float().log_softmax(1), after

    def advance(self, words: Tensor, state: Remembered) -> tuple[Tensor, Remembered]:
        """As ``step``, without the scores: what the recurrent network gives, (B, H), and remembers then."""
        seen, after = self.recurrent(self.look_up(words)[:, None], tuple(state))
        return seen[:, 0], Remembered(*after)


def require_fingerprint(fingerprint: Tensor, vocabulary: Vocabulary) -> None:
    """The words are those that the fingerprint, uint8 (32,), was taken of.

    Raises:
        ModelFileError: they are not.
    """
    if bytes(fingerprint.tolist()) != vocabulary.digest():
        raise ModelFileError(
            "the vocabulary of the model is not the one that its weights were learned with",
            "the words as they were saved, in their order",
            "the file as the training wrote it",
        )
