"""Gradient ascent: what it reaches is known for small models, and the model stays as it was."""

import copy
import os
import signal
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from striate.data.preprocess import Preprocess
from striate.errors import LabelError, RunError, SettingError, ShapeError
from striate.explain.synthesis.image_prior import NATURAL, PLAIN
from striate.explain.synthesis.objectives import channel, class_score, constant
from striate.explain.synthesis.visualize import visualize
from striate.tasks.classification.classifier import Classifier


def linear(weights: list[float]) -> nn.Sequential:
    layer = nn.Linear(len(weights), 1, bias=False)
    layer.weight.data = torch.tensor([weights])
    return nn.Sequential(nn.Flatten(), layer)


def convolutional() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Dropout(0.5),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3),
    )  # fmt: skip


def test_a_linear_score_makes_pixels_white_or_black_by_the_sign_of_their_weight():
    found = visualize(linear([3.0, -2.0, 1.0, -1.0]), class_score(0), (1, 2, 2), PLAIN, steps=400)
    assert found.image.round().flatten().tolist() == [1, 0, 1, 0]
    assert found.scores[1] == pytest.approx(4.0, abs=0.1)  # 3 + 1, the most there is


@pytest.mark.parametrize(
    "prior", [PLAIN, NATURAL, replace(NATURAL, l2=1.0, blur=0.5), replace(PLAIN, blur=1.0)]
)
def test_the_objective_rises_and_one_seed_makes_one_picture(prior):
    model = convolutional()
    one, same = (visualize(model, channel("0", 1), (3, 9, 7), prior, steps=20, seed=4) for _ in range(2))
    assert torch.equal(one.image, same.image)
    assert one.scores[1] > one.scores[0]
    assert one.image.shape == (3, 9, 7)
    assert 0 <= one.image.min() <= one.image.max() <= 1


def test_the_weight_of_the_variation_smooths_the_picture():
    def roughness(image: Tensor) -> float:
        return float(image.diff(dim=2).abs().mean())

    weights = [(-1.0) ** (place // 6 + place) for place in range(36)]  # a chessboard
    rough, smooth = (
        visualize(linear(weights), class_score(0), (1, 6, 6), replace(PLAIN, total_variation=cost), steps=60)
        for cost in (0.0, 100.0)
    )
    assert roughness(smooth.image) < roughness(rough.image) / 2


def test_a_picture_to_start_from_is_kept_without_steps():
    start = torch.randint(0, 256, (3, 6, 5), dtype=torch.uint8)
    found = visualize(convolutional(), class_score(1), start, steps=0)
    assert torch.allclose(found.image, start / 255, atol=0.003)  # half a grey level at black and white


@pytest.mark.parametrize("training", [True, False])
def test_the_model_stays_as_it_was(training):
    model = convolutional().train(training)
    model[0].weight.requires_grad_(False)
    model[6].weight.grad = torch.ones(3, 4)
    before = copy.deepcopy(model.state_dict())
    visualize(model, class_score(0) + channel("2", 0), (3, 6, 6), steps=3)
    with pytest.raises(LabelError):
        visualize(model, class_score(7), (3, 6, 6), steps=3)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert [part.training for part in model.modules()] == [training] * 8
    assert [p.requires_grad for p in model.parameters()] == [False] + [True] * 5
    assert model[6].weight.grad.tolist() == torch.ones(3, 4).tolist()
    assert model[0].weight.grad is None
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())


def test_a_classifier_knows_its_size_and_its_classes():
    model = Classifier(convolutional(), ("cat", "dog", "cow"), Preprocess((6, 8)))
    found = visualize(model, class_score("dog"), steps=2)
    assert (tuple(found.image.shape), found.objective) == ((3, 6, 8), "class dog")
    grey = torch.randint(0, 256, (1, 1, 1), dtype=torch.uint8)
    assert visualize(model, class_score("dog"), grey, steps=1).image.shape == (3, 6, 8)


def test_it_works_where_gradients_are_off_and_for_double_weights():
    with torch.inference_mode():
        model = convolutional().double()
        found = visualize(model, class_score(0), (3, 5, 5), steps=2)
    assert found.image.dtype == torch.float32


def test_a_dead_channel_says_so():
    model = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU())
    model[0].weight.data.fill_(1.0)
    model[0].bias.data.fill_(-9.0)
    found = visualize(model, channel("1", 0), (1, 4, 4), steps=3)
    assert "switched off" in found.notes[0]
    assert visualize(model, channel("0", 0), (1, 4, 4), steps=3).notes == ()


def test_bad_input_is_refused_in_three_lines():
    model = convolutional()
    with pytest.raises(SettingError, match="no layer 'feature'"):
        visualize(model, channel("feature", 0), (3, 6, 6))
    with pytest.raises(SettingError, match="does not say how large"):
        visualize(model, class_score(0))
    with pytest.raises(SettingError, match="steps is -1"):
        visualize(model, class_score(0), (3, 6, 6), steps=-1)
    with pytest.raises(ShapeError, match="the shape is"):
        visualize(model, class_score(0), (2, 6, 6))
    with pytest.raises(ShapeError, match="gradient"):
        visualize(model, constant(1), (3, 6, 6))
    model[0].weight.data[0] = torch.nan
    with pytest.raises(SettingError, match="class 0 is nan"):
        visualize(model, class_score(0), (3, 6, 6))


def test_it_is_written_as_a_picture(tmp_path):
    found = visualize(linear([1.0, 1.0]), class_score(0), (1, 1, 2), steps=0)
    assert found.save(tmp_path / "new" / "dream.png").exists()
    with pytest.raises(RunError, match="is a folder"):
        found.save(tmp_path)


def test_every_step_is_an_event_and_ctrl_c_keeps_the_picture():
    heard = []

    def interrupt(event):
        heard.append(event)
        if event.step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    found = visualize(model, 0, (3, 8, 8), steps=50, on_event=interrupt)
    assert [event.step for event in heard] == [1, 2, 3]
    assert found.interrupted
    assert torch.equal(found.image, visualize(model, 0, (3, 8, 8), steps=3).image)
    assert not visualize(model, 0, (3, 8, 8), steps=1).interrupted
