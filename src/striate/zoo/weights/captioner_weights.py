"""Weights of networks that find regions and write captions, also where the words are others.

.safetensors --words that both know, all else--> network       "imagenet", another network --> its backbone
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from striate.tasks.captioning.other_words import taken_over
from striate.zoo.networks import arguments_of
from striate.zoo.weights.detector_weights import COCO, load_detector
from striate.zoo.weights.lent_backbone import BACKBONE
from striate.zoo.weights.load_weights import IMAGENET, read_weights


def load_captioner(
    network: nn.Module, name: str, weights: str | Path, arguments: Mapping[str, Any] | None = None
) -> tuple[str, ...]:
    """Put weights into a network with a caption branch, which keeps its own words; as ``load_detector``.

    Raises:
        SettingError, ModelFileError: as ``load_detector``; or the vocabulary of the file was edited.
    """
    if weights in (COCO, IMAGENET):
        return load_detector(network, name, weights, arguments)
    own = {**arguments_of(name), **(arguments or {})}
    stored = read_weights(own.get(BACKBONE, name), weights)
    tensors, told = taken_over(network, stored.tensors, stored.header.get("options") or {})
    return (*load_detector(network, name, replace(stored, tensors=tensors), arguments), *told)
