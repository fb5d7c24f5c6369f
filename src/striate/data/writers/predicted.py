"""Answers of a model as a data set: what labelling programs open as a first proposal, to be corrected.

    record --objects_of--> boxes, classes, scores --add--> columns --write--> coco | voc | yolo

COCO and VOC carry the scores, in a word of ours; a line of YOLO has none.
"""

import json
from array import array
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.formats.split_names import UNSAID
from striate.data.picture_size import picture_size
from striate.data.writers.convert import WRITERS, Converted, Target, beside_folder, refuse_existing
from striate.data.writers.layout import Labelled, Pictures, names_of
from striate.errors import SettingError
from striate.files.text_store import Text, TextStore
from striate.records import Detections, Localization, Record

Objects = tuple[Tensor, Tensor, Tensor, tuple[str, ...]]
"""Boxes (M, 4), class numbers (M,), scores (M,), names of the classes."""


class PredictedBoxes:
    """Answers of one model, picture by picture; an object takes a few numbers.

    Attributes:
        classes: K names, in the order of the model; none before the first answer.
    """

    def __init__(self) -> None:
        self.classes: tuple[str, ...] = ()
        self._sources: list[str] = []
        self._names: list[str] = []
        self._counts, self._sizes = array("q"), array("i")
        self._boxes, self._labels = array("f"), array("i")
        self._details, self._store = list[Text | str](), TextStore()
        self._joints: dict[str, Any] = {}

    def add(self, record: Record, name: str) -> None:
        """The answer to one picture file, which shall be called by a name.

        Raises:
            SettingError: the answer has no boxes.
        """
        boxes, labels, scores, self.classes = objects_of(record)
        self._sources.append(record.source)
        self._names.append(name)
        self._counts.append(len(boxes))
        self._sizes.extend(picture_size(record.source) or (0, 0))
        self._boxes.extend(boxes.flatten().tolist())
        self._labels.extend(labels.tolist())
        for number, score in enumerate(scores.tolist()):
            text = json.dumps({"score": round(score, 4), **shape_of(record, number)})
            self._details.append(self._store.add(text))
        if isinstance(record, Detections) and record.joints is not None:
            lines = [[first + 1, last + 1] for first, last in record.joints.skeleton]
            self._joints = {"keypoints": list(record.joints.names), "skeleton": lines}

    def write(self, target: Path, to: Target, pictures: Pictures = "copy") -> Converted:
        """Write all answers as a data set.

        Args:
            target: a new folder.
            to: ``coco``, ``voc`` or ``yolo``.
            pictures: whether they are copied, linked or left where they are.

        Raises:
            FileError: the folder exists, or cannot be written.
        """
        refuse_existing(target)
        annotations = BoxAnnotations(
            np.array(self._boxes, np.float32).reshape(-1, 4),
            np.array(self._labels, np.int32),
            np.cumsum(self._counts, dtype=np.int64),
            self.classes,
            {"details": np.array(self._details, object)},
            {"size": np.array(self._sizes, np.int32).reshape(-1, 2)},
            header=self._header(),
        )
        split = np.full(len(self._names), UNSAID, np.int8)
        labelled = Labelled(self._sources, names_of(self._names, split), split, annotations)
        with beside_folder(target) as folder:
            notes = WRITERS[to](labelled, folder, pictures)
        return Converted(target, to, {"all": len(self._names)}, len(annotations.boxes), tuple(notes))

    def _header(self) -> dict[str, Any]:
        """Numbers of the classes, and the names of joints."""
        numbers = {name: number for number, name in enumerate(self.classes)}
        if not self._joints:
            return {"class_numbers": numbers}
        categories = [{"name": name, "id": number, **self._joints} for name, number in numbers.items()]
        return {"class_numbers": numbers, "categories": categories}


def shape_of(record: Record, number: int) -> dict[str, Any]:
    """Mask, joints and caption of an object in COCO's words; nothing where the answer has none."""
    found: dict[str, Any] = {}
    if isinstance(record, Detections) and record.masks is not None:
        found["segmentation"] = record.masks.run_lengths(number)
    if isinstance(record, Detections) and record.joints is not None:
        points = [[round(side, 2) for side in point] for point in record.joints.points[number].tolist()]
        found["keypoints"] = [value for x, y in points for value in (x, y, 2)]
        found["num_keypoints"] = len(points)
    if isinstance(record, Detections) and record.captions is not None:
        found["caption"] = record.captions.texts[number]
    return found


def objects_of(record: Record) -> Objects:
    """The objects of an answer.

    Raises:
        SettingError: the answer has no boxes.
    """
    if isinstance(record, Localization):
        some = slice(0, int(record.present))
        label = record.scores.argmax()[None]
        return record.box[None][some], label[some], record.scores.max()[None][some], record.classes
    if isinstance(record, Detections):
        return record.boxes, record.labels, record.scores, record.classes
    raise SettingError(
        f"save_as needs boxes, and the answers are {type(record).__name__}",
        "a model that finds objects: --task detect or localize",
        "--save without --save-as, which draws the answers",
    )
