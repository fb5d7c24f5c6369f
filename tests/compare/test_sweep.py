"""A setting with several values, as it is written and as it is refused."""

import pytest

from striate.compare.sweep import Sweep, folder_name
from striate.errors import SettingError


def test_values_are_read_as_the_setting_takes_them() -> None:
    assert Sweep.read("batch=16,32") == Sweep("batch", (16, 32))
    assert Sweep.read("label-smoothing=0,0.1").values == (0.0, 0.1)
    assert Sweep.read("lr=1e-3,0.1").names() == ("lr=0.001", "lr=0.1")
    assert Sweep.read("lr=1e-3,0.1").value("lr=0.001") == 0.001


def test_values_with_commas_are_divided_by_semicolons() -> None:
    assert Sweep.read("augment=none;mirror,crop=4").names() == ("augment=none", "augment=mirror,crop=4")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lr", "a setting, =, and its values"),
        ("lr=0.1", "two or more different ones"),
        ("lr=0.1,1e-1", "two or more different ones"),
        ("lr=", "two or more different ones"),
        ("lr=0.1,x", "a number"),
        ("lrr=1,2", "there is no setting"),
        ("model=lenet5,resnet20", "--models"),
        ("seed=1,2", "--seeds"),
        ("validation=0.1,0.2", "same pictures"),
        ("workers=1,2", "does not change what is computed"),
    ],
)
def test_what_is_no_sweep_is_refused(text: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Sweep.read(text)


def test_folders_have_names_without_separators() -> None:
    assert folder_name("weights=../a/b") == "weights=.._a_b"
