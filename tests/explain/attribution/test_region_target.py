"""A class of a segmenter is explained by its summed score over a region."""

import pytest
import torch
from torch import nn

import striate
from striate.data.preprocess import Preprocess
from striate.errors import LabelError, SettingError
from striate.explain.attribution.region_target import region_target
from striate.tasks.segmentation.segmenter import Segmenter

PICTURE = torch.zeros(3, 2, 4, dtype=torch.uint8)
PICTURE[0, :, 2:] = 255  # the right half is red


@pytest.fixture
def model() -> Segmenter:
    """Scores: ground 1, red 2 x the red channel, and a class that is never answered."""
    scoring = nn.Conv2d(3, 3, 1)
    with torch.no_grad():
        scoring.weight.zero_()
        scoring.weight[1, 0] = 2.0
        scoring.bias.copy_(torch.tensor([1.0, 0.0, -1.0]))
    plain = Preprocess((2, 4), mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    return Segmenter(scoring, ("ground", "red", "never"), plain).eval()


def test_a_class_is_summed_over_the_pixels_that_are_answered_as_it(model: Segmenter):
    made = striate.explain(model, PICTURE, "gradient_x_input", target="red")
    assert made.targets == ("red over 4 pixels",)
    expected = torch.zeros(3, 2, 4)
    expected[0, :, 2:] = 2.0  # weight 2 x red 1, at the four red pixels
    assert torch.allclose(made.values[0], expected)


def test_a_class_is_summed_over_a_box(model: Segmenter):
    target = region_target(model, PICTURE[None], "red@1,0,3,1")  # columns 1 and 2 of row 0: scores 0 and 2
    assert target(model(PICTURE[None])).tolist() == [2.0]


def test_without_a_target_the_class_with_most_pixels_is_meant(model: Segmenter):
    assert str(region_target(model, torch.zeros(1, 3, 2, 4), None)) == "ground over 8 pixels"


@pytest.mark.parametrize("target", ["never", "red@9,9,12,12", "red@3,1,1,2"])
def test_a_region_without_a_pixel_is_refused(model: Segmenter, target: str):
    with pytest.raises(SettingError, match="has no pixel") as caught:
        striate.explain(model, PICTURE, target=target)
    assert "ground, red" in str(caught.value)


def test_classes_that_are_not_there_and_several_pictures_are_refused(model: Segmenter):
    with pytest.raises(LabelError, match="blue"):
        striate.explain(model, PICTURE, target="blue@0,0,1,1")
    with pytest.raises(SettingError, match="2 pictures"):
        region_target(model, torch.zeros(2, 3, 2, 4), "red")


def test_an_index_stays_one(model: Segmenter):
    assert striate.explain(model, PICTURE, target="1,0,3").targets == ("output[1, 0, 3]",)
