"""Evaluation sees every image once and leaves the model as it was."""

import numpy as np
import pytest
import torch

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array
from striate.data.preprocess import Preprocess
from striate.tasks.evaluate import evaluate
from striate.zoo.build import build

GREY = Preprocess((32, 32), 1, (0.5,), (0.5,))


def test_scores_are_those_of_the_model_in_the_order_of_the_split(tiny: Splits) -> None:
    model = build("lenet5", tiny.classes, GREY).train()
    answer = evaluate(model, Loader(tiny["val"], GREY, batch=7))
    images = torch.stack([sample.image for sample in tiny["val"]])
    with torch.no_grad():
        raw = model(images)
    assert torch.allclose(answer.metric.per_image.confidence, raw.softmax(1).max(1).values, atol=1e-6)
    assert answer.indices.tolist() == list(range(20))
    assert answer.metric.per_image.labels.tolist() == [0, 1] * 10
    truth = raw.double().log_softmax(1)[torch.arange(20), answer.metric.per_image.labels]
    assert abs(answer.loss + truth.mean().item()) < 1e-6
    assert answer.metrics.count == 20


def test_the_mode_of_the_model_is_left_as_it_was(tiny: Splits) -> None:
    model = build("lenet5", tiny.classes, GREY)
    for mode in (True, False):
        model.train(mode)
        evaluate(model, Loader(tiny["val"], GREY, batch=20))
        assert model.training is mode


def test_no_images_give_an_empty_answer(tiny: Splits) -> None:
    answer = evaluate(build("lenet5", tiny.classes, GREY), Loader(tiny["val"].subset([]), GREY, batch=4))
    assert (len(answer.metric.per_image.labels), answer.loss, answer.metrics.count) == (0, 0.0, 0)


def test_what_answers_predictions_is_what_is_measured(tiny: Splits) -> None:
    model, asked = build("lenet5", tiny.classes, GREY), []

    def engine(pictures: int):
        asked.append(pictures)
        return lambda images: torch.tensor([[0.0, 9.0]]).expand(len(images), 2)

    model.engine = engine
    answer = evaluate(model, Loader(tiny["val"], GREY, batch=7))
    assert asked == [20]
    assert answer.metrics.accuracy == 0.5  # of 20 pictures, 10 are of the second class


def test_the_loss_is_the_sum_that_training_minimizes_where_raw_scores_do_not_tell() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32), dtype=np.uint8)
    boxes = np.array([[4, 4, 20, 16], [0, 8, 9, 30]], np.float32)  # on the first two; nothing on the third
    known = BoxAnnotations(boxes, np.array([0, 1], np.int32), np.array([1, 2, 2]), ("cat", "dog"))
    data = Dataset(Array(images, "boxes"), known, np.arange(3))
    torch.manual_seed(0)
    model = build("resnet20", known.classes, GREY, task="localize").eval()
    batch = next(Loader(data, GREY, batch=3).batches())
    with torch.no_grad():
        losses = model.losses(batch)
    assert set(losses) == {"presence", "class", "box", "overlap", "maps"}
    found = evaluate(model, Loader(data, GREY, batch=2), with_loss=True)
    assert found.loss == pytest.approx(sum(losses.values()).item(), rel=1e-5)
    assert evaluate(model, Loader(data, GREY, batch=2)).loss is None


def test_an_engine_of_one_size_does_not_see_pictures_that_keep_their_own(tiny: Splits) -> None:
    model = build("resnet20", tiny.classes, Preprocess((32, 48), resize_mode="shortest")).eval()
    model.engine = lambda pictures: pytest.fail("its graph has one size")
    pictures = [torch.zeros(3, *size, dtype=torch.uint8) for size in ((32, 32), (40, 60))]
    assert len(model.predict(pictures)) == 2
