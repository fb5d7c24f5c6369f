"""Weights of detectors: torchvision's checkpoints, and files of ours, into a detection network.

    "coco" --> fetched --.
    .pth, .safetensors --+--> names: ours or torchvision's --> what differs --> network, all tensors or none

Where only the classes differ, the layers that say them stay as they are, which is told.
"""

from collections.abc import Callable
from pathlib import Path

from torch import Tensor, nn

from striate.errors import ModelFileError, SettingError
from striate.lazy_table import LazyTable
from striate.zoo.model_file import SHOWN, differences
from striate.zoo.weights.checkpoint_reader import read_checkpoint
from striate.zoo.weights.download import fetch
from striate.zoo.weights.load_weights import COUNTER, IMAGENET, weights_file
from striate.zoo.weights.published_weights import BASE

COCO = "coco"
"""The word for published weights, in the place of a path."""

PUBLISHED = {
    "ssd300_vgg16": "ssd300_vgg16_coco-b556d3b4.pth",
    "ssdlite320_mobilenet_v3_large": "ssdlite320_mobilenet_v3_large_coco-a79551df.pth",
}
"""torchvision's ``COCO_V1``: 90 classes, numbered as in COCO, with the numbers that it leaves out."""

KEYS: LazyTable[Callable[[str], str]] = LazyTable(
    {
        "ssd300_vgg16": "striate.zoo.weights.keys.ssd:ssd300_key",
        "ssdlite320_mobilenet_v3_large": "striate.zoo.weights.keys.ssd:ssdlite_key",
    }
)
"""The name of a tensor in torchvision, by our name of it."""

OF_CLASSES = "head.scores."


def load_detector(network: nn.Module, name: str, weights: str | Path) -> tuple[str, ...]:
    """Put the weights of a detector into a network, and say in sentences what was decided.

    Args:
        network: that was made by that name.
        name: one of ``models("detect")``.
        weights: ``coco``, a .safetensors or .pth file, or the folder of a run.

    Raises:
        SettingError: no weights are published for this detector.
        ModelFileError: the file cannot be fetched or read, or is of another network.
    """
    if weights in (COCO, IMAGENET):
        require_published(name, str(weights))
    file = fetch(f"{BASE}/{PUBLISHED[name]}") if weights == COCO else weights_file(weights)
    stored, wanted = read_checkpoint(file).tensors, network.state_dict()
    named = _in_our_names(stored, wanted, KEYS.get(name))
    notes: tuple[str, ...] = (f"weights: {file.name}",)
    scores = [key for key in wanted if key.startswith(OF_CLASSES)]
    if any(key in named and named[key].shape != wanted[key].shape for key in scores):
        named |= {key: wanted[key] for key in scores}
        notes = (*notes, "what says the classes is new: the file has another number of them")
    named |= {key: wanted[key] for key in wanted if key.endswith(COUNTER) and key not in named}
    wrong = differences(wanted, named)
    if wrong:
        raise ModelFileError(
            f"{file} is not of {name}: {len(wrong)} tensors differ: {'; '.join(wrong[:SHOWN])}",
            f"weights of {name}, in our names" + (" or torchvision's" if name in KEYS else ""),
            "the detector that the file was made for",
        )
    network.load_state_dict(named)
    return notes


def require_published(name: str, weights: str) -> None:
    """There are such weights for a detector.

    Raises:
        SettingError: there are none.
    """
    if weights == IMAGENET:
        raise SettingError(
            f"{name} is a detector, and the weights of ImageNet are those of backbones",
            "coco, a file, the folder of a run, or a backbone to begin with",
            "--model resnet18 --task detect --weights imagenet, YOLO on that backbone",
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
    return {table.get(key, key): tensor for key, tensor in stored.items()}
