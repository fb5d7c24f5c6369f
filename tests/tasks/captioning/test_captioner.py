"""Captions alone as a task: losses, answers, saved words, measures, weights of classifiers."""

import json
import math

import numpy as np
import pytest
import torch

from striate.data.annotations.image_caption_annotations import ImageCaptionAnnotations
from striate.data.captions.sentences import Sentences
from striate.data.captions.vocabulary import Vocabulary
from striate.data.preprocess import Preprocess
from striate.draw.overlay import Overlay
from striate.draw.record_overlay import drawn
from striate.errors import ModelFileError, SettingError
from striate.records import Batch, CaptionTargets, ImageCaption
from striate.tasks.captioning.caption_metric import CaptionMetric
from striate.tasks.captioning.captioner import Captioner
from striate.tasks.captioning.cider import cider_d
from striate.tasks.captioning.phrase_search import search_phrase
from striate.train.finetune.finetune import begin
from striate.train.run.settings import Settings
from striate.zoo.build import build
from striate.zoo.save_load import load, save

WORDS = Vocabulary(("a", "red", "circle", "blue"), 6)
SEEN = Preprocess((32, 32))
TRUE = [["a red circle", "red"], ["a blue circle"], []]


def made(vocabulary=WORDS, name="resnet20", **arguments):
    torch.manual_seed(0)
    options = {"vocabulary": vocabulary.to_dict(), "language": 16}
    return build(name, ["caption"], SEEN, task="caption", options=options, **arguments)


@pytest.fixture(scope="module")
def model():
    return made(width=0.5, depth=0.34).eval()


def batch(captions=TRUE):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 255, (len(captions), 3, 32, 32), dtype=torch.uint8, generator=generator)
    count = len(captions)
    return Batch(images, torch.full((count, 2), 32), torch.arange(count), CaptionTargets.of(captions))


def annotations(*texts):
    rows = [text.encode() for text in texts]
    lengths = np.array([len(row) for row in rows], np.int32)
    starts = np.cumsum(lengths) - lengths
    return ImageCaptionAnnotations(Sentences(np.frombuffer(b"".join(rows), np.uint8), starts, lengths))


def test_the_loss_is_the_mean_cross_entropy_of_words_and_end(model):
    one = batch([["a red circle", "blue"], ["blue"], []])
    with torch.no_grad():
        loss = model.losses(one)["caption"].item()
        each = model.sample_losses(one)
        likely = [
            model.predict(one.images[row], phrase=text).log_probability
            for row, text in ((0, "a red circle"), (0, "blue"), (1, "blue"))
        ]
    assert loss == pytest.approx(-sum(likely) / (4 + 2 + 2), abs=1e-4)  # 3 words and END, twice 1 and END
    assert each.tolist() == pytest.approx([-sum(likely[:2]) / 6, -likely[2] / 2, 0], abs=1e-4)
    assert model.guess_loss == math.log(6)


def test_every_parameter_gets_a_gradient(model):
    model.zero_grad()
    model.losses(batch())["caption"].backward()
    assert [name for name, one in model.named_parameters() if one.grad is None] == []


@pytest.mark.parametrize("captions", [[[], []], [["\U0001f431"], ["a " * 400]]])
def test_odd_captions_have_a_finite_loss(model, captions):
    assert model.losses(batch(captions))["caption"].isfinite()
    assert model.sample_losses(batch(captions)).isfinite().all()


def test_an_answer_is_a_sentence_of_known_words_with_its_probability(model):
    answers = model.predict(batch().images)
    for answer in answers:
        assert isinstance(answer, ImageCaption)
        assert set(answer.text.split()) <= set(WORDS.words)
        assert answer.log_probability < 0
        assert json.loads(answer.to_json())["caption"] == answer.text
    assert answers == model.predict(batch().images, beam=5)
    greedy = model.predict(batch().images, beam=1)
    assert all(a.log_probability >= b.log_probability - 1e-4 for a, b in zip(answers, greedy, strict=True))
    hot = [model.predict(batch().images[0], temperature=50.0, seed=seed).text for seed in range(8)]
    assert len(set(hot)) > 1


@pytest.mark.parametrize(
    "options", [{"beam": 0}, {"beam": 1000}, {"temperature": "hot"}, {"top_k": 3}, {"phrase": "dogs"}]
)
def test_options_out_of_range_are_refused(model, options):
    with pytest.raises(SettingError):
        model.predict(batch().images, **options)


def test_a_saved_model_has_its_words_and_says_the_same(model, tmp_path):
    save(model, tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert isinstance(again, Captioner)
    assert again.language.vocabulary == WORDS
    assert again.predict(batch().images) == model.predict(batch().images)


@pytest.mark.parametrize(
    "words", [["red", "a", "circle", "blue"], ["a"], ["a", "a", "red", "blue"], [], "words"]
)
def test_a_model_whose_words_were_edited_is_refused(model, tmp_path, words):
    path = tmp_path / "m.safetensors"
    save(model, path)
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    ours = json.loads(header["__metadata__"]["striate"])
    ours["options"]["vocabulary"]["words"] = words
    header["__metadata__"]["striate"] = json.dumps(ours)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + raw[8 + length :])
    with pytest.raises(ModelFileError):
        load(path)


