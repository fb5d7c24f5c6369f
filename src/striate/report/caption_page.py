"""The pages of captions: the worst pictures; of dense captions also the best and worst regions.

Beside each region is a map of its least sure word: the slope of the word's log-probability at every pixel.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from striate.data.captions.tokenizer import words_of
from striate.draw import heatmap
from striate.draw.overlay import Overlay
from striate.explain.attribution.saliency import saliency
from striate.explain.attribution.word_target import least_sure_word
from striate.formatting import percent
from striate.ops import box_iou
from striate.records import BoxTargets, Detections, Sample
from striate.report import plain_page, regression_page
from striate.report.inline_images import data_uri
from striate.report.plain_page import WorstPicture
from striate.report.section import Contents, Measured, Section
from striate.report.templates import rendered
from striate.tasks.captioning.caption_metric import CIDER_D
from striate.tasks.captioning.dense_ap import judged
from striate.tasks.captioning.dense_captioner import DenseCaptioner
from striate.tasks.captioning.dense_metric import FOUND, MAP, objects_of
from striate.tasks.captioning.meteor import NAME
from striate.tasks.model import TaskModel

LOOKED_AT, SHOWN = 60, 8
"""Pictures whose regions are looked at, evenly spread; and regions of each kind that are shown."""

SIDE, AROUND = 200, 0.4
"""Pixels of a region on the page, and the share of its sides that is shown around it."""

BLUR = 5
"""Pixels over which a map is averaged: single ones tell nothing to the eye."""


def worst_pictures(page: Measured) -> Section:
    """The pictures with the worst mAP."""
    how = "The truth is green; below each picture are its ten surest regions and what is said of them."
    return regression_page.worst_pictures(page, how)


@dataclass(frozen=True)
class _Found:
    """A true region that was found.

    Args:
        alike: how alike the sentences are, 0..1.
        sample: its picture.
        number: of the region in the answer.
        box: x1, y1, x2, y2, pixels of the picture.
        said: the caption.
        true: the true captions.
    """

    alike: float
    sample: Sample
    number: int
    box: list[float]
    said: str
    true: str


@dataclass(frozen=True)
class ShownRegion(WorstPicture):
    """A region with its captions, and where its least sure word looks.

    Args:
        why: the map of that word, as data; "" where no word was written.
        doubted: the word.
        sure: its probability, in words.
    """

    why: str = ""
    doubted: str = ""
    sure: str = ""


def regions(page: Measured) -> Section | None:
    """Found regions whose sentences are most and least like the truth; None where no region was found."""
    part = page.splits[page.run.split]
    rows = np.unique(np.linspace(0, len(part) - 1, min(len(part), LOOKED_AT)).round().astype(int))
    samples = [part[int(row)] for row in rows]
    answers = page.run.model.predict([sample.image for sample in samples])
    found = [one for pair in zip(samples, answers, strict=True) for one in _found(*pair)]
    if not found:
        return None
    found.sort(key=lambda one: -one.alike)
    worst = found[: -SHOWN - 1 : -1] if len(found) > SHOWN else []
    groups = [
        (name, [_shown(page.run.model, one) for one in own])
        for name, own in (("best", found[:SHOWN]), ("worst", worst))
    ]
    return Section("regions", "Regions", rendered("caption_regions.html", groups=groups, similarity=NAME))


def _found(sample: Sample, answer: Detections) -> Iterator[_Found]:
    """The true regions of a picture that were found."""
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
            true = " / ".join(" ".join(words) for words in truth.captions[number])
            alike, box = float(rows.similarities[row]), answer.boxes[row].tolist()
            yield _Found(alike, sample, row, box, answer.captions.texts[row], true)


def _shown(model: TaskModel[Any], one: _Found) -> ShownRegion:
    """A region on the page: in its picture, and with the map of its least sure word."""
    assert isinstance(model, DenseCaptioner)
    image = data_uri(_around(one.sample.image, one.box), SIDE)
    alike, said = f"{one.alike:.2f}", one.said or "no words"
    pixels = model.preprocess(one.sample.image)[None]
    if (least := least_sure_word(model, pixels, one.number)) is None:
        return ShownRegion(image, alike, one.sample.source, said, one.true)
    target, sure = least
    slope = saliency(model, pixels, target).abs().amax(1)
    blurred = F.avg_pool2d(slope, BLUR, stride=1, padding=BLUR // 2, count_include_pad=False)
    why = data_uri(_around(pixels[0], target.box.tolist(), blurred), SIDE)
    words = (target.word, percent(sure, 0))
    return ShownRegion(image, alike, one.sample.source, said, one.true, why, *words)


def _around(image: Tensor, box: list[float], values: Tensor | None = None) -> Image.Image:
    """A region in its box, with some of the picture around it, or with values of its pixels over it."""
    x1, y1, x2, y2 = box
    more_x, more_y = AROUND * (x2 - x1), AROUND * (y2 - y1)
    left, top = (max(0, int(side)) for side in (x1 - more_x, y1 - more_y))
    right, bottom = max(left + 1, round(x2 + more_x)), max(top + 1, round(y2 + more_y))
    shown = image[:, top:bottom, left:right]
    glowing = shown if values is None else heatmap.overlay(shown, values[:, top:bottom, left:right])
    return Overlay(glowing).box([x1 - left, y1 - top, x2 - left, y2 - top]).picture


def contents() -> Contents:
    """The page."""
    return replace(plain_page.contents(MAP), before=(worst_pictures, regions))


def pictures_and_sentences(page: Measured) -> Section:
    """The pictures with the worst CIDEr-D."""
    how = "Below each picture is what the model says of it, and then, in green, what is true."
    return regression_page.worst_pictures(page, how)


def contents_of_pictures() -> Contents:
    """The page of captions alone."""
    return replace(plain_page.contents(CIDER_D), before=(pictures_and_sentences,))
