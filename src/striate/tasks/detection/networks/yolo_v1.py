"""YOLO, the first: a coarse grid, whose cells each say one class and B boxes with their confidences.

Redmon, Divvala, Girshick, Farhadi 2016, figures 2 and 3, equation 3. https://arxiv.org/abs/1506.02640

    image --> backbone --> maps --> S x S cells --> S x S x (5 B + K)       7 x 7 x (2 * 5 + 20) = 1,470
                                                    B times x, y, sqrt w, sqrt h, confidence; then K classes

x, y lie in the cell, 0..1; w, h are shares of the image, and the network gives their roots. Of the B boxes
of a cell the one that overlaps the object best is responsible. A cell holds one object: of several the first
is taught.

    L = 5 * squares of x, y, sqrt w, sqrt h of responsible boxes + squares of their confidence (the IoU)
      + 0.5 * squares of the confidence of all others + squares of the classes of cells with an object

Not as in the paper: convolutions in the place of its two fully connected layers, and any backbone.
"""

from collections.abc import Generator
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.conv_norm import conv_norm
from striate.layers.image_network import BACKBONE, HEAD
from striate.ops.boxes import paired_iou
from striate.records import BoxTargets
from striate.tasks.detection.networks.detection_network import (
    Candidates,
    DetectionNetwork,
    require_rows,
)
from striate.tasks.detection.networks.grid_targets import responsible
from striate.tasks.detection.networks.yolo_v2 import MergedFeatures, letterboxed
from striate.tasks.detection.parts.assignment import middles, sizes
from striate.tasks.detection.parts.finish import Finish
from striate.tasks.detection.parts.loss_sums import LossSums
from striate.tasks.detection.parts.priors import Pair
from striate.tasks.detection.parts.ssd_loss import objects
from striate.tasks.raw_outputs import Raw

PLACE, NOTHING = 5.0, 0.5
"""The weights of equation 3: of places, and of confidence where no object is."""

GRID, BOXES = 7, 2
STRIDE, FINER = 8, 6
"""Stride of the map that is read, to which deeper ones are added; and its positions along a side of a cell,
after it was resized: a convolution gathers them, so that a cell knows where in it something small lies."""

FINISH = Finish(score_threshold=0.02, iou_threshold=0.5, top_k=100)


@final
class YoloV1(DetectionNetwork):
    """(N, in_channels, H, W) -> {"cells": (N, S * S, 5 B + K)}.

    Args:
        backbone: its last layers are taken away.
        classes: K.
        grid: S.
        boxes: B.
        width: channels of the map that is read.

    Raises:
        SettingError: the grid or the boxes are below 1.
    """

    def __init__(
        self, backbone: Backbone, classes: int, *, grid: int = GRID, boxes: int = BOXES, width: int = 128
    ) -> None:
        super().__init__()
        for name, value in (("grid", grid), ("boxes", boxes)):
            if value < 1:
                raise SettingError(f"{name} is {value}", "1 or more", f"leave {name} out")
        stride = STRIDE if STRIDE in backbone.channels else max(backbone.channels)
        self.features = MergedFeatures(backbone, stride, width)
        self.gather = conv_norm(width, 2 * width, FINER, FINER, padding=0)
        self.read = nn.Sequential(
            conv_norm(2 * width, 2 * width, 3), nn.Conv2d(2 * width, 5 * boxes + classes, 1)
        )
        self.grid, self.boxes, self.classes = grid, boxes, classes
        self.finish, self.usual = FINISH, letterboxed(320, backbone.input_channels)
        self.input_size, self.input_channels = self.usual.size, backbone.input_channels
        self.least_side = backbone.least_side

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Images -> raw numbers of every cell, row by row.

        Raises:
            ShapeError: the images have other channels, a size that it cannot take, or whole numbers.
        """
        self.require_images(images)
        return self._cells(self.features(images))

    def forward_in_parts(self, images: Tensor) -> Generator[str, None, dict[str, Tensor]]:
        """``forward``: the map, then what is read from it."""
        self.require_images(images)
        maps = self.features(images)
        yield BACKBONE
        found = self._cells(maps)
        yield HEAD
        return found

    def _cells(self, maps: list[Tensor]) -> dict[str, Tensor]:
        (merged,) = maps
        fine = F.interpolate(merged, size=2 * (FINER * self.grid,), mode="bilinear")
        return {"cells": self.read(self.gather(fine)).flatten(2).transpose(1, 2)}

    def split(self, raw: Raw, size: Pair) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes (N, S S, B, 4) in pixels, confidences (N, S S, B), classes (N, S S, K)."""
        cells = raw["cells"].float()
        require_rows(cells.shape[1], self.grid**2, size)
        numbers = cells[..., : 5 * self.boxes].unflatten(-1, (self.boxes, 5))
        steps = torch.arange(self.grid, device=cells.device)
        corner = torch.stack([steps.repeat(self.grid), steps.repeat_interleave(self.grid)], dim=1)
        image = cells.new_tensor(size[::-1])
        centre = (numbers[..., :2] + corner[:, None]) / self.grid * image
        half = numbers[..., 2:4].square() * image / 2
        boxes = torch.cat([centre - half, centre + half], dim=-1)
        return boxes, numbers[..., 4], cells[..., 5 * self.boxes :]

    def candidates(self, raw: Raw, size: Pair) -> Candidates:
        """Every box of every cell, with the product of its confidence and the classes of its cell."""
        boxes, confidence, classes = self.split(raw, size)
        scores = confidence[..., None].clamp(0, 1) * classes[..., None, :].clamp(0, 1)
        return Candidates(boxes.flatten(1, 2), scores.flatten(1, 2))

    def loss_sums(self, raw: Raw, targets: BoxTargets, size: Pair) -> LossSums:
        """Equation 3 of each image."""
        boxes, confidence, classes = self.split(raw, size)
        numbers = raw["cells"].float()[..., : 5 * self.boxes].unflatten(-1, (self.boxes, 5))
        image = numbers.new_tensor(size[::-1])
        kinds, places, counts = list[Tensor](), list[Tensor](), list[int]()
        wanted, weight = torch.zeros_like(confidence), torch.full_like(confidence, NOTHING)
        for number, (truth, _, labels) in enumerate(objects(targets)):
            own = responsible(truth, (self.grid, self.grid), size)
            true, cells = truth[own.objects], own.cells
            overlap = paired_iou(boxes[number, cells].detach(), true[:, None].expand(-1, self.boxes, 4))
            best = overlap.argmax(dim=1)
            centre = middles(true) / image * self.grid
            corner = torch.stack([cells % self.grid, cells // self.grid], dim=1)
            place = torch.cat([centre - corner, (sizes(true) / image).sqrt()], dim=1)
            places.append((numbers[number, cells, best, :4] - place).square().sum())
            wanted[number, cells, best] = overlap.gather(1, best[:, None])[:, 0].clamp(0, 1).nan_to_num()
            weight[number, cells, best] = 1
            hot = nn.functional.one_hot(labels[own.objects], self.classes).to(classes.dtype)
            kinds.append((classes[number, cells] - hot).square().sum())
            counts.append(len(cells))
        sure = (weight * (confidence - wanted).square()).flatten(1).sum(1)
        sums = {"box": PLACE * torch.stack(places), "object": sure, "class": torch.stack(kinds)}
        return LossSums(sums, torch.tensor(counts, device=sure.device))
