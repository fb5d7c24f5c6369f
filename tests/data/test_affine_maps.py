"""Places go where the pixels go: a spot is found where the map says, whatever moved the picture."""

import numpy as np
import pytest
import torch

from striate.data.annotations.annotations import Annotations
from striate.data.augment.augment import Augment
from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset
from striate.data.image_store import Array
from striate.data.preprocess import Preprocess
from striate.records import PointTargets
from striate.records.affine import moved_points


def spot(height, width, x, y):
    """uint8 (1, H, W): a smooth bright spot with its middle at the place (x, y)."""
    across, down = torch.arange(width) + 0.5, torch.arange(height) + 0.5
    return (255 * torch.exp(-((across - x) ** 2 + (down[:, None] - y) ** 2) / 18))[None].to(torch.uint8)


def middle(image):
    """(x, y) of the light in an image (1, H, W)."""
    light = image[0].double()
    across, down = (torch.arange(side).double() + 0.5 for side in (image.shape[2], image.shape[1]))
    return torch.stack([(light.sum(0) * across).sum(), (light.sum(1) * down).sum()]) / light.sum()


@pytest.mark.parametrize("size", [(48, 64), (60, 30), (96, 96), (40, 90)])
@pytest.mark.parametrize(
    "preprocess",
    [
        Preprocess((64, 64), 1, (0.5,), (0.5,), resize_mode="crop"),
        Preprocess((64, 48), 1, (0.5,), (0.5,), resize_mode="stretch"),
        Preprocess((64, 64), 1, (0.5,), (0.5,), resize_mode="pad"),
        Preprocess((64, 64), 1, (0.5,), (0.5,), resize_mode="letterbox"),
        Preprocess((64, 64), 1, (0.5,), (0.5,), resize_mode="keep"),
        Preprocess((64, 80), 1, (0.5,), (0.5,), resize_mode="shortest"),
        Preprocess((56, 56), 1, (0.5,), (0.5,), crop_ratio=0.875),
    ],
    ids=lambda one: f"{one.resize_mode}-{one.crop_ratio}",
)
def test_preprocessing_says_where_places_go(preprocess, size):
    place = torch.tensor([size[1] / 2 + 2.0, size[0] / 2 - 3.0])
    found = middle(preprocess(spot(*size, *place.tolist())))
    expected = moved_points(place.view(1, 1, 2), preprocess.affine(size)[None])[0, 0]
    assert torch.allclose(found.float(), expected, atol=0.3)


def test_a_letterbox_scales_up_and_centers():  # 10 x 20 to 20 x 40, 10 rows of black above and below
    found = Preprocess((40, 40), 1, (0.5,), (0.5,), resize_mode="letterbox")(
        torch.full((1, 10, 20), 9, dtype=torch.uint8)
    )
    rows = found[0].amax(1)
    assert rows.tolist() == [0] * 10 + [9] * 20 + [0] * 10


@pytest.mark.parametrize(
    "augment",
    [
        Augment(mirror=1),
        Augment(flip=1),
        Augment(crop=6),
        Augment(mirror=0.5, flip=0.5, crop=6),
        Augment(shift=0.1, edge="black"),
        Augment(scale=0.2, edge="black"),
        Augment(rotate=25, shear=10, edge="black"),
        Augment(mirror=0.5, flip=0.5, crop=3, shift=0.05, scale=0.2, rotate=25, shear=10, edge="black"),
    ],
    ids=str,
)
def test_augmentation_says_where_places_go(augment):
    place = torch.tensor([36.0, 26.0])
    images = spot(60, 70, *place.tolist()).expand(16, 1, 60, 70)
    moved, placement = augment.placed(images, torch.Generator().manual_seed(0))
    affine = placement.affine((60, 70))
    expected = moved_points(place.expand(16, 1, 2), affine)[:, 0]
    found = torch.stack([middle(image) for image in moved]).float()
    assert (found - expected).abs().max() < 0.35


@pytest.mark.parametrize("augment", [Augment(), Augment(color=0.5), Augment(erase=4)], ids=str)
def test_what_leaves_pixels_in_their_places_has_no_map(augment):
    images = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)
    assert augment.placed(images, torch.Generator().manual_seed(0))[1] is None


class OnePoint(Annotations):
    """The same point on every picture."""

    classes, task = ("it",), "test"

    def __init__(self, count, place):
        self.count, self.place = count, place

    def __len__(self):
        return self.count

    def collate(self, indices):
        shape = (len(indices), 1)
        return PointTargets(
            self.place.expand(*shape, 2), torch.ones(shape, dtype=torch.bool), torch.ones(shape[0])
        )

    def strata(self):
        return np.zeros(self.count, np.int64)

    subset = joined = remap = counts = words = fingerprint = findings = None


@pytest.mark.parametrize("cache_bytes", [0, 10**9])
@pytest.mark.parametrize("fit", ["crop", "letterbox", "keep", "shortest"])
def test_batches_have_their_targets_in_their_own_pixels(fit, cache_bytes):
    place = torch.tensor([30.0, 20.0])
    images = torch.stack([spot(48, 60, *place.tolist())[0]] * 3).numpy()
    dataset = Dataset(Array(images, "spots"), OnePoint(3, place), np.arange(3))
    loader = Loader(
        dataset,
        Preprocess((40, 40), 1, (0.5,), (0.5,), resize_mode=fit),
        3,
        cache_bytes=cache_bytes,
        workers=0,
    )
    (batch,) = loader.batches()
    assert torch.allclose(middle(batch.images[0]).float(), batch.targets.points[0, 0], atol=0.3)
    own = {"keep": [32, 40], "shortest": [32, 40]}  # of 48 x 60; the longer side may have 40
    assert batch.sizes.tolist() == [own.get(fit, [40, 40])] * 3
    assert batch.images.shape[2:] == ((32, 64) if fit == "shortest" else tuple(batch.sizes[0]))
