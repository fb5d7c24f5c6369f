"""A network, its classes and its preprocessing by name: a model of a task that knows how it was built.

"classification", "resnet20", ("cat", "dog"), Preprocess((32, 32)) --> Classifier, .name, .arguments --> save
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

from striate.data.preprocess import Preprocess
from striate.errors import LabelError, SettingError
from striate.lazy_table import LazyTable
from striate.tasks.model import TaskModel
from striate.zoo.networks import detector_named, made_for, network_named, require_arguments
from striate.zoo.weights.whole_networks import load_whole

if TYPE_CHECKING:
    from striate.tasks.detection.detector import Detector

DETECT = "detect"

TASKS: LazyTable[type[TaskModel[Any]]] = LazyTable(
    {
        "classification": "striate.tasks.classification.classifier:Classifier",
        DETECT: "striate.tasks.detection.detector:Detector",
        "instances": "striate.tasks.detection.instance_detector:InstanceDetector",
        "localize": "striate.tasks.regression.localizer:Localizer",
        "landmarks": "striate.tasks.regression.point_model:LandmarkModel",
        "pose": "striate.tasks.regression.point_model:PoseModel",
        "segmentation": "striate.tasks.segmentation.segmenter:Segmenter",
        "verification": "striate.tasks.verification.embedder:Embedder",
        "caption": "striate.tasks.captioning.captioner:Captioner",
        "dense_captions": "striate.tasks.captioning.dense_captioner:DenseCaptioner",
        "superresolution": "striate.tasks.superresolution.super_resolver:SuperResolver",
    }
)
"""The tasks by name. A new one is a line here, and what the other tables of this kind ask for."""


def build(
    name: str,
    classes: Sequence[str],
    preprocess: Preprocess,
    *,
    task: str = "classification",
    options: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> TaskModel[Any]:
    """A model with random weights that can be saved by its name.

    Args:
        name: one of ``models()``.
        classes: K different names.
        preprocess: what the network shall see of a picture; its channels become those of the network.
        task: one of ``TASKS``.
        options: of the task's model, plain values, which are saved with it.
        arguments: of the network's own, such as ``stem="small"``; plain values, which are saved with it.

    Raises:
        SettingError: there is no network or no task of that name, the network has no such argument, or mean
            or std lack a number for each channel.
        LabelError: a class has no name, or two have the same.
        ShapeError: the network cannot take pictures of that size.
    """
    require_arguments(name, arguments)  # before create, whose weights no saved model may name
    require_names(classes)
    _require_numbers(preprocess)
    made, own = model_of(task), dict(options or {})
    require_task(name, task)
    network = network_named(name, made.width(classes, **own), preprocess.channels, **arguments)
    network.require((preprocess.channels, *preprocess.size))
    model = made(network, classes, preprocess, **own)
    model.name, model.arguments = name, {"in_channels": preprocess.channels, **arguments}
    return model


def detector(
    name: str, classes: Sequence[str], in_channels: int = 3, weights: Any = None, **arguments: Any
) -> "Detector":
    """A detector with the preprocessing that its paper has, ready to predict; arguments as ``made_model``.

    Raises:
        SettingError, LabelError, ModelFileError: as ``made_model``.
    """
    require_names(classes)
    if made_for(name) != DETECT:
        detector_named(name)  # which says that it is none
    return cast("Detector", made_model(name, classes, in_channels, weights, **arguments))


def made_model(
    name: str, classes: Sequence[str], in_channels: int = 3, weights: Any = None, **arguments: Any
) -> TaskModel[Any]:
    """A model of the task that a network is made for, with the preprocessing of its paper, ready to predict.

    Args:
        name: one of ``models("detect")`` or ``models("segmentation")``.
        classes: K different names.
        in_channels: C of the images.
        weights: of the network, as ``load_whole``; None for random ones.
        arguments: of the network's own.

    Raises:
        SettingError, LabelError, ModelFileError: as ``build`` and ``load_whole``.
    """
    require_names(classes)
    network: Any = network_named(name, len(classes), in_channels, **arguments)
    model = TASKS[str(made_for(name))](network, classes, network.usual)
    model.name, model.arguments = name, {"in_channels": in_channels, **arguments}
    if weights is not None:
        network.notes = load_whole(network, name, weights, arguments)
    return model.eval()


def require_task(name: str, task: str) -> None:
    """A network that is made for one task does that.

    Raises:
        SettingError: something else is asked of one.
    """
    own = made_for(name)
    if own not in (None, task):
        known = "a detector" if own == DETECT else f"made for {own}"
        raise SettingError(
            f"{name} is {known}, and the task is {task}",
            f"task {own}, or a backbone",
            f"--model resnet18, or --task {own} with data for it",
        )


def model_of(task: str) -> type[TaskModel[Any]]:
    """The class of the models of a task.

    Raises:
        SettingError: there is no such task.
    """
    if task not in TASKS:
        near = get_close_matches(task, TASKS, 1)
        attempt = f"task {near[0]}" if near else "leave task out"
        raise SettingError(f"there is no task {task!r}", "one of: " + ", ".join(TASKS), attempt)
    return TASKS[task]


def require_names(classes: Sequence[str]) -> None:
    """Different names, at least one."""
    expected, attempt = "one or more different names", 'classes=["cat", "dog"]'
    if isinstance(classes, str) or not all(isinstance(name, str) for name in classes):
        raise LabelError(f"classes is {classes!r}", expected, attempt)
    if not classes:
        raise LabelError("there are no classes", expected, attempt)
    if len(set(classes)) < len(classes):
        twice = next(name for name in classes if list(classes).count(name) > 1)
        raise LabelError(f"the class {twice!r} is named twice", expected, attempt)


def _require_numbers(preprocess: Preprocess) -> None:
    """One mean and one standard deviation for each channel."""
    for argument in ("mean", "std"):
        numbers = getattr(preprocess, argument)
        if len(numbers) != preprocess.channels:
            raise SettingError(
                f"{argument} has {len(numbers)} numbers",
                f"{preprocess.channels}, one for each channel",
                f"Preprocess(..., {argument}={(0.5,) * preprocess.channels})",
            )
