"""What becomes of boxes that cannot be trained on, where somebody has said so.

stop          they stop the training, each with file and line
clip          corners are exchanged and moved to the border; what has no area then is dropped
drop          they are left out, their pictures stay
drop-image    their pictures are left out
"""

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.checks.box_findings import FINE, OUTSIDE, SWAPPED, box_problems
from striate.data.formats.index import Found
from striate.data.image_store import Files
from striate.errors import SettingError
from striate.formatting import plural

OnBadBox = Literal["stop", "clip", "drop", "drop-image"]


def without_bad_boxes(found: Found, how: str) -> Found:
    """The same data without bad boxes, and a note that counts them; as they are for ``stop``.

    Raises:
        SettingError: there is no such way.
    """
    if how not in get_args(OnBadBox):
        expected = " or ".join(map(repr, get_args(OnBadBox)))
        raise SettingError(f"on_bad_box is {how!r}", expected, "leave on_bad_box out for 'stop'")
    boxes = found.annotations
    if how == "stop" or not isinstance(boxes, BoxAnnotations):
        return found
    problems = box_problems(boxes.boxes, boxes.sizes())
    bad = problems != FINE
    if not bad.any():
        return found
    if how == "drop":
        note = f"{plural(int(bad.sum()), 'bad box')} left out"
        return replace(found, annotations=boxes.where(~bad), notes=(*found.notes, note))
    return _clipped(found, boxes, problems) if how == "clip" else _whole_pictures(found, boxes, bad)


def _clipped(found: Found, boxes: BoxAnnotations, problems: NDArray[np.int8]) -> Found:
    mended = boxes.boxes.copy()
    some = (problems == SWAPPED) | (problems == OUTSIDE)
    sizes = boxes.sizes()[some][:, ::-1]
    corners = mended[some].reshape(-1, 2, 2)
    ends = np.where(sizes > 0, sizes, np.inf)[:, None]
    mended[some] = np.clip(np.sort(corners, axis=1), 0, ends).reshape(-1, 4)
    left = box_problems(mended, boxes.sizes()) == FINE
    clipped, dropped = int((some & left).sum()), int((~left).sum())
    note = f"{plural(clipped, 'bad box')} clipped, {dropped:,} without an area left out"
    return replace(found, annotations=replace(boxes, boxes=mended).where(left), notes=(*found.notes, note))


def _whole_pictures(found: Found, boxes: BoxAnnotations, bad: NDArray[np.bool_]) -> Found:
    left = np.ones(len(boxes), np.bool_)
    left[boxes.of_pictures()[bad]] = False
    kept = np.flatnonzero(left)
    store = found.store
    names = Files(store.root, map(store.relative, kept.tolist())) if isinstance(store, Files) else store
    note = f"{plural(len(boxes) - len(kept), 'picture')} with bad boxes left out"
    return replace(
        found,
        store=names,
        annotations=boxes.subset(kept),
        split=found.split[kept],
        notes=(*found.notes, note),
    )
