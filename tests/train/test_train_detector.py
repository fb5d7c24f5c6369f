"""A detector trained from end to end: bright and dark squares on noise."""

from pathlib import Path

import numpy as np
import pytest
import torch

import striate
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.zoo.build import build
from striate.zoo.save_load import save

SMALL = {"arguments": {"width": 0.125, "channels": 16}, "size": "64", "augment": "mirror", "precision": "32"}


def squares(count, seed):
    """Pictures of 64x64 with up to three squares each; the first one has none."""
    random = np.random.default_rng(seed)
    images = random.integers(90, 160, (count, 64, 64, 3), dtype=np.uint8)
    boxes, labels, numbers = [], [], []
    for image in images:
        number = int(random.integers(1, 4)) if len(numbers) or count == 1 else 0
        for x, y in random.integers(0, 40, (number, 2)):
            side, label = int(random.integers(14, 24)), int(random.integers(0, 2))
            image[y : y + side, x : x + side] = 250 * label
            boxes.append((x, y, x + side, y + side))
            labels.append(label)
        numbers.append(number)
    known = BoxAnnotations(
        np.array(boxes, np.float32), np.array(labels, np.int32), np.cumsum(numbers), ("dark", "bright")
    )
    return Dataset(Array(images, "squares"), known, np.arange(count))


def splits(train=24, val=8):
    return Splits({"train": squares(train, 0), "val": squares(val, 1)}, "npz", Path("squares"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return striate.train(splits(), out=tmp_path_factory.mktemp("run") / "yolo", epochs=6, **SMALL)


def test_boxes_teach_a_detector_when_nobody_says_otherwise(run):
    assert (run.settings.task, run.settings.model, run.settings.optimizer) == ("detect", "yolo", "adamw")
    assert run.settings.resize_mode == "letterbox"
    assert run.history[-1]["train_loss"] < run.history[0]["train_loss"]
    assert "val_AP50" in run.history[0]
    assert (run.folder / "report.html").read_text().count("AP50") > 3


def test_it_is_measured_and_predicts_after_loading(run):
    model = striate.load(run.folder, engine="torch")
    assert striate.evaluate(model, splits(), split="val").values == run.metrics.values
    found = model.predict(squares(2, 5).image(1), score_threshold=0.0)
    assert found.classes == ("dark", "bright")
    assert len(found) > 0


def test_a_training_goes_on_from_the_weights_of_another(run, tmp_path):
    again = striate.train(
        splits(), model="yolo", weights=str(run.folder), finetune="all", out=tmp_path / "b", epochs=1, **SMALL
    )
    assert again.history[0]["train_loss"] < run.history[0]["train_loss"]
    with pytest.raises(SettingError, match="ssd300_vgg16 has a backbone of its own"):
        striate.train(splits(), model="ssd300_vgg16", weights="imagenet", out=tmp_path / "c", **SMALL)


def test_a_training_begins_with_the_backbone_of_a_classifier_and_takes_its_width(tmp_path):
    classifier = build("resnet18", ("a", "b"), Preprocess((24, 24), 3), width=0.125)
    save(classifier, tmp_path / "classifier.safetensors")
    own = {key: value for key, value in SMALL.items() if key != "arguments"}
    own |= {"weights": str(tmp_path / "classifier.safetensors"), "finetune": "all", "epochs": 1}
    run = striate.train(splits(), model="yolo", out=tmp_path / "run", **own)
    begun = {name: run.model.arguments[name] for name in ("backbone", "width")}
    assert begun == {"backbone": "resnet18", "width": 0.125}
    assert run.model.preprocess.mean == classifier.preprocess.mean
    assert run.model.preprocess.size != classifier.preprocess.size


def test_one_picture_is_enough(tmp_path):
    alone = Splits({"train": squares(1, 3)}, "npz", Path("squares"))
    run = striate.train(alone, out=tmp_path / "run", epochs=2, batch=1, **SMALL)
    assert run.metrics.count == 1


def test_two_runs_of_one_seed_have_equal_weights(run, tmp_path):
    again = striate.train(splits(), out=tmp_path / "run", epochs=6, **SMALL)
    ours, theirs = run.model.state_dict(), again.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_class_with_one_example_and_one_without_any_are_learned_beside_others(tmp_path):
    data = squares(12, 4)
    labels = data.annotations.labels.copy()
    labels[:] = 0
    labels[3] = 1
    known = BoxAnnotations(data.annotations.boxes, labels, data.annotations.ends, ("dark", "bright", "never"))
    rare = Splits({"train": Dataset(data.store, known, data.places)}, "npz", Path("squares"))
    run = striate.train(rare, out=tmp_path / "run", epochs=1, **SMALL)
    assert run.metrics.per_class["never"] is None
    assert run.metrics.per_class["bright"] is not None
