"""What of a training is somebody's own: a network, an augmentation, a loss, a metric, as Python objects.

    train(data, model=Net(), builder="nets:Net", augment=flip, loss=focal, metric=f1)
        --> Settings(model="Net", augment="none", own={"model": "Net", "loss": "focal", ...}) with OwnParts

Files and events hold the names. The objects go with the settings wherever these go, and a run that goes on
is given them again. This is the one place where they enter.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any

from striate.arguments import described
from striate.errors import SettingError

if TYPE_CHECKING:
    from torch import nn

    from striate.data.augment.user_augment import UserAugment
    from striate.data.dataset import Dataset
    from striate.data.preprocess import Preprocess
    from striate.tasks.model import TaskModel
    from striate.tasks.user_metric import Make
    from striate.train.run.settings import Settings

OWN, NONE = "own", "none"
"""The setting that names the objects; and the text of an augmentation beside one of somebody's own."""

LOSSES = ("balance", "pixel_loss", "distance", "box_weight", "overlap_weight", "embedding_loss", "margin")
USUAL = {"balance": NONE}
"""Settings of the losses of tasks, and what says nothing of them."""

ANONYMOUS = "a function without a name"


@dataclass(frozen=True)
class OwnParts:
    """The objects; None for what is striate's.

    Args:
        model: a network; it is copied before it learns.
        builder: ``module:function`` of what builds it, as its file shall say.
        preprocess: what it expects of a picture; else measured on the data.
        augment: of a ``Sample``, a picture, or of torchvision's v2 transforms.
        loss: of (raw scores, targets), a scalar or (N,).
        metric: of (raw scores, targets), a number.
        called: the network, where the name of its class does not tell it from others.
    """

    model: "nn.Module | None" = None
    builder: str | None = None
    preprocess: "Preprocess | None" = None
    augment: Callable[..., Any] | None = None
    loss: Callable[..., Any] | None = None
    metric: Any = None
    called: str | None = None

    def names(self) -> dict[str, str]:
        """What a file says of them."""
        named = {name: getattr(self, name) for name in ("augment", "loss", "metric")}
        found = {name: name_of(one) for name, one in named.items() if one is not None}
        if self.model is None:
            return found
        from striate.zoo.user_network import name_of_own  # late: it imports torch, and --help must be quick

        return {"model": self.called or name_of_own(self.model), **found}


def name_of(function: Any) -> str:
    """What to call a function or an object that is called.

    >>> name_of(max), name_of((max, "lower"))
    ('max', 'max')
    """
    one = function[0] if isinstance(function, tuple) and function else function
    name = getattr(one, "__name__", None) or getattr(getattr(one, "func", None), "__name__", None)
    name = name if isinstance(name, str) else type(one).__name__
    return ANONYMOUS if name == "<lambda>" else name


def taken_out(values: dict[str, Any]) -> tuple[dict[str, Any], OwnParts]:
    """Settings as they were given: the plain ones with names in the place of objects, and the objects.

    Raises:
        SettingError: something is no network, no function or no preprocessing, or stands alone.
    """
    found = {one.name: values[one.name] for one in fields(OwnParts) if _is_object(values, one.name)}
    if not found:
        return values, OwnParts()
    _require_kinds(found)
    parts = OwnParts(**found)
    names = parts.names()
    plain = {name: value for name, value in values.items() if name not in found}
    if parts.model is not None:
        plain["model"] = names["model"]
        _require_alone(plain)
    if parts.augment is not None:
        plain["augment"] = NONE
    if parts.loss is not None:
        _require_no_loss(plain, names["loss"])
        plain.setdefault("balance", NONE)
    return {**plain, OWN: names}, parts


def _is_object(values: dict[str, Any], name: str) -> bool:
    """Whether a value is one of somebody's own, and not the text of a setting."""
    value = values.get(name)
    if name in ("model", "augment"):
        return value is not None and not isinstance(value, str) and (callable(value) or name == "model")
    return value is not None


