"""Every wrong value is an error of three lines that says what would be right."""

import pytest

from striate.errors import SettingError
from striate.style.settings import Settings, TrainStyleSettings, layer_weights


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"form": "gram"}, "form is 'gram'"),
        ({"style_weight": -1}, "style_weight is -1"),
        ({"style_weight": float("inf")}, "style_weight is inf"),
        ({"size": "wide"}, "size is 'wide'"),
        ({"style_layers": "relu1_1=x"}, "style_layers is 'relu1_1=x'"),
        ({"content_layers": "relu1_1=0"}, "content_layers is 'relu1_1=0'"),
        ({"stile_weight": 1}, "there is no setting 'stile_weight'"),
        ({"tile": 3}, "tile is 3"),
    ],
)
def test_wrong_values_are_named(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(SettingError, match=words) as error:
        Settings(**wrong)
    assert str(error.value).count("\n") == 2


def test_a_misspelt_setting_is_told_its_neighbour() -> None:
    with pytest.raises(SettingError) as error:
        TrainStyleSettings(bach=3)
    assert "batch" in error.value.attempt


def test_numbers_may_be_typed() -> None:
    given = Settings(steps="12", style_weight="2.5", style_layers="relu1_1=3,relu2_1")
    assert (given.steps, given.style_weight) == (12, 2.5)
    assert layer_weights("style_layers", given.style_layers) == {"relu1_1": 0.75, "relu2_1": 0.25}


def test_layers_may_be_names_or_a_dictionary() -> None:
    assert layer_weights("layers", ("a.b", "c")) == {"a.b": 0.5, "c": 0.5}
    assert layer_weights("layers", {"a": 1, "b": 3}) == {"a": 0.25, "b": 0.75}
