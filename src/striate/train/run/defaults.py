"""What the user left open, decided from the data, the network and the machine, and said aloud."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.checks.statistics import Facts, facts, fitting, preprocess_for, size_notes
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess, ResizeMode
from striate.errors import SettingError, ShapeError
from striate.layers.image_network import ImageNetwork
from striate.train.finetune import finetune as reuse
from striate.train.finetune.finetune import (
    arguments,
    choose_finetune,
    keeps_features,
    source_of,
    usual_arguments,
)
from striate.train.run.own_parts import require_given
from striate.train.run.settings import Settings
from striate.train.run.task_settings import require_own
from striate.zoo.build import model_of
from striate.zoo.inference.torch_engine import has_bf16
from striate.zoo.networks import network_named
from striate.zoo.user_network import AnySize, channels_of, require_scores
from striate.zoo.user_network import require_task as require_own_task

SMALL = 32
"""Pixels: grey pictures up to this side look like handwriting, which must not be mirrored."""

LARGE, AS_THEY_ARE = 64, 224
"""Pixels: the size that networks see of pictures at least as large, when they take any size; and the side up
to which somebody's own network sees pictures of one size as they are."""

PICTURES_SEEN, LEAST_EPOCHS, MOST_EPOCHS = 600_000, 8, 100
LEAST_BATCH, MOST_BATCH, STEPS_AN_EPOCH = 8, 128, 16
RATE_WITH_NORM, RATE_WITHOUT_NORM, RATE_ADAMW = 0.1, 0.05, 0.002
FINETUNED = 0.5
"""Share of the rate where layers below the softmax learn on: a high one would undo what they know."""
DECAYS = {"sgd": 5e-4, "adamw": 0.05}
WARMUPS = {"onecycle": 0.25, "cosine": 0.05, "constant": 0.0}

FEW = 2
"""Pictures at once up to which their own mean and variance say too little to normalize by."""

FEW_CONVOLUTIONS = 4
"""Networks with so few gain nothing by bf16: converting takes longer than it saves."""


def decide(settings: Settings, found: Facts) -> Settings:
    """Settings without None or "auto".

    Raises:
        SettingError: there is no such network, or it cannot do what is asked.
        DataError: the task cannot be learned from such data.
        ShapeError: it cannot take pictures of that size.
    """
    require_given(settings.parts, settings.own)
    handwriting, source = found.channels == 1 and found.side <= SMALL, source_of(settings)
    task = settings.task or found.task
    kind = model_of(task)
    if found.annotations is not None:
        kind.require(found.annotations)
    usual_name = kind.usual_network or ("lenet5" if handwriting else "resnet20")
    name = settings.model or source.model or usual_name
    usual = {name: field.default for name, field in Settings.model_fields.items()}
    require_own(settings.model_dump(), usual, settings.model_fields_set, task)
    pictures = kind.pictures_an_epoch(found.count)
    settings = with_usual(clamped(settings, pictures, kind.most_batch), kind.usual_settings)
    settings = with_norm_for_few(settings.model_copy(update={"model": name, "task": task}), source.arguments)
    batch = settings.batch or 1
    own = arguments(settings, source)
    channels = channels_seen(settings, found)
    network = network_of(settings, found, channels, own)
    require_room_to_grow(settings, name, network)
    finetune = choose_finetune(settings, network, found)
    usual_size = source.size or kind.size_for(network, found.size)
    size = settings.height_width or usual_size or default_size(network, found)
    require_pictures(settings, network, found, (channels, *size))
    chosen: dict[str, Any] = {
        "stem": own.get("stem", usual_arguments(settings).get("stem")),
        "epochs": min(MOST_EPOCHS, max(LEAST_EPOCHS, round(PICTURES_SEEN / found.count))),
        "lr": default_rate(settings.optimizer, network, finetune) * batch / MOST_BATCH,
        "weight_decay": DECAYS[settings.optimizer],
        "warmup": WARMUPS[settings.schedule],
        "augment": default_augment(found, handwriting=handwriting, kept=keeps_features(finetune, task)),
        "size": f"{size[0]}x{size[1]}",
        "resize_mode": usual_mode(settings, found, size, spatial=kind.spatial),
    }
    open_fields = {name: value for name, value in chosen.items() if getattr(settings, name) is None}
    precision: str = settings.precision
    if precision == "auto":
        precision = default_precision(network, settings.accelerator)
    return settings.model_copy(update={**open_fields, "precision": precision, "finetune": finetune})


