"""The page of a detector: worst pictures, AP by class, precision and recall, confusions, kinds of errors."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from striate.draw import charts
from striate.draw.recall_chart import recall_chart
from striate.records import BoxTargets, Proposals, Record, Sample
from striate.report import plain_page, regression_page
from striate.report.inline_images import drawn
from striate.report.section import Contents, Measured, Section, Tile
from striate.report.templates import rendered
from striate.tasks.detection.ap_metric import AP50, ApMetric, DetectionMetrics
from striate.tasks.detection.box_confusion import box_confusion
from striate.tasks.detection.error_kinds import error_kinds
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.detection.object_detector import ObjectDetector
from striate.tasks.detection.proposer.network_proposals import NetworkProposals
from striate.tasks.detection.proposer.proposal_recall import RecallMeasure
from striate.tasks.detection.voc_ap import Curve, precision_recall

DRAWN = 50
"""Objects at most that are drawn on a picture: below more of them nothing would be seen."""

CURVES = 6
"""Classes whose curves are drawn: those with the most objects."""

MEASURED = 200
"""Pictures at most whose proposals are measured."""

TAKEN = 40
"""Classes up to which the table of confusions can be read."""


def tiles(page: Measured) -> list[Tile]:
    """AP50 and the other numbers of all classes together; those of each class have a card."""
    metrics = page.evaluation.metrics
    assert isinstance(metrics, DetectionMetrics)
    return plain_page.tiles_of(replace(metrics, per_class={}))


def worst_pictures(page: Measured) -> Section:
    """The pictures with the worst AP50, and from which score on objects are drawn."""
    least = f"{drawn_from(page):.2f}"
    how = (
        f"The truth is green. Drawn are up to {DRAWN} objects with scores above {least}, the threshold with "
        "the best F1; AP50 counts lower scores, too."
    )
    return regression_page.worst_pictures(page, how, f"nothing above {least}", answers)


def drawn_from(page: Measured) -> float:
    """The score with the best F1; that from which on the model names objects where no object is known."""
    model, metrics = page.run.model, page.evaluation.metrics
    assert isinstance(model, ObjectDetector)
    assert isinstance(metrics, DetectionMetrics)
    return metrics.threshold[0] if metrics.threshold else model.detection.finish.score_threshold


def answers(page: Measured, samples: Sequence[Sample]) -> list[Record]:
    """The objects of some pictures that are drawn; by the proposals that the data carry, if they do."""
    given = [proposed(sample) for sample in samples]
    options: dict[str, Any] = {} if any(one is None for one in given) else {"proposals": given}
    images = [sample.image for sample in samples]
    return list(page.run.model.predict(images, score_threshold=drawn_from(page), top_k=DRAWN, **options))


def proposed(sample: Sample) -> Proposals | None:
    """The proposals that the data carry for a picture, in its pixels."""
    targets = sample.targets
    assert isinstance(targets, BoxTargets)
    if targets.proposals is None:
        return None
    boxes = targets.proposals.boxes
    return Proposals(boxes, torch.arange(len(boxes), 0, -1) / max(len(boxes), 1), sample.source)


def classes(page: Measured) -> Section:
    """AP50 of each class, the worst first, and the curves of precision and recall."""
    metrics, metric = page.evaluation.metrics, page.evaluation.metric
    assert isinstance(metrics, DetectionMetrics)
    assert isinstance(metric, ApMetric)
    rows = sorted(metrics.per_class.items(), key=lambda row: (row[1] is None, row[1] or 0.0))
    found = precision_recall(metric.predictions, metric.truths, len(metric.classes))
    counted = {name: curve for name, curve in zip(metric.classes, found, strict=True) if curve.objects}
    most = sorted(counted, key=lambda name: -counted[name].objects)[:CURVES]
    chart = charts.precision_recall({name: read(counted[name]) for name in most}) if most else None
    body = rendered(
        "detection_classes.html",
        rows=[(name, value, counted[name].objects if name in counted else 0) for name, value in rows],
        chart=drawn(chart, "Precision by recall of each class") if chart else None,
        threshold=metrics.threshold,
        convention=metrics.convention,
    )
    return Section("classes", "Classes", body)


def errors(page: Measured) -> Section:
    """Which class was taken for which, and what mending each kind of error would give."""
    metric = page.evaluation.metric
    assert isinstance(metric, ApMetric)
    count, metrics = len(metric.classes), page.evaluation.metrics
    assert isinstance(metrics, DetectionMetrics)
    kinds = error_kinds(metric.predictions, metric.truths, count)
    score = metrics.threshold[0] if metrics.threshold else 0.5
    table = box_confusion(metric.predictions, metric.truths, count, score_threshold=score)
    rows, columns = (*metric.classes, "nothing there"), (*metric.classes, "missed")
    chart = drawn(charts.confusion(table, rows, columns), "Confusions") if count <= TAKEN else None
    body = rendered("detection_errors.html", kinds=kinds, chart=chart, score=score)
    return Section("errors", "Errors", body)


def proposals(page: Measured) -> Section | None:
    """How many objects the regions of the first stage find, by their number and by IoU: what it can reach."""
    model = page.run.model
    assert isinstance(model, ObjectDetector)
    if not isinstance(model.detection, TwoStage):
        return None
    part, proposer, measure = page.splits[page.run.split], NetworkProposals(model), RecallMeasure()
    for index in range(min(len(part), MEASURED)):
        sample = part[index]
        assert isinstance(sample.targets, BoxTargets)
        given = proposed(sample)
        found = proposer.propose(sample.image, sample.source) if given is None else given
        measure.add(found.best(model.detection.most_given), sample.targets)
    recall = measure.result()
    chart = recall_chart(recall.by_number(), recall.by_overlap()) if len(recall.labels) else None
    body = rendered(
        "detection_proposals.html",
        rows=recall.rows(),
        chart=drawn(chart, "Recall of the proposals by their number and by IoU") if chart else None,
        boxes=recall.proposals / max(recall.images, 1),
        images=recall.images,
    )
    return Section("proposals", "Proposals", body)


def read(curve: Curve) -> tuple[Tensor, Tensor]:
    """Recall and precision of a curve, of many points some."""
    chosen = torch.linspace(0, max(len(curve.recall) - 1, 0), min(len(curve.recall), 200)).long()
    return curve.recall[chosen], curve.precision[chosen]


def contents() -> Contents:
    """The page."""
    usual = regression_page.contents_of(AP50)
    return replace(
        usual, tiles=tiles, before=(worst_pictures,), after=(classes, errors, proposals, *usual.after)
    )
