"""One object of a detector is explained by the score of the prior that found it."""

import pytest
import torch

import striate
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.explain.attribution.detection_target import detection_target
from striate.records import Detections
from striate.zoo.build import build

SIZE = (64, 96)


@pytest.fixture(scope="module")
def detector():
    """Scores of random heads: what it finds is anywhere, and sure enough to be found."""
    torch.manual_seed(0)
    preprocess = Preprocess(SIZE, resize_mode="letterbox")
    model = build("yolo", ("cat", "dog"), preprocess, task="detect", width=0.125).eval()
    with torch.no_grad():
        for values in model.detection.head.parameters():
            values.add_(torch.randn_like(values) * 0.5)
        for layer in model.detection.head.scores:
            layer.bias.zero_()
    return model


@pytest.fixture(scope="module")
def picture():
    return torch.randint(0, 256, (3, *SIZE), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("number", [0, 3])
def test_the_explained_number_is_the_logarithm_of_the_score(detector, picture, number):
    found = detector.predict(picture)
    target = detection_target(detector, picture[None], number)
    assert torch.equal(target.box, found.boxes[number])
    with torch.no_grad():
        value = target(detector(picture[None]))
    assert float(value[0].exp()) == pytest.approx(float(found.scores[number]), rel=1e-4)


def test_saliency_shows_what_the_score_hangs_on(detector, picture):
    made = striate.explain(detector, picture, "saliency", target=1)
    assert made.targets[0].startswith("1: ")
    pixels = (picture[None] / 255).requires_grad_()
    target = detection_target(detector, picture[None], 1)
    (slope,) = torch.autograd.grad(target(detector(pixels)).sum(), pixels)
    assert float(slope.abs().max()) > 0
    assert torch.allclose(made.values, slope, rtol=1e-3, atol=1e-4 * float(slope.abs().max()))


def test_a_class_stands_for_its_best_object_and_nothing_for_the_best_of_all(detector, picture):
    found = detector.predict(picture)
    assert isinstance(found, Detections)
    for name in set(found.class_names):
        target = detection_target(detector, picture[None], name)
        assert torch.equal(target.box, found.boxes[found.class_names.index(name)])
    assert torch.equal(detection_target(detector, picture[None], None).box, found.boxes[0])
    assert str(detection_target(detector, picture[None], "0")).startswith(f"0: {found.class_names[0]} ")


def test_grad_cam_looks_at_the_maps_before_the_head(detector, picture):
    made = striate.explain(detector, picture, "gradcam", target=0)
    assert made.layer.startswith("features.mix")


def test_an_object_that_is_not_there_is_refused(detector, picture):
    for target in (10**6, "bird", -1):
        with pytest.raises(SettingError, match="no object"):
            detection_target(detector, picture[None], target)
    with pytest.raises(SettingError, match=r"threshold 0.99.*\n.*\n.*--score-threshold"):
        striate.explain(detector, picture, target=10**6, score_threshold=0.99)
    with pytest.raises(SettingError, match="2 pictures"):
        striate.explain(detector, [picture, picture])


def test_a_lower_threshold_reaches_objects_of_lower_scores(detector, picture):
    limits = [len(detector.predict(picture, score_threshold=least)) for least in (0.5, 0.05)]
    assert limits[0] < limits[1]
    made = striate.explain(detector, picture, target=limits[1] - 1, score_threshold=0.05)
    assert made.targets[0].startswith(f"{limits[1] - 1}: ")
    with pytest.raises(SettingError, match="no object"):
        striate.explain(detector, picture, target=limits[1] - 1, score_threshold=0.5)
