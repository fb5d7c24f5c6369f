"""What is reused of other trainings: weights, what they expect of a picture, how much of them learns anew.

weights --> network, arguments, preprocessing --> a classifier to begin with
pictures of a class:   below 10         below 1,000            1,000 and more
learns:                the last layer   half of the layers     all of them
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from striate.data.annotations.annotations import Annotations
from striate.data.checks.statistics import Facts
from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError
from striate.tasks.model import TaskModel
from striate.train.finetune.freeze import first_thawed, layer_count, thawing
from striate.train.run.settings import Settings
from striate.zoo.build import build, model_of
from striate.zoo.model_file import differences
from striate.zoo.networks import (
    MADE_NAMES,
    arguments_of,
    create,
    models,
    network_named,
    require_arguments,
)
from striate.zoo.save_load import preprocess_of, read_header
from striate.zoo.user_network import own_model
from striate.zoo.weights.checkpoint_reader import Checkpoint
from striate.zoo.weights.detector_weights import COCO
from striate.zoo.weights.lent_backbone import BACKBONE, lender, stands_on_any
from striate.zoo.weights.load_weights import ANOTHER, IMAGENET, load_weights, read_weights, weights_file
from striate.zoo.weights.published_weights import PUBLISHED, published
from striate.zoo.weights.shipped import NETWORK, SHIPPED
from striate.zoo.weights.whole_networks import load_whole, require_published

IMAGENET_MODEL = "resnet18"
"""The network whose published weights are meant when none is named."""

REGIMES = ((10, 0.0), (1000, 0.5))
"""Below so many pictures of a class this share of the layers learns; from the last number on, all of them.
``benchmarks/transfer.py`` measures what the regimes are worth; with 10 pictures half of the layers are ahead
already, and fewer were not measured."""

SMALL_PICTURES = 64
"""Pixels of a side up to which the first strides of a network for ImageNet lose what is to be seen."""


FEW_PICTURES = 500
"""Pictures below which weights are advised; ``benchmarks/shipped_weights.py`` measures sets of 120 to 400."""


@dataclass(frozen=True)
class Source:
    """What weights say of themselves before they are loaded.

    Args:
        model: the network that they belong to, as far as it is known.
        arguments: with which it was built, besides its channels.
        preprocess: what it expects of a picture; None if nobody has said.
        classes: that it tells apart, in their order; none if nobody has said.
        lent: whether only its backbone goes on, in a network for a task, which sees pictures of its own size.
    """

    model: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    preprocess: Preprocess | None = None
    classes: tuple[str, ...] = ()
    lent: bool = False

    @property
    def size(self) -> tuple[int, int] | None:
        """(H, W) at which it learned, where that is the size to go on with."""
        return None if self.preprocess is None or self.lent else self.preprocess.size


def source_of(settings: Settings) -> Source:
    """What is known of the weights to begin with; nothing if there are none.

    Raises:
        ModelFileError: there is no such file.
        SettingError: no weights are published for the network.
    """
    weights, model = settings.weights, settings.model
    if settings.parts.model is not None:
        return Source(model, preprocess=settings.parts.preprocess)
    if weights is None:
        return Source()
    if model in MADE_NAMES and weights in (IMAGENET, COCO):
        require_published(model, weights)
        if weights == IMAGENET:
            backbone = settings.arguments.get(BACKBONE, arguments_of(model)[BACKBONE])
            return Source(backbone, lender(backbone, {}), published(backbone).preprocess, lent=True)
        with torch.device("meta"):
            made: Any = network_named(model)
            return Source(model, preprocess=made.usual)
    if weights == IMAGENET:
        model = model or IMAGENET_MODEL
        return Source(model, preprocess=published(model).preprocess)
    path = weights_file(weights)
    try:
        header = read_header(path)
    except ModelFileError:  # not of ours, or damaged, which loading will say
        twin = PUBLISHED.get(model or "")
        return Source(preprocess=twin.preprocess if twin else None)
    own = {name: value for name, value in header["arguments"].items() if name != "in_channels"}
    named, expects, classes = header["network"], preprocess_of(header), tuple(header["classes"])
    if named != model and model in MADE_NAMES and stands_on_any(model):
        return Source(named, lender(named, own, model), expects, classes, lent=True)
    return Source(named, own, expects, classes)


def arguments(settings: Settings, source: Source) -> dict[str, Any]:
    """The network's own arguments: those of the weights, unless of another network, and those chosen for.

    Raises:
        SettingError: the network has no such argument, or not with such a value.
    """
    if settings.parts.model is not None:
        return {}
    own = source.arguments if source.lent or settings.model in (None, source.model) else {}
    stem = {} if settings.stem is None else {"stem": settings.stem}
    factor = {} if settings.by is None else {"by": settings.by}
    chosen = {**own, **settings.arguments, **stem, **settings.proposer, **factor}
    name = settings.model or source.model or ""
    if factor and "by" not in arguments_of(name):
        wrong, known = f"by is {settings.by}, and {name} does not enlarge pictures", models("superresolution")
        raise SettingError(wrong, "a network for super-resolution: " + ", ".join(known), "--model edsr")
    if settings.proposer and "proposer" not in arguments_of(name):
        raise SettingError(
            f"proposals is {settings.proposals!r}, and {name} is given none",
            "a detector with two stages: fast_rcnn, faster_rcnn, rfcn, rcnn or sppnet",
            "--model fast_rcnn, or leave proposals out",
        )
    require_arguments(name, chosen)
    return chosen


def usual_arguments(settings: Settings) -> dict[str, Any]:
    """The arguments of a network of ours with their defaults; somebody's own has none."""
    return {} if settings.parts.model is not None else arguments_of(settings.model or "")


