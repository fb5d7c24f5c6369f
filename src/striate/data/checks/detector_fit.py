"""Whether a detector suits the boxes of a data set, before anything is trained: the numbers and their words.

boxes of the files --what the network sees of each picture--> boxes of its images
priors of an image, with the cells they stand in  -->  covered, held by the cells, below a stride, suppressed
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.checks.box_findings import FINE, box_problems
from striate.data.checks.findings import Finding
from striate.data.checks.prior_fit import (
    OVERLAP,
    Pair,
    Share,
    below_stride,
    best_overlaps,
    by_class,
    by_size,
    held_by_cells,
    kept_by_nms,
    shared_cells,
    suppressed_pairs,
)
from striate.data.preprocess import Preprocess
from striate.formatting import plural
from striate.records.affine import clipped_boxes, moved_boxes

LITTLE = 0.95
"""Share of covered boxes of a class, of held and of kept boxes, below which it is worth a word."""

SMALL = 0.05
"""Share of boxes below a stride from which on it is worth a word."""


@dataclass(frozen=True)
class DetectorFit:
    """What a detector can reach on the boxes of a data set.

    Args:
        size: (H, W) of the images that it sees, pixels.
        priors: of an image.
        covered: boxes whose best prior overlaps them by more than 0.5.
        classes: the same of each class, the smallest share first.
        sizes: the same of boxes of similar size.
        held: boxes that the cells of the finest map can hold, as many in each as it has priors.
        first: the same with one object in a cell.
        shared: cells with the centres of two boxes or more.
        below: boxes with a side shorter than the finest stride.
        kept: boxes that are left when the truth itself is suppressed.
        pairs: of one class, that overlap by more than the threshold of the suppression.
        grid: rows and columns of the finest map.
        each: priors of a cell of it.
        threshold: IoU of the suppression.
    """

    size: Pair
    priors: int
    covered: Share
    classes: tuple[Share, ...]
    sizes: tuple[Share, ...]
    held: Share
    first: Share
    shared: int
    below: Share
    kept: Share
    pairs: int
    grid: Pair
    each: int
    threshold: float

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        single = {
            name: getattr(self, name).to_dict() for name in ("covered", "held", "first", "below", "kept")
        }
        lists = {name: [one.to_dict() for one in getattr(self, name)] for name in ("classes", "sizes")}
        plain = {
            "size": list(self.size),
            "priors": self.priors,
            "pairs": self.pairs,
            "shared": self.shared,
            "grid": list(self.grid),
        }
        return {**plain, "each": self.each, "threshold": self.threshold, **single, **lists}

    def sentences(self) -> list[str]:
        """The numbers in words."""
        rows, columns = self.grid
        cell = f"{rows}x{columns} cells, {plural(self.each, 'prior')} each"
        return [
            f"images of {self.size[0]}x{self.size[1]}, {plural(self.priors, 'prior')}; "
            f"the finest map has {cell}",
            f"covered by a prior (IoU above {OVERLAP:g}): {_percent(self.covered)} of "
            f"{plural(self.covered.boxes, 'box')}; least {_listed(self.classes)}",
            f"by size: {_listed(self.sizes, len(self.sizes))}",
            f"held by the cells: {_percent(self.first)} with one object in a cell, "
            f"{_percent(self.held)} with {self.each}; cells with two centres or more: {self.shared:,}",
            f"smaller than a cell on a side: {_percent(self.below)}",
            f"pairs of one class that overlap above {self.threshold:g}: {self.pairs:,}; suppression leaves "
            f"{_percent(self.kept)} of the truth",
        ]

    def findings(self) -> list[Finding]:
        """What limits a training before it begins."""
        found = [
            Finding("not-covered", one.name, f"{_percent(one)} of {plural(one.boxes, 'box')}")
            for one in self.classes
            if one.share < LITTLE
        ]
        if self.held.share < LITTLE:
            found.append(
                Finding("crowded-cells", f"{self.grid[0]}x{self.grid[1]}", f"hold {_percent(self.held)}")
            )
        if self.below.share > SMALL:
            found.append(Finding("below-stride", "boxes", _percent(self.below)))
        if self.kept.share < LITTLE:
            found.append(
                Finding("suppressed", f"threshold {self.threshold:g}", f"leaves {_percent(self.kept)}")
            )
        return found


def detector_fit(
    annotations: BoxAnnotations,
    preprocess: Preprocess,
    priors: Tensor,
    cells: Tensor,
    threshold: float,
) -> DetectorFit:
    """Compare the boxes of a data set with the priors of a network.

    Args:
        annotations: with ``size`` of every picture; bad boxes, crowds and difficult objects are left out.
        preprocess: what the network sees of a picture.
        priors: float32 (A, 4), of an image, pixels.
        cells: float32 (A, 2), width and height of the cell that each stands in, pixels.
        threshold: IoU of the suppression.
    """
    boxes, labels, images = seen_boxes(annotations, preprocess)
    finest = (cells == cells.amin(0)).all(1)
    wide, tall = cells[finest][0].tolist()
    grid = round(preprocess.size[0] / tall), round(preprocess.size[1] / wide)
    each = max(1, int(finest.sum()) // (grid[0] * grid[1]))
    covered = best_overlaps(boxes, priors) > OVERLAP
    count, size = len(boxes), preprocess.size
    return DetectorFit(
        size,
        len(priors),
        Share("covered", count, int(covered.sum())),
        tuple(by_class(covered, labels, annotations.classes)),
        tuple(by_size(covered, boxes)),
        Share("held", count, int(held_by_cells(boxes, images, grid, size, each).sum())),
        Share("first", count, int(held_by_cells(boxes, images, grid, size).sum())),
        shared_cells(boxes, images, grid, size),
        Share("below", count, int(below_stride(boxes, min(wide, tall)).sum())),
        Share("kept", count, kept_by_nms(boxes, labels, images, threshold)),
        len(suppressed_pairs(boxes, labels, images, threshold)),
        grid,
        each,
        threshold,
    )


def seen_boxes(annotations: BoxAnnotations, preprocess: Preprocess) -> tuple[Tensor, Tensor, Tensor]:
    """Boxes (M, 4) in the pixels that a network sees, their classes (M,) and pictures (M,).

    Those that are bad, marked, or not in what the network sees are left out.
    """
    fine = box_problems(annotations.boxes, annotations.sizes()) == FINE
    good = annotations.where(fine & ~annotations.ignored(np.arange(len(annotations.boxes))))
    sizes, of_picture = np.unique(good.pictures["size"], axis=0, return_inverse=True)
    affines = torch.stack([preprocess.affine((int(height), int(width))) for height, width in sizes.tolist()])
    images = torch.from_numpy(good.of_pictures())
    moved = moved_boxes(torch.from_numpy(good.boxes), affines[torch.from_numpy(of_picture.ravel())[images]])
    inside = clipped_boxes(moved, preprocess.size)
    there = ((inside[:, 2:] - inside[:, :2]) > 0).all(1)
    return inside[there], torch.from_numpy(good.labels).long()[there], images[there]


def _percent(share: Share) -> str:
    return f"{100 * share.share:.1f} %"


def _listed(shares: Sequence[Share], most: int = 3) -> str:
    """The first shares by name."""
    return ", ".join(f"{one.name} {_percent(one)}" for one in shares[:most])
