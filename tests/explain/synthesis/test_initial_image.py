"""What a picture begins as, and which model is meant."""

import pytest
import torch
from torch import nn

from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError, ShapeError
from striate.explain.synthesis.initial_image import input_shape, model_input, open_model, require_shape
from striate.tasks.classification.classifier import Classifier
from striate.zoo.networks import create


def test_the_size_is_that_of_the_preprocessing_or_of_the_paper():
    assert input_shape(Classifier(nn.Identity(), ("a",), Preprocess((5, 7), 1, (0.5,), (0.5,)))) == (1, 5, 7)
    assert input_shape(create("lenet5", in_channels=1)) == (1, 32, 32)
    with pytest.raises(SettingError, match="Identity does not say"):
        input_shape(nn.Identity())


def test_a_classifier_prepares_the_picture_and_a_module_takes_it_as_it_is():
    grey = torch.zeros(1, 9, 9, dtype=torch.uint8)
    assert model_input(Classifier(nn.Identity(), ("a",), Preprocess((5, 7))), grey).shape == (1, 3, 5, 7)
    assert model_input(nn.Identity(), grey).shape == (1, 1, 9, 9)


def test_shapes_of_no_picture_are_refused():
    assert require_shape((3, 4, 5)) == (3, 4, 5)
    for wrong in ((3, 4), (2, 4, 4), (3, 0, 4)):
        with pytest.raises(ShapeError):
            require_shape(wrong)


def test_a_module_is_itself_and_a_missing_file_is_named(tmp_path):
    module = nn.Identity()
    assert open_model(module) is module
    with pytest.raises(ModelFileError):
        open_model(tmp_path / "no.safetensors")
