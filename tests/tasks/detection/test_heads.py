"""What a file says of the heads of a detector is enough to finish its answers in numpy."""

import numpy as np
import pytest
import torch

from striate.data.preprocess import Preprocess
from striate.errors import ShapeError
from striate.postprocess import Heads
from striate.tasks.detection.heads import heads_of
from striate.tasks.detection.networks.one_stage import softmax_scores
from striate.tasks.detection.parts.coders import OffsetCoder
from striate.zoo.build import build
from striate.zoo.inference.export import metadata

SIZE = (64, 96)


@pytest.fixture(scope="module")
def detector():
    torch.manual_seed(0)
    preprocess = Preprocess(SIZE, resize_mode="letterbox")
    return build("yolo", ("a", "b", "c"), preprocess, task="detect", width=0.125).eval()


def raw_of(detector, numbers):
    """Raw numbers that find something: those of the network would be rare objects all alike."""
    generator = torch.Generator().manual_seed(1)
    count = len(detector.detection.priors_of(SIZE))
    scores = 2 * torch.randn(2, count, numbers, generator=generator)
    return {"scores": scores, "offsets": 0.5 * torch.randn(2, count, 4, generator=generator)}


def same(found, expected):
    for ours, record in zip(found, expected, strict=True):
        assert len(record) > 5
        assert ours.labels.tolist() == record.labels.tolist()
        assert np.allclose(ours.boxes, record.boxes.numpy(), atol=1e-3)
        assert np.allclose(ours.scores, record.scores.numpy(), atol=1e-6)


def test_numpy_answers_as_the_detector_does(detector):
    raw, sizes = raw_of(detector, 4), torch.tensor([SIZE] * 2)
    heads = Heads.read(metadata(detector))
    numbers = {name: values.numpy() for name, values in raw.items()}
    same(heads.detections(numbers), detector.decode(raw, sizes))
    options = {"score_threshold": 0.3, "iou_threshold": 0.2, "top_k": 8}
    same(heads.detections(numbers, **options), detector.decode(raw, sizes, **options))


def test_offsets_and_a_background_are_finished_too(detector, monkeypatch):
    monkeypatch.setattr(detector.network, "coder", OffsetCoder())
    monkeypatch.setattr(detector.network, "activation", softmax_scores)
    raw, sizes = raw_of(detector, 4), torch.tensor([SIZE] * 2)
    heads = Heads.read(detector.postprocessing())
    same(heads.detections({name: one.numpy() for name, one in raw.items()}), detector.decode(raw, sizes))


def test_ssd_is_finished_in_numpy():
    preprocess = Preprocess(SIZE, resize_mode="letterbox")
    model = build("ssd", ("a", "b", "c"), preprocess, task="detect", backbone="resnet20").eval()
    raw, sizes = raw_of(model, 4), torch.tensor([SIZE] * 2)
    heads = Heads.read(metadata(model))
    same(heads.detections({name: one.numpy() for name, one in raw.items()}), model.decode(raw, sizes))


def test_the_grid_of_the_first_yolo_is_finished_in_numpy():
    preprocess = Preprocess(SIZE, resize_mode="letterbox")
    model = build("yolo_v1", ("a", "b", "c"), preprocess, task="detect").eval()
    cells = torch.rand(2, 49, 13, generator=torch.Generator().manual_seed(0))  # clipped ones would be ties
    heads = Heads.read(model.postprocessing())
    same(heads.detections({"cells": cells.numpy()}), model.decode({"cells": cells}, torch.tensor([SIZE] * 2)))
    with pytest.raises(ShapeError, match="cells are"):
        heads.detections({"cells": cells[:, :8].numpy()})


def test_numbers_that_numpy_does_not_know_are_not_described(detector, monkeypatch):
    monkeypatch.setattr(detector.network, "activation", torch.sigmoid)
    assert heads_of(detector.network, detector.classes, SIZE) is None
    assert detector.postprocessing() == {}
