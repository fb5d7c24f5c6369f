"""A batch of one picture, which batch normalization cannot learn from: found out before anything is made.

    one picture of 32x32 --five halvings--> 1 x 1: one value for each channel, and its deviation is 0

The network is run on the meta device, where nothing is computed.
"""

from copy import deepcopy

import torch
from torch import nn

from striate.data.checks.statistics import Facts
from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.train.finetune.freeze import first_thawed, thaw
from striate.train.profile.profile import description, model_from
from striate.train.run.defaults import channels_seen
from striate.train.run.settings import Settings
from striate.zoo.networks import arguments_of

REFUSAL = "more than 1 value per channel"
"""What torch's batch normalization says."""


def require_batch(settings: Settings, found: Facts) -> None:
    """The network can learn from batches of this size.

    Args:
        settings: decided.
        found: of the training pictures.

    Raises:
        SettingError: a batch has one picture, and a layer would normalize one value alone.
    """
    pictures = (settings.batch or 1) // (settings.devices * settings.nodes)
    if pictures > 1:
        return
    sides = [max(1, round(side * settings.progressive_resizing)) for side in settings.height_width or (1, 1)]
    if settings.parts.model is not None:
        channels = channels_seen(settings, found)
        _require(
            settings, found, deepcopy(settings.parts.model).cpu().train(), torch.zeros(1, channels, *sides)
        )
        return
    described = description(settings, found)
    heads = "auxiliary" in arguments_of(settings.model or "") and settings.finetune in (None, "all")
    if heads:
        described["arguments"] = {"auxiliary": True, **described["arguments"]}
    with torch.device("meta"):
        network = model_from(described).network.train()
    if settings.finetune is not None:
        thaw(network, first_thawed(network, settings.finetune))
    _require(settings, found, network, torch.empty(1, described["channels"], *sides, device="meta"))


def _require(settings: Settings, found: Facts, network: nn.Module, image: torch.Tensor) -> None:
    """The network can learn from one image.

    Raises:
        SettingError: a layer would normalize one value alone.
    """
    try:
        _run(network, image)
    except ValueError as reason:
        if REFUSAL not in str(reason):
            raise
        few = "" if found.count > 1 else ", for which there is only one training picture"
        raise SettingError(
            f"batch is 1, and {settings.model} at {settings.size} would normalize one value alone",
            f"2 pictures or more in a batch{few}",
            "batch 2, a larger size, or a network without batch normalization, such as lenet5",
        ) from None


@torch.no_grad()
def _run(network: nn.Module, images: torch.Tensor) -> None:
    """Once through all that learns."""
    if isinstance(network, Backbone):
        network.training_scores(images)
    else:
        network(images)
