"""The color axes of a data set: of a covariance that was built, and of pictures."""

import numpy as np
import pytest
import torch

from striate.data.augment.color_pca import MOST_IMAGES, ColorAxes, axes_of, color_axes
from striate.data.dataset import Dataset
from striate.data.image_store import Array
from striate.errors import ShapeError

# The columns of a rotation, exact: 1/3 (2, 2, 1), 1/3 (-2, 1, 2), 1/3 (1, -2, 2)
VECTORS = np.array([[2, 2, 1], [-2, 1, 2], [1, -2, 2]]) / 3
VALUES = np.array([0.05, 0.02, 0.01])
COVARIANCE = VECTORS.T @ np.diag(VALUES) @ VECTORS


def test_a_built_covariance_gives_its_axes_back():
    axes = axes_of(COVARIANCE)
    assert axes.values == pytest.approx(VALUES)
    for found, built in zip(axes.vectors, VECTORS, strict=True):  # an axis has no sign
        assert abs(np.dot(found, built)) == pytest.approx(1)


def test_the_largest_entry_of_an_axis_is_positive():
    for vector in axes_of(COVARIANCE).vectors:
        assert max(vector, key=abs) > 0


def test_pictures_of_two_colors_by_hand():
    """Red is 0 or 255, green 51 or 0 against it, blue 100: the one axis is (1, -0.2, 0), normalized.

    Deviations are +-(0.5, -0.1, 0), the eigenvalue their squared length 0.25 + 0.01.
    """
    colors = torch.tensor([[0, 51, 100], [255, 0, 100]], dtype=torch.uint8)
    axes = color_axes(colors.view(2, 3, 1, 1).expand(2, 3, 4, 5))
    assert axes.values == pytest.approx((0.26, 0, 0))
    length = np.sqrt(1 + 0.04)
    assert axes.vectors[0] == pytest.approx((1 / length, -0.2 / length, 0), abs=1e-9)


def test_random_pictures_have_numpys_covariance():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 8, 9, 3), dtype=np.uint8)
    pixels[..., 1] = pixels[..., 0] // 2 + pixels[..., 1] // 2
    axes = color_axes(Dataset.whole(Array(pixels, "random"), [0] * 20, ("all",)))
    covariance = np.cov(pixels.reshape(-1, 3).T / 255, bias=True)
    rebuilt = np.array(axes.vectors).T @ np.diag(axes.values) @ np.array(axes.vectors)
    assert rebuilt == pytest.approx(covariance)


def test_many_pictures_are_sampled_from_the_first_to_the_last():
    images = torch.zeros(MOST_IMAGES * 2, 3, 1, 1, dtype=torch.uint8)
    images[MOST_IMAGES:, 0] = 255  # red in half of them: variance 1/4
    assert color_axes(images).values[0] == pytest.approx(0.25)


def test_light_lies_along_the_axes_by_the_eigenvalue():
    axes = ColorAxes((0.2, 0.1, 0.0), ((0.6, 0.8, 0.0), (0.8, -0.6, 0.0), (0.0, 0.0, 1.0)))
    light = axes.light(torch.tensor([[1.0, 0.0, 5.0], [0.0, -2.0, 0.0]]))
    assert light.flatten().tolist() == pytest.approx([0.12, 0.16, 0, -0.16, 0.12, 0])


@pytest.mark.parametrize("images", [torch.zeros(2, 1, 3, 3), torch.zeros(0, 3, 3, 3)])
def test_grey_or_no_pictures_have_no_axes(images):
    with pytest.raises(ShapeError, match="color axes"):
        color_axes(images.to(torch.uint8))
