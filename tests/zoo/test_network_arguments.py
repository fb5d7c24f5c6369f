"""The networks' own arguments: as words, of the right kind, and with the nearest names."""

from typing import Any

import pytest

from striate.errors import SettingError
from striate.zoo.network_arguments import written
from striate.zoo.networks import create


def test_words_become_values():
    texts = ["width=0.5", "depth=2", "stem=small", "auxiliary=TRUE", "drop_path=none", "small=1e-3"]
    assert written(texts) == {
        "width": 0.5,
        "depth": 2,
        "stem": "small",
        "auxiliary": True,
        "drop_path": None,
        "small": 0.001,
    }
    assert written([]) == {}


@pytest.mark.parametrize("texts", [["width"], ["=1"], ["width="], ["width=1", "width=2"], [""]])
def test_what_is_not_written_so_is_refused(texts: list[str]):
    with pytest.raises(SettingError) as caught:
        written(texts)
    assert caught.value.attempt == "--set width=0.5"


def refused(name: str, **arguments: Any) -> SettingError:
    with pytest.raises(SettingError) as caught:
        create(name, **arguments)
    return caught.value


def test_a_misspelt_argument_is_answered_with_the_nearest():
    error = refused("resnet18", widht=0.5)
    assert error.wrong == "resnet18 has no argument 'widht'"
    assert error.attempt == "width"
    assert "shortcut='B', stem='paper', width=1.0, depth=1.0" in error.expected


def test_an_argument_like_no_other_is_to_be_left_out():
    assert refused("resnet18", quux=1).attempt == "leave quux out"


@pytest.mark.parametrize("word", ["no", "false", "", 0, 1, None])
def test_a_switch_is_true_or_false_and_nothing_that_counts_as_such(word: object):
    error = refused("googlenet", auxiliary=word)
    assert error.wrong == f"auxiliary is {word!r}"
    assert error.expected == "True or False"


@pytest.mark.parametrize("value", ["wide", "0.5", True, None, [1.0]])
def test_a_width_is_a_number(value: object):
    error = refused("resnet18", width=value)
    assert error.wrong == f"width is {value!r}"
    assert error.expected == "a number"


@pytest.mark.parametrize("value", [0, -1.0, 33, float("nan"), float("inf")])
def test_a_width_is_above_0_and_no_larger_than_any_network_was_scaled(value: float):
    assert refused("resnet18", width=value).expected == "a number above 0, 32 at most"


def test_none_is_a_value_only_where_it_means_something():
    assert create("convnext_tiny", classes=2, drop_path=None, width=1 / 12, depth=1 / 9)
    assert refused("convnext_tiny", drop_path="a").expected == "a number or None"


def test_a_word_that_is_none_of_a_choice_is_answered_with_all_of_them():
    error = refused("resnet18", shortcut="X")
    assert error.expected == "'A' or 'B' or 'C'"
    assert error.attempt == "shortcut='A' or shortcut='B' or shortcut='C'"


@pytest.mark.parametrize("name", ["classes", "in_channels"])
@pytest.mark.parametrize("value", [True, False, None, 1.0])
def test_classes_and_channels_are_whole_numbers(name: str, value: object):
    assert refused("lenet5", **{name: value}).wrong == f"{name} is {value!r}"