def choose_finetune(settings: Settings, network: nn.Module, found: Facts) -> str | None:
    """``head``, ``last:K`` or ``all``; None without weights.

    Raises:
        SettingError: K is larger than the number of layers.
    """
    if settings.weights is None:
        return None
    if settings.finetune not in (None, "auto"):
        first_thawed(network, settings.finetune)
        return settings.finetune
    if settings.unfreeze:
        return "all"
    share = next((share for most, share in REGIMES if pictures_of_a_class(found) < most), 1.0)
    if share == 1:
        return "all"
    thawed = round(share * layer_count(network))
    return f"last:{thawed}" if thawed > 1 else "head"


def pictures_of_a_class(found: Facts) -> int:
    """The mean over the classes that have any; a picture with several points counts for each."""
    return sum(found.counts) // max(sum(count > 0 for count in found.counts), 1)


def keeps_features(finetune: str | None, task: str) -> bool:
    """Whether the last layer alone learns, of a task that has one: what it sees is computed once and kept."""
    return finetune == "head" and model_of(task).on_features is not TaskModel.on_features


def sentences(user_settings: Settings, settings: Settings, found: Facts) -> tuple[str, ...]:
    """Why it was decided so, for the user."""
    model, stem = settings.model or "", settings.stem
    notes = [*_size_of_weights(user_settings, settings)]
    if settings.weights and user_settings.finetune in (None, "auto"):
        notes.append(f"finetune {settings.finetune}: {_reason(settings, pictures_of_a_class(found))}")
    if keeps_features(settings.finetune, settings.task or found.task) and user_settings.augment is None:
        notes.append("augment none: what frozen layers make of the pictures is computed once and kept")
    small = found.side <= SMALL_PICTURES and "stem" in usual_arguments(settings)
    if small and stem == "paper" and settings.weights is None:
        notes.append(
            f"the pictures have {found.side} pixels, and the stem of {model} was made for larger ones: "
            "--stem small keeps more of them"
        )
    if user_settings.model in (None, NETWORK) and advised(settings, found):
        notes.append(
            f"{found.count:,} pictures are few: on five sets of 120 to 400 --weights {SHIPPED} "
            "--finetune all was 1.5 to 23 points ahead of random weights; on two, stronger augmentation and "
            "half the width were not clearly ahead. --folds 5 tests every picture"
        )
    return tuple(notes)


