"""The last steps of a detector in numpy, for programs that run an exported graph and have no torch.

    outputs of the graph --coder, activation--> boxes (A, 4), scores (A, K)
                         --threshold, the best, suppression in each class, the best of all--> objects

    session = onnxruntime.InferenceSession("model.onnx")
    heads = Heads.read(session.get_modelmeta().custom_metadata_map["striate"])
    names = [output.name for output in session.get_outputs()]
    outputs = dict(zip(names, session.run(names, {"images": images})))
    objects = heads.detections(outputs, score_threshold=0.5)[0]

It gives what ``Detector.decode`` gives, in the pixels of the images that the graph saw. What the numbers mean
stands in the metadata of the file, see ``Heads``.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.errors import ModelFileError, ShapeError

Floats = NDArray[Any]
Activation = Literal["object", "background", "sigmoid"]

LARGEST_GROWTH = float(np.log(1000 / 16))
"""Of the logarithm of a side, as in ``striate.ops.box_coder``."""


class Objects(NamedTuple):
    """What was found in an image, the best score first.

    Args:
        boxes: float32 (M, 4), x1, y1, x2, y2, pixels of the image that the graph saw.
        scores: float32 (M,), 0..1.
        labels: int64 (M,), class numbers.
    """

    boxes: Floats
    scores: Floats
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Heads:
    """What the numbers of a detector mean.

    Args:
        size: (H, W) of the images, pixels.
        classes: K names.
        activation: what scores are: ``object`` first, then K classes; ``background`` first; or K ``sigmoid``.
        priors: float32 (A, 4), x1, y1, x2, y2, pixels.
        cells: float32 (A, 2), width and height of their cells, pixels.
        reach: cells that a centre can be moved over; None where it is moved by sides of the prior.
        weights: by which offsets were multiplied where ``reach`` is None.
        grid: cells along a side of the first YOLO, which has no priors and gives ``cells``; else None.
        score_threshold, iou_threshold, top_k: when nobody says otherwise.
        candidates: of each class at most, before suppression.
    """

    size: tuple[int, int]
    classes: tuple[str, ...]
    activation: Activation
    priors: Floats
    cells: Floats
    reach: float | None = None
    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    grid: int | None = None
    score_threshold: float = 0.05
    iou_threshold: float = 0.5
    top_k: int = 100
    candidates: int = 400

    @classmethod
    def read(cls, metadata: str | Mapping[str, Any]) -> "Heads":
        """Of the metadata of an exported file: its JSON, or what that holds.

        Raises:
            ModelFileError: it is none of a detector.
        """
        try:
            values = json.loads(metadata) if isinstance(metadata, str) else metadata
            found = dict(values["heads"])
            for name, columns in (("priors", 4), ("cells", 2)):
                raw = base64.b64decode(found[name], validate=True)
                found[name] = np.frombuffer(raw, "<f4").reshape(-1, columns)
            for name in ("size", "classes", "weights"):
                found[name] = tuple(found[name])
            return cls(**found)
        except (KeyError, TypeError, ValueError) as reason:
            raise ModelFileError(
                f"the metadata say nothing about the heads of a detector ({type(reason).__name__}: {reason})",
                "those of a detector that `striate export` wrote",
                'session.get_modelmeta().custom_metadata_map["striate"]',
            ) from reason

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name in ("priors", "cells"):
            plain[name] = base64.b64encode(plain[name].astype("<f4").tobytes()).decode("ascii")
        return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}

    def detections(
        self,
        outputs: Mapping[str, NDArray[Any]],
        *,
        score_threshold: float | None = None,
        iou_threshold: float | None = None,
        top_k: int | None = None,
    ) -> list[Objects]:
        """The objects of N images.

        Args:
            outputs: ``scores`` (N, A, S) and ``offsets`` (N, A, 4), as the graph gives them; of a grid
                ``cells`` (N, grid * grid, 5 B + K).
            score_threshold: a score must be above it, 0..1.
            iou_threshold: a box that overlaps a better one of its class by more is dropped, 0..1.
            top_k: objects of an image at most.

        Raises:
            ShapeError: the outputs are of another graph.
        """
        given: dict[str, Any] = {
            "score_threshold": score_threshold,
            "iou_threshold": iou_threshold,
            "top_k": top_k,
        }
        chosen = replace(self, **{name: value for name, value in given.items() if value is not None})
        boxes, likely = self._of_priors(outputs) if self.grid is None else self._of_cells(outputs, self.grid)
        return [chosen.objects(*one) for one in zip(boxes, likely, strict=True)]

    def _of_priors(self, outputs: Mapping[str, NDArray[Any]]) -> tuple[Floats, Floats]:
        """Boxes (N, A, 4) and scores of the classes (N, A, K)."""
        scores, offsets = (np.asarray(outputs.get(name, 0), np.float32) for name in ("scores", "offsets"))
        if scores.ndim != 3 or scores.shape[1] != len(self.priors) or offsets.shape != (*scores.shape[:2], 4):
            raise ShapeError(
                f"scores are {scores.shape}, offsets {offsets.shape}",
                f"(N, {len(self.priors)}, S) and (N, {len(self.priors)}, 4)",
                "the outputs of the graph that these heads belong to",
            )
        return self.boxes(offsets), activated(scores, self.activation)

    def _of_cells(self, outputs: Mapping[str, NDArray[Any]], grid: int) -> tuple[Floats, Floats]:
        """Boxes (N, grid * grid * B, 4) and scores (N, grid * grid * B, K) of the first YOLO."""
        cells = np.asarray(outputs.get("cells", 0), np.float32)
        count, classes = grid**2, len(self.classes)
        if cells.ndim != 3 or cells.shape[1] != count or (cells.shape[2] - classes) % 5:
            expected = f"(N, {count}, 5 B + {classes})"
            raise ShapeError(f"cells are {cells.shape}", expected, "the outputs of the graph of these heads")
        numbers = cells[..., :-classes].reshape(len(cells), count, -1, 5)
        corner = np.stack([np.tile(np.arange(grid), grid), np.repeat(np.arange(grid), grid)], axis=1)
        image = np.array(self.size[::-1], np.float32)
        centre = (numbers[..., :2] + corner[:, None]) / grid * image
        half = numbers[..., 2:4] ** 2 * image / 2
        boxes = np.concatenate([centre - half, centre + half], axis=-1).astype(np.float32)
        sure = np.clip(numbers[..., 4:], 0, 1) * np.clip(cells[..., None, -classes:], 0, 1)
        return boxes.reshape(len(cells), -1, 4), sure.reshape(len(cells), -1, classes)

    def boxes(self, offsets: Floats) -> Floats:
        """Offsets (N, A, 4) -> boxes (N, A, 4), pixels; not clipped."""
        middles = (self.priors[:, :2] + self.priors[:, 2:]) / 2
        sides = self.priors[:, 2:] - self.priors[:, :2]
        if self.reach is None:
            own = offsets / np.asarray(self.weights, np.float32)
            centres: Floats = middles + own[..., :2] * sides
            growth: Floats = own[..., 2:]
        else:
            centres = middles + (sigmoid(offsets[..., :2]) - 0.5) * np.float32(self.reach) * self.cells
            growth = offsets[..., 2:]
        half = 0.5 * sides * np.exp(np.minimum(growth, LARGEST_GROWTH, dtype=np.float32))
        return np.concatenate([centres - half, centres + half], axis=-1).astype(np.float32)

    def objects(self, boxes: Floats, scores: Floats) -> Objects:
        """What is kept of the boxes (A, 4) and scores (A, K) of one image."""
        count = min(self.candidates, len(scores))
        order = np.argsort(-scores, axis=0, kind="stable")[:count]
        best = np.take_along_axis(scores, order, axis=0)
        labels, ranks = np.nonzero(np.greater(best.T, self.score_threshold))
        values, (height, width) = best[ranks, labels], self.size
        limit = np.array([width, height, width, height], np.float32)
        clipped = np.clip(boxes[order[ranks, labels]], 0, limit)
        kept = nms(clipped, values, labels, self.iou_threshold)[: self.top_k]
        return Objects(clipped[kept], values[kept], labels[kept])


def nms(boxes: Floats, scores: Floats, labels: NDArray[np.int64], iou_threshold: float) -> NDArray[np.int64]:
    """int64: the boxes (M, 4) that survive, the best score first; boxes of different classes never meet.

    >>> boxes = np.array([[0, 0, 9, 9], [0, 0, 9, 8], [0, 0, 9, 9]], np.float32)
    >>> nms(boxes, np.array([0.8, 0.9, 0.7], np.float32), np.array([0, 1, 1]), 0.5).tolist()
    [1, 0]
    """
    order = np.argsort(-scores, kind="stable")
    kept = []
    while len(order):
        first, others = order[0], order[1:]
        kept.append(first)
        same = labels[others] == labels[first]
        order = others[~same | (iou_with(boxes[first], boxes[others]) <= iou_threshold)]
    return np.array(kept, dtype=np.int64)


def iou_with(box: Floats, boxes: Floats) -> Floats:
    """(M,): intersection over union of a box (4,) with others (M, 4); 0 where both have no area."""
    start, end = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    inside = np.clip(end - start, 0, None).prod(1)
    area = (box[2] - box[0]) * (box[3] - box[1])
    union = area + (boxes[:, 2:] - boxes[:, :2]).prod(1) - inside
    shares: Floats = np.divide(inside, union, out=np.zeros_like(inside), where=union > 0)
    return shares


def activated(scores: Floats, activation: Activation) -> Floats:
    """Raw scores (..., S) -> scores of the classes (..., K), 0..1.

    >>> activated(np.zeros((1, 3), np.float32), "object").tolist()
    [[0.25, 0.25]]
    """
    if activation == "sigmoid":
        return sigmoid(scores)
    if activation == "background":
        return softmax(scores)[..., 1:]
    return sigmoid(scores[..., :1]) * softmax(scores[..., 1:])


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    small = np.exp(-np.abs(x))
    shares: Floats = np.where(x >= 0, 1 / (1 + small), small / (1 + small)).astype(np.float32)
    return shares


def softmax(x: Floats) -> Floats:
    """Shares along the last axis."""
    powers = np.exp(x - x.max(-1, keepdims=True))
    shares: Floats = powers / powers.sum(-1, keepdims=True)
    return shares


def class_names(objects: Objects, classes: Sequence[str]) -> list[str]:
    """The class of each object."""
    return [classes[label] for label in objects.labels]
