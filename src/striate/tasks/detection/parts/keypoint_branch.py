"""The keypoint branch of Mask R-CNN: for every joint a map of the region; the highest place is the answer.

    region of the maps (C, 14, 14) --eight 3x3 convolutions--> transposed convolution (J, 28, 28)
                                   --bilinear--> heat maps (J, 56, 56)

    loss   joints   cross-entropy over the 56 x 56 places of each visible joint inside its region

He, Gkioxari, Dollar, Girshick 2017, section 5. https://arxiv.org/abs/1703.06870
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.sequence import sequence
from striate.records import BoxTargets, InstanceJoints
from striate.tasks.detection.parts.branch import Branch
from striate.tasks.detection.parts.finish import Found
from striate.tasks.detection.parts.heat_maps import near_shares, places_in, points_of
from striate.tasks.detection.parts.learned_masks import learned_objects
from striate.tasks.detection.parts.loss_sums import LossSums, of_images
from striate.tasks.detection.parts.region_pool import RegionPool
from striate.tasks.detection.parts.region_sampling import Drawn

BINS, CONVS = 14, 8
"""Of a region along a side, and convolutions before it is doubled."""

NAME = "joints"
"""Of the branch in a network, and of what it says in an answer."""


@final
class KeypointBranch(Branch):
    """Maps and regions -> ``maps`` (R, J, 4 P, 4 P).

    Args:
        pool: regions of maps -> (R, C, P, P).
        channels: C.
        width: of the convolutions.
        joints: J.

    Attributes:
        names: J names, numbers until somebody names them.
        skeleton: pairs of numbers of joints that a line joins.
    """

    def __init__(self, pool: RegionPool, channels: int, width: int, joints: int) -> None:
        super().__init__()
        widths = [channels, *[width] * CONVS]
        steps = enumerate(pairwise(widths), 1)
        convs = {f"conv{number}": nn.Conv2d(*pair, 3, padding=1) for number, pair in steps}
        named = {f"relu{number}": nn.ReLU() for number in range(1, CONVS + 1)}
        order = [name for number in range(1, CONVS + 1) for name in (f"conv{number}", f"relu{number}")]
        self.pool, self.width = pool, width
        self.body = sequence(**{name: {**convs, **named}[name] for name in order})
        for one in self.body:
            _start(one)
        self.name_joints(tuple(map(str, range(joints))))

    def name_joints(self, names: tuple[str, ...], skeleton: tuple[tuple[int, int], ...] = ()) -> None:
        """Joints of these names; of another number of them the last layer is new."""
        last = getattr(self, "up", None)
        if last is None or last.out_channels != len(names):
            self.up = nn.ConvTranspose2d(self.width, len(names), 4, 2, padding=1)
            _start(self.up)
        self.names, self.skeleton = names, skeleton

    def forward(self, maps: Sequence[Tensor], regions: Sequence[Tensor]) -> dict[str, Tensor]:
        """Maps and regions -> heat maps."""
        return self.head(self.pool(maps, regions))

    def head(self, pooled: Tensor) -> dict[str, Tensor]:
        """Bins -> heat maps."""
        small = self.up(self.body(pooled))
        return {"maps": F.interpolate(small, scale_factor=2.0, mode="bilinear", align_corners=False)}

    def loss_sums(
        self,
        raw: Sequence[dict[str, Tensor]],
        regions: Sequence[Tensor],
        drawn: Sequence[Drawn],
        targets: BoxTargets,
    ) -> LossSums:
        """``joints``, divided by the number of joints that can be learned."""
        rows, joints = [], targets.joints
        for own, boxes, numbers in zip(raw, regions, learned_objects(targets, drawn), strict=True):
            maps = own["maps"].float()
            if joints is None:
                rows.append(({"joints": maps.sum() * 0}, 0))
                continue
            places, counted = places_in(
                joints.points[numbers], joints.visible[numbers], boxes, maps.shape[-1]
            )
            loss = F.cross_entropy(maps.flatten(2)[counted], places[counted], reduction="sum")
            rows.append(({"joints": loss + maps.sum() * 0}, int(counted.sum())))
        return of_images(rows)

    def fields(
        self, raw: dict[str, Tensor], found: Sequence[Found], sizes: Sequence[tuple[int, int]]
    ) -> list[dict[str, Any]]:
        """``joints``: the highest place of each map, and the share of its map within a cell of it."""
        maps = torch.split(raw["maps"].float().cpu(), [len(one.labels) for one in found])
        answers = []
        for own, one in zip(maps, found, strict=True):
            boxes = one.boxes.float().cpu()
            points, _ = points_of(own, boxes)
            scores = near_shares(own, boxes, points)
            answers.append({NAME: InstanceJoints(points, scores, self.names, self.skeleton)})
        return answers


def _start(module: nn.Module) -> None:
    """The first weights of a layer."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        assert module.bias is not None
        nn.init.zeros_(module.bias)
