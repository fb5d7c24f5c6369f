"""Graphs with which another program writes captions: a code, what it leaves behind, and one word more.

    captions         bins of regions (R, C, 7, 7)     --> codes (R, D)
    captions.begin   codes (R, D)                     --> hidden, cell (R, H): what the code leaves behind
    captions.word    words (R,), hidden, cell         --> log_probabilities (R, V + 2), hidden, cell

The first word that is read is START; a loop of ``captions.word`` in the program ends at END. The recurrent
network is written out, as no format must then know it: Hochreiter, Schmidhuber 1997, with the gates in the
order of torch.nn.LSTM.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.captions.vocabulary import Vocabulary
from striate.tasks.captioning.language_model import LanguageModel
from striate.tasks.detection.parts.branch import Graph


class Begin(nn.Module):
    """Codes (R, D) -> hidden and cell (R, H)."""

    def __init__(self, language: LanguageModel) -> None:
        super().__init__()
        self.language = language

    def forward(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Codes -> what is remembered of them."""
        first = F.relu(self.language.encode(codes))
        nothing = first * 0
        return lstm_step(self.language.recurrent, first, nothing, nothing)


class Word(nn.Module):
    """int64 words (R,), hidden and cell (R, H) -> log-probabilities (R, V + 2), hidden, cell."""

    def __init__(self, language: LanguageModel) -> None:
        super().__init__()
        self.language = language

    def forward(self, words: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The last words -> what comes next."""
        hidden, cell = lstm_step(self.language.recurrent, self.language.look_up(words), hidden, cell)
        return self.language.scores(hidden).log_softmax(1), hidden, cell


def lstm_step(recurrent: nn.LSTM, given: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """One step of a recurrent network of one layer: hidden and cell (R, H) after what is given (R, H)."""
    weights = dict(recurrent.named_parameters())
    gates = F.linear(given, weights["weight_ih_l0"], weights["bias_ih_l0"])
    gates = gates + F.linear(hidden, weights["weight_hh_l0"], weights["bias_hh_l0"])
    enter, forget, new, leave = gates.chunk(4, 1)
    cell = forget.sigmoid() * cell + enter.sigmoid() * new.tanh()
    return leave.sigmoid() * cell.tanh(), cell


def graphs(name: str, body: nn.Module, language: LanguageModel, bins: Tensor) -> list[Graph]:
    """The three graphs.

    Args:
        name: of the branch.
        body: bins -> codes.
        language: codes and words -> scores.
        bins: an example.
    """
    codes = body(bins)
    begin, word = Begin(language), Word(language)
    hidden, cell = begin(codes)
    last = hidden.new_full((len(codes),), language.vocabulary.start).long()
    given = {"words": last, "hidden": hidden, "cell": cell}
    after = ("log_probabilities", "hidden_after", "cell_after")
    return [
        Graph(name, body, {"bins": bins}, ("codes",), {}),
        Graph(f"{name}.begin", begin, {"codes": codes}, ("hidden", "cell"), {}),
        Graph(f"{name}.word", word, given, after, {"words": described(language.vocabulary)}),
    ]


def described(vocabulary: Vocabulary) -> dict[str, object]:
    """What the numbers of words mean: output o of ``log_probabilities`` is about number o + 1."""
    numbers = {"end": vocabulary.end, "unknown": vocabulary.unknown, "start": vocabulary.start}
    return {"from_1": list(vocabulary.words), **numbers, "longest": vocabulary.longest}
