"""A classifier with published weights: 1,000 classes by name, and pictures prepared as these weights expect.

"resnet50" --> network, weights, class names, preprocessing --> Classifier, ready to predict
the painter that comes along --> network, weights, preprocessing
"""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from torch import nn

from striate.data.preprocess import Preprocess
from striate.layers.backbone import Backbone
from striate.tasks.classification.classifier import Classifier
from striate.zoo.build import require_names
from striate.zoo.model_file import read_header
from striate.zoo.networks import create
from striate.zoo.save_load import preprocess_of
from striate.zoo.weights.checkpoint_reader import read_checkpoint
from striate.zoo.weights.download import cache_folder
from striate.zoo.weights.load_weights import IMAGENET
from striate.zoo.weights.published_weights import PUBLISHED, categories, published
from striate.zoo.weights.shipped import FILE, PAINTER, PAINTER_FILE, SHIPPED, STAGES


def is_ready(model: str | Path) -> bool:
    """Whether this is the name of a network with published weights, and no file or folder has it."""
    return str(model) in PUBLISHED and not Path(model).exists()


def is_fetched(name: str) -> bool:
    """Whether the published weights of a network are in the cache, so that nothing needs to be fetched."""
    return (cache_folder() / "weights" / published(name).file).is_file()


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
    elif weights == SHIPPED and (own := preprocess_of(read_header(FILE))).channels == in_channels:
        preprocess = own
    model = Classifier(network, classes, preprocess)
    model.name, model.arguments = name, {"in_channels": in_channels, **arguments}
    return model.eval()


def painter() -> tuple[Backbone, Preprocess]:
    """The network to paint with that comes with striate, a stem and two stages, and what it expects.

    Raises:
        ModelFileError: its file was damaged.
    """
    header = read_header(PAINTER_FILE)
    own = {argument: value for argument, value in header["arguments"].items() if argument != "in_channels"}
    network = create(PAINTER, 1, **own)
    del network.stages[STAGES:]
    network.head = nn.Sequential()
    network.load_state_dict(read_checkpoint(PAINTER_FILE).tensors)
    return network.eval(), preprocess_of(header)
