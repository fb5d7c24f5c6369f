"""An augmentation of somebody's own: samples, pictures, torchvision; changes of size, type and channels."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.transforms import v2

from striate.data.augment.user_augment import UserAugment, seeded
from striate.errors import SettingError
from striate.records import Batch, BoxTargets, ClassTargets, MaskTargets, PointTargets, Sample, Targets

IMAGES = torch.arange(2 * 3 * 4 * 4, dtype=torch.uint8).view(2, 3, 4, 4)
MIRROR = torch.tensor([[[-1.0, 0.0, 4.0], [0.0, 1.0, 0.0]]])
CLASSES = ClassTargets(torch.tensor([0, 1]))
MASKS = MaskTargets((IMAGES[:, 0] % 3).clone())
BOXES = BoxTargets(
    torch.tensor([[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 4.0, 4.0], [0.0, 0.0, 1.0, 4.0]]),
    torch.tensor([5, 6, 7]),
    torch.tensor([1, 2]),
)


def changed(function: Any, targets: Targets, name: str = "mine") -> Batch:
    example = Sample(IMAGES[0], targets.row(0), "first.png")
    own = UserAugment(function, name, example)
    batch = Batch.full(IMAGES, torch.arange(2), targets)
    return own.on(batch, torch.Generator().manual_seed(0))


def flip(image: Tensor) -> Tensor:
    return image.flip(-1)


def flip_sample(sample: Sample) -> Sample:
    assert sample.targets is not None
    return replace(sample, image=sample.image.flip(-1), targets=sample.targets.moved(MIRROR, (4, 4)))


def test_a_function_of_pictures_leaves_classes_alone() -> None:
    batch = changed(flip, CLASSES)
    assert torch.equal(batch.images, IMAGES.flip(-1))
    assert torch.equal(batch.targets.plain, CLASSES.labels)


@pytest.mark.parametrize("targets", [MASKS, BOXES])
@pytest.mark.parametrize("function", [flip_sample, v2.RandomHorizontalFlip(1.0)])
def test_samples_and_torchvision_move_what_is_known_with_the_picture(function: Any, targets: Targets) -> None:
    batch = changed(function, targets)
    assert torch.equal(batch.images, IMAGES.flip(-1))
    wanted = targets.moved(MIRROR.expand(2, 2, 3), (4, 4))
    for one, other in zip(batch.targets.tensors(), wanted.tensors(), strict=True):
        assert torch.equal(one, other)


def test_boxes_that_torchvision_drops_are_dropped_with_their_labels() -> None:
    class Second(v2.Transform):
        def forward(self, *inputs: Any) -> Any:
            (given,) = inputs
            rows = given["labels"] == len(given["labels"]) - 1
            return {**given, "boxes": given["boxes"][rows], "labels": given["labels"][rows]}

    found = changed(Second(), BOXES).targets
    assert isinstance(found, BoxTargets)
    assert (found.labels.tolist(), found.counts.tolist()) == ([5, 7], [1, 1])


def test_another_size_is_scaled_back_and_places_with_it() -> None:
    batch = changed(v2.Resize((8, 8)), BOXES)
    assert batch.images.shape == IMAGES.shape
    assert isinstance(batch.targets, BoxTargets)
    assert torch.allclose(batch.targets.boxes, BOXES.boxes)
    assert changed(lambda image: image[:, :2], CLASSES).images.shape == IMAGES.shape


def test_a_function_of_pictures_may_not_change_their_size_where_places_are_known() -> None:
    with pytest.raises(SettingError, match=r"changes the size of first\.png from 4x4 to 2x4"):
        changed(lambda image: image[:, :2], BOXES)


def test_floats_of_0_to_1_become_uint8_again_and_normalized_ones_are_refused() -> None:
    assert torch.equal(changed(lambda image: image / 255, CLASSES).images, IMAGES)
    with pytest.raises(SettingError, match=r"augment mine: first\.png has floats from") as raised:
        changed(lambda image: image / 255 - 1, CLASSES)
    assert "Normalize" in raised.value.attempt


def test_other_channels_are_refused() -> None:
    with pytest.raises(SettingError, match=r"gives 1 channels for 3 of first\.png"):
        changed(lambda image: image[:1], CLASSES)


def test_a_function_that_fails_is_named_with_its_error() -> None:
    with pytest.raises(SettingError, match=r"augment mine failed on first.png: ZeroDivisionError") as raised:
        changed(lambda image: image[0, 0] / (1 // 0), CLASSES)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


def test_a_sample_without_its_targets_is_refused() -> None:
    with pytest.raises(SettingError, match=r"gives NoneType for first\.png"):
        changed(lambda sample: replace(sample, targets=None), CLASSES)


def test_a_function_that_does_nothing_now_and_then_is_not_taken_for_one_of_samples() -> None:
    def sometimes(x: Any) -> Any:
        return x.flip(-1) if random.random() < 0.5 else x

    own = UserAugment(sometimes, "sometimes", Sample(IMAGES[0], CLASSES.row(0)))
    assert own.kind == "picture"


def test_that_places_must_stay_is_said_where_places_are_known() -> None:
    example = Sample(IMAGES[0], BOXES.row(0))
    assert UserAugment(flip, "flip", example).notes == (
        "augment flip changes pictures alone: everything must stay in its place",
    )
    assert UserAugment(flip, "flip", Sample(IMAGES[0], CLASSES.row(0))).notes == ()


def test_torchvision_does_not_move_points_which_it_would_not_exchange() -> None:
    points = PointTargets(torch.ones(2, 1, 2), torch.ones(2, 1) > 0, torch.ones(2))
    with pytest.raises(SettingError, match="the data have points"):
        changed(v2.RandomHorizontalFlip(1.0), points)


def test_random_numbers_are_those_of_the_seed_whoever_draws_them() -> None:
    def noisy(image: Tensor) -> Tensor:
        drawn = np.random.randint(0, 255) + random.randrange(255)
        return torch.full_like(image, drawn % 256)

    assert torch.equal(changed(noisy, CLASSES).images, changed(noisy, CLASSES).images)
    random.seed(7)
    wanted = random.random()
    random.seed(7)
    with seeded(3):
        random.random()
    assert random.random() == wanted


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda image: None, "without return"),
        (lambda x: None, "without return"),
        (lambda image: image.numpy(), "torch.from_numpy(array)"),
        (v2.MixUp(num_classes=2), "mixup=0.2 in the place of augment="),
        (v2.CutMix(num_classes=2), "cutmix=0.2 in the place of augment="),
    ],
)
def test_what_is_no_picture_is_refused_with_advice_that_fits(function: Any, words: str) -> None:
    with pytest.raises(SettingError) as raised:
        changed(function, ClassTargets(torch.tensor([0])), type(function).__name__)
    assert words in raised.value.attempt
