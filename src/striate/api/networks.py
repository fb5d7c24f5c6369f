"""Networks by name, saved models, and what a network is made of."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from striate.arguments import checked
from striate.data.annotations.picture_annotations import CLASSES as ONE_CLASS
from striate.errors import ModelFileError, SettingError
from striate.tasks.model import TaskModel
from striate.zoo.build import made_model
from striate.zoo.cost.meta_network import outline
from striate.zoo.cost.summary import Summary
from striate.zoo.cost.summary import summary as table
from striate.zoo.inference.inference import EngineName, InferenceEngine, Precision
from striate.zoo.networks import DETECTOR_NAMES, MADE_NAMES, SEGMENTER_NAMES, SUPER_RESOLVERS, models
from striate.zoo.networks import create as create_backbone
from striate.zoo.save_load import load as load_file
from striate.zoo.weights.coco_classes import CLASSES
from striate.zoo.weights.detector_weights import COCO
from striate.zoo.weights.pretrained import classifier, is_ready, ready, spelling
from striate.zoo.weights.voc_classes import VOC_CLASSES

__all__ = ["create", "load", "models", "summary"]

Model = TaskModel[Any] | str | Path

DEFAULT = 1000
"""Classes when nobody says: those of ImageNet."""


@checked
def create(
    name: str,
    classes: int | Sequence[str] | None = None,
    in_channels: int = 3,
    weights: Any = None,
    **arguments: Any,
) -> Any:
    """A network by its name.

    Args:
        name: one of ``models()``, or of ``models(task)`` for the task of a network.
        classes: K, how many scores it gives, 1 or more; or their names. When left out 1000; with the weights
            ``"coco"`` the 90 of COCO by name, of which ten have no object there, and for segmentation the
            background and the 20 of Pascal VOC.
        in_channels: C of the images, 1 or more.
        weights: ``"imagenet"`` (``"coco"`` of a network for a task) fetches those that are published, once;
            ``"striate"`` are the small ones that come along, of ``resnet18`` with ``width=0.35``; or a
            .safetensors or .pth file with our names, torchvision's or timm's. ``notes`` of the network
            tells what had to be adapted. None starts from random weights.
        arguments: of the network's own, such as ``stem="small"``, or ``backbone="resnet34"`` of a detector.

    Returns:
        a ``Backbone``, with names of classes a ``Classifier`` on it; for the name of a network that is made
        for a task a model of that task, such as a ``Detector``, a ``Segmenter`` or a ``SuperResolver``.
        Models are ready to predict and to be trained.

    Raises:
        SettingError: there is no network of that name, a number is smaller than 1, or the network has no such
            argument or not with such a value.
        ModelFileError: the weights cannot be fetched or read, or belong to another network.

    >>> create("lenet5", classes=10, in_channels=1).channels
    {2: 6, 4: 16}
    >>> create("resnet20", classes=("cat", "dog")).classes
    ('cat', 'dog')
    >>> create("yolo", classes=("cat", "dog"), width=0.25).classes
    ('cat', 'dog')
    >>> create("unet", classes=("road", "car"), width=0.25, channels=4).task
    'segmentation'
    """
    if classes is None:
        classes = _usual_classes(name, weights)
    if name in MADE_NAMES:
        names = list(map(str, range(classes))) if isinstance(classes, int) else list(classes)
        return made_model(name, names, in_channels, weights, **arguments)
    if not isinstance(classes, int):
        return classifier(name, classes, in_channels, weights, **arguments)
    return create_backbone(name, classes, in_channels, weights, **arguments)


def _usual_classes(name: str, weights: Any) -> int | tuple[str, ...]:
    """The classes when nobody says: those of the weights ``coco``; one where nothing is to be chosen."""
    if name in SUPER_RESOLVERS:
        return ONE_CLASS
    if weights != COCO:
        return DEFAULT
    if name in SEGMENTER_NAMES:
        return VOC_CLASSES
    return CLASSES if name in DETECTOR_NAMES else DEFAULT


@checked
def load(
    path: str | Path,
    engine: EngineName = "auto",
    precision: Precision = "exact",
    *,
    builder: Callable[[], nn.Module] | None = None,
) -> TaskModel[Any]:
    """Read a saved model, ready to predict. No code of the file is run, and nothing it names is imported.

    Args:
        path: a .safetensors file; the folder of a run, whose best model is meant; or the name of a network
            with published weights, such as ``resnet50``, which tells the 1,000 classes of ImageNet apart.
        engine: what computes its predictions: ``openvino``, ``torch``, or ``auto``, which leaves small jobs
            to PyTorch as it is and takes OpenVINO for large ones.
        precision: ``exact``; ``bf16``, faster, scores within 0.02; or ``int8``, after
            ``striate export MODEL --to openvino --precision int8 --calibrate DATA``.
        builder: for a network of your own, the function that builds it; the file holds its tensors alone.

    Raises:
        ModelFileError: there is no such file, it is truncated, foreign or misshapen, or cannot be fetched; or
            its network is none of striate's, and there is no builder.
        SettingError: there is no such engine or precision, or they do not go together.
    """
    if is_ready(path):
        model: TaskModel[Any] = ready(str(path))
        model.engine = InferenceEngine(model, engine, precision)
        return model
    path = model_file(path)
    model = load_file(path, builder)
    model.engine = InferenceEngine(model, engine, precision, path)
    return model


@checked
def summary(
    model: nn.Module | str | Path,
    input_size: tuple[int, ...] | None = None,
    *,
    classes: int | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Summary:
    """A network's layers: activations, parameters, multiplications, receptive fields and strides.

    Args:
        model: any network, one of ``models()``, a saved file or the folder of a run.
        input_size: (C, H, W) of one image; that of the model when left out.
        classes: K, for a name; when left out 10 for networks of small pictures, else 1000.
        arguments: arguments of the network's own, for a name, as in ``{"width": 0.5}``.

    Raises:
        SettingError: there is no network of that name, or it has no such argument.
        ModelFileError: there is no such file, or it is none of ours.
        ShapeError: the network cannot take such an image.
    """
    if isinstance(model, str) and not Path(model).exists() and not _names_file(model):
        model = outline(model, input_size[0] if input_size else 3, classes, arguments)
    elif arguments or classes is not None:
        extra = "arguments" if arguments else "classes"
        raise SettingError(f"{extra} was given with {model}", "a network's name", f"leave {extra} out")
    elif isinstance(model, str | Path):
        model = load(model)
    return table(model, input_size)


def _names_file(text: str) -> bool:
    """Whether a file is meant, and not a network."""
    return text.endswith(".safetensors") or "/" in text or os.sep in text


def model_file(path: str | Path) -> Path:
    """The file of a saved model; a run's folder stands for its best one."""
    path = Path(path)
    if not path.exists():
        raise ModelFileError(
            f"there is no {path}",
            "a .safetensors file, the folder of a run, or a network with published weights, as resnet50",
            spelling(path),
        )
    return path / "model.safetensors" if path.is_dir() else path


def classifier_of(model: Model) -> TaskModel[Any]:
    return load(model) if isinstance(model, str | Path) else model
