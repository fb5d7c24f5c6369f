"""Landmarks and poses: where L named points are.

    images --> RegressionNetwork --> x, y of every point, and a score that says whether it is visible --> Pose

Points that are not visible are masked out of the loss and of the metrics. The two tasks differ in name alone.
"""

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.augment.augment_recipe import augmentation
from striate.data.dataset import Dataset
from striate.data.joints import Joints
from striate.data.preprocess import Preprocess
from striate.records import Batch, PointTargets, Pose
from striate.tasks.raw_outputs import Raw
from striate.tasks.regression.distances import MAP_WEIGHT, Distance, distance, map_entropy, masked_mean
from striate.tasks.regression.network import Head, regression_network, shares_of
from striate.tasks.regression.point_metric import PointMetric, named_ends
from striate.tasks.regression.regression_model import RegressionModel

VISIBLE_WEIGHT = 0.02
"""Of the loss of visibility, so that it does not outweigh distances, which are shares of a side."""


class PointModel(RegressionModel[Pose], ABC):
    """A network that says where L points are.

    Args:
        network: a backbone, which gets its branches here; or a ``RegressionNetwork``.
        classes: names of the points.
        preprocess: what the network expects of a picture.
        joints: mirror pairs and skeleton, as ``Joints.to_dict`` gives them.
        head: what points are read from, ``map`` or ``vector``.
        loss: how distances are measured.
        normalize: what divides errors: ``box``, or two names of points as in ``left_eye,right_eye``.

    Raises:
        SettingError: joints that do not fit the names, or no such points to normalize by.

    Attributes:
        limbs: whether the lines of the skeleton are limbs, which PCP counts; those of a face are not.
    """

    learns_from: ClassVar[tuple[type[Annotations], ...]] = (PointAnnotations,)
    outputs: ClassVar[tuple[str, ...]] = ("points",)
    limbs: ClassVar[bool] = False

    def __init__(
        self,
        network: nn.Module,
        classes: Sequence[str],
        preprocess: Preprocess,
        *,
        joints: Mapping[str, Any] | None = None,
        head: Head = "map",
        loss: Distance = "l1",
        normalize: str = "box",
    ) -> None:
        values = joints or {"names": list(classes)}
        branches = regression_network(network, len(classes), len(classes), head, preprocess.size)
        super().__init__(
            branches, classes, preprocess, joints=values, head=head, loss=loss, normalize=normalize
        )
        self.joints, self.distance = Joints.from_dict(values), loss
        self.ends = named_ends(normalize, self.joints.names)

    @classmethod
    def options_for(cls, annotations: Annotations, settings: Any) -> dict[str, Any]:
        """The joints of the data, and the settings of the task."""
        assert isinstance(annotations, PointAnnotations)
        own = {"head": settings.head, "loss": settings.distance, "normalize": settings.normalize}
        return {"joints": annotations.joints.to_dict(), **own}

    @property
    def output_names(self) -> tuple[str, ...]:
        """``nose.x``, ``nose.y``, ... of all points, then ``nose.visible``, ..."""
        places = (f"{name}.{axis}" for name in self.classes for axis in "xy")
        return (*places, *(f"{name}.visible" for name in self.classes))

    def image_losses(self, batch: Batch) -> dict[str, Tensor]:
        """Every loss of each image, (N,)."""
        targets = batch.targets
        assert isinstance(targets, PointTargets)
        truth, seen = shares_of(targets.points, batch.images), targets.visible
        points, scores, maps = self.branched.branches(self.normalized(batch.images))
        visible = F.binary_cross_entropy_with_logits(scores, seen.float(), reduction="none").mean(1)
        found = {
            "distance": masked_mean(distance(points, truth, self.distance).sum(2), seen),
            "visible": VISIBLE_WEIGHT * visible,
        }
        if maps is not None:
            found["maps"] = MAP_WEIGHT * masked_mean(map_entropy(maps, truth), seen)
        return found

    def decode(self, raw: Raw, sizes: Tensor, **options: Any) -> list[Pose]:
        """(N, 3 L): x and y of every point as shares of the sides, then scores -> a record for each."""
        assert isinstance(raw, Tensor)
        points = self.positions(raw).cpu()
        scores = raw[:, 2 * len(self.classes) :].float().cpu().sigmoid()
        return [
            Pose(one, sure, self.classes, self.joints.skeleton)
            for one, sure in zip(points, scores, strict=True)
        ]

    def positions(self, raw: Raw) -> Tensor:
        """x and y of every point, (N, L, 2)."""
        assert isinstance(raw, Tensor)
        count = len(self.classes)
        points = raw[:, : 2 * count].float().view(-1, count, 2)
        return points * points.new_tensor(self.preprocess.size[::-1])

    def fit_to(self, data: Dataset, settings: Any) -> None:
        """Refuse to mirror where nobody says which points are left and right.

        Raises:
            SettingError: pictures are mirrored, and there are no pairs.
        """
        if settings.tta == "mirror" or mirrors(settings.augment):
            self.joints.require_pairs()

    def metric(self) -> PointMetric:
        """Normalised error, correct points, correct limbs."""
        return PointMetric(self.classes, self.joints.skeleton if self.limbs else (), self.ends)

    def example_targets(self, count: int) -> PointTargets:
        """All points in the middle."""
        names = len(self.classes)
        middle = torch.tensor(self.preprocess.size[::-1]) / 2
        visible = torch.ones(count, names, dtype=torch.bool)
        return PointTargets(middle.expand(count, names, 2), visible, torch.ones(count), self.joints.pairs)

    def mirrored(self, raw: Raw) -> Raw:
        """x from the other side, left and right points exchanged.

        Raises:
            SettingError: nobody said which points are left and right.
        """
        assert isinstance(raw, Tensor)
        self.joints.require_pairs()
        count = len(self.classes)
        order = torch.tensor(self.joints.mirrored, device=raw.device)
        points = raw[:, : 2 * count].view(-1, count, 2)[:, order]
        points = torch.stack([1 - points[..., 0], points[..., 1]], dim=2)
        return torch.cat([points.flatten(1), raw[:, 2 * count :][:, order]], dim=1)


def mirrors(augment: str | None) -> bool:
    """Whether an augmentation mirrors pictures.

    >>> mirrors("mirror,rotate=10"), mirrors("light"), mirrors("rotate=10"), mirrors("none")
    (True, True, False, False)
    """
    return augmentation(augment or "none").mirror > 0


@final
class LandmarkModel(PointModel):
    """Points of a thing that fills the picture, such as a face."""

    task: ClassVar[str] = "landmarks"


@final
class PoseModel(PointModel):
    """Joints of a body."""

    task: ClassVar[str] = "pose"
    limbs: ClassVar[bool] = True
