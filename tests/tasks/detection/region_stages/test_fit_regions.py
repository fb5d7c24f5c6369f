"""The stages of R-CNN: features of all regions, machines, regression; killed in between, and alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.dataset import Dataset
from striate.data.image_store import Array
from striate.data.preprocess import Preprocess
from striate.tasks.detection.region_stages import fit_regions
from striate.tasks.detection.region_stages.fit_regions import _overlaps
from striate.zoo.build import build

SIZE, PICTURES = (48, 64), 6


def data() -> Dataset:
    """A bright square and a dark one on grey, at places of their own."""
    random = np.random.default_rng(0)
    pixels, boxes = np.full((PICTURES, *SIZE, 3), 128, np.uint8), []
    for picture in pixels:
        for shade, left in ((250, 4), (5, 36)):
            x, y = left + random.integers(0, 8), random.integers(2, 26)
            picture[y : y + 18, x : x + 18] = shade
            boxes.append([x, y, x + 18, y + 18])
    known = BoxAnnotations(
        np.array(boxes, np.float32),
        np.tile(np.array([0, 1], np.int32), PICTURES),
        np.arange(1, PICTURES + 1) * 2,
        ("bright", "dark"),
    )
    return Dataset(Array(pixels, "made"), known, np.arange(PICTURES))


def model(name: str = "rcnn"):
    torch.manual_seed(0)
    own = {"crop": 32} if name == "rcnn" else {"channels": 16}
    arguments = {"backbone": "resnet18", "width": 0.125, "proposer": "windows", "proposals": 60, **own}
    return build(name, ("bright", "dark"), Preprocess(SIZE), task="detect", **arguments).eval()


def run(made, part: Dataset, folder: Path) -> None:
    for stage in made.stages():
        (folder / stage.name).mkdir(exist_ok=True)
        assert not stage.done
        list(stage.run(part, folder))
    assert all(stage.done for stage in made.stages())


@pytest.mark.parametrize("name", ["rcnn", "sppnet"])
def test_objects_have_larger_margins_than_most_negatives_even_by_random_features(name: str, tmp_path: Path):
    made = model(name)
    part = made.prepared(data())
    run(made, part, tmp_path)
    features, overlaps, _ = made.stages()[0].file(part, tmp_path).tables()
    head = made.network.head
    for number in range(2):
        margins = features @ head.machine_weight[number].numpy() + head.machine_bias[number].numpy()
        objects, negatives = margins[overlaps[:, number] == 2], margins[overlaps[:, number] < 0.3]
        assert len(objects) == PICTURES
        assert np.median(objects) > np.quantile(negatives, 0.9)
    (found,) = made.predict([part.image(0).clone()], score_threshold=0.01)
    assert set(found.class_names) == {"bright", "dark"}


def test_a_killed_run_has_the_machines_of_one_that_was_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fit_regions, "BATCH", 1)
    monkeypatch.setattr(fit_regions, "FLUSHED", 2)
    alone, killed = model(), model()
    (tmp_path / "alone").mkdir()
    part = alone.prepared(data())
    run(alone, part, tmp_path / "alone")
    first, *_ = killed.stages()
    folder = tmp_path / "killed"
    (folder / first.name).mkdir(parents=True)
    steps = first.run(killed.prepared(data()), folder)
    assert [next(steps).number for _ in range(3)] == [1, 2, 3]
    steps.close()
    assert first.file(part, folder).pictures == 2  # the third was not flushed
    run(killed, killed.prepared(data()), folder)
    ours, theirs = alone.state_dict(), killed.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_overlaps_name_the_best_object_of_each_class_and_the_objects_themselves():
    objects = torch.tensor([[0.0, 0, 10, 10], [20, 0, 30, 10]])
    regions = torch.cat([objects, torch.tensor([[0.0, 0, 10, 5], [60, 0, 70, 10]])])
    crowd = torch.tensor([[55.0, 0, 80, 20]])
    overlaps, offsets = _overlaps(regions, objects, crowd, torch.tensor([0, 1]), 2)
    assert overlaps.tolist() == [[2, 0], [0, 2], [0.5, 0], pytest.approx([0.45, 0.45], abs=1e-3)]
    assert offsets[0].tolist() == [0, 0, 0, 0]
    assert offsets[2].tolist() == pytest.approx([0, 0.5, 0, np.log(2)])  # half a height down, twice as high


def test_pictures_without_objects_or_proposals_have_machines_that_say_no(tmp_path: Path):
    made, part = model(), data()
    nothing = replace(part, annotations=part.annotations.where(np.zeros(2 * PICTURES, np.bool_)))
    run(made, nothing, tmp_path)
    assert made.network.head.machine_bias.tolist() == [-1, -1]
    assert not made.network.head.ridge_weight.any()


def test_features_that_are_complete_are_known_without_being_written_again(tmp_path: Path):
    made = model()
    part, first = made.prepared(data()), made.stages()[0]
    assert not first.written(part, tmp_path)
    (tmp_path / first.name).mkdir()
    steps = first.run(part, tmp_path)
    next(steps)
    assert not first.written(part, tmp_path)
    list(steps)
    assert first.written(part, tmp_path)
    assert not first.done


def test_a_model_says_what_of_it_is_not_fitted_yet():
    made = model()
    assert "support vector machines are not fitted yet" in made.cautions[0]
    made.network.head.fitted[0] = True
    assert "regression is not fitted yet" in made.cautions[0]
    made.network.head.fitted[1] = True
    assert made.cautions == ()
