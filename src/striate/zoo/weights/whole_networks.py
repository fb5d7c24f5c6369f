"""Weights of networks that are made for one task, by the task.

"faster_rcnn" --detect--> detector_weights        "unet" --segmentation--> segmenter_weights
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import nn

from striate.lazy_table import LazyTable
from striate.zoo.networks import made_for

LOADERS: LazyTable[Callable[..., tuple[str, ...]]] = LazyTable(
    {
        "detect": "striate.zoo.weights.detector_weights:load_detector",
        "instances": "striate.zoo.weights.detector_weights:load_detector",
        "dense_captions": "striate.zoo.weights.captioner_weights:load_captioner",
        "segmentation": "striate.zoo.weights.segmenter_weights:load_segmenter",
    }
)

CHECKS: LazyTable[Callable[[str, str], None]] = LazyTable(
    {
        "detect": "striate.zoo.weights.detector_weights:require_published",
        "instances": "striate.zoo.weights.detector_weights:require_published",
        "dense_captions": "striate.zoo.weights.detector_weights:require_published",
        "segmentation": "striate.zoo.weights.segmenter_weights:require_published",
    }
)


def load_whole(
    network: nn.Module, name: str, weights: str | Path, arguments: Mapping[str, Any]
) -> tuple[str, ...]:
    """Put weights into a network of that name, which is made for a task; say in sentences what was decided.

    Arguments and errors are those of ``load_detector`` and ``load_segmenter``.
    """
    return LOADERS[str(made_for(name))](network, name, weights, arguments)


def require_published(name: str, weights: str) -> None:
    """There are weights of that word for a network that is made for a task.

    Raises:
        SettingError: there are none.
    """
    CHECKS[str(made_for(name))](name, weights)
