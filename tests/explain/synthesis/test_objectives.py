"""Objectives measure what a network did; they add and multiply."""

import pytest
import torch

from striate.errors import LabelError, SettingError, ShapeError
from striate.explain.synthesis.objectives import (
    ForwardResult,
    channel,
    class_score,
    constant,
    direction,
    neuron,
)

MAPS = torch.arange(2 * 2 * 3 * 3.0).view(2, 2, 3, 3)  # channel 1 of picture 0 holds 9..17
READ = ForwardResult(
    torch.tensor([[1.0, 2.0], [3.0, 5.0]]), {"conv": MAPS, "flat": MAPS[:, :, 0, 0]}, ("cat", "dog")
)


def test_a_class_score_is_the_column_of_its_name_or_number():
    assert class_score("dog")(READ).tolist() == [2.0, 5.0]
    assert class_score(0)(READ).tolist() == [1.0, 3.0]


def test_a_channel_is_the_mean_of_its_map():  # (9 + ... + 17) / 9 = 13
    assert channel("conv", 1)(READ).tolist() == [13.0, 31.0]
    assert channel("flat", 1)(READ).tolist() == [9.0, 27.0]


def test_a_neuron_is_one_place_and_the_middle_one_unless_named():
    assert neuron("conv", 0)(READ).tolist() == [4.0, 22.0]
    assert neuron("conv", 0, (2, 1))(READ).tolist() == [7.0, 25.0]


def test_a_direction_is_normalized():  # means 4 and 13 along (3, 4) / 5: (12 + 52) / 5
    assert direction("conv", [3, 4])(READ)[0].item() == pytest.approx(64 / 5)


def test_objectives_add_subtract_and_multiply_with_each_other_and_with_numbers():
    cat, dog = class_score("cat"), class_score("dog")  # 1 and 2 of the first picture, 3 and 5 of the second
    assert (cat + dog)(READ).tolist() == [3.0, 8.0]
    assert (2 * cat - dog)(READ).tolist() == [0.0, 1.0]
    assert (cat * dog + 1)(READ).tolist() == [3.0, 16.0]
    assert (10 - cat)(READ).tolist() == [9.0, 7.0]
    assert (-cat)(READ).tolist() == [-1.0, -3.0]
    assert (1 + cat * 0.5)(READ).tolist() == [1.5, 2.5]
    assert constant(4)(READ).item() == 4.0


def test_the_words_keep_the_meaning():
    cat, dog = class_score("cat"), class_score("dog")
    assert str(2 * (cat - dog)) == "2 * (class cat - class dog)"
    assert str((cat + dog) * cat) == "(class cat + class dog) * class cat"
    assert str(cat - (dog + 1)) == "class cat - (class dog + 1)"
    assert str(channel("conv", 1) + neuron("conv", 0, (2, 1))) == "conv channel 1 + conv neuron 0 at 2, 1"


def test_a_sum_reads_every_layer_once():
    both = channel("conv", 0) * channel("conv", 1) + channel("flat", 0)
    assert both.layers == ("conv", "flat")
    assert not both.output
    assert (both + class_score(0)).output


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        (channel("conv", 2), "there is no 2 among the channels of 'conv'"),
        (channel("conv", -1), "there is no -1"),
        (neuron("conv", 0, (3, 0)), "there is no 3 among the rows"),
        (direction("conv", [1, 2, 3]), "the direction has 3 numbers"),
        (direction("conv", [0, 0]), "the length 0"),
    ],
)
def test_what_the_layer_does_not_have_is_refused(objective, words):
    with pytest.raises(SettingError, match=words):
        objective(READ)


def test_a_model_without_rows_of_scores_has_no_class():
    with pytest.raises(ShapeError, match="the model gives list"):
        class_score(0)(ForwardResult([1], {}))
    with pytest.raises(LabelError, match="no class 'cow'"):
        class_score("cow")(READ)
