"""An outline has the shapes of a network, and as many classes as its paper unless told otherwise."""

import pytest

from striate.errors import SettingError
from striate.zoo.outline import outline


@pytest.mark.parametrize(
    ("name", "classes", "rows"), [("lenet5", None, 10), ("resnet18", None, 1000), ("resnet18", 7, 7)]
)
def test_it_has_shapes_and_no_numbers(name: str, classes: int | None, rows: int) -> None:
    tensors = list(outline(name, 3, classes).parameters())
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    assert tensors[-1].shape == (rows,)


def test_the_channels_are_those_asked_for() -> None:
    assert next(outline("lenet5", 1).parameters()).shape[1] == 1


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(SettingError):
        outline("resnet19")
