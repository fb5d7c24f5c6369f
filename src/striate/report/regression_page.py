"""The page of a model that gives points or a box: worst pictures with truth and answer, error by point."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch

from striate.data.annotations.point_annotations import PointAnnotations
from striate.draw.joint_chart import joint_chart
from striate.draw.record_overlay import drawn
from striate.ops.boxes import paired_iou
from striate.records import BoxTargets, Localization, Record, Sample, Targets
from striate.report import plain_page
from striate.report.inline_images import data_uri
from striate.report.plain_page import WorstPicture, worst, worst_section
from striate.report.section import Contents, Measured, Section
from striate.report.templates import rendered
from striate.tasks.metric import Primary
from striate.tasks.regression.point_metric import PointMetrics

SHOWN = 12
PICTURE, CHART = 480, 960
"""Pixels of the longer side of a picture and of the body; about twice of what is seen, for sharp screens."""

NOTHING = "nothing"
MOST = 1_000
"""Pictures among which a typical one is looked for."""


def answers(page: Measured, samples: Sequence[Sample]) -> list[Record]:
    """What the model answers to some pictures."""
    return list(page.run.model.predict([sample.image for sample in samples]))


def worst_pictures(
    page: Measured,
    how: str = "The truth is green, the answer orange.",
    nothing: str = "nothing found",
    answering: Callable[[Measured, Sequence[Sample]], list[Record]] = answers,
    panels: int = 1,
) -> Section:
    """The pictures with the worst primary number, with the truth in green.

    Args:
        page: what was measured.
        how: truth and answer are drawn, in sentences.
        nothing: what is written on a picture in which nothing was found.
        answering: gives what is drawn.
        panels: pictures that stand beside each other for each.
    """
    run, found = page.run, page.evaluation
    metrics, dataset = found.metrics, page.splits[run.split]
    values = torch.empty(0) if metrics.per_image is None else metrics.per_image
    rows = worst(values, metrics.primary, SHOWN)
    samples = [dataset[int(found.indices[row])] for row in rows]
    records = answering(page, samples) if samples else []
    pictures = [
        WorstPicture(
            data_uri(drawn(sample.image, record, sample.targets, nothing=nothing), panels * PICTURE),
            source=sample.source,
            **_words(record, sample.targets, metrics.primary.of(float(values[row]))),
        )
        for row, sample, record in zip(rows, samples, records, strict=True)
    ]
    how = f"The worst first. {how}"
    return worst_section(pictures, metrics.primary, how, large=panels == 1, wide=panels > 1)


def _words(answer: Record, truth: Targets | None, primary: Primary) -> dict[str, str]:
    """The value; of a box also both classes, and in place of right and wrong how far the boxes overlap."""
    if not isinstance(answer, Localization):
        return {"value": primary.text()}
    assert isinstance(truth, BoxTargets)
    predicted = answer.class_name if answer.present else NOTHING
    if not len(truth.boxes):
        return {"value": "", "predicted": predicted, "true": NOTHING}
    overlap = paired_iou(answer.box[None].double(), truth.boxes.double()).item() if answer.present else 0.0
    true = answer.classes[int(truth.labels[0])]
    return {"value": f"IoU {overlap:.2f}", "predicted": predicted, "true": true}


def error_by_point(page: Measured) -> Section:
    """The error of each point: a picture of the body, and a table."""
    metrics, annotations = page.evaluation.metrics, page.splits["train"].annotations
    assert isinstance(metrics, PointMetrics)
    assert isinstance(annotations, PointAnnotations)
    joints = annotations.joints
    values = [metrics.per_point[name] for name in joints.names]
    chart = joint_chart(typical_points(annotations), joints.skeleton, values, joints.names, CHART)
    rows = sorted(metrics.per_point.items(), key=lambda row: -(row[1] or 0.0))
    limbs = metrics.pcp is not None
    body = rendered("points.html", chart=data_uri(chart, CHART), rows=rows, limbs=limbs)
    return Section("points", "Error by point", body)


def typical_points(annotations: PointAnnotations) -> list[tuple[float, float]]:
    """The points of the picture whose shape is nearest to the mean, of those with the most visible points."""
    count = annotations.visible.sum(1)
    rows = np.flatnonzero(count == count.max())[:MOST]
    shapes = annotations.points[rows].astype(np.float64)
    shapes -= shapes.mean(1, keepdims=True)
    shapes /= np.maximum(np.linalg.norm(shapes, axis=(1, 2), keepdims=True), 1e-9)
    nearest = rows[np.linalg.norm(shapes - shapes.mean(0), axis=(1, 2)).argmin()]
    return [(float(x), float(y)) for x, y in annotations.points[nearest]]


def contents_of(primary: Primary, *more: Callable[[Measured], Section]) -> Contents:
    """The page of a task with such a primary number."""
    return replace(plain_page.contents(primary), before=(worst_pictures, *more))