def network_of(settings: Settings, found: Facts, channels: int, own: Mapping[str, Any]) -> ImageNetwork:
    """The network of settings with a name and a task, on the meta device; or a shell around somebody's own.

    Raises:
        SettingError: there is no such network, or somebody's own cannot learn the task.
    """
    module = settings.parts.model
    if module is None:
        with torch.device("meta"):
            return network_named(settings.model or "", in_channels=channels, **own)
    require_own_task(settings.task or "")
    fits = found.same_size and max(found.size) <= AS_THEY_ARE
    size = found.size if fits else (LARGE, LARGE) if found.side >= LARGE else (SMALL, SMALL)
    return AnySize(module, size, channels)


def require_pictures(
    settings: Settings, network: ImageNetwork, found: Facts, shape: tuple[int, int, int]
) -> None:
    """The network takes pictures (C, H, W); somebody's own is tried with two.

    Raises:
        ShapeError: it does not, or gives scores for another number of classes.
        SettingError: somebody's own gives several tensors.
    """
    require_size(settings, settings.model or "", network)
    network.require(shape)
    if settings.parts.model is not None:
        classes, (channels, *size) = len(found.counts), shape
        require_scores(settings.parts.model, settings.task or "", classes, channels, (size[0], size[1]))


def usual_mode(settings: Settings, found: Facts, size: tuple[int, int], *, spatial: bool) -> ResizeMode:
    """How pictures become the size of the network when nobody says."""
    if settings.parts.preprocess is not None:
        return settings.parts.preprocess.resize_mode
    return "letterbox" if spatial else fitting(found, size)


def channels_seen(settings: Settings, found: Facts) -> int:
    """C of the pictures that the network sees: what its weights expect, or that of the data."""
    source, module = source_of(settings), settings.parts.model
    if source.preprocess is not None:
        return source.preprocess.channels
    return (module is not None and channels_of(module)) or found.channels


def with_usual(settings: Settings, usual: Mapping[str, Any]) -> Settings:
    """The settings with those that a task usually has, where nobody wrote another.

    A usual learning rate is that of the usual optimizer.
    """
    left = {name: value for name, value in usual.items() if name not in settings.model_fields_set}
    if settings.optimizer != usual.get("optimizer", settings.optimizer) and "optimizer" not in left:
        left.pop("lr", None)
    return settings.model_copy(update=left)


def with_norm_for_few(settings: Settings, learned: Mapping[str, Any]) -> Settings:
    """The settings, and where a device sees one or two pictures at once, a norm that does not ask the batch.

    Args:
        settings: with a batch, and with the name of the network.
        learned: the arguments with which its weights were learned.
    """
    usual, chosen = usual_arguments(settings), {**learned, **settings.arguments}
    each = (settings.batch or 1) // (settings.devices * settings.nodes)
    if each > FEW or usual.get("norm") != "batch" or "norm" in chosen:
        return settings
    norm = "group" if settings.weights is None else "frozen"
    return settings.model_copy(update={"arguments": {**settings.arguments, "norm": norm}})


