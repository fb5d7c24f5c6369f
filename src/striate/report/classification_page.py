"""The page of a classifier: lead, tiles, worst mistakes, confusion matrix, class by class, calibration."""

from markupsafe import Markup

from striate.draw import charts
from striate.formatting import grouped, percent, percent_range, plural
from striate.report import page_data
from striate.report.inline_images import drawn
from striate.report.mistakes import mistakes
from striate.report.per_class import CELLS, DRAWN, class_rows, most_confused, pairs_as_frequent, shares
from striate.report.section import Curve, Measured, Section, Tile
from striate.report.templates import rendered
from striate.tasks.classification.answers import Answers
from striate.tasks.classification.calibration import JUDGED_FROM, Calibration, calibration, chance_error
from striate.tasks.classification.metric import ClassificationMetric
from striate.tasks.classification.metrics import ClassificationMetrics
from striate.train.run.headline import role

CURVE = Curve("val_accuracy", "Validation accuracy (%)", factor=100)
ROWS = 200
"""Classes in the table; with more, the weakest: all of 5,000 would make a page of megabytes."""


def lead(page: Measured) -> Markup:
    """How many pictures were classified rightly, and the most frequent mistake if there is one."""
    metrics, split = _metrics(page), page.run.split
    confused = most_confused(metrics, 2)
    return rendered(
        "lead.html",
        metrics=metrics,
        split=split,
        role=role(split),
        right=int(metrics.confusion.right.sum()),
        confused=confused,
        tied=pairs_as_frequent(metrics, confused[0].images) if confused else 0,
    )


def tiles(page: Measured) -> list[Tile]:
    """Accuracy, top-5 accuracy of many classes, mistakes, calibration error of many pictures."""
    metrics = _metrics(page)
    if metrics.accuracy is None:
        return []
    wrong = metrics.count - int(metrics.confusion.right.sum())
    made = [Tile("Accuracy", percent(metrics.accuracy, 2), _interval(metrics.interval), metrics.accuracy)]
    if metrics.top5 is not None:
        made.append(Tile("Top-5 accuracy", percent(metrics.top5), _interval(metrics.top5_interval)))
    made.append(Tile("Mistakes", grouped(wrong), f"of {plural(metrics.count, f'{page.run.split} picture')}"))
    if metrics.calibration_error is not None:
        note = _interval(metrics.calibration_interval)
        made.append(Tile("Calibration error", percent(metrics.calibration_error), note))
    return made


def worst_mistakes(page: Measured) -> Section:
    """The wrong answers of highest confidence."""
    run, found = page.run, page.evaluation
    shown = mistakes(run.model, page.splits[run.split], _answers(page), found.indices)
    body = rendered("mistakes.html", mistakes=shown, count=found.metrics.count)
    return Section("mistakes", "Mistakes", body)


def confusion(page: Measured) -> Section:
    """The matrix as a table, as a picture, or left out; and the most frequent mistakes."""
    metrics = _metrics(page)
    classes, confused = metrics.classes, most_confused(metrics)
    pairs = len(metrics.confusion.mistakes())
    drawable = CELLS < len(classes) <= DRAWN
    chart = charts.confusion(metrics.confusion.dense(), classes) if drawable else None
    tied = pairs_as_frequent(metrics, confused[-1].images) if confused else 0
    body = rendered(
        "confusion.html",
        classes=classes,
        cells=shares(metrics) if len(classes) <= CELLS else None,
        chart=chart and drawn(chart, "Confusion matrix, classes by number"),
        confused=confused,
        more=pairs - len(confused),
        tied=tied > sum(one.images == confused[-1].images for one in confused) if confused else False,
    )
    return Section("confusion", "Confusion", body)


def classes(page: Measured) -> Section:
    """Precision, recall and F1 of the weakest classes."""
    metrics = _metrics(page)
    rows = class_rows(metrics, [dataset.counts().tolist() for dataset in page.splits.values()])
    left_out = max(0, len(rows) - ROWS)
    body = rendered("classes.html", rows=rows[:ROWS], left_out=left_out, parts=page_data.parts(page.splits))
    return Section("classes", "Classes", body)


def confidence(page: Measured) -> Section:
    """Whether confidence agrees with accuracy; judged on 600 pictures or more."""
    metrics, answers = _metrics(page), _answers(page)
    bins = calibration(answers.confidence, answers.right)
    chart = charts.reliability(bins.confidence, bins.right, bins.count) if bins.judged else None
    body = rendered(
        "calibration.html",
        metrics=metrics,
        bins=bins,
        reliability=chart and drawn(chart, "Reliability diagram"),
        verdict=verdict(metrics, bins),
        judged_from=JUDGED_FROM,
        chance=min(1.0, chance_error(max(1, metrics.count))),
    )
    return Section("confidence", "Calibration", body)


def verdict(metrics: ClassificationMetrics, bins: Calibration) -> str:
    """Whether the mean confidence lies in the interval of the accuracy, above it or below it."""
    low, high = metrics.interval or (0.0, 1.0)
    if low <= bins.mean <= high:
        return "no difference can be told"
    return "the network is too confident" if bins.mean > high else "the network is not confident enough"


def _metrics(page: Measured) -> ClassificationMetrics:
    assert isinstance(page.evaluation.metrics, ClassificationMetrics)  # CONTENTS says so
    return page.evaluation.metrics


def _answers(page: Measured) -> Answers:
    assert isinstance(page.evaluation.metric, ClassificationMetric)
    return page.evaluation.metric.per_image


def _interval(interval: tuple[float, float] | None) -> str:
    return f"95 % interval {percent_range(interval)}"
