"""A classifier with published weights: 1,000 classes by name, and pictures prepared as these weights expect.

"resnet50" --> network, weights, class names, preprocessing --> Classifier, ready to predict
"""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from striate.data.preprocess import Preprocess
from striate.tasks.classification.classifier import Classifier
from striate.zoo.build import require_names
from striate.zoo.networks import create
from striate.zoo.weights.load_weights import IMAGENET
from striate.zoo.weights.published_weights import PUBLISHED, categories, published


def is_ready(model: str | Path) -> bool:
    """Whether this is the name of a network with published weights, and no file or folder has it."""
    return str(model) in PUBLISHED and not Path(model).exists()


def spelling(model: str | Path) -> str:
    """What to try for a model that is not there: the names that are spelled alike."""
    near = get_close_matches(str(model).lower(), PUBLISHED)
    return " or ".join(near) or "check the spelling"


def ready(name: str) -> Classifier:
    """A classifier that tells the classes of ImageNet apart; its weights are fetched once.

    Args:
        name: a network with published weights.

    Raises:
        SettingError: there are no published weights for this network.
        ModelFileError: the file cannot be fetched.
    """
    preprocess = published(name).preprocess
    network = create(name, in_channels=preprocess.channels, weights=IMAGENET)
    model = Classifier(network, categories(name), preprocess)
    model.name, model.arguments = name, {"in_channels": preprocess.channels}
    return model.eval()


def classifier(
    name: str, classes: Sequence[str], in_channels: int = 3, weights: Any = None, **arguments: Any
) -> Classifier:
    """A classifier of any classes on a backbone, ready to be trained; pictures as its weights expect them.

    Args:
        name: a backbone.
        classes: K different names.
        in_channels: C of the images.
        weights: as of ``create``. Without published ones pictures have the size of the paper.
        arguments: of the network's own.

    Raises:
        SettingError, LabelError, ModelFileError: as ``create`` and ``build``.
    """
    require_names(classes)
    network = create(name, len(classes), in_channels, weights, **arguments)
    half = (0.5,) * in_channels
    preprocess = Preprocess(network.input_size, in_channels, half, half)
    if weights == IMAGENET and in_channels == published(name).preprocess.channels:
        preprocess = published(name).preprocess
    model = Classifier(network, classes, preprocess)
    model.name, model.arguments = name, {"in_channels": in_channels, **arguments}
    return model.eval()
