"""Instances: which objects are in a picture, where, and which pixels or joints each of them has.

images --> network --> Detections with boxes, and masks or joints
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, final

from torch import Tensor, nn

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.dataset import Dataset
from striate.data.joints import Joints
from striate.data.preprocess import Preprocess
from striate.errors import DataError, SettingError
from striate.records import Detections
from striate.tasks.detection.ap_metric import ApMetric
from striate.tasks.detection.instance_metric import JointMetric, MaskMetric, sigmas_of
from striate.tasks.detection.networks.detection_network import Candidates
from striate.tasks.detection.object_detector import ObjectDetector
from striate.tasks.detection.parts.finish import Finish
from striate.tasks.detection.parts.keypoint_branch import NAME as JOINTS
from striate.tasks.detection.parts.keypoint_branch import KeypointBranch
from striate.tasks.detection.parts.mask_branch import NAME as MASKS
from striate.tasks.raw_outputs import Raw


@final
class InstanceDetector(ObjectDetector):
    """A network that finds any number of objects, and says more of each than its box.

    Args:
        network: a detector of two stages with branches.
        classes: K names.
        preprocess: what the network expects of a picture.
        joints: names, mirror pairs and skeleton, as ``Joints.to_dict`` gives them; None where nobody has
            named any.
        masks: whether its data had masks; without any it answers without, and is measured by boxes.

    Raises:
        SettingError: the network has no branches.
    """

    task: ClassVar[str] = "instances"
    usual_network: ClassVar[str | None] = "mask_rcnn"
    learns_shapes: ClassVar[bool] = True

    def __init__(
        self,
        network: nn.Module,
        classes: Sequence[str],
        preprocess: Preprocess,
        *,
        joints: Mapping[str, Any] | None = None,
        masks: bool = True,
    ) -> None:
        if not getattr(network, "branches", None):
            raise SettingError(
                f"the network is a {type(network).__name__}, which says boxes at most",
                "a network with masks or joints: mask_rcnn, keypoint_rcnn",
                "--model mask_rcnn",
            )
        super().__init__(network, classes, preprocess, joints=joints, masks=masks)
        self.has_masks = masks
        self.joints = None if joints is None else Joints.from_dict(joints)
        branch = self.branches.get(JOINTS)
        if self.joints is not None and isinstance(branch, KeypointBranch):
            branch.name_joints(self.joints.names, self.joints.skeleton)

    @property
    def branches(self) -> dict[str, nn.Module]:
        """What is asked of each object beside its box, by name."""
        found: Any = self.network.branches
        return dict(found.items())

    @classmethod
    def options_for(cls, annotations: Annotations, settings: Any) -> dict[str, Any]:
        """The joints of the data, and whether they have masks."""
        shapes = annotations.shapes if isinstance(annotations, BoxAnnotations) else None
        joints = None if shapes is None or shapes.joints is None else shapes.joints.to_dict()
        return {"joints": joints, "masks": shapes is not None and shapes.masks}

    def fit_to(self, data: Dataset, settings: Any) -> None:
        """Anchors get the typical sizes of the objects; what the data lack for a branch is said.

        Raises:
            DataError: there are no boxes, or no joints for a network that says nothing else.
        """
        super().fit_to(data, settings)
        if JOINTS in self.branches and self.joints is None:
            raise DataError(
                "no category of the data has joints",
                'COCO with "keypoints" in its categories and annotations',
                "--model mask_rcnn for masks, faster_rcnn for boxes alone",
            )
        if MASKS in self.branches and not self.has_masks:
            self.notes = (*self.notes, "the data have no masks: boxes are learned, without the loss of masks")
        if JOINTS in self.branches and not _labels_joints(data.annotations):
            note = (
                "no joint of the training pictures is labelled: boxes are learned, without the loss of joints"
            )
            self.notes = (*self.notes, note)

    def _kept(self, raw: Raw, candidates: Candidates, finish: Finish, sizes: Tensor) -> list[Detections]:
        """The objects of each image; without masks where the branch never learned any."""
        found = super()._kept(raw, candidates, finish, sizes)
        return found if self.has_masks else [replace(one, masks=None) for one in found]

    def metric(self) -> ApMetric:
        """Average precision of masks; of joints; of boxes where the data have neither."""
        own = self.classes, self._measured, self._loss_of
        if MASKS in self.branches and self.has_masks:
            return MaskMetric(*own)
        branch = self.branches.get(JOINTS)
        if isinstance(branch, KeypointBranch):
            known = self.joints.sigmas if self.joints else ()
            return JointMetric(*own, sigmas=sigmas_of(len(branch.names), known))
        return ApMetric(*own)


def _labels_joints(annotations: Annotations) -> bool:
    """Whether any box has a joint that somebody labelled."""
    assert isinstance(annotations, BoxAnnotations)
    shapes, details = annotations.shapes, annotations.columns.get("details", ())
    return shapes is not None and shapes.has_joint(map(str, details))
