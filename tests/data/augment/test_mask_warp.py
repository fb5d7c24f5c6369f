"""Masks under augmentation: by the nearest pixel, also where a warp bends the picture."""

import pytest
import torch

from striate.data.augment.augment import Augment
from striate.records import Batch, MaskTargets

MASK = (torch.arange(48)[None] // 12 + 4 * (torch.arange(48)[:, None] // 12)).to(torch.uint8).repeat(6, 1, 1)
IMAGES = (MASK[:, None].float() * 16).to(torch.uint8)


@pytest.mark.parametrize(
    "augment",
    [
        Augment(mirror=0.5, flip=0.5, crop=3, edge="black"),
        Augment(scale=0.2, shift=0.1, edge="black"),
        Augment(rotate=30, shear=10, edge="black"),
        Augment(warp=2, edge="black"),
        Augment(warp=3, rotate=20, scale=0.2, mirror=0.5, edge="black"),
    ],
    ids=str,
)
def test_the_mask_stays_on_its_pixels(augment: Augment) -> None:  # every grey level is its class times 16
    batch = Batch.full(IMAGES, torch.arange(6), MaskTargets(MASK))
    found = augment.on(batch, torch.Generator().manual_seed(0))
    images, masks = found.images, found.targets.masks
    levels = images[:, 0].float() * (255 if images.is_floating_point() else 1) / 16
    known = masks != 255
    assert known.float().mean() > 0.6
    assert ((levels - masks.float()).abs() < 0.51)[
        known
    ].float().mean() > 0.9  # others lie between two classes
    assert set(masks.unique().tolist()) <= {*range(16), 255}


def test_what_comes_from_outside_is_ignored() -> None:
    batch = Batch.full(IMAGES, torch.arange(6), MaskTargets(MASK))
    found = Augment(shift=20, warp=1).on(batch, torch.Generator().manual_seed(1))
    assert (found.targets.masks == 255).any()
