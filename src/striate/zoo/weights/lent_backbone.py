"""A backbone that learned in another network, and goes on in a detector.

run of resnet18, of yolo, ... --.
.pth of torchvision, timm ------+--> the backbone alone --> faster_rcnn, ssd, yolo on the same backbone
"imagenet" --> fetched ---------'                           all else in it begins anew
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from striate.layers.backbone import Backbone
from striate.zoo.named_backbone import backbone_of
from striate.zoo.networks import arguments_of
from striate.zoo.weights.checkpoint_reader import Checkpoint
from striate.zoo.weights.load_weights import load_weights

BACKBONE, WIDTH = "backbone", "width"
"""Arguments of a detector that say what it stands on."""


def stands_on_any(name: str) -> bool:
    """Whether a network is built on a backbone that is an argument.

    >>> stands_on_any("faster_rcnn"), stands_on_any("resnet18")
    (True, False)
    """
    return BACKBONE in arguments_of(name)


def lender(network: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a detector that stands on the backbone of another network.

    Args:
        network: that lends it: a backbone, or a detector on one.
        arguments: with which that was built.

    >>> lender("resnet18", {}), lender("yolo", {"backbone": "mobilenet_v2"})
    ({'backbone': 'resnet18', 'width': 1.0}, {'backbone': 'mobilenet_v2', 'width': None})
    """
    usual = arguments_of(network)
    own = {name: arguments.get(name, usual[name]) for name in (BACKBONE, WIDTH) if name in usual}
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
    header = dict(stored.header)
    if "network" in header and stands_on_any(header["network"]):
        header["network"] = lender(header["network"], header.get("arguments") or {})[BACKBONE]
    changed = {WIDTH: width} if width not in (None, 1.0) else {}
    notes = load_weights(whole, name, replace(stored, header=header), changed=changed)
    known = whole.state_dict()
    backbone.load_state_dict({key: known[key] for key in backbone.state_dict()})
    kept = [note for note in notes if not note.startswith("the last layer")]
    return (*kept, f"only the backbone {name} begins with them, all else is new")
