"""Which sections the page of each task has: a hand-written table. A task adds its line and its functions."""

from dataclasses import replace

from striate.report import (
    caption_page,
    classification_page,
    detection_page,
    regression_page,
    segmentation_page,
    superresolution_page,
    verification_page,
)
from striate.report.section import Card, Contents
from striate.tasks.regression.box_metric import LOCALIZED
from striate.tasks.regression.point_metric import ERROR

CONTENTS: dict[str, Contents] = {
    "classification": Contents(
        classification_page.CURVE,
        classification_page.lead,
        classification_page.tiles,
        before=(classification_page.worst_mistakes,),
        after=(classification_page.confusion, classification_page.classes, classification_page.confidence),
    ),
    "detect": detection_page.contents(),
    "instances": replace(detection_page.contents(), curve=None),
    "caption": caption_page.contents_of_pictures(),
    "dense_captions": caption_page.contents(),
    "localize": regression_page.contents_of(LOCALIZED),
    "landmarks": regression_page.contents_of(ERROR, regression_page.error_by_point),
    "segmentation": segmentation_page.contents(),
    "superresolution": superresolution_page.contents(),
    "verification": verification_page.contents(),
    "pose": regression_page.contents_of(ERROR, regression_page.error_by_point),
}

POOLED: dict[str, tuple[Card, ...]] = {
    "classification": (
        classification_page.confusion,
        classification_page.classes,
        classification_page.confidence,
    ),
}
"""By task: the cards of a cross-validation, which know the answers alone, as several networks gave them."""