def clamped(settings: Settings, count: int, most: int = MOST_BATCH) -> Settings:
    """The settings with a batch that is no larger than the data, and that the devices share evenly.

    Args:
        settings: of the user.
        count: pictures of an epoch.
        most: pictures of a batch, when nobody says.
    """
    world = settings.devices * settings.nodes
    largest = max(count // world, 1) * world
    batch = settings.batch or max(min(most, default_batch(count)) // world, 1) * world
    return settings.model_copy(update={"batch": min(batch, largest)})


def require_size(settings: Settings, name: str, network: ImageNetwork) -> None:
    """The network takes pictures of the size that was asked for.

    Raises:
        ShapeError: it does not.
    """
    least, most, sides = network.least_side, network.most_side, settings.height_width or ()
    if all(least <= side and (most is None or side <= most) for side in sides):
        return
    may = f"{least} or more" if most is None else f"{least} to {most}"
    raise ShapeError(f"size is {settings.size}, and {name} needs --size {may}", may, f"size {least}")


def require_room_to_grow(settings: Settings, name: str, network: ImageNetwork) -> None:
    """Pictures may begin smaller only for a network that takes them.

    Raises:
        SettingError: the network takes one size only.
    """
    if settings.progressive_resizing < 1 and network.most_side is not None:
        raise SettingError(
            f"progressive_resizing is {settings.progressive_resizing:g} for {name}",
            "1, as this network takes pictures of one size only",
            "leave progressive_resizing out, or choose a network such as resnet20",
        )


def default_augment(found: Facts, *, handwriting: bool, kept: bool) -> str:
    """By what is learned: nothing for features that are kept, no mirror where it is unknown what is left."""
    if kept:
        return "none"
    known = found.annotations
    if isinstance(known, PointAnnotations) and not known.joints.can_be_mirrored:
        return "crop=0.125"
    if handwriting:
        return "digits,warp=0" if known is not None and known.spatial else "digits"
    return "light"


def default_batch(count: int) -> int:
    """A power of two that makes 16 steps or more of an epoch, 8 to 128.

    >>> default_batch(100), default_batch(1500), default_batch(60_000)
    (8, 64, 128)
    """
    return min(MOST_BATCH, max(LEAST_BATCH, 1 << max(count // STEPS_AN_EPOCH, 1).bit_length() - 1))


def default_rate(optimizer: str, network: nn.Module, finetune: str | None = None) -> float:
    """The highest learning rate for a batch of 128."""
    gentle = FINETUNED if finetune not in (None, "head", "branches") else 1.0
    if optimizer == "adamw":
        return RATE_ADAMW * gentle
    normed = any(isinstance(module, nn.modules.batchnorm._NormBase) for module in network.modules())
    return (RATE_WITH_NORM if normed else RATE_WITHOUT_NORM) * gentle


def default_size(network: ImageNetwork, found: Facts) -> tuple[int, int]:
    """The size of the network's paper; 64x64 for larger pictures if it takes any."""
    own = network.input_size
    roomy = found.side >= LARGE > max(own) and network.most_side is None
    return (LARGE, LARGE) if roomy else own


def default_precision(network: nn.Module, accelerator: str) -> str:
    """bf16 where the machine computes with it and the network is large enough to gain."""
    convolutions = sum(isinstance(module, nn.Conv2d) for module in network.modules())
    return "bf16" if convolutions > FEW_CONVOLUTIONS and has_bf16(accelerator) else "32"


def sentences(user_settings: Settings, settings: Settings, found: Facts) -> tuple[str, ...]:
    """What was decided, for the user."""
    kind = "grey" if found.channels == 1 else "color"
    differing = [
        name for name in Settings.model_fields if getattr(user_settings, name) != getattr(settings, name)
    ]
    decided = [name for name in differing if name != "arguments"]
    first = f"{found.count:,} {kind} pictures to learn from, the shorter side is {found.side} pixels"
    why = reuse.sentences(user_settings, settings, found)
    if user_settings.size is not None and settings.height_width is not None:
        why = (*why, *size_notes(found, settings.height_width))
    if settings.arguments.get("norm") != user_settings.arguments.get("norm"):
        norm = settings.arguments["norm"]
        why = (
            *why,
            f"norm {norm}: the mean of {FEW} pictures or fewer says too little; --set norm=batch is for more",
        )
    rest = ", ".join(f"{name} {getattr(settings, name)}" for name in decided)
    return (first, f"chosen: {rest}", *why) if rest else (first, *why)


def preprocessing(dataset: Dataset, settings: Settings) -> Preprocess:
    """How pictures become what the network sees: with the mean and deviation that belong to the weights, or
    else with those of the training data.
    """
    assert settings.height_width is not None
    of_weights = source_of(settings).preprocess
    if of_weights is not None:
        mode = settings.resize_mode or of_weights.resize_mode
        return replace(of_weights, size=settings.height_width, resize_mode=mode, tta=settings.tta)
    found = facts(dataset)
    channels = channels_seen(settings, found)
    plain = preprocess_for(dataset, found, settings.height_width, channels, settings.resize_mode)
    return replace(plain, tta=settings.tta)
