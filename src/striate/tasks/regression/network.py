"""A backbone with two branches: one reads L points, the other S scores.

    images --> backbone --+--> vector (N, D) ------------------> scores (N, S)     linear
                          |
                          +--> vector (N, D) ------------------> points (N, L, 2)  linear        head="vector"
                          +--> maps, coarse to fine --> (N, L, H', W') --> points  mean position head="map"

Any fixed number of outputs can be had of a classifier's trunk in this way; a point is two of them. The map
branch adds up the maps of several strides, scores every position for every point, and gives the mean position
after a softmax, so that points keep the resolution that a pooled vector loses.

Sources: Sermanet et al. 2014, section 4 (regression on a classifier's features); Toshev, Szegedy 2014 (joints
by regression); Sun, Xiao, Wei, Liang, Wei 2018, section 2 (the mean position).
"""

from collections.abc import Generator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.backbone import Backbone, require_backbone
from striate.layers.image_network import BACKBONE
from striate.layers.image_network import HEAD as READ
from striate.ops.point_errors import expected_points

Head = Literal["map", "vector"]

WIDTH = 128
"""Channels of the merged map."""

FINEST = 24
"""Positions along a side of the merged map, at most, for images of the backbone's size."""


class RegressionNetwork(nn.Module):
    """(N, C, H, W) -> (N, 2 L + S): x and y of every point as shares of W and H, then the scores.

    Args:
        backbone: its last layer is taken away.
        points: L.
        scores: S, 0 or more.
        head: what points are read from, ``map`` or ``vector``.
        size: (H, W) of the images that it will mostly see; it chooses the strides of the merged map.
    """

    def __init__(
        self, backbone: Backbone, points: int, scores: int, *, head: Head, size: tuple[int, int]
    ) -> None:
        super().__init__()
        width = backbone.remove_last_layer()
        self.backbone, self.points = backbone, points
        self.score = nn.Linear(width, scores) if scores else None
        self.place: nn.Module
        if head == "vector":
            self.place = nn.Linear(width, 2 * points)
        else:
            self.place = PointMaps(chosen(backbone.channels, max(size)), points)
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) -> (N, 2 L + S)."""
        points, scores, _ = self._read(self._seen(images))
        return torch.cat([points.flatten(1), scores], dim=1)

    def forward_in_parts(self, images: Tensor) -> Generator[str, None, Tensor]:
        """``forward``: what the backbone sees, then what is read from it."""
        seen = self._seen(images)
        yield BACKBONE
        points, scores, _ = self._read(seen)
        yield READ
        return torch.cat([points.flatten(1), scores], dim=1)

    def branches(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Points (N, L, 2), scores (N, S), and the scores of all positions; None for the head ``vector``."""
        return self._read(self._seen(images))

    def _seen(self, images: Tensor) -> Tensor | dict[int, Tensor]:
        """The vectors (N, D) of the images, or their maps, by what points are read from."""
        if self.head == "vector":
            vectors: Tensor = self.backbone(images)
            return vectors
        return self.backbone.features(images)

    def _read(self, maps: Tensor | dict[int, Tensor]) -> tuple[Tensor, Tensor, Tensor | None]:
        if isinstance(maps, Tensor):
            points = self.place(maps).float().view(len(maps), -1, 2) + 0.5  # zeros point at the middle
            return points, self._scores(maps), None
        positions = self.place(maps).float()
        scores = self._scores(self.backbone.head(maps[max(maps)]))
        return expected_positions(positions), scores, positions

    def _scores(self, vector: Tensor) -> Tensor:
        """Of the vectors (N, D): (N, S)."""
        return (vector.new_empty(len(vector), 0) if self.score is None else self.score(vector)).float()


def regression_network(
    network: nn.Module, points: int, scores: int, head: Head, size: tuple[int, int]
) -> RegressionNetwork:
    """A backbone with its branches; a network that has them already stays as it is.

    Raises:
        SettingError: the network is neither.
    """
    if isinstance(network, RegressionNetwork):
        return network
    return RegressionNetwork(require_backbone(network), points, scores, head=head, size=size)


def shares_of(points: Tensor, images: Tensor) -> Tensor:
    """Points (..., 2) in pixels of images (N, C, H, W) as shares of W and H."""
    return points / points.new_tensor([images.shape[-1], images.shape[-2]])


class PointMaps(nn.Module):
    """{stride: map} -> scores (N, L, H' + 2, W' + 2): positions of the finest map, and one beyond each edge.

    Args:
        channels: {stride: C'} of the maps that are merged.
        points: L.
    """

    def __init__(self, channels: dict[int, int], points: int) -> None:
        super().__init__()
        self.strides = sorted(channels, reverse=True)
        self.lateral = nn.ModuleList(nn.Conv2d(channels[stride], WIDTH, 1) for stride in self.strides)
        self.mix = nn.Sequential(
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU()
        )
        self.score = nn.Conv2d(WIDTH, points, 3, padding=2)

    def forward(self, maps: dict[int, Tensor]) -> Tensor:
        """Maps of the backbone -> scores of positions."""
        merged: Tensor | None = None
        for stride, lateral in zip(self.strides, self.lateral, strict=True):
            own: Tensor = lateral(maps[stride])
            merged = own if merged is None else own + F.interpolate(merged, size=own.shape[-2:])
        scores: Tensor = self.score(self.mix(merged))
        return scores


def expected_positions(scores: Tensor) -> Tensor:
    """Scores (N, L, H' + 2, W' + 2) -> points (N, L, 2), shares of the image."""
    height, width = scores.shape[-2:]
    sides = scores.new_tensor([width, height])
    return (expected_points(scores) * sides - 1) / (sides - 2)


def chosen(channels: dict[int, int], side: int) -> dict[int, int]:
    """The maps that are merged: those with at most ``FINEST`` positions along a side, at least the coarsest.

    >>> chosen({4: 64, 8: 128, 16: 256, 32: 512}, side=128)
    {8: 128, 16: 256, 32: 512}
    """
    coarsest = max(channels)
    return {
        stride: width for stride, width in channels.items() if side <= FINEST * stride or stride == coarsest
    }
