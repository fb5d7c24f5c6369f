"""Every setting of a training: its name, range, default and meaning. The one list.

    flags of the terminal, keywords of striate.train, settings.json of a run, the report  <--  Settings

A setting that is None (and ``precision="auto"``) is decided from the data, the network and the machine by
``striate.train.run.defaults``; a run's settings.json holds what was decided.
"""

import os
import re
from dataclasses import replace
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from striate.arguments import LARGEST, described, meant_number
from striate.data.fold import Fold
from striate.data.mask_classes import read_classes
from striate.errors import SettingError
from striate.train.run.own_parts import OWN, OwnParts, require_given, taken_out
from striate.train.run.task_settings import PROPOSALS_ENDING, TaskSettings, require_proposals
from striate.zoo.network_arguments import written

BUDGET = re.compile(r"(\d+(?:\.\d+)?|\.\d+)([smh])")
INSTANCES = "instances"
"""The task of networks with masks or joints, which need not be named beside one of them."""

SECONDS = {"s": 1, "m": 60, "h": 3600}
LONGEST = 366 * 24 * 3600
"""Seconds that a training may take."""

Positive = Annotated[int, Field(ge=1)]
Logger = Literal["tensorboard", "wandb", "mlflow"]

NUMBERS = {"int": "a whole number", "float": "a number"}
"""What pydantic calls them."""

FREE = frozenset(
    {
        *("accept", "workers", "loggers", "checkpoint_every", "share_cores"),
        *("accelerator", "devices", "nodes", "strategy"),
    }
)
"""Settings that may change when a run is resumed: they do not change what is computed, up to rounding."""


def says_more_than_boxes(model: object) -> bool:
    """Whether a network is one for instances, of which data with boxes would teach the boxes alone."""
    if not isinstance(model, str):
        return False
    from striate.zoo.networks import made_for  # late: it imports torch, and --help must be quick

    return made_for(model) == INSTANCES


