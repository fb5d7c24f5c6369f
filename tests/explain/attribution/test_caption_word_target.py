"""A word of a picture's caption is explained by its log-probability."""

import pytest
import torch

import striate
from striate.data.captions.vocabulary import Vocabulary
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.explain.attribution.caption_word_target import caption_word_target
from striate.tasks.captioning.language_targets import numbered
from striate.zoo.build import build

VOCABULARY = Vocabulary(("a", "red", "circle", "blue"), 4)


@pytest.fixture(scope="module")
def captioner():
    """A language model that learned two captions."""
    torch.manual_seed(0)
    options = {"vocabulary": VOCABULARY.to_dict(), "language": 16}
    arguments = {"width": 0.5, "depth": 0.34}
    made = build("resnet20", ["caption"], Preprocess((16, 16)), task="caption", options=options, **arguments)
    learning = torch.optim.Adam(made.language.parameters(), lr=0.02)
    codes, words = torch.randn(2, 32), numbered([["a", "red", "circle"], ["a", "blue"]], VOCABULARY)
    for _ in range(40):
        learning.zero_grad()
        made.language.step_losses(codes, words).sum().backward()
        learning.step()
    return made.eval()


@pytest.fixture(scope="module")
def picture():
    return torch.randint(0, 256, (3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def test_words_and_end_have_the_log_probability_of_the_caption(captioner, picture):
    found = captioner.predict(picture)
    words, language = found.text.split(), captioner.language
    with torch.no_grad():
        raw, total = captioner(picture[None]), 0.0
        state, last = language.begin(raw), VOCABULARY.start
        for number in [*VOCABULARY.numbers(words), VOCABULARY.end]:
            scores, state = language.step(torch.tensor([last]), state)
            total, last = total + float(scores[0, number - 1]), number
        first = caption_word_target(captioner, picture[None], words[0])
        assert float(first(raw)[0]) == pytest.approx(
            float(
                language.step(torch.tensor([VOCABULARY.start]), language.begin(raw))[0][
                    0, first_number(words)
                ]
            )
        )
    assert total == pytest.approx(found.log_probability, abs=1e-3)


def first_number(words):
    return VOCABULARY.numbers(words)[0] - 1


def test_saliency_of_a_word_is_the_slope_of_its_log_probability(captioner, picture):
    word = captioner.predict(picture).text.split()[1]
    found = striate.explain(captioner, picture, "saliency", target=word.upper())
    target = caption_word_target(captioner, picture[None], word)
    pixels = (picture[None] / 255).requires_grad_()
    (slope,) = torch.autograd.grad(target(captioner(pixels)).sum(), pixels)
    assert float(slope.abs().max()) > 0
    assert torch.allclose(found.values, slope, rtol=1e-3, atol=1e-4 * float(slope.abs().max()))
    assert found.targets == (f"{word}: {captioner.predict(picture).text}",)


def test_a_word_that_was_not_written_is_refused(captioner, picture):
    with pytest.raises(SettingError, match="has no word 'dog'"):
        striate.explain(captioner, picture, "saliency", target="dog")
    with pytest.raises(SettingError, match="2 pictures"):
        caption_word_target(captioner, torch.stack([picture, picture]), "red")
