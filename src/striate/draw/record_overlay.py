"""Answers on their pictures: a hand-written table from the kind of record to how it is drawn.

    Classification    a card: the picture beside its most likely classes
    Localization      the box and the class, or a note that nothing is there
    Pose              points and skeleton

What is true is drawn below the answer, in green, where it is known.
"""

from collections.abc import Callable

from PIL import Image

from striate.draw.image_grid import Picture, classification
from striate.draw.overlay import ANSWER, TRUTH, Overlay
from striate.errors import SettingError
from striate.records import BoxTargets, Classification, Localization, PointTargets, Pose, Record, Targets

NAMES = 5
"""Classes on the card of a classification."""


def drawn(image: Picture, record: Record, truth: Targets | None = None, names: int = NAMES) -> Image.Image:
    """The picture with the answer, an RGB picture.

    Args:
        image: the picture that was answered, as it was given.
        record: the answer, in its pixels.
        truth: targets of this one picture, in its pixels; None where nobody knows.
        names: classes that the card of a classification lists.

    Raises:
        SettingError: no drawing is known for such a record.
    """
    if isinstance(record, Classification):
        return classification(image, record, names=names)
    draw = DRAWN.get(type(record))
    if draw is None:
        known = ", ".join(["Classification", *(kind.__name__ for kind in DRAWN)])
        raise SettingError(f"the record is a {type(record).__name__}", f"one of: {known}", "draw it yourself")
    return draw(Overlay(image), record, truth).picture


def _localization(overlay: Overlay, record: Record, truth: Targets | None) -> Overlay:
    assert isinstance(record, Localization)
    if isinstance(truth, BoxTargets):
        for box, label in zip(truth.boxes.tolist(), truth.labels.tolist(), strict=True):
            overlay.box(box, TRUTH, record.classes[label])
    if record.present:
        overlay.box(record.box.tolist(), ANSWER, f"{record.class_name} {record.score:.0%}")
    else:
        overlay.label((0, overlay.picture.height), f"nothing there ({1 - record.presence:.0%})", ANSWER)
    return overlay


def _pose(overlay: Overlay, record: Record, truth: Targets | None) -> Overlay:
    assert isinstance(record, Pose)
    if isinstance(truth, PointTargets):
        true = [(x, y) for x, y in truth.points[0].tolist()]
        overlay.skeleton(true, record.skeleton, TRUTH, truth.visible[0].tolist())
    return overlay.skeleton([(x, y) for x, y in record.points.tolist()], record.skeleton)


DRAWN: dict[type[Record], Callable[[Overlay, Record, Targets | None], Overlay]] = {
    Localization: _localization,
    Pose: _pose,
}