class Settings(TaskSettings):
    """How to train. Fields may be left out; wrong values are a ``SettingError``.

    >>> Settings(epochs=3).epochs
    3
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), allow_inf_nan=False)

    task: str | None = Field(
        None,
        description="what is learned: classification, detect, instances, segmentation, localize, landmarks, "
        "pose, caption, dense_captions, superresolution or verification; by default what the data are "
        "annotated for, and instances of mask_rcnn and its like",
    )
    model: str | None = Field(
        None,
        description="network; by default yolo for boxes, unet for masks, edsr for super-resolution, "
        "lenet5 for grey pictures up to 32 pixels, else resnet20",
    )
    backbone: str | None = Field(
        None,
        description="network on which a detector stands, as in --model faster_rcnn --backbone mobilenet_v2; "
        "short for --set backbone=NAME",
    )
    stem: Literal["paper", "small"] | None = Field(
        None,
        description="how a network begins that can begin in two ways: as its paper says (the default), or "
        "small, without halving at once, for pictures of about 32 pixels",
    )
    arguments: dict[str, Any] = Field(
        {},
        description="further arguments of the network, as in width=0.5; in Python {'width': 0.5}",
    )
    weights: str | None = Field(
        None,
        description="weights to begin with: striate (small, they come along), imagenet, a file "
        "(.safetensors, .pth) or the folder of a run; by default random ones",
    )
    finetune: str | None = Field(
        None,
        description="which layers learn when weights are given: head (the last one), last:K, all, branches "
        "(masks, joints or captions alone), or auto, which decides by the pictures of a class; by default "
        "auto",
    )
    layer_decay: float = Field(
        1.0,
        gt=0,
        le=1,
        description="when weights are given: factor of the learning rate from each layer to the one below it",
    )
    unfreeze: int = Field(
        0,
        ge=0,
        description="when weights are given: the last layer learns first, and one stage more every so many "
        "epochs; 0 is off",
    )
    epochs: Positive | None = Field(
        None, description="passes over the data; by default 600,000 pictures in all, 8 to 100 passes"
    )
    budget: str | None = Field(
        None,
        description="most time to train, as in 90s, 10m or 1h: as many of the epochs as fit on this machine",
    )
    batch: Positive | None = Field(
        None,
        description="pictures in a step, all devices together; by default 1/16 of the data, 8, 16, ... 128",
    )
    lr: float | None = Field(
        None,
        gt=0,
        le=100,
        description="highest learning rate; by default, for 128 pictures in a batch, sgd 0.1 with batch norm "
        "and 0.05 without, adamw 0.002",
    )
    optimizer: Literal["sgd", "adamw"] = Field("sgd", description="sgd has Nesterov momentum 0.9")
    weight_decay: float | None = Field(
        None, ge=0, le=1, description="of weights, not of biases and norms; by default sgd 0.0005, adamw 0.05"
    )
    schedule: Literal["onecycle", "cosine", "constant"] = Field(
        "onecycle",
        description="of the learning rate: up and down in lines, warm-up and half a cosine, or constant",
    )
    warmup: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="share of the steps in which lr rises; by default onecycle 0.25, cosine 0.05, else 0",
    )
    augment: str | None = Field(
        None,
        description="none, digits, light, alexnet, strong, parts as in mirror,crop=4, or a .json or .txt "
        "file of parts; by default none where only the head learns, digits for grey pictures up to 32 "
        "pixels, else light",
    )
    balance: Literal["none", "weights", "sampling"] = Field(
        "none",
        description="what makes rare classes count as much as others: weights in the loss, or drawing their "
        "pictures more often; of segmentation by default weights, by the share of the pixels",
    )
    progressive_resizing: float = Field(
        1.0,
        gt=0,
        le=1,
        description="share of size to begin with, for 0.4 of the steps; half way up for 0.2; then all of it",
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="share of a label that is spread over all classes"
    )
    mixup: float = Field(
        0.0, ge=0, le=10, description="strength (alpha) of mixing pairs of pictures; 0 is off"
    )
    cutmix: float = Field(
        0.0, ge=0, le=10, description="strength (alpha) of pasting parts of pictures; 0 is off"
    )
    ema: float = Field(0.0, ge=0, lt=1, description="decay of the running average of the weights; 0 is off")
    tta: Literal["none", "mirror"] = Field(
        "none",
        description="what an answer is made of: the picture, or the mean of it and its mirror image, "
        "at twice the cost",
    )
    patience: int = Field(
        0, ge=0, description="stop after so many epochs without a better score; 0 never stops early"
    )
    clip: float = Field(0.0, ge=0, description="longest gradient (norm over all weights); 0 is off")
    seed: int = Field(
        0, ge=0, lt=2**63, description="of everything random: weights, splits, order, augmentation"
    )
    precision: Literal["auto", "32", "bf16", "16"] = Field(
        "auto",
        description="of the arithmetic; auto is bf16 where the processor has it and the network gains by it",
    )
    accelerator: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="kind of device")
    devices: Positive = Field(1, description="devices (processes) on each machine")
    nodes: Positive = Field(1, description="machines")
    strategy: Literal["auto", "ddp", "fsdp"] = Field(
        "auto",
        description="how several devices share the work: ddp copies the network, fsdp cuts it in pieces",
    )
    size: str | None = Field(
        None,
        description="pixels that the network sees, 32 or 32x48 (height x width); by default its own, or "
        "64 for larger pictures and a network that takes any size",
    )
    resize_mode: Literal["crop", "stretch", "pad", "letterbox"] | None = Field(
        None,
        description="crop, stretch, pad or letterbox; by default letterbox where positions are learned, pad "
        "for pictures slightly smaller than size, else crop",
    )
    format: str | None = Field(None, description="layout of the data; by default recognised by looking")
    accept: tuple[str, ...] = Field(
        (), description="kinds of findings that shall not stop the training; see striate check"
    )
    validation: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="share of the training pictures that is held out to "
        "choose the best epoch, where the data have no such split",
    )
    test: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of the pictures that is held out as a test split, where the data have none",
    )
    group: str | None = Field(
        None,
        description="column of a table: pictures with one value there, such as those of one person, are held "
        "out together",
    )
    fold: str | None = Field(
        None,
        description="as in 2/5: the second of five parts of all pictures is the test split; striate train "
        "--folds 5 trains all five",
    )
    subset: float = Field(
        1.0,
        gt=0,
        le=1,
        description="of the training pictures that are learned from, the same of every class",
    )
    workers: int | None = Field(
        None,
        ge=0,
        description="processes that decode data too large for memory; by default one for each core, up to 8",
    )
    share_cores: bool = Field(
        False,
        description="use fewer threads while other programs take cores: faster beside them, and two runs of "
        "one seed then differ in their last bits",
    )
    loggers: tuple[Logger, ...] = Field((), description="besides metrics.csv: tensorboard, wandb, mlflow")
    checkpoint_every: float = Field(
        30.0, ge=0, description="seconds between checkpoints; one is made at each epoch's end"
    )
    own: dict[str, str] = Field(
        {}, description="names of what was given as Python objects: model, augment, loss, metric"
    )
    _parts: OwnParts = PrivateAttr(default_factory=OwnParts)

    def __init__(self, **values: Any) -> None:
        values, parts = taken_out(values)
        for name in ("weights", "proposals"):
            if isinstance(values.get(name), os.PathLike):
                values[name] = os.fspath(values[name])
        if str(values.get("proposals")).endswith(PROPOSALS_ENDING):  # a run may go on from another folder
            values["proposals"] = os.path.abspath(values["proposals"])
        if is_recipe_file(values.get("augment")):
            from striate.data.augment.augment_recipe import (
                recipe_file,  # late: it imports torch, and --help must be quick
            )

            values["augment"] = recipe_file(values["augment"])
        if "size" in values:
            values["size"] = size_text(values["size"])
        if values.get("task") is None and says_more_than_boxes(values.get("model")):
            values["task"] = INSTANCES
        values |= own_arguments(values)
        if isinstance(values.get("classes"), str | os.PathLike):
            values["classes"] = read_classes(os.fspath(values["classes"])).text
        try:
            super().__init__(**values)
        except ValidationError as reason:
            raise explained(reason) from None
        require_reuse(self)
        require_proposals(self, self.arguments)
        if self.size is not None and not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", self.size):
            sides = re.findall(r"[1-9]\d*", self.size)
            attempt = "size " + "x".join(sides) if len(sides) in (1, 2) else "leave size out"
            raise SettingError(f"size is {self.size!r}", "pixels, as in 32 or 32x48", attempt)
        if self.budget is not None and not BUDGET.fullmatch(self.budget):
            number = self.budget
            attempt = f"budget {number}s, or budget {number}m" if number.isdecimal() else "budget 10m"
            raise SettingError(f"budget is {self.budget!r}", "a time, as in 90s, 10m or 1h", attempt)
        if self.budget is not None and not 0 < (self.budget_seconds or 0) <= LONGEST:
            wrong = f"budget is {self.budget[:40]!r}"
            raise SettingError(wrong, "more than 0 s, at most a year", "leave budget out")
        require_counts(self)
        require_fold(self)
        self._parts = parts

    @property
    def parts(self) -> OwnParts:
        """What was given as Python objects."""
        return self._parts

    def with_network(self, name: str, module: Any) -> "Settings":
        """The same settings with a network of somebody's own, by a name."""
        parts = replace(self._parts, model=module, called=name)
        return self.model_copy(update={"model": name, OWN: parts.names()}).with_parts(parts)

    def with_parts(self, parts: OwnParts) -> "Settings":
        """The same settings with other objects; what names them stays."""
        copy = self.model_copy()
        copy._parts = parts
        return copy

    @property
    def height_width(self) -> tuple[int, int] | None:
        """``size`` as numbers.

        >>> Settings(size="32x48").height_width, Settings(size="64").height_width
        ((32, 48), (64, 64))
        """
        if self.size is None:
            return None
        sides = [int(side) for side in self.size.split("x")]
        return sides[0], sides[-1]

    @property
    def budget_seconds(self) -> float | None:
        """``budget`` as a number.

        >>> Settings(budget="90s").budget_seconds, Settings(budget="1.5h").budget_seconds
        (90.0, 5400.0)
        """
        found = BUDGET.fullmatch(self.budget or "")
        return float(found[1]) * SECONDS[found[2]] if found else None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return self.model_dump(mode="json")


