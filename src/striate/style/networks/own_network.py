"""The network that is taken when none is named, and the recipe for a small one.

auto --> VGG-19 with published weights, if they have been fetched
     --> else the network whose weights come with striate, with the recipe

A network that was trained on small pictures sees less than VGG-19: finer layers, more weight on the style and
three scales make up for some of that.
"""

from typing import Any, TypeVar

from torch import nn

from striate.backbones.vgg import VGG
from striate.layers.backbone import Backbone
from striate.style.networks.feature_layers import FeatureLayers, feature_network
from striate.style.settings import NetworkSettings, Settings
from striate.zoo.networks import MODELS
from striate.zoo.weights.load_weights import IMAGENET
from striate.zoo.weights.pretrained import is_fetched
from striate.zoo.weights.shipped import PAINTER, SHIPPED

AUTO, PUBLISHED = "auto", "vgg19"
PAINTING: dict[str, Any] = {"scales": 3, "steps": 60, "style_weight": 100.0, "variation_weight": 0.5}
TRAINING: dict[str, Any] = {"style_weight": 30.0, "variation_weight": 0.5}
"""Settings of the recipe, as used for the pictures of the documentation."""

AnySettings = TypeVar("AnySettings", bound=NetworkSettings)


def choose_network(settings: AnySettings) -> tuple[AnySettings, FeatureLayers]:
    """The network of the settings, and the settings as they are used with it.

    Raises:
        SettingError: there is no such network, or no published weights for it.
        ModelFileError: its file cannot be read or fetched.
    """
    if settings.network == AUTO:
        settings = settings.model_copy(update=usual(settings.weights))
    return _with_recipe(settings, feature_network(settings))


def usual(weights: str) -> dict[str, str]:
    """The network that is taken when none is named, and its weights.

    >>> usual("random"), usual("striate")
    ({'network': 'vgg19', 'weights': 'random'}, {'network': 'resnet20', 'weights': 'striate'})
    """
    comes_along = weights == SHIPPED or (weights == IMAGENET and not is_fetched(PUBLISHED))
    return (
        {"network": PAINTER, "weights": SHIPPED}
        if comes_along
        else {"network": PUBLISHED, "weights": weights}
    )


def _with_recipe(settings: AnySettings, found: FeatureLayers) -> tuple[AnySettings, FeatureLayers]:
    """For a small network, from a file or that of striate, the recipe instead of what the user left open."""
    if settings.network in MODELS and settings.weights != SHIPPED:
        return settings, found
    recipe = dict(PAINTING if isinstance(settings, Settings) else TRAINING)
    if not isinstance(found.network, VGG):
        recipe |= recipe_layers(found.network)
    recipe = {name: value for name, value in recipe.items() if name not in settings.model_fields_set}
    return settings.model_copy(update=recipe), found


def recipe_layers(network: Backbone) -> dict[str, str]:
    """The content layer: the second stage. The style layers: the stem, the first stage with its blocks, both.

    >>> from striate.zoo.networks import create
    >>> recipe_layers(create("resnet20"))["style_layers"]
    'stem=2,stages.0.0,stages.0.1,stages.0,stages.1'
    """
    stages = [(f"stages.{name}", stage) for name, stage in network.stages.named_children()][:2]
    first, stage = stages[0] if stages else ("stem", nn.Sequential())
    blocks = [f"{first}.{name}" for name, block in stage.named_children() if [*block.children()]][:-1]
    names = [name for name, _ in stages]
    style = ",".join(["stem=2", *blocks, *names])
    return {"content_layers": (names or ["stem"])[-1], "style_layers": style}
