"""Weights of detectors: torchvision's checkpoints, and files of ours, into a detection network.

    "coco" --> fetched --.
    .pth, .safetensors --+--> names: ours or torchvision's --> what differs --> network, all tensors or none
                         `--> of another network --> its backbone, if the detector stands on the same

Where only the classes differ, the layers that say them stay as they are, which is told.
"""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from striate.errors import ModelFileError, SettingError
from striate.lazy_table import LazyTable
from striate.tasks.detection.networks.detection_network import DetectionNetwork
from striate.zoo.model_file import SHOWN, differences
from striate.zoo.networks import arguments_of
from striate.zoo.weights.checkpoint_reader import Checkpoint, read_checkpoint
from striate.zoo.weights.download import fetch
from striate.zoo.weights.keys.faster_rcnn import renamed
from striate.zoo.weights.lent_backbone import BACKBONE, load_backbone, stands_on_any
from striate.zoo.weights.load_weights import COUNTER, IMAGENET, read_weights
from striate.zoo.weights.norm_epsilon import epsilons, with_epsilon
from striate.zoo.weights.published_weights import BASE

COCO = "coco"
"""The word for published weights, in the place of a path."""

PUBLISHED = {
    "fasterrcnn_resnet50_fpn": "fasterrcnn_resnet50_fpn_coco-258fb6c6.pth",
    "fasterrcnn_resnet50_fpn_v2": "fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth",
    "fasterrcnn_mobilenet_v3_large_fpn": "fasterrcnn_mobilenet_v3_large_fpn-fb6a3cc7.pth",
    "fasterrcnn_mobilenet_v3_large_320_fpn": "fasterrcnn_mobilenet_v3_large_320_fpn-907ea3f9.pth",
    "maskrcnn_resnet50_fpn": "maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth",
    "maskrcnn_resnet50_fpn_v2": "maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth",
    "keypointrcnn_resnet50_fpn": "keypointrcnn_resnet50_fpn_coco-fc266e95.pth",
    "ssd300_vgg16": "ssd300_vgg16_coco-b556d3b4.pth",
    "ssdlite320_mobilenet_v3_large": "ssdlite320_mobilenet_v3_large_coco-a79551df.pth",
}
"""torchvision's ``COCO_V1``: 90 classes, numbered as in COCO, with the numbers that it leaves out."""

KEYS: LazyTable[Callable[[str], str]] = LazyTable(
    {
        "fasterrcnn_resnet50_fpn": "striate.zoo.weights.keys.faster_rcnn:resnet50_key",
        "fasterrcnn_resnet50_fpn_v2": "striate.zoo.weights.keys.faster_rcnn:resnet50_key",
        "fasterrcnn_mobilenet_v3_large_fpn": "striate.zoo.weights.keys.faster_rcnn:mobilenet_key",
        "fasterrcnn_mobilenet_v3_large_320_fpn": "striate.zoo.weights.keys.faster_rcnn:mobilenet_key",
        "maskrcnn_resnet50_fpn": "striate.zoo.weights.keys.faster_rcnn:resnet50_key",
        "maskrcnn_resnet50_fpn_v2": "striate.zoo.weights.keys.faster_rcnn:resnet50_key",
        "keypointrcnn_resnet50_fpn": "striate.zoo.weights.keys.faster_rcnn:resnet50_key",
        "ssd300_vgg16": "striate.zoo.weights.keys.ssd:ssd300_key",
        "ssdlite320_mobilenet_v3_large": "striate.zoo.weights.keys.ssd:ssdlite_key",
    }
)
"""The name of a tensor in torchvision, by our name of it."""

OF_CLASSES = ("head.scores.", "head.offsets.", "branches.masks.scores.", "branches.joints.up.")
"""Layers in whose shape the number of classes can be, or of joints."""

EPSILONS = {"fasterrcnn_resnet50_fpn_coco-258fb6c6.pth": 0.0}
"""What a published file was trained with in all norms, where that is not what the network has."""


