"""The chart of recall: every curve is named, and numbers of boxes are written as people do."""

from xml.etree import ElementTree

import torch

from striate.draw import charts
from striate.draw.recall_chart import recall_chart
from striate.tasks.detection.proposer.proposal_recall import ProposalRecall


def names(figure) -> list[str]:
    root = ElementTree.fromstring(charts.svg(figure))
    return ["".join(text.itertext()).strip() for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_every_curve_is_named_and_numbers_have_commas() -> None:
    overlaps = torch.rand(50, 4).cummax(1).values
    measured = ProposalRecall(overlaps, torch.arange(50) % 2, (10, 100, 1000, 2000), 9, 9)
    written = names(recall_chart(measured.by_number(), measured.by_overlap()))
    for name in ("recall at IoU 0.5", "recall at IoU 0.7", "mean best overlap", "100 boxes", "2,000 boxes"):
        assert name in written
    assert "1,000" in written


def test_one_number_and_no_object_can_be_drawn() -> None:
    for count in (0, 3):
        measured = ProposalRecall(torch.rand(count, 1), torch.zeros(count).long(), (1,), 1, 1)
        assert "1 box" in names(recall_chart(measured.by_number(), measured.by_overlap()))
