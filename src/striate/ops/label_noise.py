"""Which labels are likely wrong, by what networks that never saw the pictures answer: confident learning.

    threshold of a class   the mean probability of it on the pictures that are labelled so
    a picture counts as    the most probable of the classes whose threshold it reaches
    wrong share            of the pictures of a label that count, those that count as another class
    suspects               that share of the pictures of the label: those with the lowest probability of it

A class that a network is never sure of needs less to be believed, so that neither rare nor hard classes are
suspected as a whole.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from striate.errors import ShapeError


@dataclass(frozen=True)
class LabelIssues:
    """Labels that are likely wrong, the surest first.

    Args:
        rows: int64 (S,), positions among the pictures.
        suggested: int64 (S,), the classes that they count as; of those that count as none the most probable.
        scores: (S,), 1 minus the probability of the label; the larger, the surer.
    """

    rows: Tensor
    suggested: Tensor
    scores: Tensor


def class_thresholds(true_probability: Tensor, labels: Tensor, classes: int) -> Tensor:
    """(K,): the mean probability of each class on the pictures that are labelled so; 1 without a picture.

    >>> class_thresholds(torch.tensor([0.9, 0.5, 0.6]), torch.tensor([0, 0, 1]), 3).tolist()
    [0.699999988079071, 0.6000000238418579, 1.0]
    """
    sums = true_probability.new_zeros(classes).index_add_(0, labels, true_probability)
    counts = torch.bincount(labels, minlength=classes)
    return torch.where(counts > 0, sums / counts.clamp(min=1), torch.ones_like(sums))


def label_issues(
    top_probability: Tensor, top_classes: Tensor, true_probability: Tensor, labels: Tensor, classes: int
) -> LabelIssues:
    """Labels that are likely wrong.

    Args:
        top_probability: (N, T), the largest probabilities of each picture, descending.
        top_classes: int64 (N, T), the classes that they belong to; -1 for none.
        true_probability: (N,), of the labels.
        labels: int64 (N,), 0..K-1.
        classes: K.

    Raises:
        ShapeError: the numbers do not belong to the same pictures.

    Source: Northcutt, Jiang, Chuang 2021, "Confident learning: estimating uncertainty in dataset labels",
    equations 1 and 2, and "prune by class" of section 3.2. Of a picture the T most probable classes are
    looked at, not all; one whose label is its most probable class is never suspected.

    >>> p = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.9, 0.1]])
    >>> labels = torch.tensor([0, 0, 1, 1])
    >>> ranked = p.sort(1, descending=True)
    >>> found = label_issues(ranked.values, ranked.indices, p.gather(1, labels[:, None])[:, 0], labels, 2)
    >>> found.rows.tolist(), found.suggested.tolist()
    ([3], [0])
    """
    lengths = {len(top_classes), len(true_probability), len(labels)}
    if top_probability.shape != top_classes.shape or len(lengths) > 1:
        raise ShapeError(
            f"{tuple(top_probability.shape)} probabilities of {tuple(top_classes.shape)} classes, "
            f"{len(labels)} labels and {len(true_probability)} of their probabilities",
            "one row for each picture",
            "pass the answers to all pictures",
        )
    limits = class_thresholds(true_probability, labels, classes)
    reached = (top_classes >= 0) & (top_probability >= limits[top_classes.clamp(min=0)])
    place = reached.int().argmax(1, keepdim=True)  # the first is the most probable
    counts_as, counted = top_classes.gather(1, place)[:, 0], reached.any(1)
    of_label = torch.bincount(labels[counted], minlength=classes)
    agree = torch.bincount(labels[counted & (counts_as == labels)], minlength=classes)
    share = torch.where(of_label > 0, 1 - agree / of_label.clamp(min=1), torch.zeros_like(agree / 1))
    wanted = (share * torch.bincount(labels, minlength=classes)).round().long()
    order = true_probability.sort(stable=True).indices
    order = order[labels[order].sort(stable=True).indices]  # by label, and the least sure of each first
    counts = torch.bincount(labels, minlength=classes)
    rank = torch.arange(len(labels)) - (counts.cumsum(0) - counts)[labels[order]]
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    chosen[order] = rank < wanted[labels[order]]
    rows = (chosen & (top_classes[:, 0] != labels)).nonzero().flatten()
    suggested = torch.where(counts_as == labels, top_classes[:, 0], counts_as)[rows]
    scores = 1 - true_probability[rows]
    order = scores.sort(descending=True, stable=True).indices
    return LabelIssues(rows[order], suggested[order], scores[order])
