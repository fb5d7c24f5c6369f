import pytest

from striate.data.preprocess import Preprocess
from striate.errors import LabelError, SettingError, ShapeError
from striate.zoo.build import build

GREY = Preprocess((32, 32), channels=1, mean=(0.1,), std=(0.3,))


def test_a_built_classifier_knows_its_name():
    model = build("lenet5", ["cat", "dog"], GREY)
    assert (model.name, model.arguments, model.classes) == ("lenet5", {"in_channels": 1}, ("cat", "dog"))


@pytest.mark.parametrize("classes", [[], "cat", ["cat", "cat"], [1, 2]])
def test_classes_are_different_names(classes):
    with pytest.raises(LabelError):
        build("lenet5", classes, GREY)


def test_every_channel_has_its_mean():  # three means on one grey channel would broadcast to three channels
    with pytest.raises(SettingError, match="mean has 3 numbers"):
        build("lenet5", ["cat"], Preprocess((32, 32), channels=1))


def test_a_size_that_the_network_cannot_take_is_refused_at_once():
    with pytest.raises(ShapeError, match="1x28x28"):
        build("lenet5", ["cat"], Preprocess((28, 28), channels=1, mean=(0.1,), std=(0.3,)))


@pytest.mark.parametrize(("word", "attempt"), [("landmark", "task landmarks"), ("cooking", "leave task out")])
def test_a_task_that_does_not_exist_is_answered_with_the_nearest(word, attempt):
    with pytest.raises(SettingError, match="one of: classification") as refused:
        build("lenet5", ["cat"], GREY, task=word)
    assert refused.value.attempt == attempt
