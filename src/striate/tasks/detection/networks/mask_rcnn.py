"""Mask R-CNN: Faster R-CNN whose objects are asked one or two more things, a mask and the places of joints.

    images --> pyramid --> proposals --> RoI align 7  --> class, box
                  `------ the boxes ---> RoI align 14 --> four convolutions --> 28x28 masks of every class
                                    `--> RoI align 14 --> eight convolutions --> 56x56 heat maps of joints

He, Gkioxari, Dollar, Girshick 2017, figures 1 and 4. https://arxiv.org/abs/1703.06870

    maskrcnn_resnet50_fpn       fasterrcnn_resnet50_fpn and masks          torchvision publishes
    maskrcnn_resnet50_fpn_v2    fasterrcnn_resnet50_fpn_v2 and masks       weights of them
    keypointrcnn_resnet50_fpn   fasterrcnn_resnet50_fpn and joints
"""

from collections.abc import Mapping

from striate.layers.norms import Norm, with_norm
from striate.tasks.detection.networks.faster_rcnn_published import (
    WIDTH,
    fasterrcnn_resnet50_fpn_network,
    fasterrcnn_resnet50_fpn_v2_network,
)
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.detection.parts import keypoint_branch, mask_branch
from striate.tasks.detection.parts.branch import Branch
from striate.tasks.detection.parts.keypoint_branch import KeypointBranch
from striate.tasks.detection.parts.mask_branch import MaskBranch
from striate.tasks.detection.parts.region_pool import RoiPool

PERSON_JOINTS, JOINT_WIDTH = 17, 512
"""Of COCO's persons, and of the convolutions of the keypoint branch."""


def with_branches(network: TwoStage, branches: Mapping[str, Branch]) -> TwoStage:
    """The same parts with further branches."""
    return TwoStage(
        network.features,
        network.first,
        network.pool,
        network.head,
        finish=network.finish,
        usual=network.usual,
        sampler=network.sampler,
        branches=branches,
    )


def mask_branch_of(network: TwoStage, channels: int, classes: int, *, normed: bool = False) -> MaskBranch:
    """A mask branch that looks at the maps of a detector.

    Args:
        network: whose box head pools from maps.
        channels: of each map; of the branch, too.
        classes: K.
        normed: whether its convolutions have batch normalization.
    """
    return MaskBranch(_pool(network, mask_branch.BINS), channels, channels, classes, normed=normed)


def keypoint_branch_of(network: TwoStage, channels: int, width: int, joints: int) -> KeypointBranch:
    """A keypoint branch that looks at the maps of a detector.

    Args:
        network: whose box head pools from maps.
        channels: of each map.
        width: of the branch.
        joints: J.
    """
    return KeypointBranch(_pool(network, keypoint_branch.BINS), channels, width, joints)


def _pool(network: TwoStage, bins: int) -> RoiPool:
    assert isinstance(network.pool, RoiPool)
    return RoiPool(network.pool.strides, bins)


def maskrcnn_resnet50_fpn_network(classes: int, in_channels: int = 3, *, norm: Norm = "frozen") -> TwoStage:
    """Mask R-CNN on ResNet-50 with a feature pyramid.

    Args:
        classes: K.
        in_channels: C of the images.
        norm: "frozen" batch normalization, or "batch" or "group".
    """
    network = fasterrcnn_resnet50_fpn_network(classes, in_channels, norm=norm)
    return with_branches(network, {mask_branch.NAME: mask_branch_of(network, WIDTH, classes)})


def maskrcnn_resnet50_fpn_v2_network(
    classes: int, in_channels: int = 3, *, norm: Norm = "frozen"
) -> TwoStage:
    """The same with deeper heads; arguments as above."""
    network = fasterrcnn_resnet50_fpn_v2_network(classes, in_channels, norm=norm)
    branch = with_norm(mask_branch_of(network, WIDTH, classes, normed=True), norm)
    return with_branches(network, {mask_branch.NAME: branch})


def keypointrcnn_resnet50_fpn_network(
    classes: int, in_channels: int = 3, *, joints: int = PERSON_JOINTS, norm: Norm = "frozen"
) -> TwoStage:
    """Keypoint R-CNN on ResNet-50 with a feature pyramid.

    Args:
        classes: K.
        in_channels: C of the images.
        joints: J; a training takes those of the data.
        norm: "frozen" batch normalization, or "batch" or "group".
    """
    network = fasterrcnn_resnet50_fpn_network(classes, in_channels, norm=norm)
    branch = keypoint_branch_of(network, WIDTH, JOINT_WIDTH, joints)
    return with_branches(network, {keypoint_branch.NAME: branch})
