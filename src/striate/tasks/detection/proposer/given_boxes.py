"""Proposals that somebody names for pictures: a file, a method, or the boxes themselves.

training, evaluation    ProposedBoxes of the annotations, which come with the targets of a batch
prediction              boxes of each prepared picture, given to the network beside the images of a batch
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.dataset import Dataset
from striate.data.inputs import InputBatch
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.records import Proposals
from striate.tasks.detection.proposer.proposed_boxes import ProposedBoxes, one_table
from striate.tasks.detection.proposer.proposer import Proposer
from striate.tasks.detection.proposer.proposers import propose_each, proposer_of

RPN = "rpn"
"""The name of what a network has learned, where names of proposers are written."""


def named_proposer(proposals: Any) -> Proposer:
    """The proposer that somebody names for pictures.

    Args:
        proposals: ``selective``, ``quality``, ``windows``, a .jsonl file of boxes, or a proposer.

    Raises:
        SettingError: it is something else.
        DataError: the file cannot be read.
    """
    if isinstance(proposals, Proposer):
        return proposals
    if not isinstance(proposals, str | Path) or str(proposals) == RPN:
        raise SettingError(
            f"proposals is {str(proposals)[:60]!r}",
            "selective, quality, windows or a .jsonl file",
            "leave proposals out: a detector that proposes by itself does so",
        )
    return proposer_of(proposals)


def with_boxes(
    parts: Mapping[str, Dataset], proposer: Proposer, preprocess: Preprocess | None
) -> tuple[dict[str, Dataset], tuple[str, ...]]:
    """Pictures whose annotations carry proposals, and what is to be known of these.

    Args:
        parts: pictures with boxes, by the name of the split.
        proposer: finds the proposals.
        preprocess: how the network sees a picture, for a proposer that looks at pixels.

    Raises:
        DataError: a file has no boxes for any of the pictures, or it is not clear for which.
    """
    seen, carrying = None if proposer.in_file_pixels else preprocess, dict[str, Dataset]()
    known = parts.values() if proposer.in_file_pixels else ()  # only a file asks how the pictures are called
    names = [part.name(index) for part in known for index in range(len(part))]
    for name, part in parts.items():
        assert isinstance(part.annotations, BoxAnnotations)
        carried = ProposedBoxes(part.store, part.places, proposer, seen, None)
        carrying[name] = replace(part, annotations=replace(part.annotations, proposals=carried))
    return carrying, proposer.notes_on(names)


Boxes = Callable[[InputBatch, Sequence[str]], list[Tensor]]
"""Prepared pictures and their names -> boxes (P, 4) of each, pixels of the images."""


def boxes_by(proposals: Any, preprocess: Preprocess, most: int) -> Boxes:
    """What gives the boxes of the pictures of a prediction.

    Args:
        proposals: as ``named_proposer`` takes it; or ``Proposals`` of each picture, in its pixels.
        preprocess: with which the pictures are prepared.
        most: boxes of a picture at most, the best first.
    """
    known = isinstance(proposals, Sequence) and all(isinstance(one, Proposals) for one in proposals)
    if isinstance(proposals, Proposals) or (known and not isinstance(proposals, str)):
        rest = iter([proposals] if isinstance(proposals, Proposals) else proposals)
        return lambda batch, names: moved([_next(rest) for _ in names], batch, preprocess, most)
    proposer = named_proposer(proposals)
    if not proposer.in_file_pixels:
        return lambda batch, names: searched(proposer, batch, names, most)
    return lambda batch, names: moved(_written(proposer, batch, names), batch, preprocess, most)


def searched(proposer: Proposer, batch: InputBatch, names: Sequence[str], most: int) -> list[Tensor]:
    """What is found in the pictures as the network sees them."""
    pairs = zip(batch.images, batch.sizes.tolist(), strict=True)
    found = propose_each(proposer, [image[:, :height, :width] for image, (height, width) in pairs])
    return [one.best(most).boxes for one in found if isinstance(one, Proposals)]


def moved(
    proposals: Sequence[Proposals], batch: InputBatch, preprocess: Preprocess, most: int
) -> list[Tensor]:
    """Boxes in pixels of the pictures -> in pixels of the images, as targets are moved."""
    if not proposals:
        return []
    table = one_table([one.best(most).boxes.float() for one in proposals])
    affines = torch.stack([preprocess.affine(size) for size in batch.own])
    size = (batch.images.shape[2], batch.images.shape[3])
    return [boxes for boxes, _ in table.moved(affines, size).split()]


def _written(proposer: Proposer, batch: InputBatch, names: Sequence[str]) -> list[Proposals]:
    """What a file says of the pictures, by their paths.

    Raises:
        SettingError: a picture has no path.
    """
    if not all(names):
        raise SettingError(
            "a picture is given by its pixels, and the proposals are from a file",
            "paths, by which the file knows the pictures",
            "the paths of the pictures without tiles, or proposals selective",
        )
    blank = torch.zeros(1, 1, 1, dtype=torch.uint8)  # no pixel is looked at
    pairs = zip(batch.own, names, strict=True)
    return [proposer.propose(blank.expand(1, *size), name) for size, name in pairs]


def _next(rest: Iterator[Proposals]) -> Proposals:
    """The proposals of the next picture.

    Raises:
        SettingError: there are none left.
    """
    found = next(rest, None)
    if found is None:
        raise SettingError(
            "proposals are fewer than pictures", "one Proposals for each picture", "striate.propose(pictures)"
        )
    return found
