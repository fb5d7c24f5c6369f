"""Weights of segmentation networks: torchvision's and segmentation_models.pytorch's checkpoints, and ours.

    "coco" --> fetched --.
    .pth, .safetensors --+--> names: ours or theirs --> what differs --> network, all tensors or none
                         `--> of another network --> its backbone, if the network stands on the same

Where only the classes differ, the last layer stays as it is, which is told.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from striate.errors import ModelFileError, SettingError
from striate.lazy_table import LazyTable
from striate.tasks.segmentation.networks.segmentation_network import SegmentationNetwork
from striate.zoo.model_file import SHOWN, differences
from striate.zoo.networks import arguments_of
from striate.zoo.weights.checkpoint_reader import read_checkpoint
from striate.zoo.weights.detector_weights import COCO, of_another
from striate.zoo.weights.download import fetch
from striate.zoo.weights.keys.segmentation import LEFT_OUT
from striate.zoo.weights.lent_backbone import BACKBONE, load_backbone, stands_on_any
from striate.zoo.weights.load_weights import COUNTER, IMAGENET, read_weights
from striate.zoo.weights.published_weights import BASE

PUBLISHED = {
    "fcn_resnet50": "fcn_resnet50_coco-1167a1af.pth",
    "fcn_resnet101": "fcn_resnet101_coco-7ecb50ca.pth",
}
"""torchvision's ``COCO_WITH_VOC_LABELS_V1``: the 20 classes of Pascal VOC after the background."""

KEYS: LazyTable[Callable[[str], str]] = LazyTable(
    {
        "fcn_resnet50": "striate.zoo.weights.keys.segmentation:fcn_key",
        "fcn_resnet101": "striate.zoo.weights.keys.segmentation:fcn_key",
        "unet": "striate.zoo.weights.keys.segmentation:unet_key",
    }
)
"""The name of a tensor elsewhere, by our name of it; of U-Net where it stands on a ResNet."""

SCORE = ("score.", "head.score.")
"""The layer that says the classes."""


def load_segmenter(
    network: SegmentationNetwork, name: str, weights: str | Path, arguments: Mapping[str, Any]
) -> tuple[str, ...]:
    """Put the weights of a network, or of its backbone, into it; say in sentences what was decided.

    Args:
        network: that was made by that name.
        name: one of ``models("segmentation")``.
        weights: ``coco``, a .safetensors or .pth file, or the folder of a run; of a network on the same
            backbone, or ``imagenet``, for a network that stands on any.
        arguments: with which the network was made, as far as they are not the usual ones.

    Raises:
        SettingError: no weights are published for this network.
        ModelFileError: the file cannot be fetched or read, or is of another network.
    """
    if weights in (COCO, IMAGENET):
        require_published(name, str(weights))
    own = {**arguments_of(name), **arguments}
    stored = (
        read_checkpoint(fetch(f"{BASE}/{PUBLISHED[name]}"))
        if weights == COCO
        else read_weights(own.get(BACKBONE, name), weights)
    )
    wanted = network.state_dict()
    named = _in_our_names(stored.tensors, wanted, KEYS.get(name))
    shared = [key for key in wanted if key in named and not key.endswith(COUNTER)]
    if BACKBONE in own and of_another(stored, name, shared):
        return load_backbone(network.backbone, stored, own, network.input_channels)
    notes: tuple[str, ...] = (f"weights: {stored.path.name}",)
    if other := [key for key in named if key.startswith(SCORE) and _differs(key, named, wanted)]:
        named |= {key: wanted[key] for key in other}
        notes = (*notes, "what says the classes is new: the file has another number of them")
    if unfit := differences(wanted, named):
        raise ModelFileError(
            f"{stored.path} is not of {name}: {len(unfit)} tensors differ: {'; '.join(unfit[:SHOWN])}",
            f"weights of {name}, in our names" + (" or those of its twin" if name in KEYS else ""),
            "the network that the file was made for",
        )
    network.load_state_dict(named)
    return notes


def require_published(name: str, weights: str) -> None:
    """There are such weights for a segmentation network.

    Raises:
        SettingError: there are none.
    """
    if name in PUBLISHED if weights == COCO else stands_on_any(name):
        return
    wrong = f"there are no published weights of {weights} for {name}"
    raise SettingError(wrong, "coco for " + ", ".join(PUBLISHED), "leave weights out, or name a file")


def _differs(key: str, named: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> bool:
    """Whether a tensor that both have has another shape."""
    return key in wanted and named[key].shape != wanted[key].shape


def _in_our_names(
    stored: dict[str, Tensor], wanted: dict[str, Tensor], theirs: Callable[[str], str] | None
) -> dict[str, Tensor]:
    """The tensors of a file under our names, if it has theirs; counters of batches as they are."""
    named = dict(stored)
    if theirs is not None and not set(stored) & set(wanted):
        table = {theirs(key): key for key in wanted}
        named = {table.get(key, key): one for key, one in stored.items() if not key.startswith(LEFT_OUT)}
    named |= {key: wanted[key] for key in wanted if key.endswith(COUNTER) and key not in named}
    return {key: one for key, one in named.items() if key in wanted or not key.endswith(COUNTER)}
