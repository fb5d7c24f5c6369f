"""The page of dense captions: the worst pictures; the best and worst regions, truth beside answer."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PIL import Image

from striate.data.captions.tokenizer import words_of
from striate.draw.overlay import Overlay
from striate.ops import box_iou
from striate.records import BoxTargets, Detections, Sample
from striate.report import plain_page, regression_page
from striate.report.inline_images import data_uri
from striate.report.plain_page import WorstPicture
from striate.report.section import Contents, Measured, Section
from striate.report.templates import rendered
from striate.tasks.captioning.dense_ap import judged
from striate.tasks.captioning.dense_metric import FOUND, MAP, objects_of
from striate.tasks.captioning.meteor import NAME

LOOKED_AT, SHOWN = 60, 8
"""Pictures whose regions are looked at, evenly spread; and regions of each kind that are shown."""

SIDE, AROUND = 200, 0.4
"""Pixels of a region on the page, and the share of its sides that is shown around it."""


def worst_pictures(page: Measured) -> Section:
    """The pictures with the worst mAP."""
    how = "The truth is green; below each picture are its ten surest regions and what is said of them."
    return regression_page.worst_pictures(page, how)


def regions(page: Measured) -> Section | None:
    """Found regions whose sentences are most and least like the truth; None where no region was found."""
    part = page.splits[page.run.split]
    rows = np.unique(np.linspace(0, len(part) - 1, min(len(part), LOOKED_AT)).round().astype(int))
    samples = [part[int(row)] for row in rows]
    answers = page.run.model.predict([sample.image for sample in samples])
    found = [one for pair in zip(samples, answers, strict=True) for one in _found(*pair)]
    if not found:
        return None
    found.sort(key=lambda one: -one[0])
    worst = found[: -SHOWN - 1 : -1] if len(found) > SHOWN else []
    body = rendered(
        "caption_regions.html",
        groups=[("best", [one for _, one in found[:SHOWN]]), ("worst", [one for _, one in worst])],
        similarity=NAME,
    )
    return Section("regions", "Regions", body)


def _found(sample: Sample, answer: Detections) -> Iterator[tuple[float, WorstPicture]]:
    """The true regions of a picture that were found: how alike the sentences are, and what is shown."""
    assert isinstance(sample.targets, BoxTargets)
    assert answer.captions is not None
    (truth,) = objects_of(sample.targets)
    said = [words_of(text) for text in answer.captions.texts]
    rows = judged(answer.boxes, answer.scores, said, truth)  # answers stand by their score already
    if not len(truth.boxes):
        return
    nearest = box_iou(answer.boxes.double(), truth.boxes).argmax(1).tolist() if len(answer) else []
    for row, number in enumerate(nearest):
        if rows.first[row] and rows.overlaps[row] >= FOUND:
            alike = float(rows.similarities[row])
            true = " / ".join(" ".join(words) for words in truth.captions[number])
            image = data_uri(_around(sample, answer.boxes[row].tolist()), SIDE)
            text = answer.captions.texts[row] or "no words"
            yield alike, WorstPicture(image, f"{alike:.2f}", sample.source, text, true)


def _around(sample: Sample, box: list[float]) -> Image.Image:
    """A region in its box, with some of the picture around it."""
    overlay = Overlay(sample.image).box(box)
    wide, high = overlay.factor
    x1, y1, x2, y2 = box[0] * wide, box[1] * high, box[2] * wide, box[3] * high
    more_x, more_y = AROUND * (x2 - x1), AROUND * (y2 - y1)
    width, height = overlay.size
    left, top = max(0, round(x1 - more_x)), max(0, round(y1 - more_y))
    right, bottom = min(width, round(x2 + more_x)), min(height, round(y2 + more_y))
    return overlay.picture.crop((left, top, max(right, left + 1), max(bottom, top + 1)))


def contents() -> Contents:
    """The page."""
    return replace(plain_page.contents(MAP), before=(worst_pictures, regions))
