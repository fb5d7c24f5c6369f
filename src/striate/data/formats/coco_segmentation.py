"""COCO's objects flattened: every pixel gets the class of the smallest object that covers it.

    annotations: polygons or run lengths --drawn, the largest first--> 0 background, 1, 2, ..., 255 crowds

The outline of an object without a usable mask is not known; it lies in its box, which is drawn as ignored.
Polygons are filled by the even-odd rule, so that one that crosses itself has a clear meaning. Masks are drawn
when a batch needs them; the polygons lie in a file beside the memory.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.mask_annotations import Mask, MaskAnnotations, MaskStore, PixelCounts
from striate.data.checks.mask_findings import mask_area, mask_problem
from striate.data.checks.statistics import sample
from striate.data.decoding.threads import decoding_threads
from striate.data.formats.coco import no_annotations, read_coco_boxes
from striate.data.formats.index import Found
from striate.data.formats.json_stream import Progress
from striate.data.formats.mask_files import COUNTED
from striate.data.image_store import Store
from striate.data.picture_size import picture_size
from striate.errors import ImageError
from striate.formatting import percent
from striate.records.run_lengths import unpacked
from striate.records.segmentation import mask_dtype
from striate.records.targets.mask_targets import ignored_in

BACKGROUND = "background"
CENTER = 0.5
"""The middle of the first pixel."""


def read_coco_masks(path: Path, *, progress: Progress | None = None) -> Found:
    """The masks of all objects, flattened to one for each picture.

    Args:
        path: a file or a folder.
        progress: as for ``read_coco_boxes``.

    Raises:
        DataError: there is no such file, or no object has a mask.
    """
    found = read_coco_boxes(path, details=True, progress=progress)
    boxes = found.annotations
    assert isinstance(boxes, BoxAnnotations)
    others = tuple(name for name in boxes.classes if name != BACKGROUND)
    store = CocoMasks(found.store, boxes, (BACKGROUND, *others))
    counted = counted_in(store, len(store.classes))
    if not counted.pixels[:, 1:].any():
        raise no_annotations(path, "segmentation")
    annotations = MaskAnnotations(store, np.arange(len(store)), store.classes, counted)
    total = max(int(counted.pixels.sum()), 1)
    shares = counted.pixels.sum(0)
    order = np.argsort(-shares, kind="stable")
    listed = ", ".join(f"{store.classes[one]} {percent(int(shares[one]) / total)}" for one in order[:20])
    kept = tuple(one for one in found.findings if one.kind not in ("no-box", "one-pixel"))
    notes = (
        *found.notes,
        "objects are flattened to masks: the smallest is on top, crowds are ignored",
        *(
            f"{one.source}: {one.detail} have no mask that can be used, and the pixels of their boxes are "
            "ignored; give them masks, or take them out of the file"
            for one in found.findings
            if one.kind == "no-mask"
        ),
        f"pixels, counted on {len(counted.rows):,} of {len(store):,} pictures: {listed}",
    )
    return Found(found.store, annotations, found.split, kept, notes)


@dataclass(frozen=True)
class CocoMasks:
    """Masks that are drawn of objects.

    Args:
        pictures: whose masks they are.
        boxes: of the objects, with details; a row of pictures for each picture of the store.
        classes: background, and those of the objects.
    """

    pictures: Store
    boxes: BoxAnnotations
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.boxes)

    def name(self, index: int) -> str:
        """The picture."""
        return self.pictures.name(index)

    def read(self, index: int) -> Mask:
        """(H, W): class numbers, or the ignored value of their type.

        Raises:
            ImageError: nobody says how large the picture is.
        """
        dtype = mask_dtype(len(self.classes))
        result = np.zeros(self._size(index), np.uint8 if dtype.itemsize == 1 else np.int16)
        for value, mask in sorted(
            self._objects(index, ignored_in(dtype)), key=lambda one: -mask_area(one[1])
        ):
            covered = drawn(mask, result.shape)
            result[covered] = value
        return result

    def _size(self, index: int) -> tuple[int, int]:
        height, width = self.boxes.pictures["size"][index].tolist()
        size = (height, width) if height else picture_size(self.name(index))
        if size is None:
            raise ImageError(f"{self.name(index)} cannot be read", "a picture", "striate check")
        return size

    def _objects(self, index: int, ignored: int) -> list[tuple[int, Any]]:
        """Value and mask of every object; of one without a usable mask its box, which is ignored."""
        found, details = [], self.boxes.columns["details"]
        for row in self.boxes.rows(np.array([index])).tolist():
            text = str(details[row])
            mask = json.loads(text).get("segmentation") if text else None
            if not mask or mask_problem(mask):
                found.append((ignored, outline(self.boxes.boxes[row].tolist())))
                continue
            name = self.boxes.classes[self.boxes.labels[row]]
            crowd = bool(self.boxes.columns["crowd"][row])
            found.append((ignored if crowd else self.classes.index(name), mask))
        return found


def outline(box: Sequence[float]) -> list[list[float]]:
    """A box as a polygon.

    >>> outline([1, 2, 5, 4])
    [[1, 2, 5, 2, 5, 4, 1, 4]]
    """
    left, top, right, bottom = box
    return [[left, top, right, top, right, bottom, left, bottom]]


def drawn(mask: Any, size: tuple[int, int]) -> NDArray[np.bool_]:
    """bool (H, W): the pixels of one object, of polygons or of run lengths.

    >>> drawn([[0, 0, 2, 0, 2, 1, 0, 1]], (2, 3)).astype(int).tolist()
    [[1, 1, 0], [0, 0, 0]]
    >>> drawn({"size": [2, 2], "counts": [1, 3]}, (2, 2)).astype(int).tolist()
    [[0, 1], [1, 1]]
    """
    if isinstance(mask, dict):
        counts = mask["counts"]
        runs = np.array(unpacked(counts) if isinstance(counts, str) else counts, np.int64)
        on = np.arange(len(runs)) % 2 == 1
        height, width = mask["size"]
        return _cut(np.repeat(on, runs).reshape((height, width), order="F"), size)
    covered = np.zeros(size, np.bool_)
    for part in mask:
        covered |= filled(np.array(part, np.float64).reshape(-1, 2), size)
    return covered


def filled(corners: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.bool_]:
    """bool (H, W): the pixels whose middles lie inside a polygon (P, 2), by the even-odd rule."""
    height, width = size
    rows = np.arange(height) + CENTER
    crossings = np.zeros((height, width + 1), np.int32)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        low, high = sorted((y1, y2))
        first, last = np.searchsorted(rows, low, "left"), np.searchsorted(rows, high, "left")
        if first == last:
            continue
        across = x1 + (rows[first:last] - y1) * ((x2 - x1) / (y2 - y1))
        column = np.ceil(across - CENTER).clip(0, width).astype(np.int64)
        np.add.at(crossings, (np.arange(first, last), column), 1)
    return np.asarray(np.cumsum(crossings[:, :-1], axis=1) % 2 == 1)


def _cut(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """A mask at the size of its picture."""
    if mask.shape == size:
        return mask
    result = np.zeros(size, np.bool_)
    height, width = (min(pair) for pair in zip(mask.shape, size, strict=True))
    result[:height, :width] = mask[:height, :width]
    return result


def counted_in(store: MaskStore, classes: int) -> PixelCounts:
    """The pixels of each class in up to 2,000 masks, evenly spread, less those that cannot be read."""

    def count(row: int) -> tuple[int, NDArray[np.int64]] | None:
        try:
            found = store.read(row)
        except ImageError:
            return None
        known = found[found != (255 if found.dtype == np.uint8 else -1)]
        return row, np.bincount(known, minlength=classes)

    with decoding_threads() as pool:
        pairs = [one for one in pool.map(count, sample(len(store), COUNTED).tolist()) if one is not None]
    rows = np.array([row for row, _ in pairs], np.int64)
    return PixelCounts(rows, np.array([pixels for _, pixels in pairs], np.int64).reshape(-1, classes))
