"""A backbone that learned in another network, and goes on in a detector.

run of resnet18, of yolo, ... --.
.pth of torchvision, timm ------+--> the backbone alone --> faster_rcnn, ssd, yolo on the same backbone
"imagenet" --> fetched ---------'                           all else in it begins anew
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from striate.layers.backbone import Backbone
from striate.layers.norms import with_norm
from striate.zoo.named_backbone import backbone_of
from striate.zoo.networks import arguments_of
from striate.zoo.weights.checkpoint_reader import Checkpoint
from striate.zoo.weights.load_weights import load_weights

BACKBONE, WIDTH, NORM = "backbone", "width", "norm"
"""Arguments of a detector that say what it stands on."""


def stands_on_any(name: str) -> bool:
    """Whether a network is built on a backbone that is an argument.

    >>> stands_on_any("faster_rcnn"), stands_on_any("resnet18")
    (True, False)
    """
    return BACKBONE in arguments_of(name)


def lender(network: str, arguments: Mapping[str, Any], to: str = "") -> dict[str, Any]:
    """The arguments of a detector that stands on the backbone of another network.

    Args:
        network: that lends it: a backbone, or a detector on one.
        arguments: with which that was built.
        to: the detector; the norm goes with the backbone where it has such an argument.

    >>> lender("resnet18", {}), lender("yolo", {"backbone": "mobilenet_v2"})
    ({'backbone': 'resnet18', 'width': 1.0}, {'backbone': 'mobilenet_v2', 'width': None})
    """
    usual = arguments_of(network)
    own = {name: arguments.get(name, usual[name]) for name in (BACKBONE, WIDTH) if name in usual}
    if NORM in arguments and to and NORM in arguments_of(to):
        own[NORM] = arguments[NORM]
    return {BACKBONE: network, **own}


def load_backbone(
    backbone: Backbone, stored: Checkpoint, own: Mapping[str, Any], channels: int
) -> tuple[str, ...]:
    """Put the weights of another network's backbone into that of a detector, and say what was decided.

    Args:
        backbone: of the detector.
        stored: the file.
        own: the detector's arguments, as far as they are not the usual ones, see ``lender``.
        channels: C of its images.

    Raises:
        ModelFileError: the file is of another backbone.
    """
    name, width = own[BACKBONE], own.get(WIDTH)
    whole = backbone_of(name, channels, width)  # with the last layer, which tells whose the file is
    if own.get(NORM) == "group":  # frozen norms have the numbers of those of a batch
        with_norm(whole, "group")
    header = dict(stored.header)
    if "network" in header and stands_on_any(header["network"]):
        header["network"] = lender(header["network"], header.get("arguments") or {})[BACKBONE]
    stored = replace(stored, header=header)
    stored, anew = with_stages(stored, whole.state_dict())
    changed = {WIDTH: width} if width not in (None, 1.0) else {}
    notes = load_weights(whole, name, stored, changed=changed)
    known = whole.state_dict()
    backbone.load_state_dict({key: known[key] for key in backbone.state_dict()})
    kept = [note for note in notes if not note.startswith("the last layer")]
    return (*kept, *anew, f"only the backbone {name} begins with them, all else is new")


def with_stages(stored: Checkpoint, wanted: Mapping[str, Tensor]) -> tuple[Checkpoint, tuple[str, ...]]:
    """A file of a detector that reads fine maps alone lacks later stages: they stay new, and it is told.

    Args:
        stored: the file.
        wanted: the tensors of the whole backbone.
    """
    inside = f".{BACKBONE}."
    before = next((key.partition(inside)[0] + inside for key in stored.tensors if inside in key), None)
    if before is None:
        return stored, ()
    there = {stage_of(key.removeprefix(before)) for key in stored.tensors if key.startswith(before)}
    missing = sorted({stage_of(key) for key in wanted} - there - {""})
    own = {before + key: tensor for key, tensor in wanted.items() if stage_of(key) in missing}
    notes = (f"{', '.join(missing)} are new: the file's detector does not read them",) if missing else ()
    return replace(stored, tensors={**stored.tensors, **own}), notes


def stage_of(key: str) -> str:
    """The stage that a tensor belongs to; empty for what is in none.

    >>> stage_of("stages.2.block1.conv1.weight"), stage_of("stem.conv.weight")
    ('stages.2', '')
    """
    parts = key.split(".")
    return ".".join(parts[:2]) if parts[0] == "stages" else ""
