"""Which objects are in an image, and where."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from striate.arguments import checked_methods
from striate.errors import LabelError, ShapeError
from striate.formatting import plural
from striate.records.affine import clipped_boxes, moved_boxes
from striate.records.captions import Captions
from striate.records.instance_masks import BitMasks, InstanceJoints, InstanceMasks
from striate.records.pose import Pose
from striate.records.record import Record


@checked_methods
@dataclass(frozen=True)
class Detections(Record):
    """The answer of a detector: any number of objects, the best score first.

    Args:
        boxes: float (M, 4), x1, y1, x2, y2, pixels.
        scores: float (M,), 0..1.
        labels: int64 (M,), class numbers 0..K-1; the background is none of them.
        classes: K names.
        source: the file it came from, or "".
        masks: of the objects, kept as small crops: ``masks.mask(3)``, ``masks.pasted()``; None without any.
        joints: named points of the objects: ``pose(3)``; None without any.
        captions: sentences on the objects: ``captions.texts[3]``; None without any.

    Raises:
        ShapeError: the shapes do not belong together, or labels are no whole numbers.
        LabelError: there is no such class.

    >>> boxes = torch.tensor([[2.0, 3.0, 8.0, 9.0], [0.0, 0.0, 4.0, 4.0]])
    >>> answer = Detections(boxes, torch.tensor([0.9, 0.4]), torch.tensor([1, 0]), ("cat", "dog"))
    >>> len(answer), answer.class_names, answer.above(0.5).scores.tolist()
    (2, ('dog', 'cat'), [0.8999999761581421])
    >>> print(answer)
    1 dog, 1 cat
    """

    boxes: Tensor
    scores: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    source: str = ""
    masks: InstanceMasks | None = None
    joints: InstanceJoints | None = None
    captions: Captions | None = None
    spatial: ClassVar[bool] = True

    def __post_init__(self) -> None:
        boxes, scores, labels = (tuple(one.shape) for one in (self.boxes, self.scores, self.labels))
        whole = not self.labels.is_floating_point()
        if len(boxes) != 2 or boxes[1] != 4 or scores != boxes[:1] or labels != boxes[:1] or not whole:
            raise ShapeError(
                f"boxes are {boxes}, scores {scores}, labels {self.labels.dtype} {labels}",
                "(M, 4), (M,) and whole numbers (M,)",
                "one row for each object of one image",
            )
        for name, part in (("masks", self.masks), ("joints", self.joints), ("captions", self.captions)):
            if part is not None and len(part) != boxes[0]:
                wrong = f"there are {name} of {len(part)} objects, and {boxes[0]} boxes"
                raise ShapeError(wrong, "one for each object", f"leave {name} out")
        if boxes[0] and not 0 <= int(self.labels.min()) <= int(self.labels.max()) < len(self.classes):
            raise LabelError(
                f"labels are {sorted(set(self.labels.tolist()))}",
                f"0..{len(self.classes) - 1}, as there are {len(self.classes)} classes",
                "number the classes from 0; the background is none of them",
            )

    def __len__(self) -> int:
        return len(self.boxes)

    def __str__(self) -> str:
        return f"{self.source}: {self.in_words()}" if self.source else self.in_words()

    @property
    def class_names(self) -> tuple[str, ...]:
        """The class of each object, M names."""
        return tuple(self.classes[label] for label in self.labels.tolist())

    def where(self, chosen: Tensor) -> "Detections":
        """Some of the objects: bool (M,), or their positions in the order wanted."""
        return replace(
            self,
            boxes=self.boxes[chosen],
            scores=self.scores[chosen],
            labels=self.labels[chosen],
            masks=None if self.masks is None else self.masks.where(chosen),
            joints=None if self.joints is None else self.joints.where(chosen),
            captions=None if self.captions is None else self.captions.where(chosen),
        )

    def pose(self, number: int) -> Pose:
        """The joints of one object.

        Raises:
            ShapeError: the detector says none.
        """
        if self.joints is None:
            raise ShapeError("these detections have no joints", "a model such as keypoint_rcnn", "boxes")
        one = self.joints
        return Pose(one.points[number], one.scores[number], one.names, one.skeleton, self.source)

    def above(self, score_threshold: float) -> "Detections":
        """The objects with at least this score."""
        return self.where(self.scores >= score_threshold)

    def in_words(self, top: int = 3) -> str:
        """``12 RBC, 1 WBC``: objects of the ``top`` most frequent classes; ``nothing found``.

        With captions: those of the ``top`` best objects.
        """
        if self.captions is not None and len(self):
            shown, left = "; ".join(self.captions.texts[:top]), len(self) - top
            return f"{shown}; {plural(left, 'other')}" if left > 0 else shown
        counted = Counter(self.class_names).most_common()
        words = [f"{count} {name}" for name, count in counted[:top]]
        others = sum(count for _, count in counted[top:])
        return ", ".join([*words, *([plural(others, "other")] if others else [])]) or "nothing found"

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "Detections":
        """The same objects in another picture, clipped to it; those outside of it are left out."""
        every = affine.to(self.boxes).expand(len(self), 2, 3)
        boxes = clipped_boxes(moved_boxes(self.boxes, every), size)
        masks = None if self.masks is None else self.masks.moved(affine, size)
        joints = None if self.joints is None else self.joints.moved(affine)
        moved = replace(self, boxes=boxes, masks=masks, joints=joints)
        inside = (boxes[:, 2:] > boxes[:, :2]).all(1)
        return moved if inside.all() else moved.where(inside)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        columns = (self.class_names, self.labels.tolist(), self.scores.tolist(), self.boxes.tolist())
        names = ("class_name", "class_index", "score", "box")
        objects = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        for number, one in enumerate(objects):
            one |= self._more(number)
        return {"source": self.source, "objects": objects, "classes": list(self.classes), **self._header()}

    def _more(self, number: int) -> dict[str, Any]:
        """Mask, joints and caption of an object in plain values."""
        found: dict[str, Any] = {}
        if self.masks is not None:
            found["mask"] = self.masks.run_lengths(number)
        if self.joints is not None:
            rows = torch.cat([self.joints.points[number], self.joints.scores[number, :, None]], dim=1)
            found["joints"] = rows.tolist()
        if self.captions is not None:
            found["caption"] = self.captions.texts[number]
            found["log_probability"] = self.captions.log_probabilities[number].item()
        return found

    def _header(self) -> dict[str, Any]:
        """What all masks and all joints have in common."""
        found: dict[str, Any] = {}
        if self.masks is not None:
            found["size"] = list(self.masks.size)
        if self.joints is not None:
            found["joint_names"] = list(self.joints.names)
            found["skeleton"] = [list(pair) for pair in self.joints.skeleton]
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Detections":
        """The inverse of ``to_dict``.

        Raises:
            ShapeError: something is missing, or of another kind.

        >>> one = Detections(torch.ones(1, 4), torch.ones(1), torch.zeros(1).long(), ("cat",))
        >>> Detections.from_dict(one.to_dict()).boxes.tolist()
        [[1.0, 1.0, 1.0, 1.0]]
        """
        try:
            objects, classes = list(values["objects"]), tuple(map(str, values["classes"]))
            boxes = torch.tensor([one["box"] for one in objects], dtype=torch.float32).reshape(-1, 4)
            scores = torch.tensor([one["score"] for one in objects], dtype=torch.float32)
            labels = torch.tensor([one["class_index"] for one in objects], dtype=torch.int64)
            masks, joints = _masks_of(values, objects), _joints_of(values, objects)
            captions = _captions_of(objects)
        except (KeyError, TypeError, ValueError, RuntimeError) as reason:
            raise ShapeError(
                f"these values are no detections: {type(reason).__name__} {reason}",
                "objects with box, score and class_index, and the names of the classes",
                "what Detections.to_dict gave",
            ) from reason
        return cls(boxes, scores, labels, classes, str(values.get("source", "")), masks, joints, captions)


def _masks_of(values: Mapping[str, Any], objects: list[Any]) -> BitMasks | None:
    """The masks that ``to_dict`` wrote."""
    if "size" not in values:
        return None
    height, width = map(int, values["size"])
    return BitMasks.from_run_lengths([one["mask"] for one in objects], (height, width))


def _joints_of(values: Mapping[str, Any], objects: list[Any]) -> InstanceJoints | None:
    """The joints that ``to_dict`` wrote."""
    if "joint_names" not in values:
        return None
    names = tuple(map(str, values["joint_names"]))
    rows = torch.tensor([one["joints"] for one in objects], dtype=torch.float32).reshape(-1, len(names), 3)
    skeleton = tuple((int(first), int(second)) for first, second in values.get("skeleton", ()))
    return InstanceJoints(rows[..., :2], rows[..., 2], names, skeleton)


def _captions_of(objects: list[Any]) -> Captions | None:
    """The captions that ``to_dict`` wrote."""
    if not objects or "caption" not in objects[0]:
        return None
    numbers = torch.tensor([one["log_probability"] for one in objects], dtype=torch.float32)
    return Captions(tuple(str(one["caption"]) for one in objects), numbers)
