"""Every network that torchvision or timm has too computes what theirs computes; weights go there and back.

Theirs is built with random weights, biases and statistics, saved, and loaded into ours as a user would; both
see the same pictures. On the way back theirs takes every tensor of ours by name, and none is missing.
"""

import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from striate.layers.backbone import Backbone
from striate.zoo.networks import create
from striate.zoo.weights.keys import SOURCES, TWINS, Source, theirs
from striate.zoo.weights.load_weights import AUXILIARY, load_weights
from striate.zoo.weights.norm_epsilon import epsilons, with_epsilon
from striate.zoo.weights.published_weights import PUBLISHED

PAIRS = [
    (name, source) for name, twin in TWINS.items() for source in SOURCES if getattr(twin, source) is not None
]
CLASSES = 7
SIDE = 64
"""Pixels of the pictures, or the least that the network takes."""

PRIME = 1_000_003
"""Random numbers that are repeated as long as a tensor is: no two rows are equal."""

GAIN, CALM = 1.5, 1.0
"""He et al. 2015 have 2, but then deep networks with gates are chaos: the last digit of a pixel decides."""

TOLERANCE = 1e-5
"""The largest difference of two scores, by the largest score."""


def built_elsewhere(name: str, source: Source) -> nn.Module:
    """The network of another library, all of it random."""
    with torch.device("meta"):
        if source == "torchvision":
            from torchvision.models import get_model

            special = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
            network = get_model(TWINS[name].torchvision, weights=None, num_classes=CLASSES, **special)
        else:
            import timm

            network = timm.create_model(TWINS[name].timm, pretrained=False, num_classes=CLASSES)
    return made_random(network.to_empty(device="cpu"), CALM if name.startswith("se_") else GAIN).eval()


@torch.no_grad()
def made_random(network: nn.Module, gain: float) -> nn.Module:
    """Weights with the variance gain / fan-in, statistics around 0 and 1; nothing is a constant."""
    noise = torch.randn(PRIME, generator=torch.Generator().manual_seed(0))
    for number, (key, tensor) in enumerate(network.state_dict().items()):
        repeated = noise.roll(number).repeat(tensor.numel() // PRIME + 1)
        values = repeated[: tensor.numel()].view(tensor.shape)
        if key.endswith("num_batches_tracked"):
            tensor.fill_(number)
        elif key.endswith("running_var"):
            tensor.copy_(0.5 + values.sigmoid())
        elif tensor.ndim <= 1 or tensor[0].numel() == 1:
            tensor.copy_(0.1 * values + (1 if key.endswith("weight") else 0))
        else:
            tensor.copy_(values * (gain / tensor[0].numel()) ** 0.5)
    return network


def loaded(name: str, network: nn.Module, folder: Path) -> Backbone:
    """Ours with their weights, through a file."""
    torch.save(network.state_dict(), folder / "theirs.pth")
    with torch.device("meta"):
        ours = create(name, classes=CLASSES)
    ours.to_empty(device="cpu")
    ours.notes = load_weights(ours, name, folder / "theirs.pth")
    (folder / "theirs.pth").unlink()
    return ours.eval()


def difference(one: Tensor, other: Tensor) -> float:
    """The largest, by the largest value."""
    return float((one - other).abs().max() / other.abs().max())


@pytest.mark.parametrize(("name", "source"), PAIRS, ids=lambda word: word)
@torch.no_grad()
def test_ours_computes_what_theirs_computes(name: str, source: Source, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = built_elsewhere(name, source)
    ours = loaded(name, network, tmp_path)
    assert source in ours.notes[0]
    side = max(SIDE, ours.least_side)
    images = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))
    expected = network(images)
    scores = ours(images)
    assert scores.shape == expected.shape == (2, CLASSES)
    assert difference(expected[:1], expected[1:]) > 10 * TOLERANCE  # they look at the pictures
    assert difference(network(images * (1 + TOLERANCE / 10)), expected) < TOLERANCE  # and are not chaos
    assert difference(scores, expected) <= TOLERANCE
    back = {theirs(name, source, key): tensor for key, tensor in learned_there(name, source, ours).items()}
    assert len(back) == len(ours.state_dict())
    shapes = {key: tensor.shape for key, tensor in network.state_dict().items()}
    kept = {key for key in shapes if not AUXILIARY.match(key)}
    assert back.keys() == kept
    made_zero(network)
    back = {key: tensor.reshape(shapes[key]) for key, tensor in back.items()}
    wrong = network.load_state_dict(back, strict=False)
    assert all(AUXILIARY.match(key) for key in wrong.missing_keys)
    assert not wrong.unexpected_keys
    same_epsilon = TWINS[name].timm_epsilon is None or source == "torchvision"
    assert difference(network(images), expected) <= (0 if same_epsilon else TOLERANCE)


def learned_there(name: str, source: Source, ours: Backbone) -> dict[str, Tensor]:
    """Our tensors as they are where norms have another epsilon."""
    tensors, epsilon = ours.state_dict(), TWINS[name].timm_epsilon
    if source == "torchvision" or epsilon is None:
        return tensors
    return with_epsilon(tensors, {norm: (now, epsilon) for norm, now in epsilons(ours).items()})


@torch.no_grad()
def made_zero(network: nn.Module) -> None:
    """What is not loaded now cannot hide."""
    for tensor in network.state_dict().values():
        tensor.zero_()


def test_every_published_network_has_a_twin_and_every_name_of_torchvision_is_one() -> None:
    from torchvision.models import list_models

    import striate

    at_torchvision = set(list_models())
    assert PUBLISHED.keys() <= TWINS.keys()
    assert {name for name in striate.models() if name in at_torchvision} == PUBLISHED.keys()
    assert all(TWINS[name].torchvision == name for name in PUBLISHED)
