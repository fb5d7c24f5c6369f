"""Settings: one list, with ranges that are explained."""

from typing import Any

import pytest

from striate.errors import SettingError
from striate.train.run.settings import Settings, resumed


@pytest.mark.parametrize(
    ("values", "wrong", "expected"),
    [
        ({"epochs": 0}, "epochs is 0", "greater than or equal to 1"),
        ({"lr": -1}, "lr is -1", "greater than 0"),
        ({"lr": "fast"}, "lr is 'fast'", "a number"),
        ({"ema": 1.0}, "ema is 1.0", "less than 1"),
        ({"optimizer": "adam"}, "optimizer is 'adam'", "'sgd' or 'adamw'"),
        ({"loggers": ("paper",)}, "loggers is 'paper'", "'tensorboard', 'wandb' or 'mlflow'"),
        ({"size": "0x32"}, "size is '0x32'", "32 or 32x48"),
        ({"epoch": 3}, "there is no setting 'epoch'", "epochs"),
    ],
)
def test_a_value_out_of_range_is_explained_in_three_lines(
    values: dict[str, Any], wrong: str, expected: str
) -> None:
    with pytest.raises(SettingError) as error:
        Settings(**values)
    assert wrong in error.value.wrong
    assert expected in error.value.expected
    assert len(str(error.value).splitlines()) == 3


def test_every_setting_says_what_it_means() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_settings_come_back_from_their_file() -> None:
    settings = Settings(epochs=3, loggers=("tensorboard",))
    assert Settings(**settings.to_dict()) == settings


def test_a_resumed_run_keeps_its_settings_and_takes_what_may_change() -> None:
    saved = Settings(epochs=7, lr=0.3).to_dict()
    settings = resumed(Settings(lr=0.3, workers=2, precision="auto"), saved)
    assert (settings.epochs, settings.lr, settings.workers) == (7, 0.3, 2)


def test_arguments_that_a_run_added_by_itself_do_not_hinder_its_resuming() -> None:
    saved = {"arguments": {"width": 0.5, "norm": "group"}}
    assert resumed(Settings(arguments={"width": 0.5}), saved).arguments == saved["arguments"]
    with pytest.raises(SettingError, match="arguments is"):
        resumed(Settings(arguments={"width": 0.25}), saved)


def test_a_resumed_run_refuses_another_setting_and_names_it() -> None:
    with pytest.raises(SettingError, match=r"epochs is 9 and was 7, lr is 0\.1 and was 0\.3"):
        resumed(Settings(epochs=9, lr=0.1), Settings(epochs=7, lr=0.3).to_dict())


@pytest.mark.parametrize("given", [["width=0.5", "stem=small"], {"width": 0.5, "stem": "small"}])
def test_arguments_of_the_network_are_words_or_a_dictionary_and_the_stem_is_a_setting(given: Any) -> None:
    settings = Settings(arguments=given)
    assert (settings.arguments, settings.stem) == ({"width": 0.5}, "small")
    assert Settings(**settings.to_dict()) == settings


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"arguments": ["stem=small"], "stem": "paper"}, "stem is 'paper' and 'small'"),
        ({"arguments": ["width"]}, "set is 'width'"),
        ({"arguments": ["stem=large"]}, "stem is 'large'"),
        ({"arguments": 5}, "arguments is 5"),
    ],
)
def test_arguments_that_cannot_be_read_are_refused(values: dict[str, Any], wrong: str) -> None:
    with pytest.raises(SettingError) as error:
        Settings(**values)
    assert error.value.wrong == wrong


@pytest.mark.parametrize("name", ["lr", "clip", "checkpoint_every", "mixup", "ema"])
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_numbers_that_are_not_finite_are_refused_when_they_are_given(name: str, value: float) -> None:
    with pytest.raises(SettingError, match=f"{name} is"):
        Settings(**{name: value})


@pytest.mark.parametrize(
    ("given", "meant"), [(64, (64, 64)), ((240, 320), (240, 320)), ([32, 48], (32, 48)), ("32x48", (32, 48))]
)
def test_a_size_is_a_number_a_pair_or_a_word(given: Any, meant: tuple[int, int]) -> None:
    assert Settings(size=given).height_width == meant


@pytest.mark.parametrize("given", [0, -3, True, (1, 2, 3), (), (2.5, 3)])
def test_what_is_no_size_is_refused(given: Any) -> None:
    with pytest.raises(SettingError, match="size"):
        Settings(size=given)


def test_a_backbone_is_an_argument_of_the_network() -> None:
    settings = Settings(model="faster_rcnn", backbone="vgg16", arguments=["width=0.5"])
    assert (settings.arguments, settings.backbone) == ({"width": 0.5, "backbone": "vgg16"}, None)
    with pytest.raises(SettingError, match="backbone is 'vgg16' and 'lenet5'"):
        Settings(backbone="vgg16", arguments={"backbone": "lenet5"})