def load_detector(
    network: nn.Module,
    name: str,
    weights: str | Path | Checkpoint,
    arguments: Mapping[str, Any] | None = None,
) -> tuple[str, ...]:
    """Put the weights of a detector, or of its backbone, into a network; say in sentences what was decided.

    Args:
        network: that was made by that name.
        name: one of ``models("detect")``.
        weights: ``coco``, a .safetensors or .pth file, the folder of a run, or what ``read_weights`` made of
            one of them; of a network on the same backbone, or ``imagenet``, for one that stands on any.
        arguments: with which the network was made, as far as they are not the usual ones.

    Raises:
        SettingError: no weights are published for this detector.
        ModelFileError: the file cannot be fetched or read, or is of another network.
    """
    if weights in (COCO, IMAGENET):
        require_published(name, str(weights))
    own = {**arguments_of(name), **(arguments or {})}
    checkpoint = _read(weights, name, own)
    stored, wanted, file = checkpoint.tensors, network.state_dict(), checkpoint.path
    named = _in_our_names(stored, wanted, KEYS.get(name))
    if BACKBONE in own and of_another(checkpoint, name, set(named) & set(wanted)):
        assert isinstance(network, DetectionNetwork)
        try:
            return load_backbone(network.backbone, checkpoint, own, network.input_channels)
        except ModelFileError as error:
            raise ModelFileError(
                f"{file} is not of {name}, nor of its backbone: {error.wrong}",
                f"weights of {name}, or of {own[BACKBONE]}",
                error.attempt,
            ) from error
    notes: tuple[str, ...] = (f"weights: {file.name}",)
    scores = [key for key in wanted if key.startswith(OF_CLASSES) and key in named]
    if other := [key for key in scores if named[key].shape != wanted[key].shape]:
        named |= {key: wanted[key] for key in other}
        notes = (*notes, "what says the classes is new: the file has another number of them")
    named |= {key: wanted[key] for key in wanted if key.endswith(COUNTER) and key not in named}
    named = {key: tensor for key, tensor in named.items() if key in wanted or not key.endswith(COUNTER)}
    wrong = differences(wanted, named)
    if wrong:
        raise ModelFileError(
            f"{file} is not of {name}: {len(wrong)} tensors differ: {'; '.join(wrong[:SHOWN])}",
            f"weights of {name}, in our names" + (" or torchvision's" if name in KEYS else ""),
            "the detector that the file was made for",
        )
    if file.name in EPSILONS:
        norms = {name: (EPSILONS[file.name], now) for name, now in epsilons(network).items()}
        named = with_epsilon(named, norms)
    network.load_state_dict(named)
    return notes


def _read(weights: str | Path | Checkpoint, name: str, own: Mapping[str, Any]) -> Checkpoint:
    """The tensors of what is meant."""
    if isinstance(weights, Checkpoint):
        return weights
    if weights == COCO:
        return read_checkpoint(fetch(f"{BASE}/{PUBLISHED[name]}"))
    return read_weights(own.get(BACKBONE, name), weights)


def of_another(stored: Checkpoint, name: str, shared: Collection[str]) -> bool:
    """Whether a file is of another network than the detector: it says so, or shares no name with it."""
    said = stored.header.get("network")
    return not shared if said is None else said != name


def require_published(name: str, weights: str) -> None:
    """There are such weights for a detector.

    Raises:
        SettingError: there are none.
    """
    if weights == IMAGENET:
        if stands_on_any(name):
            return
        raise SettingError(
            f"{name} has a backbone of its own, and the weights of ImageNet are those of ours",
            "coco, a file, or the folder of a run",
            "--model ssd --backbone vgg16 --weights imagenet, a detector on a backbone that has some",
        )
    if name not in PUBLISHED:
        wrong = f"there are no published weights for {name}"
        raise SettingError(wrong, ", ".join(PUBLISHED), "leave weights out")


def _in_our_names(
    stored: dict[str, Tensor], wanted: dict[str, Tensor], theirs: Callable[[str], str] | None
) -> dict[str, Tensor]:
    """The tensors of a file under our names, if it has torchvision's."""
    if theirs is None or set(stored) & set(wanted):
        return dict(stored)
    table = {theirs(key): key for key in wanted}
    return {table.get(renamed(key), key): tensor for key, tensor in stored.items()}
