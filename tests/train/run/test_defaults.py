"""What is decided for a user who says nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from striate.data.checks.statistics import Facts, facts
from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array
from striate.errors import SettingError, ShapeError
from striate.train.run import defaults as choose
from striate.train.run.defaults import decide, preprocessing, sentences
from striate.train.run.settings import Settings


def seen(count: int, channels: int, side: int) -> Facts:
    """So many square pictures of one size."""
    return Facts(channels == 1, (side, side), True, (count,), count)


DIGITS, PHOTOS = seen(1600, 1, 28), seen(50_000, 3, 32)


def dataset(images: NDArray[np.uint8]) -> Dataset:
    return Dataset.whole(Array(images, "x"), [0] * len(images), ("a", "b"))


def test_small_grey_pictures_get_lenet_and_others_resnet() -> None:
    assert decide(Settings(), DIGITS).model == "lenet5"
    assert decide(Settings(), PHOTOS).model == "resnet20"
    assert decide(Settings(), seen(1600, 1, 64)).model == "resnet20"


def test_nothing_is_left_open() -> None:
    decided = decide(Settings(), PHOTOS)
    unset = {name for name in Settings.model_fields if getattr(decided, name) is None}
    from_nothing = {"weights", "finetune", "stem", "backbone"}  # and resnet20 begins in one way only
    of_users = {"format", "workers", "budget", "joints", "group", "classes", "proposals", "by", "fold"}
    of_losses = {"margin"}  # each embedding loss has its own
    assert unset == of_users | from_nothing | of_losses
    assert decided.precision in ("32", "bf16")


@pytest.mark.parametrize(
    ("count", "epochs", "batch"),  # 600,000 pictures in all within 8..100; 16 steps an epoch within 8..128
    [(100, 100, 8), (1600, 100, 64), (6000, 100, 128), (50_000, 12, 128), (1_000_000, 8, 128)],
)
def test_epochs_and_batch_follow_the_number_of_pictures(count: int, epochs: int, batch: int) -> None:
    decided = decide(Settings(), seen(count, 3, 32))
    assert (decided.epochs, decided.batch) == (epochs, batch)


def test_the_rate_follows_the_batch_and_the_kind_of_network() -> None:
    assert decide(Settings(batch=64), PHOTOS).lr == pytest.approx(0.05)  # half of 0.1, with batch norm
    assert decide(Settings(batch=128), DIGITS).lr == pytest.approx(0.05)  # without
    assert decide(Settings(batch=128, optimizer="adamw"), DIGITS).lr == pytest.approx(0.002)


def test_a_batch_is_no_larger_than_the_data_and_shared_evenly() -> None:
    assert decide(Settings(batch=64), seen(10, 3, 32)).batch == 10
    assert decide(Settings(devices=2), seen(5, 3, 32)).batch == 4
    assert decide(Settings(devices=3), PHOTOS).batch == 126  # 128 does not divide by 3


def test_a_network_of_one_size_cannot_begin_with_smaller_pictures() -> None:
    with pytest.raises(SettingError, match=r"progressive_resizing is 0\.5 for lenet5"):
        decide(Settings(progressive_resizing=0.5), DIGITS)


def test_what_the_user_says_is_kept() -> None:
    given = Settings(
        model="resnet32", epochs=2, lr=0.7, size="40", resize_mode="stretch", augment="none", precision="32"
    )
    decided = decide(given, PHOTOS)
    kept = {name: getattr(decided, name) for name in given.model_fields_set}
    assert kept == {name: getattr(given, name) for name in given.model_fields_set}


def test_pictures_are_padded_when_slightly_small_and_larger_ones_get_more_pixels() -> None:
    assert decide(Settings(), DIGITS).resize_mode == "pad"  # 28 in 32
    assert decide(Settings(), seen(1600, 1, 8)).resize_mode == "crop"  # 8 is enlarged
    assert decide(Settings(), seen(1600, 3, 480)).size == "64x64"
    assert decide(Settings(model="lenet5"), seen(1600, 3, 480)).size == "32x32"  # takes no other


def test_bf16_is_for_networks_that_gain_on_machines_that_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "has_bf16", lambda accelerator: True)
    assert decide(Settings(), PHOTOS).precision == "bf16"
    assert decide(Settings(), DIGITS).precision == "32"
    monkeypatch.setattr(choose, "has_bf16", lambda accelerator: False)
    assert decide(Settings(), PHOTOS).precision == "32"


def test_a_look_finds_grey_pictures_in_color_files() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (4, 20, 30, 1), dtype=np.uint8).repeat(3, axis=3)
    assert facts(dataset(grey)) == Facts(True, (20, 30), True, (4, 0), 4)
    grey[3, 0, 0] = (9, 8, 9)
    assert facts(dataset(grey)) == Facts(False, (20, 30), True, (4, 0), 4)


def test_mean_and_deviation_are_those_of_the_training_data() -> None:  # half 0, half 255: 0.5 and 0.5
    images = np.zeros((4, 32, 32, 1), dtype=np.uint8)
    images[::2] = 255
    found = preprocessing(dataset(images), decide(Settings(model="lenet5"), seen(4, 1, 32)))
    assert (found.mean, found.std, found.size, found.channels) == ((0.5,), (0.5,), (32, 32), 1)


def test_what_was_decided_is_said() -> None:
    given = Settings(epochs=3)
    said = sentences(given, decide(given, DIGITS), DIGITS)
    assert said[0] == "1,600 grey pictures to learn from, the shorter side is 28 pixels"
    assert "model lenet5" in said[1]
    assert "epochs" not in said[1]


@pytest.mark.parametrize(
    ("asked", "found", "advised"),
    [
        (Settings(), seen(240, 3, 96), True),
        (Settings(model="resnet18"), seen(240, 3, 96), True),
        (Settings(model="resnet50"), seen(240, 3, 96), False),  # the weights are not of that network
        (Settings(weights="striate"), seen(240, 3, 96), False),
        (Settings(), seen(240, 3, 32), False),  # not measured on small pictures
        (Settings(), seen(5000, 3, 96), False),
        (Settings(task="detect", model="yolo"), seen(240, 3, 96), False),
    ],
)
def test_few_pictures_are_advised_to_begin_with_the_weights_that_come_along(
    asked: Settings, found: Facts, advised: bool
) -> None:
    told = [one for one in sentences(asked, decide(asked, found), found) if "pictures are few" in one]
    assert len(told) == advised


def test_looking_does_not_touch_the_random_numbers_of_others() -> None:
    before = torch.get_rng_state()
    splits = Splits({"train": dataset(np.zeros((4, 8, 8), dtype=np.uint8))}, "npz", Path("x"))
    decide(Settings(), facts(splits["train"]))
    assert torch.equal(before, torch.get_rng_state())


def test_a_size_that_the_network_cannot_take_is_refused_before_anything_is_made() -> None:
    with pytest.raises(ShapeError, match="lenet5 needs --size 32 to 35"):
        decide(Settings(model="lenet5", size="64"), seen(100, 1, 28))


def test_a_small_size_is_refused_with_the_least_that_the_network_takes() -> None:
    with pytest.raises(ShapeError, match="vgg11 needs --size 32 or more"):
        decide(Settings(model="vgg11", size="16"), seen(100, 3, 64))


def boxes_on(count: int) -> Facts:
    """So many pictures with boxes of one class."""
    return Facts(False, (96, 128), True, (count,), count)


@pytest.mark.parametrize("model", ["faster_rcnn", "fast_rcnn", "rfcn", "sppnet", "rcnn"])
@pytest.mark.parametrize(("batch", "norm"), [(1, "group"), (2, "group"), (3, None)])
def test_one_or_two_pictures_at_once_are_normalized_in_groups_of_channels(
    model: str, batch: int, norm: str | None
) -> None:
    asked = Settings(task="detect", model=model, batch=batch)
    decided = decide(asked, boxes_on(40))
    assert decided.arguments.get("norm") == norm
    told = [one for one in sentences(asked, decided, boxes_on(40)) if one.startswith("norm group: ")]
    assert len(told) == (norm is not None)


def test_a_norm_that_was_asked_for_stays() -> None:
    asked = Settings(task="detect", model="rfcn", batch=1, arguments={"norm": "batch"})
    assert decide(asked, boxes_on(40)).arguments == {"norm": "batch"}
    assert decide(Settings(task="detect", model="yolo", batch=1), boxes_on(40)).arguments == {}
