"""The page of points and boxes: worst pictures, the error of each point, numbers with their units."""

import html
import re
from pathlib import Path

import numpy as np
import pytest

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array
from striate.data.joints import joints_of
from striate.data.preprocess import Preprocess
from striate.report.page import report
from striate.tasks.evaluate import evaluate
from striate.train.run.run import Run
from striate.train.run.settings import Settings
from striate.zoo.build import build

COUNT = 20
NAMES = ("left_eye", "right_eye", "nose")


def page_of(task: str, annotations: Annotations, classes: tuple[str, ...], folder: Path) -> str:
    """The page of a network with random weights, as one line of text and with its tags."""
    images = np.random.default_rng(0).integers(0, 255, (COUNT, 32, 32), dtype=np.uint8)
    whole = Dataset(Array(images, "pictures"), annotations, np.arange(COUNT))
    splits = Splits({"train": whole, "val": whole.subset(range(8))}, "points", folder)
    model = build("lenet5", classes, Preprocess((32, 32), 1, (0.3,), (0.4,)), task=task).eval()
    evaluation = evaluate(model, Loader(splits["val"], model.preprocess, 8))
    settings = Settings(model="lenet5", task=task, epochs=1)
    return report(Run(folder, settings, model, [], evaluation.metrics, "val"), splits, evaluation)


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)).split())


@pytest.fixture(scope="module")
def pose(tmp_path_factory: pytest.TempPathFactory) -> str:
    points = np.random.default_rng(1).uniform(0, 32, (COUNT, 3, 2)).astype(np.float32)
    known = np.ones((COUNT, 3), np.bool_)
    annotations = PointAnnotations(points, known, np.full(COUNT, 32, np.float32), joints_of(NAMES))
    return page_of("pose", annotations, NAMES, tmp_path_factory.mktemp("pose"))


@pytest.fixture(scope="module")
def localize(tmp_path_factory: pytest.TempPathFactory) -> str:
    ends = np.minimum(np.arange(COUNT) + 1, COUNT - 2)  # nothing on the last two
    boxes = np.tile(np.array([[4, 4, 20, 24]], np.float32), (COUNT - 2, 1))
    annotations = BoxAnnotations(boxes, np.arange(COUNT - 2, dtype=np.int32) % 2, ends, ("cat", "dog"))
    return page_of("localize", annotations, ("cat", "dog"), tmp_path_factory.mktemp("localize"))


def test_shares_of_points_are_in_per_cent_under_the_names_of_the_field(pose: str):
    assert re.search(r"PCK@0\.05 \d+(\.\d\d)? %", words(pose))
    assert "Pck" not in words(pose)


def test_a_picture_says_its_error_once_and_the_note_says_which_color_is_the_truth(pose: str):
    text = words(pose)
    assert "The worst first. The truth is green, the answer orange." in text
    assert re.search(r"error (\d\.\d+) pictures\[", text)
    assert "as the network saw them" not in text
    assert "predicted error" not in text


def test_the_data_are_pictures_and_points_without_classes(pose: str):
    text = words(pose)
    assert "split pictures points train 20 60 val 8 24" in text
    assert "Points 3" in text
    assert "smallest class" not in text


def test_the_boxes_stand_beside_the_pictures(localize: str):
    text = words(localize)
    assert "split pictures boxes smallest class largest class train 20 18 9 9 val 8 8 4 4" in text


def test_the_error_of_each_point_is_drawn_and_listed(pose: str):
    assert "Error by point" in words(pose)
    assert all(re.search(rf"{name} \d\.\d{{4}}", words(pose)) for name in NAMES)


def test_a_box_has_both_classes_and_its_overlap(localize: str):
    text = words(localize)
    assert re.search(r"predicted (cat|dog|nothing) IoU \d\.\d\d true (cat|dog) ", text)
    assert re.search(r"Mean IoU \d", text)
    assert re.search(r"Class accuracy \d+(\.\d\d)? %", text)
