"""A word of a region's caption is explained by its log-probability."""

import pytest
import torch

import striate
from striate.data.captions.vocabulary import Vocabulary
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.explain.attribution.word_target import WordTarget, least_sure_word, word_target
from striate.zoo.build import build

VOCABULARY = Vocabulary(("a", "red", "circle", "blue"), 4)
SIZE = (64, 96)
SMALL = {"width": 0.125, "channels": 16, "code": 32, "language": 32, "proposals": 20}


@pytest.fixture(scope="module")
def captioner():
    """Every region is sure enough, and captions are as long as they can be."""
    torch.manual_seed(0)
    options = {"vocabulary": VOCABULARY.to_dict()}
    made = build("densecap", ["region"], Preprocess(SIZE), task="dense_captions", options=options, **SMALL)
    with torch.no_grad():
        made.branch.language.scores.weight.mul_(4)
        made.branch.language.scores.bias[VOCABULARY.end - 1] = -20.0
    return made.eval()


@pytest.fixture(scope="module")
def picture():
    return torch.randint(0, 256, (3, *SIZE), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def found(captioner, picture):
    return captioner.predict(picture)


def test_words_and_end_have_the_log_probability_of_the_caption(captioner, picture, found):
    words = found.captions.texts[1].split()
    target = word_target(captioner, picture[None], f"{words[2]}@1")
    assert torch.equal(target.box, found.boxes[1])
    assert target.words == words
    with torch.no_grad():
        raw = captioner(picture[None])
        own = target.log_probabilities(raw)[0]
        codes = captioner.network.branch_raw(raw, [found.boxes[1:2]])["captions"]["codes"]
        state, last = captioner.branch.language.begin(codes), VOCABULARY.start
        for position, number in enumerate(VOCABULARY.numbers(words)):
            scores, state = captioner.branch.language.step(torch.tensor([last]), state)
            assert float(own[position]) == pytest.approx(float(scores[0, number - 1]), abs=1e-4)
            last = number
        end = captioner.branch.language.step(torch.tensor([last]), state)[0][0, VOCABULARY.end - 1]
    whole = float(found.captions.log_probabilities[1])
    assert float(own.sum() + end) == pytest.approx(whole, abs=1e-3)


def test_saliency_of_a_word_is_the_slope_of_its_log_probability(captioner, picture, found):
    word = found.captions.texts[0].split()[1]
    made = striate.explain(captioner, picture, "saliency", target=f"{word}@0")
    assert made.targets == (f"{word} of 0: {found.captions.texts[0]}",)
    target = word_target(captioner, picture[None], f"{word}@0")
    pixels = (picture[None] / 255).requires_grad_()
    (slope,) = torch.autograd.grad(target(captioner(pixels)).sum(), pixels)
    assert float(slope.abs().max()) > 0
    assert torch.allclose(made.values, slope, rtol=1e-3, atol=1e-4 * float(slope.abs().max()))
    step = slope.sign() * 2e-4  # a finite difference along the signs of the slope
    with torch.no_grad():
        rise = target(captioner(pixels + step)) - target(captioner(pixels - step))
    assert float(rise) == pytest.approx(2 * float((slope * step).sum()), rel=0.05)


def test_a_word_alone_is_that_of_the_surest_region_that_has_it(captioner, picture, found):
    for word in {word for text in found.captions.texts for word in text.split()}:
        row = next(row for row, text in enumerate(found.captions.texts) if word in text.split())
        assert word_target(captioner, picture[None], word.upper()).number == row


def test_the_least_sure_word_is_the_one_of_least_probability(captioner, picture):
    target, sure = least_sure_word(captioner, picture[None], 0)
    with torch.no_grad():
        every = target.log_probabilities(captioner(picture[None]))[0].exp()
    assert sure == pytest.approx(float(every.min()))
    assert target.position == int(every.argmin())


def test_numbers_and_the_class_are_regions_still(captioner, picture):
    assert striate.explain(captioner, picture, target="1").targets[0].startswith("1: region ")
    assert striate.explain(captioner, picture, target="region").targets[0].startswith("0: region ")


def test_grad_cam_looks_at_the_maps_of_the_backbone(captioner, picture, found):
    word = found.captions.texts[0].split()[0]
    made = striate.explain(captioner, picture, "gradcam", target=f"{word}@0")
    assert made.layer.startswith("features.backbone")


def test_another_network_is_asked_about_the_same_word(captioner, picture, found):
    word = found.captions.texts[0].split()[0]
    target = word_target(captioner, picture[None], f"{word}@0")
    torch.manual_seed(1)
    options = {"vocabulary": VOCABULARY.to_dict()}
    other = build("densecap", ["region"], Preprocess(SIZE), task="dense_captions", options=options, **SMALL)
    moved = target.on(other.eval())
    assert isinstance(moved, WordTarget)
    assert str(moved) == str(target)
    with torch.no_grad():
        assert not torch.allclose(moved(other(picture[None])), target(captioner(picture[None])))


def test_words_that_are_not_written_are_refused(captioner, picture):
    for target in ("green", "green@0", "a dog@1", "!"):
        with pytest.raises(SettingError, match="no caption of the picture has the word"):
            striate.explain(captioner, picture, target=target)
    with pytest.raises(SettingError, match="no object"):
        striate.explain(captioner, picture, target="a@1000000")
    with pytest.raises(SettingError, match="2 pictures"):
        striate.explain(captioner, [picture, picture], target="a")