def _require_kinds(found: dict[str, Any]) -> None:
    """Each is what it can be."""
    from torch import nn  # late: it imports torch, and --help must be quick

    from striate.data.preprocess import Preprocess
    from striate.tasks.model import TaskModel
    from striate.zoo.user_network import require_builder

    model, preprocess = found.get("model"), found.get("preprocess")
    if model is not None and not isinstance(model, nn.Module):
        wrong = f"model is {described(model)}"
        raise SettingError(wrong, "a name among striate.models(), or an nn.Module", "model=Network()")
    if isinstance(model, TaskModel):
        raise SettingError(
            f"model is a {type(model).__name__} of striate, with its classes and preprocessing",
            "a network alone, or a name",
            "its name with weights=FILE; or model=MODEL.network, preprocess=MODEL.preprocess",
        )
    require_builder(found.get("builder"))
    for name in ("builder", "preprocess"):
        if name in found and model is None:
            raise SettingError(
                f"{name} is given without a network", "model=, an nn.Module", f"leave {name} out"
            )
    if preprocess is not None and not isinstance(preprocess, Preprocess):
        expected = "a striate.data.preprocess.Preprocess"
        raise SettingError(f"preprocess is {described(preprocess)}", expected, "Preprocess((224, 224))")
    if preprocess is not None and not preprocess.one_size:
        wrong = f"preprocess has resize_mode {preprocess.resize_mode!r}"
        raise SettingError(wrong, "crop, stretch, pad or letterbox", "resize_mode crop")
    for name in ("augment", "loss"):
        if name in found and not callable(found[name]):
            raise SettingError(f"{name} is {described(found[name])}", "a function", f"leave {name} out")
    if "metric" in found:
        metric_around(found["metric"])


def _require_alone(values: dict[str, Any]) -> None:
    """What belongs to networks of striate is not said of another.

    Raises:
        SettingError: it is.
    """
    for name in ("weights", "finetune", "arguments", "stem", "backbone"):
        if values.get(name):
            raise SettingError(
                f"{name} is {described(values[name])}, and model is a network of your own",
                f"no {name}: the network is taken as it is, with its weights",
                f"leave {name} out, and change the network before",
            )


def _require_no_loss(values: dict[str, Any], name: str) -> None:
    """Nothing is said of the loss of the task, which is not learned.

    Raises:
        SettingError: it is.
    """
    for setting in LOSSES:
        if setting in values and values[setting] != USUAL.get(setting):
            raise SettingError(
                f"{setting} is {described(values[setting])}, and loss {name} is your own",
                f"no {setting}: it belongs to the loss of the task",
                f"leave {setting} out, and let the function do it",
            )


def require_given(parts: OwnParts, saved: dict[str, str]) -> None:
    """A run that goes on is given what no file holds.

    Args:
        parts: what is given now.
        saved: the names of what the run began with.

    Raises:
        SettingError: something is missing, more than there was, or has another name.
    """
    now = parts.names()
    for name in ("model", "augment", "loss", "metric"):
        if now.get(name) != saved.get(name):
            began, said = saved.get(name, "none of your own"), now.get(name, "none of your own")
            raise SettingError(
                f"the run began with {name} {began}, and goes on with {said}",
                "the same object: a run folder keeps its name alone",
                f"train(..., {name}={began if name in saved else 'left out'}, resume=True)",
            )


def user_augment(settings: "Settings", data: "Dataset") -> "UserAugment | None":
    """The augmentation of somebody's own, tried with a picture of the data; None without one.

    Raises:
        SettingError: it fails with the picture.
    """
    function = settings.parts.augment
    if function is None:
        return None
    from striate.data.augment.user_augment import UserAugment  # late: it imports torch

    return UserAugment(function, name_of(function), data[0])


def give(model: "TaskModel[Any]", settings: "Settings") -> None:
    """Let a model learn by the loss, and be measured by the metric, of somebody's own.

    Raises:
        SettingError: the loss has weights to learn.
    """
    loss, metric = settings.parts.loss, settings.parts.metric
    if loss is not None:
        from striate.tasks.user_loss import UserLoss  # late: it imports torch

        model.user_loss = UserLoss(loss, name_of(loss))
    if metric is not None:
        model.user_metric = metric_around(metric)


def metric_around(metric: Any) -> "Make":
    """What puts a function, or (function, "lower"), around the metric of a task.

    Raises:
        SettingError: it is something else.
    """
    from striate.tasks.user_metric import UserMetric  # late: it imports torch

    function, better = metric if isinstance(metric, tuple) and len(metric) == 2 else (metric, "higher")
    if not callable(function) or better not in ("higher", "lower"):
        expected = 'a function of (raw, targets), or (function, "lower") where a small number is a good one'
        raise SettingError(f"metric is {described(metric)}", expected, "leave metric out")
    if name_of(function) == "loss":
        wrong, expected = "metric is called loss", "another name: val_loss is the loss of each epoch"
        raise SettingError(wrong, expected, "def mean_loss(raw, targets)")
    return partial(UserMetric, function=function, name=name_of(function), higher_is_better=better == "higher")
