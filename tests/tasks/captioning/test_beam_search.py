"""The beam against a plain one of lists, step by step, one region after the other."""

import pytest
import torch
from torch.nn import functional as F

from striate.data.captions.vocabulary import Vocabulary
from striate.tasks.captioning.language_model import LanguageModel
from striate.tasks.captioning.search import Search, write

VOCABULARY = Vocabulary(("a", "red", "blue", "cat", "dog"), 5)
END = VOCABULARY.end
COUNT, SEEDS = 25, (1, 2, 5)


def model_of(seed: int, ends: float) -> LanguageModel:
    """A model with sharp opinions; ``ends`` is how much it likes to end."""
    torch.manual_seed(seed)
    one = LanguageModel(4, 8, VOCABULARY)
    with torch.no_grad():
        for weight, factor in (
            (one.scores.weight, 3),
            (one.look_up.weight, 10),
            (one.recurrent.weight_ih_l0, 4),
            (one.recurrent.weight_hh_l0, 4),
        ):
            weight.mul_(factor)
        one.scores.bias[END - 1] += ends
    return one.eval()


@torch.no_grad()
def plain_beam(model: LanguageModel, code: torch.Tensor, beam: int) -> tuple[list[int], float]:
    """The likeliest finished caption: lists of (log-probability, words, memory), nothing dropped."""
    cell = torch.nn.LSTMCell(8, 8)
    weights = {name: getattr(model.recurrent, f"{name}_l0") for name, _ in cell.named_parameters()}
    cell.load_state_dict(weights)
    begun, done = [(0.0, [VOCABULARY.start], cell(F.relu(model.encode(code))[None]))], []
    for step in range(VOCABULARY.longest + 1):
        grown = []
        for total, words, state in begun:
            after = cell(model.look_up(torch.tensor([words[-1]])), state)
            scores = model.scores(after[0]).log_softmax(1)[0].tolist()
            allowed = range(1, END + 1) if step < VOCABULARY.longest else [END]
            grown += [(total + scores[word - 1], [*words, word], after) for word in allowed]
        best = sorted(grown, key=lambda one: -one[0])[:beam]
        done += [one for one in best if one[1][-1] == END]
        begun = [one for one in best if one[1][-1] != END]
    total, words, _ = max(done, key=lambda one: one[0])
    return words[1:-1], total


@pytest.mark.parametrize("ends", [-2.0, 1.0])
@pytest.mark.parametrize("beam", [2, 5])
def test_captions_are_those_of_a_plain_beam_or_the_greedy_one_where_that_is_likelier(beam, ends):
    for seed in SEEDS:
        model = model_of(seed, ends)
        codes = torch.randn(COUNT, 4) * 2
        words, sums = write(model, codes, Search(beam=beam))
        for code, row, total in zip(codes, words.tolist(), sums.tolist(), strict=True):
            expected = max(plain_beam(model, code, beam), plain_beam(model, code, 1), key=lambda one: one[1])
            assert [word for word in row if word] == expected[0]
            assert total == pytest.approx(expected[1], abs=1e-4)


def test_the_cases_tell_the_three_searches_apart():
    """Of some regions the beam finds more than the greedy search, of others it loses what that finds."""
    gains = []
    for seed in SEEDS:
        model = model_of(seed, -2.0)
        for code in torch.randn(COUNT, 4) * 2:
            gains.append(plain_beam(model, code, 2)[1] - plain_beam(model, code, 1)[1])
    assert max(gains) > 0.1
    assert min(gains) < -0.1


def test_the_network_is_asked_once_a_word_by_the_greedy_search_and_once_by_the_beam(monkeypatch):
    model, codes = model_of(1, -4.0), torch.randn(COUNT, 4)
    asked: list[int] = []
    advance = model.advance
    monkeypatch.setattr(
        model, "advance", lambda words, state: asked.append(len(words)) or advance(words, state)
    )
    write(model, codes, Search(beam=5))
    steps = VOCABULARY.longest + 1
    assert len(asked) <= 2 * steps
    assert max(asked) <= 5 * COUNT
    assert asked[0] == COUNT
    assert asked[steps] < 5 * COUNT, "the beginnings of the greedy captions are asked twice"
