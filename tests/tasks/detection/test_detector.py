"""The task model of detection."""

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.dataset import Dataset
from striate.data.image_store import Array
from striate.data.preprocess import Preprocess
from striate.errors import DataError, ModelFileError, SettingError
from striate.records import Batch, BoxTargets, Detections
from striate.tasks.detection.detector import Detector
from striate.zoo.build import build, detector
from striate.zoo.networks import create, models
from striate.zoo.save_load import load, save

CLASSES = ("cat", "dog")
SMALL = {"width": 0.125, "channels": 16}
TARGETS = BoxTargets(
    torch.tensor([[4.0, 4, 40, 40], [30, 10, 60, 60]]), torch.tensor([1, 0]), torch.tensor([2, 0])
)


def yolo(size=(64, 64), **own):
    torch.manual_seed(0)
    preprocess = Preprocess(size, resize_mode="letterbox")
    return build("yolo", CLASSES, preprocess, task="detect", **{**SMALL, **own}).eval()


def images(count=2, size=(64, 64)):
    made = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, *size), dtype=torch.uint8, generator=made)


def test_losses_are_finite_and_reach_every_parameter():
    model = yolo().train()
    losses = model.losses(Batch.full(images(), torch.arange(2), TARGETS))
    assert set(losses) == {"object", "class", "box"}
    sum(losses.values()).backward()
    assert [name for name, one in model.named_parameters() if one.grad is None] == []


def test_a_batch_without_objects_has_finite_losses():
    nothing = BoxTargets(torch.zeros(0, 4), torch.zeros(0).long(), torch.zeros(2).long())
    batch = Batch.full(images(), torch.arange(2), nothing)
    model = yolo()
    assert all(value.isfinite() for value in model.losses(batch).values())
    assert model.sample_losses(batch).isfinite().all()


@pytest.mark.parametrize("name", ["yolo", "yolo_v1", "ssd"])
def test_the_losses_of_images_name_the_one_that_is_no_number(name):
    model = build(name, CLASSES, Preprocess((64, 64)), task="detect", **SMALL).eval()
    pixels = images().float() / 255
    pixels[1, 0, 5, 5] = torch.nan
    both = BoxTargets(TARGETS.boxes, TARGETS.labels, torch.tensor([1, 1]))
    losses = model.sample_losses(Batch.full(pixels, torch.arange(2), both))
    assert losses.isfinite().tolist() == [True, False]


def test_records_are_in_the_pixels_of_the_picture():
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 200, 3), dtype=np.uint8))
    record = yolo().predict(picture, score_threshold=0.0, top_k=20)
    assert isinstance(record, Detections)
    assert 0 < len(record) <= 20
    assert record.scores.diff().max() <= 0
    assert (record.boxes >= 0).all()
    assert (record.boxes <= torch.tensor([200.0, 40.0, 200.0, 40.0])).all()
    assert record.boxes[:, 2].max() > 64  # letterboxed to 64 pixels, and back


def test_thresholds_are_arguments_of_predict():
    model, picture = yolo(), images(1)
    many = model.predict(picture, score_threshold=0.0, iou_threshold=1.0, top_k=1000)[0]
    few = model.predict(picture, score_threshold=0.0, iou_threshold=0.1, top_k=1000)[0]
    assert len(many) > len(few) > 0
    assert len(model.predict(picture, score_threshold=1.0)[0]) == 0
    with pytest.raises(SettingError, match="no option 'threshold'"):
        model.predict(picture, threshold=0.5)


def test_weights_that_are_nan_are_said_to_be_so():
    model = yolo()
    next(model.parameters()).data.fill_(torch.nan)
    with pytest.raises(ModelFileError, match="NaN"):
        model.predict(images(1))


def test_images_of_another_size_are_taken_as_they_are_where_the_maps_fit():
    model = yolo((64, 96))
    raw = model(images(1, (64, 96)))
    assert raw["scores"].shape == (1, 8 * 12 * 5, 3)
    assert model(images(1, (48, 70)))["scores"].shape == (1, 6 * 9 * 5, 3)  # rounded up


def test_a_saved_detector_has_its_anchors(tmp_path):
    model = yolo(anchors=2)
    model.network.priors.fit(torch.tensor([[10.0, 20.0], [30.0, 30.0]]))
    save(model, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert isinstance(again, Detector)
    assert again.network.priors.sizes.tolist() == [[10, 20], [30, 30]]
    assert all(
        torch.equal(a, b) for a, b in zip(model(images()).values(), again(images()).values(), strict=True)
    )


def test_anchors_are_fitted_to_objects_as_the_network_sees_them():  # 128 x 64 pictures are halved
    store = Array(np.zeros((3, 64, 128, 3), np.uint8), "pictures")
    boxes = np.array([[0, 0, 20, 40], [0, 0, 60, 60], [10, 0, 70, 60]], np.float32)
    known = BoxAnnotations(boxes, np.zeros(3, np.int32), np.array([1, 3, 3]), ("cat",))
    model = yolo(anchors=2)
    model.fit_to(Dataset(store, known, np.arange(3)), None)
    assert model.network.priors.sizes.tolist() == [[10, 20], [30, 30]]


def test_a_backbone_becomes_a_yolo():
    model = Detector(create("lenet5", classes=2), CLASSES, Preprocess((64, 64)))
    assert model(images())["scores"].shape == (2, 13 * 13 * 5, 3)  # without padding 13 cells are left
    with pytest.raises(SettingError, match="the network is a Linear"):
        Detector(torch.nn.Linear(1, 1), CLASSES, Preprocess((64, 64)))


def test_a_stride_that_the_backbone_lacks_is_refused():
    with pytest.raises(SettingError, match="stride is 5"):
        detector("yolo", CLASSES, stride=5, **SMALL)


def test_detectors_have_names_and_detect():
    assert "yolo" in models("detect")
    with pytest.raises(SettingError, match="is a detector, and the task is localize"):
        build("yolo", CLASSES, Preprocess((64, 64)), task="localize")
    with pytest.raises(SettingError, match="yolo is a detector"):
        create("yolo")
    with pytest.raises(SettingError, match="task is 'paint'"):
        models("paint")


def test_a_training_without_any_box_is_refused():
    pixels = np.zeros((2, 64, 64), np.uint8)
    none = BoxAnnotations(np.zeros((0, 4), np.float32), np.zeros(0, np.int32), np.zeros(2, np.int64), CLASSES)
    model = detector("yolo", CLASSES, **SMALL)
    with pytest.raises(DataError, match="no training picture has a box"):
        model.fit_to(Dataset(Array(pixels, "empty"), none, np.arange(2)), None)


def test_data_without_any_box_are_refused():
    none = BoxAnnotations(np.zeros((0, 4), np.float32), np.zeros(0, np.int32), np.zeros(2, np.int64), ())
    with pytest.raises(DataError, match="no picture has a box"):
        Detector.require(none)
