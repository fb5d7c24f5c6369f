"""Random changes: each part has the distribution that it promises, for batches and for samples.

Expected means and variances are worked out; a test allows five standard errors of what was drawn. For a
uniform number in -a..a the variance is a^2 / 3, and that of n draws errs by sqrt(0.8 / n) of it.
"""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from torchvision import tv_tensors

from striate.data.augment.augment import UNIFORM, Augment
from striate.data.augment.augment_recipe import RECIPES
from striate.data.augment.color_pca import ColorAxes
from striate.data.dataset import Dataset
from striate.data.image_store import Array
from striate.errors import SettingError
from striate.records import Batch, BoxTargets

AXES = ColorAxes((0.2, 0.1, 0.05), ((0.6, 0.8, 0.0), (0.8, -0.6, 0.0), (0.0, 0.0, 1.0)))
MANY = {"batch": 4000, "sample": 1000}
FORMS = pytest.mark.parametrize("form", MANY)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(augment, image, form):
    """Float 0..1 (MANY[form], C, H, W): one picture changed many times."""
    if form == "batch":
        images = augment(image.expand(MANY[form], *image.shape), seeded(1))
        return images / 255 if images.dtype == torch.uint8 else images
    with torch.random.fork_rng():
        torch.manual_seed(2)
        transform, given = augment.per_sample(tuple(image.shape[1:])), tv_tensors.Image(image)
        return torch.stack([transform(given) for _ in range(MANY[form])])


def spot(x, y, side=33):
    """A smooth bright spot, uint8 (1, side, side), at (x, y) from the middle."""
    steps = torch.arange(side) - (side - 1) / 2
    return (255 * torch.exp(-((steps - x) ** 2 + (steps[:, None] - y) ** 2) / 8)).to(torch.uint8)[None]


def centers(images):
    """(N,) x and (N,) y of the center of mass, from the middle."""
    steps = torch.arange(images.shape[-1]) - (images.shape[-1] - 1) / 2
    mass = images.sum((1, 2, 3))
    return (images.sum((1, 2)) @ steps) / mass, (images.sum((1, 3)) @ steps) / mass


def is_uniform(values, reach):
    """Mean 0, variance reach^2 / 3, nothing beyond; a hundredth of the reach is left to the pixels."""
    count, slack = len(values), 0.01 * reach
    assert abs(float(values.mean())) < 5 * reach / math.sqrt(3 * count) + slack
    assert float(values.var()) == pytest.approx(reach**2 / 3, rel=5 * math.sqrt(0.8 / count) + 0.02)
    assert float(values.abs().max()) < reach + 2 * slack


def all_equally_often(places, kinds):
    """Chi-square: kinds - 1 on average, with the variance 2 (kinds - 1)."""
    counts = Counter(places)
    assert len(counts) == kinds
    expected = len(places) / kinds
    surprise = sum((count - expected) ** 2 / expected for count in counts.values())
    assert surprise < kinds - 1 + 5 * math.sqrt(2 * (kinds - 1))


