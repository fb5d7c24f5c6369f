"""The page of a segmenter: worst pictures with truth, answer and disagreement, IoU by class, confusions."""

from dataclasses import replace

from striate.draw import charts
from striate.report import plain_page, regression_page
from striate.report.inline_images import drawn
from striate.report.section import Contents, Measured, Section, Tile
from striate.report.templates import rendered
from striate.tasks.segmentation.mask_metric import MIOU, MaskMetric, MaskMetrics

TAKEN = 40
"""Classes up to which the table of confusions can be read."""


def tiles(page: Measured) -> list[Tile]:
    """Mean IoU and the other numbers of all classes together; those of each class have a card."""
    metrics = page.evaluation.metrics
    assert isinstance(metrics, MaskMetrics)
    return plain_page.tiles_of(replace(metrics, per_class={}))


def worst_pictures(page: Measured) -> Section:
    """The pictures with the worst mean IoU."""
    how = (
        "Truth, answer, and where they disagree, in red; pixels that are ignored are grey, and dark in the "
        "disagreement."
    )
    return regression_page.worst_pictures(page, how, panels=3)


def classes(page: Measured) -> Section:
    """IoU of each class, the worst first."""
    metrics = page.evaluation.metrics
    assert isinstance(metrics, MaskMetrics)
    total = max(sum(metrics.pixels.values()), 1)
    rows = sorted(metrics.per_class.items(), key=lambda row: (row[1] is None, row[1] or 0.0))
    body = rendered(
        "segmentation_classes.html",
        rows=[(name, value, metrics.pixels[name] / total) for name, value in rows],
        rule=metrics.rule,
    )
    return Section("classes", "Classes", body)


def confusion(page: Measured) -> Section | None:
    """Which class was taken for which."""
    metric = page.evaluation.metric
    assert isinstance(metric, MaskMetric)
    if len(metric.classes) > TAKEN:
        return None
    chart = drawn(charts.confusion(metric.table, metric.classes), "Confusions, pixels")
    return Section("confusion", "Confusions", rendered("segmentation_confusion.html", chart=chart))


def contents() -> Contents:
    """The page."""
    usual = plain_page.contents(MIOU)
    return replace(usual, tiles=tiles, before=(worst_pictures,), after=(classes, confusion, *usual.after))
