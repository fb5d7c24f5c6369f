"""An outline has the shapes of a network, and as many classes as its paper unless told otherwise."""

import pytest

from striate.errors import SettingError
from striate.zoo.cost.meta_network import outline


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


def test_the_network_s_own_arguments_are_taken_and_others_refused() -> None:
    network = outline("resnet18", classes=3, arguments={"width": 0.5, "stem": "small"})
    assert network.stem.conv.weight.shape == (32, 3, 3, 3)
    assert network.head.output.weight.shape == (3, 256)
    for name in ("in_channels", "weights", "widht"):
        with pytest.raises(SettingError, match=f"no argument '{name}'"):
            outline("resnet18", arguments={name: 1})


def test_a_small_stem_does_not_make_it_a_network_of_ten_classes() -> None:
    assert outline("resnet18", arguments={"stem": "small"}).head.output.out_features == 1000