def is_recipe_file(augment: Any) -> bool:
    """Whether what stands for the augmentation names a file. Its text is kept, not its name.

    >>> is_recipe_file("mine.json"), is_recipe_file("crop=0.1")
    (True, False)
    """
    return isinstance(augment, str | os.PathLike) and str(augment).endswith((".json", ".txt"))


def own_arguments(values: dict[str, Any]) -> dict[str, Any]:
    """``arguments`` as a dictionary: with the backbone, without the stem, which is a setting of its own.

    Raises:
        SettingError: it is not written as NAME=VALUE, or names another stem or backbone than the setting.

    >>> own_arguments({"arguments": ["stem=small", "width=0.5"]})
    {'arguments': {'width': 0.5}, 'stem': 'small'}
    >>> own_arguments({"backbone": "vgg16"})
    {'arguments': {'backbone': 'vgg16'}, 'backbone': None}
    """
    arguments = values.get("arguments", {})
    if not isinstance(arguments, list | tuple | dict):
        return {}
    own = dict(arguments) if isinstance(arguments, dict) else written(arguments)
    for name in ("stem", "backbone"):
        if None not in (values.get(name), own.get(name)) and values[name] != own[name]:
            raise SettingError(
                f"{name} is {values[name]!r} and {own[name]!r}",
                "one of them",
                f"leave {name} out of the arguments",
            )
    moved: dict[str, Any] = {"stem": own.pop("stem")} if "stem" in own else {}
    if isinstance(values.get("backbone"), str):
        own["backbone"], moved["backbone"] = values["backbone"], None
    return {"arguments": own, **moved} if own or arguments else moved


