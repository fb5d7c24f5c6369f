"""What every backbone is: a stem, stages and a head.

    images --> stem --> stage --> stage --> ... --> head --> scores
                 |        |         |
                 `--------+---------+--> features: {stride: map}

The strides and channels of the maps are measured by a dry run on the meta device, where tensors have a shape
and no numbers; nobody keeps them in a table.
"""

from collections.abc import Generator
from copy import deepcopy
from functools import cached_property
from itertools import chain

import torch
from torch import Tensor, nn

from striate.errors import SettingError
from striate.layers.image_network import BACKBONE, HEAD, LISTED, ImageNetwork
from striate.layers.sequence import sequence

GROWTH = 64
"""Pixels by which the dry run enlarges the image; a multiple of every stride that a backbone has."""


class Backbone(ImageNetwork):
    """(N, in_channels, H, W) -> scores (N, classes); a network sets its input, stem, stages and head.

    ``input_size`` is that of the paper.
    """

    stem: nn.Module
    stages: nn.Sequential
    head: nn.Sequential

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) -> scores (N, K).

        Raises:
            ShapeError: the images have other channels, a size that it cannot take, or whole numbers.
        """
        self.require_images(images)
        scores: Tensor = self.head(self.stages(self.stem(images)))
        return scores

    def forward_in_parts(self, images: Tensor) -> Generator[str, None, Tensor]:
        """``forward``: stem and stages, then the head."""
        self.require_images(images)
        deepest = self.stages(self.stem(images))
        yield BACKBONE
        scores: Tensor = self.head(deepest)
        yield HEAD
        return scores

    def features(self, images: Tensor) -> dict[int, Tensor]:
        """Images (N, C, H, W) -> {stride: map (N, C', H', W')}, the deepest of every stride."""
        maps, x = {}, images
        for stride, part in zip(self.strides, (self.stem, *self.stages), strict=True):
            x = part(x)
            maps[stride] = x
        return maps

    def embed(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) -> (N, D), what the last layer sees."""
        vectors: Tensor = self.head[:-1](self.stages(self.stem(images)))
        return vectors

    def training_scores(self, images: Tensor) -> dict[str, tuple[float, Tensor]]:
        """Images (N, C, H, W) -> {name of a loss: (its weight, scores (N, K))}.

        A network with auxiliary heads, which only training looks at, adds theirs.
        """
        return {"cross_entropy": (1.0, self(images))}

    def blocks(self) -> list[str]:
        """Dotted names of the stem, the stages and the head, from shallow to deep."""
        return ["stem", *(f"stages.{name}" for name, _ in self.stages.named_children()), "head"]

    @cached_property
    def strides(self) -> tuple[int, ...]:
        """Pixels from one unit of a map to the next: of the stem, then of every stage."""
        height, width = self.input_size
        small, large = self._dry_run(height, width), self._dry_run(height + GROWTH, width)
        return tuple(GROWTH // (b.shape[-2] - a.shape[-2]) for a, b in zip(small, large, strict=True))

    @property
    def channels(self) -> dict[int, int]:
        """{stride: C'} of the maps that ``features`` gives."""
        return dict(zip(self.strides, (x.shape[1] for x in self._dry_run(*self.input_size)), strict=True))

    def replace_head(self, classes: int) -> None:
        """Put a new last layer, with weights yet to be learned, in the place of the old one.

        Args:
            classes: K of the new scores, 1 or more.

        Raises:
            SettingError: there are no classes.
        """
        if not isinstance(classes, int) or isinstance(classes, bool) or classes < 1:
            raise SettingError(
                f"classes is {classes!r}",
                "a whole number, 1 or more",
                "the number of names that the data has",
            )
        renew_last(self.head, classes)

    def remove_last_layer(self) -> int:
        """Take the last layer with weights away, so that ``forward`` gives what it saw: vectors (N, D); D."""
        last = [part for part in self.head.children() if isinstance(part, nn.Linear | nn.Conv2d)][-1]
        self.head = sequence(**{name: part for name, part in self.head.named_children() if part is not last})
        return last.in_features if isinstance(last, nn.Linear) else last.in_channels

    def _dry_run(self, height: int, width: int) -> list[Tensor]:
        """The maps of the stem and of every stage, on the meta device."""
        tensors = chain(self.parameters(), self.buffers())
        shapes_only = deepcopy(self, {id(tensor): tensor.detach().to("meta") for tensor in tensors}).eval()
        dtype = next(self.parameters()).dtype
        maps = [torch.empty(1, self.input_channels, height, width, device="meta", dtype=dtype)]
        for part in (shapes_only.stem, *shapes_only.stages):
            maps.append(part(maps[-1]))
        return maps[1:]


def renew_last(head: nn.Module, classes: int) -> None:
    """Put a new linear layer, with weights yet to be learned, in the place of the last one of a head."""
    name, last = [part for part in head.named_modules() if isinstance(part[1], nn.Linear)][-1]
    fresh = nn.Linear(last.in_features, classes, device=last.weight.device, dtype=last.weight.dtype)
    head.set_submodule(name, fresh)


def require_backbone(network: nn.Module) -> Backbone:
    """The same network, if it is a backbone.

    Raises:
        SettingError: it is none.
    """
    if not isinstance(network, Backbone):
        wrong = f"the network is a {type(network).__name__}"
        raise SettingError(wrong, "a backbone, as striate.create gives it", LISTED)
    return network
