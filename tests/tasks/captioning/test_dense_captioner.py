"""Dense captioning as a task: losses by name, answers, saved words, measures."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch

import striate
from striate.data.captions.vocabulary import Vocabulary
from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError
from striate.records import Batch, BoxTargets, Captions, CaptionTargets, Detections
from striate.tasks.captioning.caption_branch import writing
from striate.tasks.captioning.dense_captioner import DenseCaptioner, weighted
from striate.tasks.captioning.dense_metric import DenseCaptionMetric
from striate.tasks.captioning.networks.densecap import FINISH, WEIGHTS
from striate.tasks.captioning.phrase_search import search_phrase, unknown_words
from striate.tasks.captioning.search import Search
from striate.tasks.detection.parts import rpn
from striate.tasks.detection.parts.finish import Found
from striate.tasks.detection.parts.loss_sums import LossSums
from striate.train.finetune.freeze import first_thawed, thaw
from striate.zoo.build import build
from striate.zoo.save_load import load, save

VOCABULARY = Vocabulary(("a", "red", "circle", "blue"), 6)
SMALL = {"width": 0.125, "channels": 16, "code": 32, "language": 32, "proposals": 20}


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    options = {"vocabulary": VOCABULARY.to_dict()}
    return build(
        "densecap", ["region"], Preprocess((96, 96)), task="dense_captions", options=options, **SMALL
    )


def batch(captions=(["a red circle"], ["a blue circle", "blue"], [])):
    boxes = torch.tensor([[10.0, 10, 50, 50], [40, 40, 90, 90], [5, 5, 30, 30]])
    known = None if captions is None else CaptionTargets.of(captions)
    targets = BoxTargets(boxes, torch.zeros(3).long(), torch.tensor([2, 1]), captions=known)
    images = torch.randint(
        0, 255, (2, 3, 96, 96), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    return Batch(images, torch.full((2, 2), 96), torch.arange(2), targets)


def test_the_constants_are_the_published_ones():
    """Conformance case densecap_constants: jcjohnson/densecap train_opts.lua, LocalizationLayer.lua."""
    published = {"proposal_box": 0.05, "objectness": 0.1, "box": 0.1, "class": 0.1, "caption": 1.0}
    assert published == WEIGHTS
    assert (rpn.SAMPLER.count, rpn.SAMPLER.high, rpn.SAMPLER.low) == (256, 0.7, 0.3)
    assert (rpn.Kept().iou_threshold, FINISH.iou_threshold) == (0.7, 0.3)


def test_losses_are_weighted_by_name():
    ones = {name: torch.ones(2) for name in WEIGHTS}
    found = weighted(LossSums(ones, torch.ones(2)))
    assert {name: values[0].item() for name, values in found.sums.items()} == pytest.approx(WEIGHTS)


def test_every_parameter_gets_a_gradient_from_the_five_losses(model):
    torch.manual_seed(0)
    losses = model.losses(batch())
    assert losses.keys() == WEIGHTS.keys()
    model.zero_grad()
    sum(losses.values()).backward()
    assert [name for name, one in model.named_parameters() if one.grad is None] == []
    assert torch.isfinite(model.sample_losses(batch())).all()


@pytest.mark.parametrize("captions", [None, ([], [], [])])
def test_regions_without_captions_are_learned_as_boxes(model, captions):
    losses = model.losses(batch(captions))
    assert losses["caption"].item() == 0
    assert losses["box"].isfinite()


def test_a_batch_without_regions_has_a_finite_loss(model):
    empty = BoxTargets(
        torch.zeros(0, 4), torch.zeros(0).long(), torch.zeros(2).long(), captions=CaptionTargets.of([])
    )
    one = batch()
    total = sum(model.losses(Batch(one.images, one.sizes, one.indices, empty)).values())
    assert total.isfinite()
    total.backward()


def test_every_region_of_an_answer_has_a_caption_of_known_words(model):
    answers = model.predict(batch().images, score_threshold=0.0, top_k=4)
    for answer in answers:
        assert len(answer) == len(answer.captions) == 4
        assert set(" ".join(answer.captions.texts).split()) <= set(VOCABULARY.words)
        assert (answer.captions.log_probabilities < 0).all()


def test_a_beam_finds_captions_that_are_no_less_likely(model):
    greedy, wide = (
        model.predict(batch().images[0], score_threshold=0.0, top_k=4, beam=one) for one in (1, 8)
    )
    assert torch.equal(greedy.boxes, wide.boxes)
    gained = wide.captions.log_probabilities - greedy.captions.log_probabilities
    assert gained.sum() > -1e-4


@pytest.mark.parametrize("options", [{"beam": 0}, {"beam": 1000}, {"temperature": "hot"}, {"width": 3}])
def test_options_out_of_range_are_refused(model, options):
    with pytest.raises(SettingError):
        model.predict(batch().images, **options)


def test_a_saved_model_has_its_words_and_says_the_same(model, tmp_path):
    save(model, tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert isinstance(again, DenseCaptioner)
    assert again.branch.language.vocabulary == VOCABULARY
    options = {"score_threshold": 0.0, "top_k": 3}
    first, second = (one.predict(batch().images[0], **options) for one in (model, again))
    assert first.captions.texts == second.captions.texts
    assert torch.equal(first.captions.log_probabilities, second.captions.log_probabilities)


EDITS = {
    "two words swapped": lambda words: [words[1], words[0], *words[2:]],
    "a word more": lambda words: [*words, "green"],
    "a word twice": lambda words: [words[0], words[0], *words[2:]],
    "no words": lambda words: [],
    "no list": lambda words: "words",
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_model_whose_words_were_edited_is_refused(model, tmp_path, edit):
    path = tmp_path / "m.safetensors"
    save(model, path)
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    key = next(name for name, text in header["__metadata__"].items() if "vocabulary" in text)
    ours = json.loads(header["__metadata__"][key])
    known = ours["options"]["vocabulary"]
    known["words"] = EDITS[edit](known["words"])
    header["__metadata__"][key] = json.dumps(ours)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + raw[8 + length :])
    with pytest.raises(ModelFileError):
        load(path)


def test_true_captions_on_true_boxes_are_measured_as_right(model):
    metric = model.metric()
    with torch.no_grad():
        metric.update(model(batch().images), batch())
    found = metric.compute()
    assert found.count == 2
    assert found.numbers.keys() == {"mAP", "box_AP", "exact", "meteor"}
    assert "METEOR (exact and stem matches, no synonyms)" in found.headline("2 pictures")
    assert type(found).from_dict(json.loads(json.dumps(found.to_dict()))).values == found.values
    assert len(metric.answers()) == 2
    other = model.metric()
    other.merge(metric)
    assert other.compute().values == found.values


def test_boxes_alone_are_measured_where_no_captions_are_learned():
    box = torch.tensor([[10.0, 10.0, 40.0, 40.0]])
    captions = Captions(("nonsense",), torch.zeros(1))
    answer = Detections(box, torch.ones(1), torch.zeros(1).long(), ("region",), captions=captions)
    truth = BoxTargets(
        box, torch.zeros(1).long(), torch.ones(1).long(), captions=CaptionTargets.of([["a red circle"]])
    )
    images = Batch.full(torch.zeros(1, 3, 64, 64, dtype=torch.uint8), torch.zeros(1).long(), truth)
    for sentences, expected in ((True, 0.0), (False, 1.0)):
        metric = DenseCaptionMetric(lambda _raw, _sizes: [answer], sentences=sentences)
        metric.update({}, images)
        found = metric.compute()
        assert (found.numbers["mAP"], found.numbers["box_AP"]) == (expected, 1.0)
        assert ("METEOR" in found.headline("1 picture")) == sentences


def test_a_network_without_captions_is_refused():
    with pytest.raises(SettingError, match="writes no captions"):
        DenseCaptioner(torch.nn.Linear(1, 1), ["region"], Preprocess((96, 96)))


def test_captions_teach_the_proposals_through_the_corners_of_regions():
    gained = {}
    for through in (True, False):
        torch.manual_seed(0)
        options = {"vocabulary": VOCABULARY.to_dict()}
        arguments = {**SMALL, "box_gradients": through}
        one = build(
            "densecap", ["region"], Preprocess((96, 96)), task="dense_captions", options=options, **arguments
        )
        torch.manual_seed(1)
        one.losses(batch())["caption"].backward()
        deltas = one.network.first.deltas.weight.grad
        gained[through] = 0.0 if deltas is None else deltas.abs().sum().item()
    assert gained[False] == 0
    assert gained[True] > 0


def test_a_phrase_is_looked_for_in_all_regions(model, tmp_path):
    from PIL import Image

    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path, image in zip(paths, batch().images, strict=True):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(path)
    found = search_phrase("A red circle!", paths, model, k=3)
    every = [one for path in paths for one in search_phrase("a red circle", [path], model, k=1000)]
    assert len(found) == min(3, len(every))
    best = sorted((one.log_probability for one in every), reverse=True)[:3]
    assert [one.log_probability for one in found] == pytest.approx(best, abs=1e-4)
    assert found[0].source in map(str, paths)
    answer = model.predict(paths[0], phrase="a red circle", score_threshold=0.0, top_k=2)
    assert answer.captions.texts == ("a red circle",) * 2


def test_threads_write_with_a_search_of_their_own(model):
    both, one = Barrier(2), Found(torch.zeros(1, 4), torch.ones(1), torch.zeros(1).long())

    def seen(search):
        with writing(search):
            both.wait()
            captions = model.branch.fields({"codes": torch.zeros(1, 32)}, [one], [(96, 96)])[0]["captions"]
            both.wait()
        return captions.texts

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(seen, [Search(phrase="a red circle"), Search(phrase="blue")]))
    assert found == [("a red circle",), ("blue",)]


def test_a_phrase_without_a_word_is_refused_and_unknown_words_are_told(model):
    with pytest.raises(SettingError, match="which has no word"):
        search_phrase("  ", [], model)
    assert unknown_words("a red elephant", model) == ["elephant"]


def test_a_phrase_without_a_known_word_is_refused(model):
    with pytest.raises(SettingError, match="knows no word"):
        model.predict(batch().images[0], phrase="green dogs", score_threshold=0.0)


def test_a_large_picture_is_described_in_tiles(model):
    image = torch.randint(0, 256, (3, 96, 160), dtype=torch.uint8)
    found = striate.predict(model, image, tile=96, score_threshold=0.0, top_k=5, beam=2)
    assert len(found) == len(found.captions) == 5
    assert float(found.boxes[:, 2].max()) <= 160


def test_boxes_are_learned_alone_and_captions_on_boxes_that_stand_still():
    options = {"vocabulary": VOCABULARY.to_dict()}
    built = {"task": "dense_captions", "options": options, **SMALL}
    torch.manual_seed(0)
    one = build("densecap", ["region"], Preprocess((96, 96)), caption_weight=0.0, **built)
    assert one.losses(batch())["caption"].item() == 0
    found = one.metric().compute()
    assert found.convention.endswith("boxes alone: no captions were learned")
    one = build("densecap", ["region"], Preprocess((96, 96)), **built)
    thaw(one.network, first_thawed(one.network, "branches"))
    empty = BoxTargets(
        torch.zeros(0, 4), torch.zeros(0).long(), torch.zeros(2).long(), captions=CaptionTargets.of([])
    )
    own = batch()
    for images in (own, Batch(own.images, own.sizes, own.indices, empty)):
        one.zero_grad()
        sum(one.losses(images).values()).backward()
        learned = {name for name, weight in one.named_parameters() if weight.grad is not None}
        assert learned
        assert all(name.startswith("network.branches.captions.language.") for name in learned)
    with pytest.raises(SettingError, match="caption_weight is -1"):
        build("densecap", ["region"], Preprocess((96, 96)), caption_weight=-1.0, **built)