def test_captions_are_measured_by_formula():
    answers = ["a red circle", "a circle", "no words are known here"]
    metric = CaptionMetric(lambda raw: answers, lambda raw, one: torch.zeros(3))
    metric.update(torch.zeros(3, 1), batch())
    found = metric.compute()
    words = [text.split() for text in answers[:2]]
    truths = [[text.split() for text in own] for own in TRUE[:2]]
    assert found.per_image[:2].tolist() == cider_d(words, truths).tolist()
    assert found.per_image[2].isnan()  # nothing is said of it
    assert found.primary.name == "cider_d"
    assert found.values["exact"] == 0.5
    assert found.values["bleu_4"] == 0  # two words have no run of four
    assert found.others_in_words().keys() == {"BLEU-4", "meteor without synonyms", "exact"}
    assert type(found).from_dict(json.loads(json.dumps(found.to_dict()))).values == found.values
    other = CaptionMetric(lambda raw: answers, lambda raw, one: torch.zeros(3))
    other.merge(metric)
    assert other.compute().values == found.values
    assert CaptionMetric(lambda raw: [], lambda raw, one: torch.zeros(0)).compute().primary.value is None


@pytest.mark.parametrize(
    ("name", "arguments"), [("resnet20", {}), ("nin_cifar", {}), ("mobilenet_v3_small", {"width": 0.5})]
)
def test_any_classifier_lends_its_backbone(name, arguments, tmp_path):
    torch.manual_seed(7)
    theirs = build(name, ("cat", "dog"), SEEN, **arguments)
    save(theirs, tmp_path / "m.safetensors")
    settings = Settings(
        task="caption",
        model=name,
        weights=str(tmp_path / "m.safetensors"),
        finetune="all",
        arguments=arguments,
    )
    begun, _, notes = begin(settings, annotations("a cat", "a dog"), SEEN)
    known = theirs.network.state_dict()
    assert all(torch.equal(known[key], one) for key, one in begun.backbone.state_dict().items())
    assert notes[-1] == "the branches for caption are new"
    assert set(begun.language.vocabulary.words) == {"a", "cat", "dog"}


@pytest.mark.parametrize("texts", [("red cats", "red dogs"), ("one red thing", "two dogs", "blue")])
def test_it_learns_on_with_the_words_of_the_new_data(model, texts, tmp_path):
    save(model, tmp_path / "m.safetensors")
    settings = Settings(
        task="caption", model="resnet20", weights=str(tmp_path / "m.safetensors"), finetune="all"
    )
    settings = settings.model_copy(update={"arguments": {"width": 0.5, "depth": 0.34}})
    old = build(
        "resnet20",
        ["caption"],
        SEEN,
        task="caption",
        options={"vocabulary": WORDS.to_dict()},
        width=0.5,
        depth=0.34,
    )
    save(old, tmp_path / "m.safetensors")
    begun, best, notes = begin(settings, annotations(*texts), SEEN)
    for one in (begun, best):
        known = one.language
        assert set(known.vocabulary.words) == set(" ".join(texts).split())
        assert bytes(known.fingerprint.tolist()) == known.vocabulary.digest()
        row, before = known.vocabulary.numbers(["red"])[0], WORDS.numbers(["red"])[0]
        assert torch.equal(known.look_up.weight[row], old.language.look_up.weight[before])
    assert "the weights know" in notes[-1]
    save(best, tmp_path / "new.safetensors")
    assert load(tmp_path / "new.safetensors").language.vocabulary == best.language.vocabulary


def test_a_phrase_ranks_whole_pictures(model, tmp_path):
    from PIL import Image

    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path, image in zip(paths, batch().images, strict=True):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(path)
    found = search_phrase("a red circle", paths, model, k=2)
    likely = sorted(
        (model.predict(path, phrase="a red circle").log_probability for path in paths), reverse=True
    )
    assert [one.log_probability for one in found] == pytest.approx(likely[:2], abs=1e-4)
    assert found[0].box is None
    assert found[0].in_words().startswith(found[0].source + "  log p ")


def test_sentence_and_truth_stand_below_the_picture():
    image, answer = batch().images[0], ImageCaption("a red circle " * 9, -3.0)
    height = Overlay(image).picture.height
    alone = drawn(image, answer)
    both = drawn(image, answer, CaptionTargets.of([["a blue circle", "\x1b[31m \U0001f431"]]))
    assert alone.height > height
    assert both.height > alone.height
    assert drawn(image, ImageCaption("", -1.0)).height < alone.height
