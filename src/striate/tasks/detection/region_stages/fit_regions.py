"""The three stages of R-CNN and SPPnet that follow the descent.

features     what the network says of every proposal and object, written to files
machines     a support vector machine for each class; objects against regions that overlap none by .3
regression   where the object of a region lies, from regions that overlap one by .6
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.layers.eval_mode import evaluating
from striate.ops import box_ioa, box_iou, encode_boxes
from striate.records import Batch, BoxTargets
from striate.tasks.detection.parts.machines_and_ridge import MachinesAndRidge
from striate.tasks.detection.parts.ssd_loss import objects
from striate.tasks.detection.region_stages.box_ridge import LEAST_IOU, ridge
from striate.tasks.detection.region_stages.linear_svm import length_scale, mined_svm
from striate.tasks.detection.region_stages.region_file import ITSELF, RegionFile
from striate.tasks.stage import Done, Stage

BATCH, FLUSHED = 4, 8
"""Pictures that are seen together, and batches after which the files are flushed."""

LEAST_NEGATIVE = 0.3
"""IoU with an object of the class below which a region is a negative."""

NEITHER = 0.45
"""The overlap that is written for a region on an ignored object: neither a negative nor a teacher."""

SCALED_BY = 100_000
"""Rows from which the length of the features is measured."""

FEATURES = "features"


@final
@dataclass(frozen=True, repr=False)
class RegionFeatures:
    """What the stages ask of the network.

    Args:
        network: whose mode is left as it was.
        features_of: normalized images and regions of each -> features (R, D).
        head: into which the stages write.
        preprocess: what the network expects of a picture.
        normalized: uint8 images -> as the network wants them.
    """

    network: torch.nn.Module
    features_of: Callable[[Tensor, list[Tensor]], Tensor]
    head: MachinesAndRidge
    preprocess: Preprocess
    normalized: Callable[[Tensor], Tensor]


@dataclass(frozen=True, repr=False)
class RegionStage(Stage):
    """A stage that knows its network and the files of features.

    Args:
        regions: of the network.
    """

    regions: RegionFeatures

    @property
    def classes(self) -> int:
        """K."""
        return len(self.regions.head.machine_bias)

    def file(self, data: Dataset, folder: Path) -> RegionFile:
        """The files of features; their rows are at most these."""
        annotations = data.annotations
        assert isinstance(annotations, BoxAnnotations)
        proposals = annotations.proposals
        rows = len(annotations.boxes)
        if proposals is not None:
            every = torch.split(torch.arange(len(data)), BATCH)
            rows += sum(int(proposals.collate(indices).counts.sum()) for indices in every)
        return RegionFile(folder / FEATURES, rows, self.regions.head.machine_weight.shape[1], self.classes)


@final
class FeatureStage(RegionStage):
    """Writes the features of all regions."""

    name, says = FEATURES, "features of all proposals and objects, written to files"

    @property
    def done(self) -> bool:
        """Whether nobody needs them any more."""
        return bool(self.regions.head.fitted.all())

    def written(self, data: Dataset, folder: Path) -> bool:
        """Whether the features of all pictures are there."""
        return (folder / FEATURES).is_dir() and self.file(data, folder).pictures == len(data)

    @torch.no_grad()
    def run(self, data: Dataset, folder: Path) -> Iterator[Done]:
        """Write what is missing."""
        file, total = self.file(data, folder), len(data)
        rest = data.subset(np.arange(file.pictures, total))
        if not len(rest):
            return
        with file, evaluating(self.regions.network):
            for number, batch in enumerate(Loader(rest, self.regions.preprocess, BATCH).batches()):
                for columns in self._rows(batch):
                    file.append(*columns)
                if number % FLUSHED == FLUSHED - 1:
                    file.flush()
                yield Done(file.pictures, total)
            file.flush()

    def _rows(self, batch: Batch) -> list[tuple[NDArray[Any], ...]]:
        """Features, overlaps and offsets of each picture: of its objects, then of its proposals."""
        targets = batch.targets
        assert isinstance(targets, BoxTargets)
        device = self.regions.head.fitted.device
        truths, regions = objects(targets), list[Tensor]()
        nothing = [(torch.zeros(0, 4), torch.zeros(0))] * len(targets)
        proposed = nothing if targets.proposals is None else targets.proposals.split()
        for (boxes, _, _), (proposals, _) in zip(truths, proposed, strict=True):
            regions.append(torch.cat([boxes, proposals]))
        images = self.regions.normalized(batch.images.to(device))
        seen = self.regions.features_of(images, [one.to(device) for one in regions]).float().cpu()
        parts = torch.split(seen, [len(one) for one in regions])
        return [
            (part.half().numpy(), *_overlaps(one, *truth, self.classes))
            for part, one, truth in zip(parts, regions, truths, strict=True)
        ]


@final
class MachineStage(RegionStage):
    """Fits the machines."""

    name, says = "machines", "a linear support vector machine for each class, with hard negatives"

    @property
    def done(self) -> bool:
        """Whether the machines are in the network."""
        return bool(self.regions.head.fitted[0])

    def run(self, data: Dataset, folder: Path) -> Iterator[Done]:
        """One class after the other."""
        features, overlaps, _ = self.file(data, folder).tables()
        scale, head = length_scale(features, np.arange(min(len(features), SCALED_BY))), self.regions.head
        for number in range(self.classes):
            own = np.asarray(overlaps[:, number], np.float32)
            positive, negative = np.flatnonzero(own == ITSELF), np.flatnonzero(own < LEAST_NEGATIVE)
            machine = mined_svm(features, positive, negative, scale=scale)
            head.machine_weight[number] = torch.from_numpy(machine.weight)
            head.machine_bias[number] = machine.bias
            yield Done(number + 1, self.classes)
        head.fitted[0] = True


@final
class RegressionStage(RegionStage):
    """Fits the regression of boxes."""

    name, says = "regression", "a ridge regression of the box for each class"

    @property
    def done(self) -> bool:
        """Whether the regression is in the network."""
        return bool(self.regions.head.fitted[1])

    def run(self, data: Dataset, folder: Path) -> Iterator[Done]:
        """One class after the other."""
        features, overlaps, offsets = self.file(data, folder).tables()
        scale, head = length_scale(features, np.arange(min(len(features), SCALED_BY))), self.regions.head
        best = np.asarray(overlaps, np.float32).argmax(1) if self.classes else np.zeros(0, np.int64)
        for number in range(self.classes):
            own = np.asarray(overlaps[:, number], np.float32)
            rows = np.flatnonzero((best == number) & (own > LEAST_IOU) & (own != ITSELF))
            moves = ridge(features, rows, np.asarray(offsets[rows]), scale=scale)
            head.ridge_weight[number] = torch.from_numpy(moves.weight)
            head.ridge_bias[number] = torch.from_numpy(moves.bias)
            yield Done(number + 1, self.classes)
        head.fitted[1] = True


def _overlaps(
    regions: Tensor, boxes: Tensor, ignored: Tensor, labels: Tensor, classes: int
) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    """Of one image: the largest IoU of each region with each class (P, K), and offsets to its object (P, 4).

    The first regions are the objects themselves.
    """
    found, offsets = torch.zeros(len(regions), classes), torch.zeros(len(regions), 4)
    if len(boxes) and len(regions):
        iou = box_iou(boxes, regions)
        for number in set(labels.tolist()):
            found[:, number] = iou[labels == number].amax(0)
        offsets = encode_boxes(boxes[iou.argmax(0)], regions, (1.0, 1.0, 1.0, 1.0))
        found[torch.arange(len(boxes)), labels] = ITSELF
    if len(ignored) and len(regions):
        inside = box_ioa(ignored, regions).amax(0) > 0.5
        inside[: len(boxes)] = False
        found[inside] = NEITHER
    return found.half().numpy(), offsets.float().numpy()
