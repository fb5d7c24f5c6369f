"""An augmentation that does not go with what is known of the pictures is refused before a run begins."""

from types import SimpleNamespace

import numpy as np
import pytest

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.checks.statistics import Facts
from striate.errors import SettingError
from striate.tasks.regression.localizer import Localizer
from striate.train.run.defaults import default_augment
from striate.train.run.run import require_augmentation
from striate.train.run.settings import Settings

BOXES = BoxAnnotations(np.zeros((1, 4), np.float32), np.zeros(1, np.int32), np.array([1]), ("cat",))
CLASSES = ClassAnnotations(np.zeros(1, np.int64), ("cat",))


def known(annotations):
    return Facts(True, (28, 28), True, (1,), 1, annotations)


@pytest.mark.parametrize("augment", ["boxes", "ssd", "mosaic,zoom", "digits,warp=0", "none"])
def test_boxes_are_moved_by_all_parts_but_the_warp(augment, tiny):
    require_augmentation(Settings(augment=augment), known(BOXES), tiny["train"])


@pytest.mark.parametrize(
    ("augment", "annotations", "wrong"),
    [
        ("digits", BOXES, "warp moves pixels by a field"),
        ("ssd", CLASSES, "iou_crop needs boxes"),
        ("mosaic", CLASSES, "mosaic needs boxes"),
        ("mosaic", None, "mosaic needs boxes"),
    ],
)
def test_what_would_leave_boxes_behind_or_needs_some_is_refused(augment, annotations, wrong, tiny):
    with pytest.raises(SettingError, match=wrong):
        require_augmentation(Settings(augment=augment), known(annotations), tiny["train"])


def test_handwriting_with_places_is_not_warped_by_default():
    assert default_augment(known(BOXES), handwriting=True, kept=False) == "digits,warp=0"
    assert default_augment(known(CLASSES), handwriting=True, kept=False) == "digits"


def test_one_object_a_picture_allows_no_mosaic():
    with pytest.raises(SettingError, match="several objects"):
        Localizer.fit_to(SimpleNamespace(), BOXES, Settings(augment="mirror,mosaic"))