def one_pixel(side=9):
    image = torch.zeros(1, side, side, dtype=torch.uint8)
    image[0, side // 2, side // 2] = 255
    return image


@FORMS
@pytest.mark.parametrize(("part", "axis"), [("mirror", 2), ("flip", 1)])
@pytest.mark.parametrize("chance", [0.5, 0.1])
def test_mirrors_come_with_their_chance(form, part, axis, chance):
    image = torch.arange(16, dtype=torch.uint8).view(1, 4, 4) * 16
    images = (drawn(Augment(**{part: chance}), image, form) * 255).round()
    swapped, same = ((images == kind).flatten(1).all(1) for kind in (image.flip(axis), image))
    assert (same | swapped).all()
    error = math.sqrt(chance * (1 - chance) / len(images))
    assert float(swapped.float().mean()) == pytest.approx(chance, abs=5 * error)


@FORMS
@pytest.mark.parametrize("edge", ["reflect", "black"])
def test_all_crops_are_equally_likely(form, edge):  # 2 pixels either way: 5 x 5 places
    images = drawn(Augment(crop=2, edge=edge), one_pixel(), form)
    all_equally_often(images.flatten(1).argmax(1).tolist(), 25)


@FORMS
def test_all_places_are_erased_equally_often(form):  # a square of 2 in 5 x 5: 4 x 4 places
    images = drawn(Augment(erase=2), torch.zeros(1, 5, 5, dtype=torch.uint8), form)
    assert torch.allclose(images.sum((1, 2, 3)), torch.tensor(4 * 128 / 255))
    all_equally_often(images.flatten(1).argmax(1).tolist(), 16)


@FORMS
def test_rotations_are_uniform(form):
    x, y = centers(drawn(Augment(rotate=20), spot(9, 0), form))
    is_uniform(torch.rad2deg(torch.atan2(y, x)), 20)
    assert torch.allclose(x.hypot(y), torch.tensor(9.0), atol=0.1)


@FORMS
def test_leaning_is_uniform(form):
    x, y = centers(drawn(Augment(shear=20), spot(0, 9), form))
    is_uniform(torch.rad2deg(torch.atan2(x, y)), 20)
    assert torch.allclose(y, torch.tensor(9.0), atol=0.1)


@FORMS
def test_width_and_height_are_scaled_uniformly_and_independently(form):
    x, y = centers(drawn(Augment(scale=0.2), spot(6, -7), form))
    is_uniform(x - 6, 0.2 * 6)
    is_uniform(y + 7, 0.2 * 7)
    assert abs(float(torch.corrcoef(torch.stack([x, y]))[0, 1])) < 5 / math.sqrt(len(x))


@FORMS
@pytest.mark.parametrize("shift", [4, 4 / 33])
def test_shifts_are_uniform(form, shift):
    x, y = centers(drawn(Augment(shift=shift), spot(1, 2), form))
    is_uniform(x - 1, 4)
    is_uniform(y - 2, 4)


@FORMS
def test_a_warp_moves_pixels_by_its_spread(form):  # 2 per cent of 25 pixels are 0.5
    """On a slope of 10 levels a pixel, to the right in red and down in green, a value tells its old place."""
    slope = torch.arange(0, 250, 10, dtype=torch.uint8).expand(25, 25)
    images = drawn(Augment(warp=2), torch.stack([slope, slope.T, slope]), form)
    for moves in (images[:, :2, 12, 12] * 25.5 - 12, images[:, :2, 5, 16] * 25.5 - torch.tensor([16, 5])):
        assert (moves.mean(0).abs() < 5 * 0.5 / math.sqrt(len(moves))).all()
        assert moves.std(0).tolist() == pytest.approx([0.5, 0.5], rel=5 / math.sqrt(2 * len(moves)))


@FORMS
def test_brightness_and_contrast_have_their_spread(form):
    """Halves of 0.3 and 0.5: their mean is 0.4 b, their difference 0.2 b c, b and c uniform in 0.8..1.2.

    With v = 0.2^2 / 3: mean 0.4 and variance 0.16 v; mean 0.2 and variance 0.04 ((1 + v)^2 - 1).
    """
    image = torch.full((1, 2, 4), 0.3)
    image[:, :, 2:] = 0.5
    images = drawn(Augment(color=0.2), (image * 255).round().to(torch.uint8), form)
    count, v = len(images), 0.2**2 / 3
    low, high = images[:, 0, 0, 0], images[:, 0, 0, 3]
    low_value, high_value = round(0.3 * 255) / 255, round(0.5 * 255) / 255
    middle, gap = (low_value + high_value) / 2, high_value - low_value
    for values, mean, var in (
        ((low + high) / 2, middle, middle**2 * v),
        (high - low, gap, gap**2 * ((1 + v) ** 2 - 1)),
    ):
        assert float(values.mean()) == pytest.approx(mean, abs=5 * math.sqrt(var / count))
        assert float(values.var()) == pytest.approx(var, rel=5 * math.sqrt(2 / count))


@FORMS
def test_saturation_has_its_spread(form):
    """One color of 102 and 128 levels: red - green is b c s times what it was."""
    image = torch.tensor([102, 128, 110], dtype=torch.uint8).view(3, 1, 1).expand(3, 2, 2)
    images = drawn(Augment(color=0.2), image, form)
    gap, v = 26 / 255, 0.2**2 / 3
    values, var = images[:, 1, 0, 0] - images[:, 0, 0, 0], gap**2 * ((1 + v) ** 3 - 1)
    assert float(values.mean()) == pytest.approx(gap, abs=5 * math.sqrt(var / len(values)))
    assert float(values.var()) == pytest.approx(var, rel=5 * math.sqrt(2 / len(values)))


@FORMS
def test_pca_light_has_the_covariance_of_the_formula(form):  # alpha^2 V^T diag(values^2) V
    images = drawn(Augment(pca=0.5, axes=AXES), torch.full((3, 2, 2), 128, dtype=torch.uint8), form)
    light = images[:, :, 0, 0].double() - 128 / 255
    vectors = np.array(AXES.vectors)
    expected = 0.25 * vectors.T @ np.diag(np.array(AXES.values) ** 2) @ vectors
    error = np.sqrt((np.outer(np.diag(expected), np.diag(expected)) + expected**2) / len(light))
    assert (np.abs(np.cov(light.numpy().T) - expected) < 5 * error).all()
    assert torch.equal(images, images[:, :, :1, :1].expand_as(images))  # one light for a whole picture


@pytest.mark.parametrize("name", ["strong", "alexnet"])
def test_all_together_has_one_distribution_in_both_forms(name):
    """Many pictures of both forms: every pixel's mean and mean square are less than five errors apart."""
    image = torch.randint(0, 256, (3, 16, 16), generator=seeded(3), dtype=torch.uint8)
    augment = Augment(**{**vars(RECIPES[name]), "axes": AXES})
    batch, sample = (drawn(augment, image, form).double() for form in MANY)
    for power in (1, 2):
        one, other = batch**power, sample**power
        error = (one.var(0) / len(one) + other.var(0) / len(other)).sqrt()
        assert ((one.mean(0) - other.mean(0)).abs() < 5 * error).all()


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_recipe_gives_pictures_for_a_network(name, channels):
    augment = Augment(**{**vars(RECIPES[name]), "axes": AXES})
    images = torch.randint(0, 256, (5, channels, 20, 28), generator=seeded(), dtype=torch.uint8)
    before = images.clone()
    changed = changed_by(augment, images)
    assert changed.shape == images.shape
    assert changed.dtype == (torch.uint8 if name in ("none", "light") else torch.float32) or channels == 1
    if changed.is_floating_point():
        assert 0 <= changed.min() <= changed.max() <= 1
    assert torch.equal(images, before)
    assert len(changed_by(augment, images[:0])) == 0


def changed_by(augment, images):
    """Changed pictures, each with a box where the augmentation needs boxes."""
    if not augment.iou_crop:
        return augment(images, seeded())
    count = len(images)
    boxes = torch.tensor([[4.0, 4, 20, 16]]).repeat(count, 1)
    targets = BoxTargets(boxes, torch.zeros(count).long(), torch.ones(count).long())
    return augment.on(Batch.full(images, torch.arange(count), targets), seeded()).images


def test_floats_stay_floats():
    images = torch.rand(4, 3, 8, 8, generator=seeded())
    changed = RECIPES["light"](images, seeded())
    assert changed.dtype == torch.float32
    assert set(changed.flatten().tolist()) <= set(images.flatten().tolist())


def test_one_seed_gives_one_batch_and_the_global_generator_is_left_alone():
    augment = Augment(**{**vars(RECIPES["strong"]), "warp": 1, "axes": AXES})
    images = torch.randint(0, 256, (6, 3, 12, 12), generator=seeded(), dtype=torch.uint8)
    before = torch.get_rng_state()
    first, second, third = (augment(images, seeded(seed)) for seed in (4, 4, 5))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)
    assert torch.equal(torch.get_rng_state(), before)


