"""What all detectors have in common, whether they say boxes alone, or masks and joints too.

    images --> network --> raw numbers --> candidates --> threshold, suppression, the best --> Detections
                                `------ what is asked of those that are kept: masks, joints ------^

The network says what the numbers mean (``networks/``); what is kept of the candidates is an argument of
``predict``.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import DataError, ModelFileError, SettingError
from striate.layers.backbone import Backbone
from striate.layers.image_network import LISTED, ImageNetwork
from striate.records import Batch, BoxTargets, Detections
from striate.tasks.detection.ap_metric import ApMetric
from striate.tasks.detection.heads import heads_of
from striate.tasks.detection.networks.detection_network import Candidates, DetectionNetwork
from striate.tasks.detection.networks.yolo_v2 import yolo_network
from striate.tasks.detection.parts.finish import Finish
from striate.tasks.detection.parts.loss_sums import LossSums, shares_of_images, total_of
from striate.tasks.detection.proposer.given_boxes import boxes_by, named_proposer, with_boxes
from striate.tasks.detection.proposer.proposed_boxes import ProposedBoxes
from striate.tasks.metric import Metric
from striate.tasks.model import Given, Giving, TaskModel, not_taken
from striate.tasks.raw_outputs import Raw
from striate.tasks.stage import Stage

SIDE, MULTIPLE, ALMOST = 320, 16, 0.25
"""Pixels of the longer side that a network sees, when nobody says; sides are multiples of a cell, rounded
up unless only a quarter of a cell would be lost."""


class ObjectDetector(TaskModel[Detections], ABC):
    """A network that finds any number of objects.

    Args:
        network: a detection network; or a backbone, on which YOLO is built here.
        classes: K names.
        preprocess: what the network expects of a picture.
        options: plain values of a kind of detector, which are saved with it.
    """

    learns_from: ClassVar[tuple[type[Annotations], ...]] = (BoxAnnotations,)
    spatial: ClassVar[bool] = True
    usual_settings: ClassVar[Mapping[str, Any]] = {
        "optimizer": "adamw",
        "lr": 1.5e-3,
        "schedule": "cosine",
        "ema": 0.995,
        "augment": "mirror,shift=0.1,scale=0.3,color=0.2,edge=black",
    }
    most_batch: ClassVar[int] = 16
    least_measured: ClassVar[float] = ApMetric.least_score
    most_measured: ClassVar[int] = ApMetric.most_objects
    time_varies: ClassVar[bool] = True
    network_calls: ClassVar[tuple[str, ...]] = ("training_raw",)

    def __init__(
        self, network: nn.Module, classes: Sequence[str], preprocess: Preprocess, **options: Any
    ) -> None:
        super().__init__(detection_network(network, len(classes)), classes, preprocess, **options)
        self.detection.sees(preprocess)

    @property
    def detection(self) -> DetectionNetwork:
        """The network."""
        assert isinstance(self.network, DetectionNetwork)
        return self.network

    @classmethod
    def size_for(cls, network: ImageNetwork, size: tuple[int, int]) -> tuple[int, int] | None:
        """The size of the network if it has one only, else pictures whose longer side is 320 pixels at most.

        >>> from striate.backbones.lenet import lenet5
        >>> [ObjectDetector.size_for(lenet5(2, 3), size) for size in ((480, 640), (100, 90))]
        [(240, 320), (96, 96)]
        """
        if network.most_side is not None and network.least_side == network.most_side:
            return network.input_size
        factor = min(1.0, SIDE / max(size))
        height, width = (max(1, math.ceil(side * factor / MULTIPLE - ALMOST)) * MULTIPLE for side in size)
        return height, width

    @classmethod
    def require(cls, annotations: Annotations) -> None:
        """Boxes of at least one class.

        Raises:
            DataError: the annotations are of another kind, or no class is named.
        """
        super().require(annotations)
        if not annotations.classes:
            raise DataError(
                "no picture has a box", "boxes and classes on some pictures", "label some objects first"
            )

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """The losses of the network, divided by the number of priors that learn an object."""
        return total_of(self._sums(batch))

    def sample_losses(self, batch: Batch) -> Tensor:
        """(N,): the sum of the losses of each image, divided by its own number of such priors."""
        return shares_of_images(self._sums(batch))

    def _sums(self, batch: Batch) -> LossSums:
        targets, (height, width) = batch.targets, batch.images.shape[-2:]
        assert isinstance(targets, BoxTargets)
        images, network = batch.images, self.detection
        raw = network.training_raw(self.normalized(images), targets) if network.learns_apart else self(images)
        with torch.autocast(batch.images.device.type, enabled=False):  # boxes are exact in any arithmetic
            return self.detection.loss_sums(raw, targets, (height, width))

    def decode(self, raw: Raw, sizes: Tensor, **options: Any) -> list[Detections]:
        """Raw numbers -> a record for each image.

        Args:
            raw: of ``forward``.
            sizes: int64 (N, 2).
            options: ``score_threshold``, ``iou_threshold`` of the suppression, and ``top_k`` objects at most.

        Raises:
            SettingError: an option is out of range.
            ModelFileError: the numbers are NaN.
        """
        finish, size = self.detection.finish.with_options(options), self.preprocess.size
        boxes, scores = (part.cpu() for part in self.detection.candidates(raw, size))
        if not (scores.isfinite().all() and boxes.isfinite().all()):
            raise ModelFileError(
                "the scores or boxes became NaN or infinite",
                "weights with which the network computes numbers",
                "a model from before its training went wrong; for one of half precision, model.float()",
            )
        return self._kept(raw, Candidates(boxes, scores), finish, sizes)

    def _kept(self, raw: Raw, candidates: Candidates, finish: Finish, sizes: Tensor) -> list[Detections]:
        """What is kept of the candidates of each image, with what else the network says of it."""
        count = len(candidates.boxes)
        every = (
            [self.preprocess.size] * count if self.preprocess.one_size else list(map(tuple, sizes.tolist()))
        )
        found = [finish(*one) for one in zip(*candidates, every, strict=True)]
        more = self.detection.fields(raw, found, every)
        return [Detections(*one, self.classes, **own) for one, own in zip(found, more, strict=True)]

    def postprocessing(self) -> dict[str, Any]:
        """The heads, with which ``striate.postprocess`` finishes in numpy."""
        heads = heads_of(self.detection, self.classes, self.preprocess.size)
        return {} if heads is None else {"heads": heads.to_dict()}

    @abstractmethod
    def metric(self) -> Metric:
        """Average precision."""

    def _measured(self, raw: Raw, sizes: Tensor) -> list[Detections]:
        """Objects down to low scores, of which the curve of precision and recall is made.

        What is no number is no object: a training that went wrong ends by its loss, which names the pictures.
        """
        least, most = self.least_measured, self.most_measured
        finish = replace(self.detection.finish, score_threshold=least, top_k=most)
        boxes, scores = (part.cpu() for part in self.detection.candidates(raw, self.preprocess.size))
        sound = boxes.isfinite().all(-1)
        known = (sound if boxes.ndim == 4 else sound[..., None]) & scores.isfinite()
        sound_ones = Candidates(boxes.nan_to_num(0, 0, 0), torch.where(known, scores, 0))
        return self._kept(raw, sound_ones, finish, sizes)

    @torch.no_grad()
    def _loss_of(self, raw: Raw, batch: Batch) -> Tensor:
        """(N,): the loss of each image; what is drawn for it is drawn alike at every time."""
        assert isinstance(batch.targets, BoxTargets)
        size = (batch.images.shape[-2], batch.images.shape[-1])
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            return shares_of_images(self.detection.loss_sums(raw, batch.targets, size))

    def example_targets(self, count: int) -> BoxTargets:
        """A box in the middle of each image."""
        height, width = self.preprocess.size
        box = torch.tensor([width / 4, height / 4, width * 3 / 4, height * 3 / 4])
        labels = torch.arange(count) % len(self.classes)
        proposals = self.detection.example_proposals(count, (height, width))
        ones = torch.ones(count, dtype=torch.int64)
        return BoxTargets(box.expand(count, 4), labels, ones, proposals=proposals)

    @classmethod
    def with_proposals(
        cls, parts: Mapping[str, Dataset], proposals: Any, preprocess: Preprocess | None = None
    ) -> tuple[dict[str, Dataset], tuple[str, ...]]:
        """Annotations that carry the proposals that somebody names."""
        if proposals is None:
            return dict(parts), ()
        return with_boxes(parts, named_proposer(proposals), preprocess)

    def giving(self, options: Mapping[str, Any]) -> tuple[Giving, dict[str, Any]]:
        """``proposals`` of the options: who gives a detector with two stages the boxes that it looks at.

        They are taken in the place of what its first stage proposes: ``selective``, ``quality``, ``windows``,
        a .jsonl file, a ``Proposer``, or ``Proposals`` of each picture.
        """
        rest = {name: value for name, value in options.items() if name != "proposals"}
        proposals = options.get("proposals")
        if proposals is None:
            return super().giving(rest)
        self.require_taking()
        boxes = boxes_by(proposals, self.preprocess, self.detection.most_given)
        return lambda prepared, names: (boxes(prepared, names),), rest

    def example_given(self, count: int) -> Given:
        """Made-up proposals, where they are always given."""
        return self.example_targets(count).given if self.detection.must_be_given else ()

    def require_taking(self) -> None:
        """The network looks at boxes that it is given.

        Raises:
            SettingError: it looks for objects by itself.
        """
        if not self.detection.most_given:
            raise not_taken(f"{self.name or type(self.network).__name__} looks for objects by itself")

    @property
    def cautions(self) -> tuple[str, ...]:
        """Those of its network."""
        return self.detection.cautions

    def prepared(self, data: Dataset) -> Dataset:
        """With proposals, for networks that are given them: those that are there, or that are found."""
        assert isinstance(data.annotations, BoxAnnotations)
        given = data.annotations.proposals
        if isinstance(given, ProposedBoxes):
            limited = given.limited(self.detection.most_given)
            return replace(data, annotations=replace(data.annotations, proposals=limited))
        carried = self.detection.proposals_of(data, self.preprocess)
        return (
            data
            if carried is None
            else replace(data, annotations=replace(data.annotations, proposals=carried))
        )

    def stages(self) -> tuple[Stage, ...]:
        """Those of its network."""
        return self.detection.stages(self.preprocess, self.normalized)

    def fit_to(self, data: Dataset, settings: Any) -> None:
        """Anchors get the typical sizes of the objects.

        Raises:
            DataError: there are none.
        """
        if not data.annotations.counts().any():
            wrong = "no training picture has a box"
            raise DataError(wrong, "boxes to learn from", "label some objects first")
        self.detection.fit_to(data, self.preprocess)


def detection_network(network: nn.Module, classes: int) -> DetectionNetwork:
    """A backbone with YOLO on it; a detection network stays as it is.

    Raises:
        SettingError: the network is neither.
    """
    if isinstance(network, DetectionNetwork):
        return network
    if isinstance(network, Backbone):
        return yolo_network(network, classes)
    raise SettingError(
        f"the network is a {type(network).__name__}",
        "a detector, or a backbone as striate.create gives it",
        LISTED,
    )