def advised(settings: Settings, found: Facts) -> bool:
    """Whether the weights that come along were measured on such data: few pictures of classes, not small."""
    few = found.count < FEW_PICTURES and found.side > SMALL_PICTURES
    return settings.weights is None and few and (settings.task or found.task) == "classification"


def _size_of_weights(user_settings: Settings, settings: Settings) -> Iterator[str]:
    """The size at which the weights were learned, and the one at which they learn on."""
    size = source_of(settings).size
    if size is None:
        return
    learned = "x".join(map(str, size))
    if size != settings.height_width:
        yield (
            f"the weights were learned at {learned} pixels, and are trained on at {settings.size}: "
            f"they may be worth less there; --size {learned} is their own"
        )
    elif user_settings.size is None:
        yield f"size {learned}, at which the weights were learned; a smaller --size is faster"


def _reason(settings: Settings, pictures: int) -> str:
    """Why these layers learn."""
    if settings.unfreeze:
        return "all layers learn in the end, as they thaw step by step"
    here = f"{pictures:,} pictures of a class are"
    if settings.finetune == "head":
        return f"{here} few, and the last layer alone forgets nothing of the weights"
    if settings.finetune == "all":
        return f"{here} many, so that every layer learns on from the weights"
    return f"{here} enough for the upper layers, not for all"


def require_weights(settings: Settings, found: Facts, *, named: bool = True) -> None:
    """The weights can be loaded. Found out before a folder is made or replaced; nothing else changes.

    Args:
        settings: decided.
        found: of the data.
        named: whether the user said which network it is.

    Raises:
        ModelFileError: they cannot be read, or belong to another network.
        SettingError: the run would end before every layer that shall learn has begun to.
    """
    if settings.weights is None:
        return
    source = source_of(settings)
    channels = source.preprocess.channels if source.preprocess else found.channels
    with torch.random.fork_rng(devices=[]):
        own = arguments(settings, source)
        name, count = settings.model or "", len(found.counts)
        if name in MADE_NAMES:
            load_whole(network_named(name, count, channels, **own), name, settings.weights, own)
            return
        try:
            network = create(name, count, channels, settings.weights, **own)
        except ModelFileError as error:
            if named or source.model or ANOTHER not in error.wrong:
                raise
            raise ModelFileError(
                f"{error.wrong}; {settings.model} is only the default, as no network was named",
                "weights of the network that is trained, in our names, torchvision's or timm's",
                "--model NAME, the network that the file was made for (model= in Python)",
            ) from error
    require_thawing(settings, network)


def require_thawing(settings: Settings, network: nn.Module) -> None:
    """Every layer that shall learn begins to before the run ends.

    Raises:
        SettingError: there are too few epochs, or too many between two steps.
    """
    if not settings.unfreeze:
        return
    steps = len(thawing(network, first_thawed(network, settings.finetune or "all"))) - 1
    epochs, needed = settings.epochs or 1, 1 + steps * settings.unfreeze
    if needed > epochs:
        fits = (epochs - 1) // steps
        other = f"unfreeze {fits}" if fits else "leave unfreeze out"
        raise SettingError(
            f"unfreeze is {settings.unfreeze}, and the lowest layers would learn from epoch {needed} "
            f"of {epochs}",
            f"{needed} epochs or more" + (f", or unfreeze at most {fits}" if fits else ""),
            f"epochs {needed}, or {other}",
        )


