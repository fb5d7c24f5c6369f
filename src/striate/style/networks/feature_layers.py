"""The network that costs are measured with, its weights and its layers.

"vgg19", "imagenet"  -->  published weights, fetched once       layers: as asked for, or the paper's:
"vgg19", "random"    -->  random ones                           content relu4_2, style relu1_1 ... relu5_1
"resnet20", "striate" --> those that come with striate          (other networks: one map of every size)
"mine.safetensors"   -->  a classifier of yours

Gatys, Ecker, Bethge 2016, section 3, for the layers. With random weights: He, Wang, Hopcroft 2016,
https://arxiv.org/abs/1606.04801; Ustyuzhaninov, Brendel, Gatys, Bethge 2016, https://arxiv.org/abs/1606.00021.
"""

from dataclasses import dataclass
from pathlib import Path

import torch

from striate.backbones.vgg import VGG
from striate.errors import ModelFileError, SettingError
from striate.layers.backbone import Backbone
from striate.style.networks.encoder import Encoder, full_name
from striate.style.settings import NetworkSettings, layer_weights
from striate.zoo.inference.torch_engine import has_bf16
from striate.zoo.networks import MODELS, create
from striate.zoo.save_load import load
from striate.zoo.weights.load_weights import IMAGENET
from striate.zoo.weights.pretrained import painter
from striate.zoo.weights.published_weights import MEAN, STD, published
from striate.zoo.weights.shipped import PAINTER, SHIPPED

RANDOM = "random"
CONTENT = ("relu4_2",)
STYLE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
COARSEST, CONTENT_STRIDE = 16, 8
"""Pixels between units of the deepest style and content layers that are taken when none are named."""


@dataclass(frozen=True)
class FeatureLayers:
    """A network whose maps are compared.

    Args:
        network: that was found.
        mean: of the pixels that its weights expect.
        std: likewise.
        notes: what was decided, sentences for the user.
    """

    network: Backbone
    mean: tuple[float, ...]
    std: tuple[float, ...]
    notes: tuple[str, ...]


def feature_network(settings: NetworkSettings) -> FeatureLayers:
    """The network of the settings.

    Raises:
        SettingError: there is no such network, or no published weights for it.
        ModelFileError: its file, or the published one, cannot be read or fetched.
    """
    name, weights = settings.network, settings.weights
    if name not in MODELS and Path(name).exists():
        path = Path(name) / "model.safetensors" if Path(name).is_dir() else Path(name)
        model = load(path)
        network = model.network
        assert isinstance(network, Backbone)  # every name in a header is one of ``models()``
        (height, width), count = model.preprocess.size, len(model.classes)
        notes = (
            f"network: {path}, trained on {count} classes at {width} x {height} pixels",
            "expect the colors and small strokes of the style; published VGG-19 takes over forms too",
        )
        return _checked(FeatureLayers(network, model.preprocess.mean, model.preprocess.std, notes))
    if weights == SHIPPED and name == PAINTER:
        network, prepared = painter()
        notes = (
            f"network: {name} with the weights that come with striate, learned from generated pictures",
            "expect the colors and small strokes of the style; --network vgg19 takes over forms (548 MB)",
        )
        return _checked(FeatureLayers(network, prepared.mean, prepared.std, notes))
    if weights == RANDOM:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            network = create(name)
        note = f"network: {name} with random weights, which know textures and colors but no things"
        return _checked(FeatureLayers(network, MEAN, STD, (note,)))
    if weights == IMAGENET:
        try:
            network = create(name, weights=weights)
        except ModelFileError as error:
            attempt = f"{error.attempt}; or weights random, which paint worse and need no file"
            raise ModelFileError(error.wrong, error.expected, attempt) from error
        expects = published(name)
        return _checked(
            FeatureLayers(network, expects.mean, expects.std, (f"network: {name}, {network.notes[0]}",))
        )
    network = create(name, weights=weights)
    return _checked(FeatureLayers(network, MEAN, STD, (f"network: {name}, {network.notes[0]}",)))


def layers_of(network: Backbone, settings: NetworkSettings) -> tuple[dict[str, float], dict[str, float]]:
    """{dotted name: weight} of the content layers, and of the style layers.

    Raises:
        SettingError: there is no such layer.
    """
    content = layer_weights("content_layers", settings.content_layers)
    style = layer_weights("style_layers", settings.style_layers)
    chosen = (CONTENT, STYLE) if isinstance(network, VGG) else _every_size(network)
    equal = [{name: 1 / len(names) for name in names} for names in chosen]
    content, style = content or equal[0], style or equal[1]
    return (
        {full_name(network, name): weight for name, weight in content.items()},
        {full_name(network, name): weight for name, weight in style.items()},
    )


def encoder_of(found: FeatureLayers, layers: list[str], settings: NetworkSettings) -> Encoder:
    """The network, ready to look, on the device and in the precision of the settings.

    Raises:
        SettingError: there is no such layer or device.
    """
    device = device_of(settings.device)
    quick = settings.precision == "bf16" or (settings.precision == "auto" and has_bf16(device.type))
    dtype = torch.bfloat16 if quick else torch.float32
    return Encoder(found.network, list(dict.fromkeys(layers)), found.mean, found.std, dtype).to(device)


def device_of(name: str) -> torch.device:
    """``auto`` is a GPU where there is one.

    Raises:
        SettingError: there is no GPU, and one was asked for.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise SettingError("device is 'cuda', and there is none", "cpu, or auto", "leave device out")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def _every_size(network: Backbone) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The last part that gives maps of each size, coarse ones left out."""
    parts = dict(zip(network.strides, _part_names(network), strict=True))
    style = tuple(name for stride, name in parts.items() if stride <= COARSEST)
    content = [name for stride, name in parts.items() if stride <= CONTENT_STRIDE]
    return (content or list(style))[-1:], style or tuple(parts.values())[:1]  # type: ignore[return-value]


def _part_names(network: Backbone) -> list[str]:
    """stem, stages.0, stages.1, ..."""
    return ["stem", *(f"stages.{name}" for name, _ in network.stages.named_children())]


def _checked(found: FeatureLayers) -> FeatureLayers:
    """Looks at color or grey pictures, and its weights are numbers.

    Raises:
        SettingError: it does not.
    """
    channels = found.network.input_channels
    if channels not in (1, 3):
        raise SettingError(f"the network takes pictures of {channels} channels", "1 or 3", "another network")
    for name, tensor in found.network.state_dict().items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise SettingError(
                f"the weights of the network hold what is no number, in {name}",
                "finite weights",
                "a model whose training went well",
            )
    return found