def require_counts(settings: BaseModel) -> None:
    """Whole numbers are counted in 64 bits.

    Raises:
        SettingError: one needs more.
    """
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, int) and abs(value) > LARGEST:
            raise SettingError(f"{name} is {value}", f"at most {LARGEST}", f"leave {name} out")


def require_fold(settings: Settings) -> None:
    """There is such a fold, and no other test split.

    Raises:
        SettingError: there is none, or a share of the pictures is asked for as the test split too.
    """
    if settings.fold is None:
        return
    Fold.read(settings.fold)
    if settings.test:
        wrong = f"fold is {settings.fold!r} and test {settings.test}"
        raise SettingError(wrong, "one of them: the fold is the test split", "leave test out")


def require_reuse(settings: Settings) -> None:
    """What is said about reuse goes together.

    Raises:
        SettingError: there is no such way to finetune, or there are no weights to begin with.
    """
    finetune, unfreeze = settings.finetune, settings.unfreeze
    if finetune is not None and not re.fullmatch(r"head|all|auto|branches|last:[1-9]\d*", finetune):
        expected = "head, last:K (K layers, 1 or more), all, branches or auto"
        raise SettingError(f"finetune is {finetune!r}", expected, "leave finetune out for auto")
    reuse = {"finetune": finetune, "layer_decay": settings.layer_decay, "unfreeze": unfreeze}
    idle = {"finetune": None, "layer_decay": 1.0, "unfreeze": 0}
    for name, value in reuse.items():
        if settings.weights is None and value != idle[name]:
            raise SettingError(
                f"{name} is {value!r}, and there are no weights to begin with",
                "weights: imagenet, or a file",
                f"name weights, or leave {name} out",
            )
    if unfreeze and finetune == "head":
        raise SettingError(
            f"unfreeze is {unfreeze}, and finetune is 'head'", "more layers that may thaw", "finetune all"
        )


def explained(reason: ValidationError) -> SettingError:
    """The first of pydantic's complaints in three lines."""
    first = reason.errors()[0]
    name, value = str(first["loc"][0]) if first["loc"] else "settings", first["input"]
    if first["type"] == "extra_forbidden":
        near = get_close_matches(name, Settings.model_fields, n=3, cutoff=0)
        return SettingError(
            f"there is no setting {name!r}", "one of: " + ", ".join(Settings.model_fields), " or ".join(near)
        )
    message = first["msg"].removeprefix("Input should be ")
    expected = NUMBERS.get(first["type"].split("_")[0], message) if "pars" in first["type"] else message
    default = Settings.model_fields[name].default
    attempt = f"leave {name} out" + ("" if default is None else f" for {default!r}")
    if meant := meant_number(value):
        attempt = f"{name} {meant}"
    return SettingError(f"{name} is {described(value)}", expected, attempt)


def _same(value: Any, saved: Any) -> bool:
    """Whether a given setting is that of a run; a run adds arguments: only given ones are compared."""
    if isinstance(value, dict) and isinstance(saved, dict):
        return value.items() <= saved.items()
    return bool(value == saved)


def resumed(user_settings: Settings, saved: dict[str, Any]) -> Settings:
    """The settings of a run that goes on: the saved ones, and of the given ones what may change.

    Args:
        user_settings: what the user says now; what is left out, None or "auto" is taken from the run.
        saved: settings.json of the run.

    Raises:
        SettingError: a given setting differs from the run's and would change its result.
    """
    require_given(user_settings.parts, saved.get("own", {}))
    values, names = user_settings.to_dict(), user_settings.model_fields_set
    chosen = {name: value for name, value in values.items() if name in names}
    differing = [
        name
        for name, value in chosen.items()
        if name not in FREE and value not in (None, "auto") and not _same(value, saved.get(name))
    ]
    if differing:
        lines = ", ".join(f"{name} is {chosen[name]!r} and was {saved.get(name)!r}" for name in differing)
        raise SettingError(
            f"the run was started with other settings: {lines}",
            "the same settings, or none, when a run is resumed",
            "leave them out to go on, or start a new run in another folder",
        )
    whole = Settings(**{**saved, **{name: value for name, value in chosen.items() if name in FREE}})
    return whole.with_parts(user_settings.parts)


def size_text(size: Any) -> Any:
    """A size in pixels as the setting has it: 64, or (height, width); anything else as it is.

    >>> size_text(64), size_text((240, 320)), size_text("32x48")
    ('64', '240x320', '32x48')
    """
    sides = size if isinstance(size, tuple | list) else (size,)
    whole = all(isinstance(side, int) and not isinstance(side, bool) for side in sides)
    return "x".join(map(str, sides)) if whole and sides else size