def begin(
    settings: Settings, annotations: Annotations, preprocess: Preprocess
) -> tuple[TaskModel[Any], TaskModel[Any], tuple[str, ...]]:
    """What is trained, what carries the best of it to the file, and what was decided on the way.

    The first one has the heads that only training looks at, if everything learns.

    Raises:
        ModelFileError: the weights cannot be read, or belong to another network.
    """
    if settings.parts.model is not None:
        return begin_own(settings, annotations, preprocess)
    source, classes = source_of(settings), annotations.classes
    name, own = settings.model or "", arguments(settings, source)
    task = settings.task or annotations.task
    model_of(task).require(annotations)
    of_task: dict[str, Any] = {"task": task, "options": model_of(task).options_for(annotations, settings)}
    heads = (
        {"auxiliary": True}
        if "auxiliary" in arguments_of(name) and settings.finetune in (None, "all")
        else {}
    )
    torch.manual_seed(settings.seed)
    model = build(name, classes, preprocess, **of_task, **{**heads, **own})
    best = build(name, classes, preprocess, **of_task, **own)
    if settings.weights is None:
        return model, best, ()
    if name in MADE_NAMES:
        notes, _ = (load_whole(one.network, name, settings.weights, own) for one in (model, best))
        return model, best, notes
    usual = arguments_of(name)
    changed = {one: value for one, value in own.items() if value != usual[one]}
    stored = read_weights(name, settings.weights)  # once: a file that is replaced meanwhile is the old one
    notes, _ = (_with_weights(one, name, stored, changed) for one in (model, best))
    return model, best, (*notes, *_steps(settings, model.network))


def begin_own(
    settings: Settings, annotations: Annotations, preprocess: Preprocess
) -> tuple[TaskModel[Any], TaskModel[Any], tuple[str, ...]]:
    """``begin`` with a network of somebody's own: two copies of it, with the weights that it has."""
    module, task = settings.parts.model, settings.task or annotations.task
    assert module is not None
    kind = model_of(task)
    kind.require(annotations)
    of_task: dict[str, Any] = {"task": task, "options": kind.options_for(annotations, settings)}
    torch.manual_seed(settings.seed)
    of_task["builder"] = settings.parts.builder
    model, best = (own_model(module, annotations.classes, preprocess, **of_task) for _ in range(2))
    note = f"{model.name} is a network of your own: striate.load(path, builder=...) reads its file"
    return model, best, (note,)


def _with_weights(
    model: TaskModel[Any], name: str, stored: Checkpoint, changed: dict[str, Any]
) -> tuple[str, ...]:
    """Put weights into a model, and note in sentences what was decided.

    Raises:
        ModelFileError: they belong to another network.
    """
    network, backbone, header = model.network, model.backbone, stored.header
    theirs = tuple(header.get("classes") or ())
    if network is backbone:
        notes = load_weights(backbone, name, stored, changed=changed)
        if others := _other_classes(theirs, model.classes):
            backbone.replace_head(model.width(model.classes, **model.options))
            notes = (*notes, others)
        return notes
    if (header.get("task"), theirs) == (model.task, model.classes):
        tensors, told = model.taken_over(stored.tensors, header.get("options") or {})
        if not differences(network.state_dict(), tensors):
            network.load_state_dict(tensors)
            return (f"weights: {stored.path.name}, with the branches for {model.task}", *told)
    with torch.random.fork_rng(devices=[]):  # a last layer tells which network the file is of
        whole = create(name, model.width(model.classes, **model.options), **model.arguments)
    notes = load_weights(whole, name, stored, changed=changed)
    known = whole.state_dict()
    backbone.load_state_dict({key: known[key] for key in backbone.state_dict()})
    kept = [sentence for sentence in notes if not sentence.startswith("the last layer")]
    return (*kept, f"the branches for {model.task} are new")


def _other_classes(theirs: Sequence[str], ours: Sequence[str]) -> str:
    """Why as many classes need a last layer of their own; empty if they are the same.

    Another number of them is nothing to look at here: loading has seen to it.
    """
    if len(theirs) != len(ours):
        return ""
    pairs = enumerate(zip(theirs, ours, strict=True))
    differing = [(number, *pair) for number, pair in pairs if pair[0] != pair[1]]
    if not differing:
        return ""
    number, old, new = differing[0]
    return f"the last layer is new: class {number} of the weights is {old!r}, of the data {new!r}"


def _steps(settings: Settings, network: nn.Module) -> tuple[str, ...]:
    """In which epoch which layers begin to learn."""
    if not settings.unfreeze:
        return ()
    lowest = thawing(network, first_thawed(network, settings.finetune or "all"))
    steps = [
        f"{first + 1} to {layer_count(network)} from epoch {1 + n * settings.unfreeze}"
        for n, first in enumerate(lowest)
    ]
    return ("layers learn step by step: " + ", ".join(steps),)
