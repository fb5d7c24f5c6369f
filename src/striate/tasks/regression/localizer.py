"""Localization: where the one object of a picture is, and which class it has; or that there is none.

    y = [Pc, bx, by, bh, bw, c1, ..., cK]     Pc: is there an object?     c: its class
                                              b: middle, height and width as shares of the sides

With Pc = 0 all else is left out of the loss. The network places four points, one on each edge of the box:
where it touches the object there is something to see, which a corner of the box often lacks.

Sources: Sermanet et al. 2014 (OverFeat), section 4; the vector as it is taught since. Points on edges: Zhou,
Zhuo, Kraehenbuehl 2019 (ExtremeNet), section 4.1, which is given them; here their other coordinate is free.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.augment.augment_recipe import augmentation
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import DataError, SettingError
from striate.records import Batch, BoxTargets, Localization
from striate.tasks.raw_outputs import Raw
from striate.tasks.regression.box_metric import BoxMetric
from striate.tasks.regression.distances import Distance
from striate.tasks.regression.network import Head, regression_network
from striate.tasks.regression.object_losses import (
    corners_from,
    corners_of,
    edge_losses,
    object_losses,
    vector_of,
)
from striate.tasks.regression.regression_model import RegressionModel

EDGES = 4
"""Points that the network places: one on each edge of the box."""


@final
class Localizer(RegressionModel[Localization]):
    """A network that says where the one object is.

    Args:
        network: a backbone, which gets its branches here; or a ``RegressionNetwork``.
        classes: K names.
        preprocess: what the network expects of a picture.
        head: what the edges are read from, ``map`` or ``vector``.
        loss: how the four numbers of a box are compared.
        box_weight: of the losses of the box and of its maps against those of presence and class.
        overlap_weight: of 1 - GIoU of the box, likewise.
    """

    task: ClassVar[str] = "localize"
    learns_from: ClassVar[tuple[type[Annotations], ...]] = (BoxAnnotations,)
    outputs: ClassVar[tuple[str, ...]] = ("object",)

    def __init__(
        self,
        network: nn.Module,
        classes: Sequence[str],
        preprocess: Preprocess,
        *,
        head: Head = "map",
        loss: Distance = "l1",
        box_weight: float = 5.0,
        overlap_weight: float = 2.0,
    ) -> None:
        branches = regression_network(network, EDGES, 1 + len(classes), head, preprocess.size)
        options = {"head": head, "loss": loss, "box_weight": box_weight, "overlap_weight": overlap_weight}
        super().__init__(branches, classes, preprocess, **options)
        self.distance, self.box_weight, self.overlap_weight = loss, box_weight, overlap_weight

    @classmethod
    def options_for(cls, annotations: Annotations, settings: Any) -> dict[str, Any]:
        """The settings of the task."""
        weights = {"box_weight": settings.box_weight, "overlap_weight": settings.overlap_weight}
        return {"head": settings.head, "loss": settings.distance, **weights}

    @classmethod
    def require(cls, annotations: Annotations) -> None:
        """At most one box on every picture.

        Raises:
            DataError: the annotations are of another kind, or a picture has two boxes.
        """
        super().require(annotations)
        assert isinstance(annotations, BoxAnnotations)
        if not annotations.classes:
            raise DataError(
                "no picture has a box",
                "a box and a class on some pictures",
                "fill in the numbers of the table",
            )
        several = int((annotations.numbers > 1).sum())
        if several:
            raise DataError(
                f"{several} of {len(annotations)} pictures have more than one box",
                "one object a picture, or none",
                "task detect, for any number of objects: striate train DATA --task detect",
            )

    def fit_to(self, data: Dataset, settings: Any) -> None:
        """Refuse to put several objects into a picture.

        Raises:
            SettingError: pictures are made of parts of four.
        """
        if augmentation(settings.augment or "none").mosaic:
            wrong = "augmentation mosaic puts several objects into a picture, and the task is localize"
            raise SettingError(wrong, "one object a picture, or none", "mosaic=0")

    @property
    def output_names(self) -> tuple[str, ...]:
        """``presence``, the middle, height and width of the box, and the classes."""
        return ("presence", "x", "y", "height", "width", *self.classes)

    def from_network(self, numbers: Raw) -> Tensor:
        """Numbers of the network -> y (N, 5 + K); presence and classes before sigmoid and softmax."""
        assert isinstance(numbers, Tensor)
        return vector_of(corners_from(numbers[:, : 2 * EDGES]), numbers[:, 2 * EDGES :])

    def image_losses(self, batch: Batch) -> dict[str, Tensor]:
        """Every loss of each image, (N,); 0 for class and box where there is no object."""
        points, scores, maps = self.branched.branches(self.normalized(batch.images))
        y = vector_of(corners_from(points.flatten(1)), scores)
        found = object_losses(y, batch, self.distance, self.box_weight, self.overlap_weight)
        if maps is not None:
            found["maps"] = edge_losses(maps, batch, self.box_weight)
        return found

    def decode(self, raw: Raw, sizes: Tensor, **options: Any) -> list[Localization]:
        """y (N, 5 + K) -> a record for each.

        Args:
            raw: of ``forward``.
            sizes: int64 (N, 2).
            options: ``threshold``, the presence from which on an object is said to be there (0.5).
        """
        assert isinstance(raw, Tensor)
        y = raw.float().cpu()
        threshold = float(options.get("threshold", 0.5))
        columns = zip(self.positions(y), y[:, 0].sigmoid(), y[:, 5:].softmax(1), strict=True)
        return [
            Localization(box, float(presence), scores, self.classes, threshold=threshold)
            for box, presence, scores in columns
        ]

    def positions(self, raw: Raw) -> Tensor:
        """x1, y1, x2, y2 of every box, (N, 4)."""
        assert isinstance(raw, Tensor)
        boxes = corners_of(raw[:, 1:5].float())
        return boxes * boxes.new_tensor(self.preprocess.size[::-1] * 2)

    def metric(self) -> BoxMetric:
        """Share of right classes with a box that overlaps enough, mean IoU, accuracy."""
        return BoxMetric(self.classes)

    def example_targets(self, count: int) -> BoxTargets:
        """A box in the middle of each image."""
        height, width = self.preprocess.size
        box = torch.tensor([width / 4, height / 4, width * 3 / 4, height * 3 / 4])
        labels = torch.arange(count) % len(self.classes)
        return BoxTargets(box.expand(count, 4), labels, torch.ones(count, dtype=torch.int64))

    def mirrored(self, raw: Raw) -> Raw:
        """The middle of the box from the other side."""
        assert isinstance(raw, Tensor)
        return torch.cat([raw[:, :1], 1 - raw[:, 1:2], raw[:, 2:]], dim=1)
