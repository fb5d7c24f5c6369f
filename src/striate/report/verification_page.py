"""The page of a model that tells identities apart: ROC, distances of both kinds of pairs, the hardest pairs.

A threshold can be chosen, and both rates are said: the page needs no script for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor

from striate.draw import charts
from striate.draw.heatmap import picture
from striate.report import plain_page
from striate.report.inline_images import data_uri, drawn
from striate.report.section import Contents, Measured, Section
from striate.report.templates import rendered
from striate.tasks.verification.pair_sample import Pairs, pairs_of
from striate.tasks.verification.verification_metric import EER, VerificationMetric, VerificationMetrics

SHOWN = 8
"""Pairs of each kind."""

STOPS = 32
"""Thresholds that can be chosen, about."""


def measured(page: Measured) -> tuple[VerificationMetric, VerificationMetrics]:
    """The metric with its vectors, and what it computed."""
    metric, metrics = page.evaluation.metric, page.evaluation.metrics
    assert isinstance(metric, VerificationMetric)
    assert isinstance(metrics, VerificationMetrics)
    return metric, metrics


def hardest_pairs(page: Measured) -> Section | None:
    """Pairs of one identity that are farthest apart, and pairs of two that are nearest."""
    metric, metrics = measured(page)
    if metrics.eer is None:
        return None
    pairs = pairs_of(metric.labels)
    distances = metric.distances(pairs)
    kinds = [
        ("of one identity, the farthest", hardest(distances, pairs, same=True)),
        ("of two identities, the nearest", hardest(distances, pairs, same=False)),
    ]
    rows = [(name, [_shown(page, pairs, distances, row) for row in chosen]) for name, chosen in kinds]
    body = rendered("verification_pairs.html", kinds=rows, threshold=metrics.thresholds["eer"])
    return Section("pairs", "Hardest pairs", body)


def hardest(distances: Tensor, pairs: Pairs, *, same: bool, count: int = SHOWN) -> list[int]:
    """Rows of the pairs of a kind that are most like the other kind; each picture once.

    >>> import torch
    >>> pairs = pairs_of(torch.tensor([0, 0, 0, 1]))
    >>> hardest(torch.tensor([1.0, 5.0, 2.0, 3.0, 4.0, 6.0]), pairs, same=True)
    [1]
    """
    rows = (pairs.same == same).nonzero()[:, 0]
    order = distances[rows].sort(descending=same, stable=True).indices
    chosen, seen = list[int](), set[int]()
    for row in rows[order].tolist():
        both = {int(pairs.first[row]), int(pairs.second[row])}
        if not both & seen:
            chosen.append(row)
            seen |= both
        if len(chosen) == count:
            break
    return chosen


def _shown(page: Measured, pairs: Pairs, distances: Tensor, row: int) -> dict[str, object]:
    """Both pictures, their names and their distance."""
    dataset, model = page.splits[page.run.split], page.run.model
    both: Sequence[int] = [
        int(page.evaluation.indices[int(side[row])]) for side in (pairs.first, pairs.second)
    ]
    images = [data_uri(picture(model.preprocess(dataset.image(index)))) for index in both]
    names = [dataset.annotations.words(index) for index in both]
    return {"images": images, "names": names, "distance": float(distances[row])}


def rates(page: Measured) -> Section | None:
    """The ROC, both histograms and the thresholds."""
    _, metrics = measured(page)
    if metrics.eer is None:
        return None
    curve = drawn(charts.roc_curve(metrics.curve["far"], metrics.curve["tar"], metrics.eer), "ROC")
    bars = drawn(charts.two_histograms(metrics.histograms, metrics.thresholds["eer"]), "Distances of pairs")
    chosen = stops(metrics.histograms, metrics.thresholds["eer"] or 0.0)
    body = rendered("verification_rates.html", curve=curve, bars=bars, stops=chosen)
    return Section("rates", "Threshold", body)


def stops(histograms: Mapping[str, Sequence[float]], first: float) -> list[dict[str, Any]]:
    """Thresholds with the shares of pairs that each accepts; the nearest one to the first is chosen.

    Args:
        histograms: ``edges`` of the bins, and pairs of ``same`` and of ``other``.
        first: a distance.

    >>> [one["true_accepts"] for one in stops({"edges": [0, 1, 2], "same": [3, 1], "other": [0, 2]}, 0.9)]
    [0.0, 0.75, 1.0]
    """
    edges = np.asarray(histograms["edges"], dtype=float)
    below = {
        name: np.concatenate([[0.0], np.cumsum(histograms[name]) / max(np.sum(histograms[name]), 1)])
        for name in ("same", "other")
    }
    shown = np.arange(0, len(edges), max(1, round(len(edges) / STOPS)))
    nearest = shown[np.abs(edges[shown] - first).argmin()]
    return [
        {
            "distance": float(edges[place]),
            "true_accepts": float(below["same"][place]),
            "false_accepts": float(below["other"][place]),
            "chosen": bool(place == nearest),
        }
        for place in shown
    ]


def contents() -> Contents:
    """The page."""
    return replace(plain_page.contents(EER), before=(rates, hardest_pairs), after=())
