"""The network that is taken when none is named, and the recipe for a network of the user's own.

auto --> VGG-19 with published weights, if they are here or can be fetched
     --> else the newest run below runs/, with the recipe that made the pictures of docs/en/style.md
     --> else an error that says how to get either

A network that was trained on small pictures sees less than VGG-19: finer layers, more weight on the style and
three scales make up for some of that.
"""

from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from striate.backbones.vgg import VGG
from striate.errors import ModelFileError
from striate.layers.backbone import Backbone
from striate.style.networks.feature_layers import FeatureLayers, feature_network
from striate.style.settings import NetworkSettings, Settings
from striate.zoo.networks import MODELS
from striate.zoo.weights.load_weights import IMAGENET

AUTO, PUBLISHED = "auto", "vgg19"
RUNS = Path("runs")
PAINTING: dict[str, Any] = {"scales": 3, "steps": 60, "style_weight": 100.0, "variation_weight": 0.5}
TRAINING: dict[str, Any] = {"style_weight": 30.0, "variation_weight": 0.5}
"""Settings of the recipe, as used for the pictures of the documentation."""

AnySettings = TypeVar("AnySettings", bound=NetworkSettings)


def choose_network(settings: AnySettings) -> tuple[AnySettings, FeatureLayers]:
    """The network of the settings, and the settings as they are used with it.

    Raises:
        SettingError: there is no such network, or no published weights for it.
        ModelFileError: its file cannot be read; or none is named, VGG-19 cannot be fetched, and there is no
            run.
    """
    if settings.network != AUTO:
        return _with_recipe(settings, feature_network(settings))
    published = settings.model_copy(update={"network": PUBLISHED})
    try:
        return published, feature_network(published)
    except ModelFileError as error:
        own = newest_run() if settings.weights == IMAGENET else None
        if own is None:
            attempt = (
                f"{error.attempt}; or first train a network of your own, which is taken: striate train DATA"
            )
            raise ModelFileError(error.wrong, error.expected, attempt) from error
    found = settings.model_copy(update={"network": str(own)})
    return _with_recipe(found, feature_network(found))


def newest_run(runs: Path = RUNS) -> Path | None:
    """The model of the run that was written last, if there is one."""
    files = sorted(runs.glob("*/model.safetensors"), key=lambda file: file.stat().st_mtime)
    return files[-1] if files else None


def _with_recipe(settings: AnySettings, found: FeatureLayers) -> tuple[AnySettings, FeatureLayers]:
    """For a network from a file, the recipe instead of what the user left open."""
    if settings.network in MODELS:
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
