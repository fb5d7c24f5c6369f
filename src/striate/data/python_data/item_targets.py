"""What is known of the pictures of Python objects, as columns. What the first target is says what all are.

    a whole number or a name           classes
    whole numbers (H, W)               a class for each pixel
    {"boxes": ..., "labels": ...}      boxes, with masks and key points where they are given; or captions
    texts in a list                    captions of the picture
    floats (L, 2) or (L, 3)            named points; the third says whether one is visible
    Targets of ours                    what they are
    None                               nothing: the pictures are all that is learned from

Classes, boxes and points are read once and kept. The pictures that are decoded on the way are not.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.caption_annotations import CaptionTexts
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.annotations.identity_annotations import IdentityAnnotations
from striate.data.annotations.image_caption_annotations import ImageCaptionAnnotations
from striate.data.annotations.picture_annotations import PictureAnnotations
from striate.data.annotations.point_annotations import PointAnnotations, extent
from striate.data.captions.sentences import Sentences
from striate.data.joints import Joints
from striate.data.python_data.item_boxes import boxes_of
from striate.data.python_data.item_masks import masks_of
from striate.data.python_data.item_pictures import TRIED, ItemPictures
from striate.data.python_data.items import AnnotatedItems, Items, JoinedItems
from striate.data.python_data.one_target import Target, class_name, described, in_order, plain
from striate.errors import DataError
from striate.records import (
    BoxTargets,
    CaptionTargets,
    ClassTargets,
    IdentityTargets,
    MaskTargets,
    PictureTargets,
    PointTargets,
)

KINDS = (
    "a whole number or a name (classes), whole numbers (H, W) (a mask), "
    '{"boxes": (M, 4), "labels": (M,)}, floats (L, 2) (points), or a list of texts (captions)'
)


def annotations_of(store: ItemPictures) -> tuple[Annotations, tuple[str, ...]]:
    """What is known of all pictures of a store, and sentences for the user.

    Raises:
        DataError: the targets are of no kind that can be learned, or of several.
        LabelError: a class number has no name.
    """
    annotated = _annotated(store.items)
    if annotated is not None:
        return annotated, ()
    first = plain(store.both(0)[1])
    kind = kind_of(first, store.name(0))
    if kind == "mask":
        return masks_of(store)
    if kind == "picture":
        _require_no_targets(store)
        return PictureAnnotations(len(store)), ()
    known = store.items.known()
    read = targets_of(store, known)
    note = f"the targets were read once, and {len(store):,} pictures decoded on the way"
    return COLUMNS[kind](read, _names(store.items)), () if known is not None else (note,)


def _require_no_targets(store: ItemPictures) -> None:
    """Where the first picture has no target, none of some others has one.

    Raises:
        DataError: one has.
    """
    for place in np.linspace(0, len(store) - 1, min(len(store), TRIED)).round().astype(int).tolist():
        target = plain(store.both(place)[1])
        if target is not None and not isinstance(target, PictureTargets):
            raise DataError(
                f"the target of {store.name(0)} is None, and that of {store.name(place)} is not",
                f"a target for each picture: {KINDS}; or None for all, where pictures alone are learned from",
                "leave out pictures without a target",
            )


def _annotated(items: Items) -> Annotations | None:
    """The annotations of data sets of ours; None if others are among them."""
    parts = items.parts if isinstance(items, JoinedItems) else [items]
    ours = [part.dataset.annotations for part in parts if isinstance(part, AnnotatedItems)]
    if not ours or len(ours) < len(parts):
        return None
    if len({type(one) for one in ours}) > 1:
        raise DataError("the splits are annotated for several tasks", "one task", "data sets of one kind")
    return ours[0].joined(ours[1:])


def targets_of(store: ItemPictures, known: Any) -> Iterator[Target]:
    """All targets, one after the other; without the pictures where ``known`` has them."""
    for index in range(len(store)):
        part = store.items.place(index)[0] if isinstance(store.items, JoinedItems) else store.items
        if known is not None:
            yield Target(plain(known[index]), store.name(index), part.classes)
            continue
        picture, target = store.both(index)
        size = (picture.shape[1], picture.shape[2])
        yield Target(plain(target), store.name(index), part.classes, size)


def kind_of(target: Any, name: str) -> str:
    """What a target teaches: a name of ``COLUMNS``, ``mask`` or ``picture``.

    Raises:
        DataError: nothing.

    >>> kind_of(3, "one"), kind_of(np.zeros((4, 4), np.uint8), "one"), kind_of(None, "one")
    ('class', 'mask', 'picture')
    """
    if target is None or isinstance(target, PictureTargets):
        return "picture"
    for kind, own in OURS.items():
        if isinstance(target, own):
            return kind
    if isinstance(target, str | int | np.integer):
        return "class"
    if isinstance(target, Mapping) and "boxes" in target:
        return "boxes"
    if isinstance(target, list | tuple) and target and all(isinstance(one, str) for one in target):
        return "captions"
    if isinstance(target, np.ndarray):
        shape = target.shape
        if target.dtype.kind in "iub" and (target.ndim == 2 or (target.ndim == 3 and shape[0] == 1)):
            return "mask"
        if target.dtype.kind == "f" and target.ndim == 2 and shape[1] in (2, 3):
            return "points"
    raise DataError(f"the target of {name} is {described(target)}", KINDS, _advice(target))


def _advice(target: Any) -> str:
    """What to try in place of a target that nothing learns from."""
    if isinstance(target, float):
        return "int(target) for a class; no task of striate learns one number of a picture"
    if isinstance(target, np.ndarray) and target.ndim == 1:
        return "target.argmax() for shares of classes; target.reshape(-1, 2) for points"
    if isinstance(target, list | tuple) and target and isinstance(target[0], Mapping):
        return "torchvision.datasets.wrap_dataset_for_transforms_v2(dataset), which gives boxes and labels"
    return "another target in the __getitem__ of the data set"


def classes_of(targets: Iterator[Target], names: tuple[str, ...]) -> ClassAnnotations:
    """One class for each picture: a number of ``classes`` where the data set names them, else its own name.

    Raises:
        DataError: a target is something else.
        LabelError: a number has no name.
    """
    numbers, labels = dict[str, int](), array("q")
    for target in targets:
        name = class_name(_class_of(target), target)
        labels.append(numbers.setdefault(name, len(numbers)))
    classes, order = in_order(numbers, names)
    return ClassAnnotations(order[np.array(labels, dtype=np.int64)], classes)


def _class_of(target: Target) -> Any:
    value = target.value
    if isinstance(value, ClassTargets | IdentityTargets):
        value = plain(value.labels)
    if not isinstance(value, str | int | np.integer):
        wrong = f"the target of {target.name} is {described(value)}, and that of others a class"
        raise DataError(wrong, "a whole number or a name", "one kind of target in a data set")
    return value


def _names(items: Items) -> tuple[str, ...]:
    """The names of classes, if all parts agree and none comes twice."""
    return items.classes if len(set(items.classes)) == len(items.classes) else ()


def identities_of(targets: Iterator[Target], names: tuple[str, ...]) -> IdentityAnnotations:
    """Whom each picture shows; arguments and errors as ``classes_of``."""
    found = classes_of(targets, names)
    return IdentityAnnotations(found.labels, found.classes)


def captions_of(targets: Iterator[Target], names: tuple[str, ...]) -> ImageCaptionAnnotations:
    """The sentences of every picture.

    Raises:
        DataError: a target is something else.
    """
    texts = CaptionTexts()
    for target in targets:
        value = target.value.captions[0] if isinstance(target.value, CaptionTargets) else target.value
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            wrong = f"the target of {target.name} is {described(value)}, and that of others captions"
            raise DataError(wrong, "a list of texts", "one kind of target in a data set")
        texts.add(value)
    columns = texts.columns()
    return ImageCaptionAnnotations(Sentences(texts.texts(), columns["text_start"], columns["text_length"]))


def points_of(targets: Iterator[Target], names: tuple[str, ...]) -> PointAnnotations:
    """The points of every picture; those that are NaN are not visible.

    Raises:
        DataError: there are as many on some pictures and others on others.
    """
    rows = list[NDArray[np.float32]]()
    for target in targets:
        rows.append(_row_of(target))
        if rows[-1].shape != rows[0].shape:
            wrong = f"{target.name} has {len(rows[-1])} points, the first picture {len(rows[0])}"
            raise DataError(wrong, "as many on each, NaN for those that are not visible", "pad with NaN")
    table = np.stack(rows)
    visible = (table[..., 2] > 0) & np.isfinite(table[..., :2]).all(2)
    points = np.where(visible[..., None], table[..., :2], 0).astype(np.float32)
    count = points.shape[1]
    known = names if len(names) == count else tuple(map(str, range(count)))
    return PointAnnotations(points, visible, extent(points, visible), Joints(known))


def _row_of(target: Target) -> NDArray[np.float32]:
    """float32 (L, 3): x, y, and 1 where a point is visible."""
    value = target.value
    if isinstance(value, PointTargets):
        value = torch.cat([value.points[0].float(), value.visible[0].float()[:, None]], dim=1).numpy()
    if kind_of(value, target.name) != "points":
        wrong = f"the target of {target.name} is {described(value)}, and that of others points"
        raise DataError(wrong, "floats (L, 2) or (L, 3)", "one kind of target in a data set")
    seen = value[:, 2:] if value.shape[1] == 3 else np.ones((len(value), 1))
    return np.concatenate([value[:, :2], seen], axis=1).astype(np.float32)


OURS: dict[str, type[Any]] = {
    "class": ClassTargets,
    "identity": IdentityTargets,
    "boxes": BoxTargets,
    "captions": CaptionTargets,
    "mask": MaskTargets,
    "points": PointTargets,
}
"""What targets of ours teach."""

COLUMNS: dict[str, Callable[[Iterator[Target], tuple[str, ...]], Annotations]] = {
    "class": classes_of,
    "identity": identities_of,
    "boxes": boxes_of,
    "captions": captions_of,
    "points": points_of,
}
"""How targets of a kind become columns."""
