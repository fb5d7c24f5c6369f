"""Answers on their pictures: a hand-written table from the kind of record to how it is drawn.

    Classification    a card: the picture beside its most likely classes
    Detections        boxes in the colors of their classes; with many, the classes are listed in a corner;
                      masks in a color of each object, joints with their skeleton; with captions, numbered
                      boxes and the sentences below
    Localization      the box and the class, or a note that nothing is there
    Pose              points and skeleton
    Proposals         the first boxes; where objects are known, the best box of each
    SuperResolution   the whole picture, and bicubic and network side by side where they differ most
    ImageCaption      the sentence below the picture, and the true ones in green
    Segmentation      tints and contours, a legend below; where the truth is known, both and where they differ
    any other         the picture, and the answer in words below it

What is true is drawn below the answer, in green, where it is known.
"""

from collections.abc import Callable

from PIL import Image
from torch import Tensor

from striate.draw.caption_sheet import captioned, with_sentence
from striate.draw.enlarged import before_after
from striate.draw.image_grid import Picture, classification, grid
from striate.draw.mask_overlay import large, segmented, tinted
from striate.draw.overlay import ANSWER, TRUTH, Overlay
from striate.draw.theme import SERIES
from striate.ops import box_iou
from striate.records import (
    BoxTargets,
    Classification,
    Detections,
    ImageCaption,
    Localization,
    MaskTargets,
    PointTargets,
    Pose,
    Proposals,
    Record,
    Segmentation,
    SuperResolution,
    Targets,
)

NAMES = 5
"""Classes on the card of a classification."""

NAMED = 25
"""Boxes up to which each has its name; names of more would hide the picture."""

SURE = 0.1
"""Score of a joint below which it is not drawn."""

FIRST = 20
"""Proposals that are drawn where nobody knows the objects."""

COLORS = tuple(color for color in SERIES if color != TRUTH)
"""Of classes, in turn."""

SIDE = 320
"""Pixels of the longer side of a picture with words below it."""


def drawn(
    image: Picture,
    record: Record,
    truth: Targets | None = None,
    names: int = NAMES,
    nothing: str = "nothing found",
) -> Image.Image:
    """The picture with the answer, an RGB picture.

    Args:
        image: the picture that was answered, as it was given.
        record: the answer, in its pixels.
        truth: targets of this one picture, in its pixels; None where nobody knows.
        names: classes that the card of a classification lists.
        nothing: what is written on a picture without detections.
    """
    if isinstance(record, Classification):
        return classification(image, record, names=names)
    if isinstance(record, Detections) and record.captions is not None:
        return captioned(image, record, truth)
    if type(record) in SHEETS:
        return SHEETS[type(record)](image, record, truth)
    draw = DRAWN.get(type(record))
    if draw is None:
        return grid([image], [record.in_words(names)], columns=1, side=SIDE)
    overlay = draw(Overlay(image), record, truth)
    if isinstance(record, Detections) and not len(record):
        overlay.label((0, overlay.size[1]), nothing, ANSWER)
    return overlay.picture


def with_truth(images: Tensor, targets: Targets) -> list[Picture]:
    """Pictures (N, C, H, W) with what is known of them, as far as it has places: boxes, points or masks."""
    if isinstance(targets, MaskTargets):
        masks = zip(images, targets.masks, strict=True)
        known = targets.masks[targets.masks != targets.ignored]
        names = [str(number) for number in range(int(known.max()) + 1 if len(known) else 1)]
        return [tinted(large(image), mask, names, targets.ignored) for image, mask in masks]
    if isinstance(targets, BoxTargets):
        pairs = zip(images, targets.split(), strict=True)
        return [_boxed(image, boxes.tolist()) for image, (boxes, _) in pairs]
    if isinstance(targets, PointTargets):
        rows = zip(images, targets.points.tolist(), targets.visible.tolist(), strict=True)
        return [Overlay(image).skeleton(points, (), TRUTH, seen).picture for image, points, seen in rows]
    return list(images)


def _boxed(image: Tensor, boxes: list[list[float]]) -> Image.Image:
    overlay = Overlay(image)
    for box in boxes:
        overlay.box(box, TRUTH)
    return overlay.picture


