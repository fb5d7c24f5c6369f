"""The nouns that everybody shares: ``Sample``, ``Batch``, ``Classification``, ``Embedding``.

    file -> Sample -> Batch -> raw scores -> Classification -> picture, table or JSON

Images are uint8 RGB outside a network; ``Batch.images`` stay uint8 until the device.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from striate.errors import LabelError, ShapeError


@dataclass(frozen=True)
class Sample:
    """One image and what is known about it.

    Args:
        image: uint8 (C, H, W), C = 1 (grey) or 3 (RGB).
        label: class number 0..K-1, or None when nobody has said.
        source: the file (or array place) it came from; every error names it.

    Raises:
        ShapeError: the image is not a uint8 tensor (1 or 3, H, W).
    """

    image: Tensor
    label: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        shape = tuple(self.image.shape)
        if self.image.dtype != torch.uint8 or len(shape) != 3 or shape[0] not in (1, 3):
            raise ShapeError(
                f"{self.source or 'the image'} is {self.image.dtype} {shape}",
                "uint8 (1, H, W) or (3, H, W)",
                "decode files with striate.data.decode, or scale floats to 0..255 and call .to(torch.uint8)",
            )


@dataclass(frozen=True)
class Batch:
    """Images of one size with their targets.

    Args:
        images: uint8 (N, C, H, W), or float 0..1 once they were augmented on the device.
        labels: int64 (N,) class numbers, or float (N, K) shares of every class (mixup, cutmix).
        indices: int64 (N,), the place of every image in its data set, so that an error can name the file.
    """

    images: Tensor
    labels: Tensor
    indices: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> "Batch":
        """The same batch with images and labels on another device."""
        images, labels = (part.to(device, non_blocking=True) for part in (self.images, self.labels))
        return replace(self, images=images, labels=labels)


@dataclass(frozen=True)
class Classification:
    """The answer of a classifier for one image.

    Args:
        scores: float32 (K,), probabilities that sum to 1.
        classes: K names.
        source: the file it came from, or "".

    Raises:
        ShapeError: scores and classes differ in number.

    >>> answer = Classification(torch.tensor([0.25, 0.75]), ("cat", "dog"))
    >>> answer.name, answer.label, answer.score
    ('dog', 1, 0.75)
    """

    scores: Tensor
    classes: tuple[str, ...]
    source: str = ""

    def __post_init__(self) -> None:
        if self.scores.shape != (len(self.classes),):
            raise ShapeError(
                f"scores have the shape {tuple(self.scores.shape)}",
                f"({len(self.classes)},), one for each class",
                "pass the softmax of one image",
            )

    @property
    def label(self) -> int:
        """The class number with the highest score."""
        return int(self.scores.argmax())

    @property
    def name(self) -> str:
        """The class name with the highest score."""
        return self.classes[self.label]

    @property
    def score(self) -> float:
        """The highest score, 0..1."""
        return float(self.scores.max())

    def top(self, k: int = 5) -> list[tuple[str, float]]:
        """The k best (name, score) pairs, best first; all of them if there are fewer than k classes."""
        scores, places = self.scores.topk(min(k, len(self.classes)))
        names = [self.classes[place] for place in places.tolist()]
        return list(zip(names, scores.tolist(), strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        scores = dict(zip(self.classes, self.scores.tolist(), strict=True))
        return {
            "source": self.source,
            "class": self.name,
            "label": self.label,
            "score": self.score,
            "scores": scores,
        }

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)


@dataclass(frozen=True)
class Embedding:
    """What a layer says of one image: a vector, near that of images that are alike to the network.

    Args:
        vector: float (D,).
        source: the file it came from, or "".
        name: of its class, or None when nobody has said.

    Raises:
        ShapeError: it is no vector.

    >>> Embedding(torch.tensor([0.0, 0.0])).distance(Embedding(torch.tensor([3.0, 4.0])))
    5.0
    """

    vector: Tensor
    source: str = ""
    name: str | None = None

    def __post_init__(self) -> None:
        if self.vector.ndim != 1 or not len(self.vector) or not self.vector.is_floating_point():
            raise ShapeError(
                f"the vector is {self.vector.dtype} {tuple(self.vector.shape)}",
                "floats (D,), D of 1 or more",
                "pass one row of what striate.embed returned",
            )

    def distance(self, other: "Embedding") -> float:
        """Euclidean distance to another vector of the same length.

        Raises:
            ShapeError: the lengths differ.
        """
        if other.vector.shape != self.vector.shape:
            raise ShapeError(
                f"one vector has {len(self.vector)} numbers, the other {len(other.vector)}",
                "vectors of one length",
                "embed both images with the same model and layer",
            )
        return float((self.vector - other.vector).norm())

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        return {"source": self.source, "class": self.name, "vector": self.vector.tolist()}

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)


def class_number(classes: Sequence[str], name: str | int) -> int:
    """The number of a class given by its name or its number.

    Raises:
        LabelError: there is no such class.

    >>> class_number(("cat", "dog"), "dog"), class_number(("cat", "dog"), "0")
    (1, 0)
    """
    if isinstance(name, str) and name in classes:
        return classes.index(name)
    if str(name).isdecimal() and int(name) < len(classes):
        return int(name)
    shown = ", ".join(classes[:10]) + (", ..." if len(classes) > 10 else "")
    raise LabelError(
        f"there is no class {name!r}", f"0..{len(classes) - 1} or one of: {shown}", "check the spelling"
    )
