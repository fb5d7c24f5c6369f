"""What is known of published weights, against torchvision, which publishes them."""

import pytest
import torch
from torch import Tensor
from torchvision.models import get_model, get_model_weights
from torchvision.transforms.functional import to_pil_image

from striate.errors import SettingError
from striate.tasks.classification.classifier import Classifier
from striate.zoo.weights.published_weights import BASE, PUBLISHED, categories, published

NAMES = list(PUBLISHED)
FROM_TENSORFLOW = ("googlenet", "inception_v3")
LEVEL = 1 / 255 / 0.224
"""One of 255 levels, divided by the smallest standard deviation."""

ROUNDED = {"bilinear": 1.01 * LEVEL, "bicubic": 2.01 * LEVEL}
"""Pillow and torch round differently, after each of the two directions; a cubic has the larger weights."""


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_that_of_torchvision(name: str) -> None:
    assert f"{BASE}/{PUBLISHED[name].file}" == get_model_weights(name)["IMAGENET1K_V1"].url


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FROM_TENSORFLOW])
def test_a_picture_is_prepared_as_by_torchvision(name: str) -> None:
    for shape in [(300, 401), (401, 260), (640, 480)]:
        image = noise(*shape)
        expected = get_model_weights(name)["IMAGENET1K_V1"].transforms()(to_pil_image(image))
        assert (seen(name, image) - expected).abs().max() <= ROUNDED[PUBLISHED[name].interpolation]


@pytest.mark.parametrize("name", FROM_TENSORFLOW)
def test_the_inceptions_see_what_their_networks_at_torchvision_make_of_it(name: str) -> None:
    image = noise(380, 360)
    theirs = get_model(name, weights=None, transform_input=True, init_weights=False)
    prepared = get_model_weights(name)["IMAGENET1K_V1"].transforms()(to_pil_image(image))
    expected = theirs._transform_input(prepared[None])[0]
    assert (seen(name, image) - expected).abs().max() <= LEVEL


def noise(height: int, width: int) -> Tensor:
    """A picture that forgives nothing."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (3, height, width), dtype=torch.uint8, generator=generator)


def seen(name: str, image: Tensor) -> Tensor:
    """What the network of a classifier with this preprocessing sees."""
    preprocess = PUBLISHED[name].preprocess
    return Classifier(torch.nn.Identity(), (), preprocess)(preprocess(image)[None])[0]


def test_there_are_a_thousand_different_categories() -> None:
    names = categories("resnet18")
    assert len(set(names)) == len(names) == 1000
    assert (names[0], names[281], names[999]) == ("tench", "tabby", "toilet tissue")


def test_a_network_without_published_weights_is_refused() -> None:
    with pytest.raises(SettingError, match="no published weights for lenet5") as caught:
        published("lenet5")
    assert "resnet50" in caught.value.expected