def _localization(overlay: Overlay, record: Record, truth: Targets | None) -> Overlay:
    assert isinstance(record, Localization)
    if isinstance(truth, BoxTargets):
        for box, label in zip(truth.boxes.tolist(), truth.labels.tolist(), strict=True):
            overlay.box(box, TRUTH, record.classes[label], below=True)  # the answer's is above
    if record.present:
        overlay.box(record.box.tolist(), ANSWER, f"{record.class_name} {record.score:.0%}")
    else:
        overlay.label((0, overlay.size[1]), f"nothing there ({1 - record.presence:.0%})", ANSWER)
    return overlay


def _detections(overlay: Overlay, record: Record, truth: Targets | None) -> Overlay:
    assert isinstance(record, Detections)
    few = len(record) <= NAMED
    if isinstance(truth, BoxTargets):
        for box in truth.boxes.tolist():
            overlay.box(box, TRUTH)
    _masks_and_joints(overlay, record)
    rows = zip(record.boxes.tolist(), record.labels.tolist(), record.scores.tolist(), strict=True)
    for box, label, score in reversed(list(rows)):  # the best score is on top
        overlay.box(box, COLORS[label % len(COLORS)], f"{record.classes[label]} {score:.0%}" if few else "")
    counts = record.labels.bincount(minlength=len(record.classes)).tolist()
    present = [(label, count) for label, count in enumerate(counts) if count]
    if not few:
        for line, (label, count) in enumerate(present[:NAMED]):
            overlay.listed(line, f"{count} {record.classes[label]}", COLORS[label % len(COLORS)])
    return overlay


def _masks_and_joints(overlay: Overlay, record: Detections) -> None:
    """Masks tinted, each object in a color of its own, the best score on top; then joints that are sure."""
    masks, joints = record.masks, record.joints
    if masks is not None:
        for number in reversed(range(len(record))):
            bits, left, top = masks.window(number)
            overlay.mask(bits, (left, top), COLORS[number % len(COLORS)])
    if joints is not None:
        for number in reversed(range(len(record))):
            points = [(x, y) for x, y in joints.points[number].tolist()]
            sure = (joints.scores[number] >= SURE).tolist()
            overlay.skeleton(points, joints.skeleton, COLORS[number % len(COLORS)], sure)


def _pose(overlay: Overlay, record: Record, truth: Targets | None) -> Overlay:
    assert isinstance(record, Pose)
    if isinstance(truth, PointTargets):
        true = [(x, y) for x, y in truth.points[0].tolist()]
        overlay.skeleton(true, record.skeleton, TRUTH, truth.visible[0].tolist())
    return overlay.skeleton([(x, y) for x, y in record.points.tolist()], record.skeleton)


def _proposals(overlay: Overlay, record: Record, truth: Targets | None) -> Overlay:
    """The first boxes, the best on top; or each object with the box that fits it best, and their IoU."""
    assert isinstance(record, Proposals)
    if not isinstance(truth, BoxTargets):
        for rank, box in reversed(list(enumerate(record.boxes[:FIRST].tolist()))):
            overlay.box(box, COLORS[rank % len(COLORS)])
        return overlay
    for box in truth.boxes.tolist():
        overlay.box(box, TRUTH)
    if len(record):
        overlaps, best = box_iou(record.boxes, truth.boxes).max(0)
        for box, overlap in zip(record.boxes[best].tolist(), overlaps.tolist(), strict=True):
            overlay.box(box, ANSWER, f"{overlap:.2f}" if len(best) <= NAMED else "")
    return overlay


def _segmentation(image: Picture, record: Record, truth: Targets | None) -> Image.Image:
    assert isinstance(record, Segmentation)
    return segmented(image, record, truth)


def _sentence(image: Picture, record: Record, truth: Targets | None) -> Image.Image:
    assert isinstance(record, ImageCaption)
    return with_sentence(image, record, truth)


def _enlarged(image: Picture, record: Record, truth: Targets | None) -> Image.Image:
    assert isinstance(record, SuperResolution)
    assert isinstance(image, Tensor)
    return before_after(image, record)


SHEETS: dict[type[Record], Callable[[Picture, Record, Targets | None], Image.Image]] = {
    ImageCaption: _sentence,
    Segmentation: _segmentation,
    SuperResolution: _enlarged,
}
"""Records that are drawn as a sheet of their own, not over the picture."""

DRAWN: dict[type[Record], Callable[[Overlay, Record, Targets | None], Overlay]] = {
    Detections: _detections,
    Localization: _localization,
    Pose: _pose,
    Proposals: _proposals,
}
