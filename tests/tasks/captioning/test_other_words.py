"""A model of captions that learns on with another vocabulary keeps that, and what both know."""

import numpy as np
import pytest
import torch

from striate.data.annotations.caption_annotations import CaptionAnnotations, CaptionTexts
from striate.data.captions.vocabulary import Vocabulary
from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError
from striate.tasks.captioning.language_model import LanguageModel
from striate.tasks.captioning.other_words import taken_over
from striate.train.finetune.finetune import begin, require_weights
from striate.train.run.settings import Settings
from striate.zoo.build import build
from striate.zoo.save_load import load, save

OLD = Vocabulary(("a", "red", "circle", "blue"), 6)
SMALL = {"width": 0.125, "channels": 16, "code": 8, "language": 8, "proposals": 20}
SEEN = Preprocess((96, 96))


def captions(*texts):
    """A region on each of so many pictures."""
    kept, count = CaptionTexts(), len(texts)
    for text in texts:
        kept.add([text])
    boxes = np.tile(np.array([[1, 1, 60, 60]], np.float32), (count, 1))
    labels, ends = np.zeros(count, np.int32), np.arange(1, count + 1)
    return CaptionAnnotations(boxes, labels, ends, ("region",), kept.columns(), texts=kept.texts())


def test_rows_of_shared_words_are_taken_over_and_all_others_stay():
    torch.manual_seed(0)
    old, new = LanguageModel(3, 4, OLD), LanguageModel(3, 4, Vocabulary(("cat", "red"), 5))
    before = {key: one.clone() for key, one in new.state_dict().items()}
    tensors, notes = taken_over(new, old.state_dict(), {"vocabulary": OLD.to_dict()})
    new.load_state_dict(tensors)
    assert bytes(new.fingerprint.tolist()) == new.vocabulary.digest()
    assert torch.equal(new.look_up.weight[1], before["look_up.weight"][1])  # cat
    assert torch.equal(new.look_up.weight[2], old.look_up.weight[2])  # red is word 2 of both
    assert torch.equal(new.look_up.weight[3:], old.look_up.weight[5:])  # END, UNK, START
    assert torch.equal(new.scores.bias[1:], old.scores.bias[[1, 4, 5]])  # red, END, UNK
    assert torch.equal(new.recurrent.weight_hh_l0, old.recurrent.weight_hh_l0)
    assert notes == ("vocabulary: that of the data; the weights know 1 of 2 words",)


def test_the_same_words_are_taken_over_as_they_are():
    one, other = LanguageModel(3, 4, OLD), LanguageModel(3, 4, OLD)
    tensors, notes = taken_over(other, one.state_dict(), {"vocabulary": OLD.to_dict()})
    assert notes == ()
    assert all(torch.equal(tensors[key], value) for key, value in one.state_dict().items())


def test_weights_of_unknown_words_bring_none():
    one, other = LanguageModel(3, 4, OLD), LanguageModel(3, 4, Vocabulary(("a", "cat", "on", "mats"), 6))
    tensors, notes = taken_over(other, one.state_dict(), {})
    assert torch.equal(tensors["look_up.weight"], other.look_up.weight)
    assert torch.equal(tensors["fingerprint"], other.fingerprint)
    assert notes == ("vocabulary: that of the data; the weights know 0 of 4 words",)


@pytest.mark.parametrize("words", [["red", "a", "circle", "blue"], ["a"], "a", None])
def test_weights_whose_words_were_edited_are_refused(words):
    part = LanguageModel(3, 4, OLD)
    known = words and {"words": words, "longest": 6}
    with pytest.raises(ModelFileError, match="vocabulary"):
        taken_over(part, part.state_dict(), {"vocabulary": known or "none"})


@pytest.mark.parametrize(
    "texts", [("the cat sat", "the cat"), ("a red", "circle cat"), ("one dog", "two dogs ran")]
)
def test_dense_captions_learn_on_with_the_words_of_the_new_data(texts, tmp_path):
    torch.manual_seed(0)
    options = {"vocabulary": OLD.to_dict()}
    old = build("densecap", ["region"], SEEN, task="dense_captions", options=options, **SMALL)
    save(old, tmp_path / "old.safetensors")
    settings = Settings(weights=str(tmp_path / "old.safetensors"), finetune="all", model="densecap")
    settings = settings.model_copy(update={"task": "dense_captions"})
    require_weights(settings, facts_of(captions(*texts)))
    model, best, notes = begin(settings, captions(*texts), SEEN)
    for one in (model, best):
        known = one.branch.language
        assert set(known.vocabulary.words) == set(" ".join(texts).split())
        assert bytes(known.fingerprint.tolist()) == known.vocabulary.digest()
        assert torch.equal(known.recurrent.weight_ih_l0, old.branch.language.recurrent.weight_ih_l0)
    assert notes[-1].startswith("vocabulary: that of the data; the weights know")
    save(best, tmp_path / "new.safetensors")
    assert load(tmp_path / "new.safetensors").branch.language.vocabulary == best.branch.language.vocabulary


def facts_of(annotations):
    from striate.data.checks.statistics import Facts

    return Facts(False, (96, 96), True, (2,), 2, annotations)
