"""The labels of FiftyOne, as far as answers use them: names and meanings of their fields.

FiftyOne starts a database when it is imported, so a stand-in takes its place here. Its fields are those of
fiftyone 1.22: https://docs.voxel51.com/api/fiftyone.core.labels.html
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Classification:
    label: str
    confidence: float | None = None
    logits: Any = None


@dataclass
class Detection:
    label: str
    bounding_box: list[float]
    confidence: float | None = None
    mask: Any = None
    caption: str | None = None
    log_probability: float | None = None


@dataclass
class Detections:
    detections: list[Detection] = field(default_factory=list)


@dataclass
class Keypoint:
    label: str
    points: list[tuple[float, float]]
    confidence: list[float] | None = None


@dataclass
class Keypoints:
    keypoints: list[Keypoint] = field(default_factory=list)


@dataclass
class Segmentation:
    mask: Any
