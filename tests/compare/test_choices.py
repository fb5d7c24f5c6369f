"""What may have several values, as it is written."""

from typing import Any

import pytest

from striate.compare.choices import choices_of, listed
from striate.compare.sweep import Sweep
from striate.errors import SettingError


def test_one_value_is_for_all() -> None:
    settings, choices = choices_of({"epochs": 2}, "resnet18", 320, "300")
    assert settings == {"epochs": 2, "size": "320", "arguments": {"backbone": "resnet18", "proposals": 300}}
    assert choices == ()


def test_several_values_are_a_choice_each() -> None:
    settings, choices = choices_of({}, ["resnet18", "vgg16"], [320, "240x320"], (100, 300))
    assert settings == {}
    assert choices == (
        Sweep("backbone", ("resnet18", "vgg16"), of_network=True),
        Sweep("size", ("320", "240x320")),
        Sweep("proposals", (100, 300), of_network=True),
    )


def test_numbers_are_how_many_and_words_are_what_proposes() -> None:
    settings, choices = choices_of({}, proposals="windows,100,300")
    assert settings == {"arguments": {"proposer": "windows"}}
    assert choices == (Sweep("proposals", (100, 300), of_network=True),)
    settings, choices = choices_of({}, proposals="selective,windows,50")
    assert settings == {"arguments": {"proposals": 50}}
    assert choices == (Sweep("proposer", ("selective", "windows"), of_network=True),)


def test_a_file_of_boxes_is_for_all() -> None:
    settings, choices = choices_of({}, proposals="boxes.jsonl,100,300")
    assert settings == {"proposals": "boxes.jsonl"}
    assert choices == (Sweep("proposals", (100, 300), of_network=True),)


def test_arguments_of_the_terminal_stay_words() -> None:
    settings, _ = choices_of({"arguments": ["width=0.5"]}, backbone="resnet18")
    assert settings == {"arguments": ["width=0.5", "backbone=resnet18"]}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"backbone": "resnet18,resnet18"}, "backbone: resnet18 is named twice"),
        ({"size": "320,"}, "size: a value is empty"),
        ({"proposals": "0,100"}, "proposals is 0"),
        ({"proposals": "100,-3"}, "proposals is -3"),
        ({"proposals": "1.5"}, "proposals is 1.5"),
        ({"proposals": "a.jsonl,b.jsonl"}, "proposals: a.jsonl, b.jsonl"),
        ({"proposals": "a.jsonl,windows"}, "proposals: a.jsonl, windows"),
        ({"size": "320,wide"}, "size is 'wide'"),
        ({"proposals": "100,widows"}, "--proposals names 'widows'"),
    ],
    ids=str,
)
def test_what_is_no_value_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError) as caught:
        choices_of({}, **given)
    assert message in caught.value.wrong


def test_nothing_is_no_value() -> None:
    assert listed("size", None) == []