def test_numbers_come_in_the_order_that_is_written_down():  # the mirror's are the first row of 15
    images = torch.arange(2, dtype=torch.uint8).expand(8, 1, 1, 2)
    rows = sum(UNIFORM.values())
    mirrored = torch.rand(rows, 8, generator=seeded())[0] < 0.5
    assert rows == 15
    assert (Augment(mirror=0.5)(images, seeded())[:, 0, 0, 0] == 1).tolist() == mirrored.tolist()


def test_colors_are_clipped():
    bright = Augment(color=1, pca=1, axes=AXES)(torch.full((50, 3, 4, 4), 250, dtype=torch.uint8), seeded())
    assert bright.max() == 1
    assert bright.min() == 0


def test_axes_come_from_the_data_when_they_are_needed():
    pixels = np.zeros((2, 3, 3, 3), np.uint8)
    pixels[1, ..., 0] = 255  # red varies by 1/4
    dataset = Dataset.whole(Array(pixels, "red"), [0, 1], ("no", "yes"))
    fitted = Augment(pca=0.1).fitted(dataset)
    assert fitted.axes is not None
    assert fitted.axes.values[0] == pytest.approx(0.25)
    assert Augment(mirror=0.5).fitted(dataset).axes is None
    assert Augment(pca=0.1, axes=AXES).fitted(dataset).axes == AXES


def test_pca_without_axes_says_how_to_get_them():
    with pytest.raises(SettingError, match=r"fitted\(dataset\)"):
        Augment(pca=0.1)(torch.zeros(1, 3, 4, 4, dtype=torch.uint8), seeded())


@pytest.mark.parametrize("part", ["crop", "erase"])
def test_a_length_as_large_as_the_picture_is_refused(part):
    with pytest.raises(SettingError, match=f"{part} is 8 pixels for pictures of 9 x 8"):
        Augment(**{part: 8})(torch.zeros(1, 1, 9, 8, dtype=torch.uint8), seeded())


def test_the_twin_moves_boxes_with_the_picture():
    image, box = (
        tv_tensors.Image(spot(0, 0)),
        tv_tensors.BoundingBoxes(torch.tensor([[10.0, 10, 20, 20]]), format="XYXY", canvas_size=(33, 33)),
    )
    transform = Augment(mirror=1, edge="black").per_sample((33, 33))
    _, moved = transform(image, box)
    assert moved.tolist() == [[13, 10, 23, 20]]
