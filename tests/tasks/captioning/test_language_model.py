"""The language model against a plain loop, and the search for captions against all captions there are."""

from itertools import product

import pytest
import torch
from torch.nn import functional as F

from striate.data.captions.vocabulary import Vocabulary
from striate.errors import ModelFileError, SettingError
from striate.tasks.captioning.language_model import LanguageModel
from striate.tasks.captioning.language_targets import numbered, texts
from striate.tasks.captioning.search import Search, phrase_log_probabilities, write

VOCABULARY = Vocabulary(("a", "red", "cat"), 3)


@pytest.fixture
def model() -> LanguageModel:
    torch.manual_seed(0)
    one = LanguageModel(4, 8, VOCABULARY)
    with torch.no_grad():
        one.scores.weight.mul_(8)  # so that words differ
        one.look_up.weight.mul_(10)
    return one.eval()


CODES = torch.linspace(-2, 2, 12).view(3, 4)


def log_probability(model: LanguageModel, code: torch.Tensor, words: list[int]) -> float:
    """A caption's, one step after the other, by the cell of the recurrent network."""
    weights = model.recurrent
    cell = torch.nn.LSTMCell(8, 8)
    cell.load_state_dict({name: getattr(weights, f"{name}_l0") for name, _ in cell.named_parameters()})
    state = cell(F.relu(model.encode(code))[None])
    total, last = 0.0, VOCABULARY.start
    for word in [*words, VOCABULARY.end]:
        state = cell(model.look_up(torch.tensor([last])), state)
        total += model.scores(state[0]).log_softmax(1)[0, word - 1].item()
        last = word
    return total


def test_losses_of_a_batch_are_those_of_a_plain_loop(model):
    captions = [["a", "red", "cat"], ["cat"], ["a", "blue"]]  # blue is read as UNK
    found = model.step_losses(CODES, numbered(captions, VOCABULARY)).sum(1)
    numbers = [[1, 2, 3], [3], [1, VOCABULARY.unknown]]
    expected = [-log_probability(model, code, words) for code, words in zip(CODES, numbers, strict=True)]
    assert found.tolist() == pytest.approx(expected, abs=1e-5)


def test_what_fills_up_changes_no_loss(model):
    short = model.step_losses(CODES[:1], torch.tensor([[1, 2]])).sum()
    long = model.step_losses(CODES[:1], torch.tensor([[1, 2, 0, 0]])).sum()
    assert long.item() == pytest.approx(short.item(), abs=1e-6)


def every_caption() -> list[list[int]]:
    return [list(words) for length in range(4) for words in product((1, 2, 3), repeat=length)]


def test_a_beam_as_wide_as_all_captions_finds_the_likeliest(model):
    words, sums = write(model, CODES, Search(beam=40))
    for code, row, own in zip(CODES, words, sums, strict=True):
        known = {tuple(one): log_probability(model, code, one) for one in every_caption()}
        best = max(known, key=known.get)
        assert tuple(number for number in row.tolist() if number) == best
        assert own.item() == pytest.approx(known[best], abs=1e-4)


def test_greedy_takes_the_likeliest_word_at_every_step(model):
    words, sums = write(model, CODES)
    for code, row, own in zip(CODES, words, sums, strict=True):
        numbers = [number for number in row.tolist() if number]
        assert own.item() == pytest.approx(log_probability(model, code, numbers), abs=1e-4)
        for step in range(len(numbers)):
            before = numbers[:step]
            scores = {}
            for word in (1, 2, 3):
                tail = F.pad(torch.tensor([[*before, word]]), (0, 0))
                scores[word] = -model.step_losses(code[None], tail)[0, 1 : step + 2].sum().item()
            assert max(scores, key=scores.get) == numbers[step]


@pytest.mark.parametrize("beam", [1, 2, 5])
def test_a_wider_beam_is_never_less_likely_here_and_regions_do_not_mix(model, beam):
    together = write(model, CODES, Search(beam=beam))
    alone = [write(model, code[None], Search(beam=beam)) for code in CODES]
    assert torch.equal(together.words, torch.cat([one.words for one in alone]))
    assert torch.allclose(together.log_probabilities, torch.cat([one.log_probabilities for one in alone]))
    assert (write(model, CODES, Search(beam=40)).log_probabilities >= together.log_probabilities - 1e-5).all()


def test_drawn_captions_follow_their_seed_and_their_probability(model):
    first = write(model, CODES, Search(temperature=1.0, seed=1))
    assert torch.equal(first.words, write(model, CODES, Search(temperature=1.0, seed=1)).words)
    code = CODES[:1].expand(4000, -1)
    drawn = texts(write(model, code, Search(temperature=1.0)).words, VOCABULARY)
    share = drawn.count("") / len(drawn)
    scores, _ = model.step(torch.tensor([VOCABULARY.start]), model.begin(CODES[:1]))
    odds = scores[0, :4].softmax(0)  # UNK is never written
    assert share == pytest.approx(odds[3].item(), abs=0.03)


def test_unknown_words_are_never_written(model):
    with torch.no_grad():
        model.scores.bias[VOCABULARY.unknown - 1] = 100.0
    for search in (Search(), Search(beam=3), Search(temperature=2.0)):
        assert int(write(model, CODES, search).words.max()) <= 3


def test_no_regions_have_no_captions(model):
    words, sums = write(model, CODES[:0])
    assert words.shape == (0, 3)
    assert sums.shape == (0,)


def test_a_phrase_has_the_log_probability_of_its_words(model):
    found = phrase_log_probabilities(model, CODES, ["red", "cat"])
    expected = [log_probability(model, code, [2, 3]) for code in CODES]
    assert found.tolist() == pytest.approx(expected, abs=1e-5)


WRONG = [{"beam": 0}, {"beam": 1000}, {"beam": True}, {"temperature": -1.0}, {"beam": 2, "temperature": 1.0}]


@pytest.mark.parametrize("options", WRONG, ids=str)
def test_a_search_out_of_range_is_refused(options):
    with pytest.raises(SettingError):
        Search(**options)


def test_other_words_get_new_vectors_and_the_same_words_keep_them(model):
    before = model.look_up
    model.use(Vocabulary(("a", "red", "cat"), 3))
    assert model.look_up is before
    model.use(Vocabulary(("a", "red", "cat", "dog"), 3))
    assert model.look_up.num_embeddings == 8
    assert model.scores.out_features == 6


def test_words_that_the_weights_were_not_learned_with_are_refused(model):
    model.fingerprint[0] += 1
    with pytest.raises(ModelFileError, match="vocabulary"):
        model.use(VOCABULARY)


def test_gradients_are_those_of_finite_differences():
    torch.manual_seed(0)
    model = LanguageModel(2, 3, VOCABULARY).double()
    codes = torch.randn(2, 2, dtype=torch.float64, requires_grad=True)
    words = numbered([["a", "cat"], ["red"]], VOCABULARY)

    def loss(values: torch.Tensor) -> torch.Tensor:
        targets = torch.tensor([[0, 1, 3, 4], [0, 2, 4, 0]])
        scores = model(values, words)
        return F.cross_entropy(scores.flatten(0, 1), targets.flatten() - 1, ignore_index=-1)

    assert torch.autograd.gradcheck(loss, codes)
