"""What every network is that sees images: it has sizes and channels that it takes, and refuses others.

images (N, C, H, W) --require_images--> forward --> numbers
"""

from abc import ABC
from collections.abc import Generator
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from striate.errors import ShapeError

PROPOSALS, BACKBONE, HEAD, FINISH, WHOLE = "proposals", "backbone", "head", "finish", "network"
"""Parts of an answer; the last is a network that nobody divided."""

PARTS = (PROPOSALS, BACKBONE, WHOLE, HEAD, FINISH)
"""In the order of tables."""

LISTED = "a name that `striate summary` lists, as does striate.models() in Python"
"""What is expected where a network's name is not known."""


class ImageNetwork(nn.Module, ABC):
    """A network that sees images (N, C, H, W).

    Attributes:
        input_size: (H, W) of the images that it was made for, pixels.
        input_channels: C of the images.
        least_side: pixels of the smallest side that the network takes.
        most_side: pixels of the largest; None for any.
        changeable: arguments that may be another number when it answers than when it learned.
        two_graphs: whether an engine computes it as two graphs, with what no graph can say between them.
        notes: what was decided when weights were loaded into it, sentences for the user.
    """

    input_size: tuple[int, int]
    input_channels: int
    least_side: int = 1
    most_side: int | None = None
    changeable: ClassVar[tuple[str, ...]] = ()
    two_graphs: ClassVar[bool] = False
    notes: tuple[str, ...] = ()

    def forward_in_parts(self, images: Tensor) -> Generator[str, None, Any]:
        """``forward``, one part after the other: the name of each is given when it is done.

        A part may come more than once. What is returned in the end equals that of ``forward``.
        """
        raw = self(images)
        yield WHOLE
        return raw

    def change(self, argument: str, value: int) -> None:
        """Answer with another number of something from now on; what is learned stays.

        Args:
            argument: one of ``changeable``.
            value: 1 or more.
        """

    def require_images(self, images: Tensor) -> None:
        """Refuse images (N, C, H, W) that the network cannot take.

        Raises:
            ShapeError: they are no tensor or no batch, have other channels, a side that is too small or too
                large, whole numbers, or a precision that the network has not.
        """
        if not isinstance(images, Tensor):
            raise ShapeError(
                f"{type(self).__name__} was given {type(images).__name__}",
                "a tensor (N, C, H, W)",
                "torch.as_tensor(images), or a classifier as striate.load gives it, which takes arrays",
            )
        if images.ndim != 4 or not self._takes(tuple(images.shape[1:])):
            raise self._misfit(tuple(images.shape), lacks_batch=images.ndim == 3)
        if not images.is_floating_point():
            raise ShapeError(
                f"{type(self).__name__} was given images of {str(images.dtype).removeprefix('torch.')}",
                "float32, as pixels / 255, normalized with mean and deviation",
                "images.float() / 255, or a classifier as striate.load gives it, which takes uint8",
            )
        own = next(self.parameters()).dtype
        if images.dtype == torch.float64 != own:
            raise ShapeError(
                f"{type(self).__name__} was given images of float64",
                f"{str(own).removeprefix('torch.')}, as its weights are",
                "images.float(), or network.double()",
            )

    def require(self, shape: tuple[int, ...]) -> None:
        """Refuse an image (C, H, W) that the network cannot take.

        Raises:
            ShapeError: it has other channels, or a side that is too small or too large.
        """
        if not self._takes(shape):
            raise self._misfit(shape)

    def _takes(self, shape: tuple[int, ...]) -> bool:
        """Whether an image (C, H, W) has the right channels and sides."""
        least, most = self.least_side, self.most_side
        fits = len(shape) == 3 and shape[0] == self.input_channels
        return fits and all(least <= side and (most is None or side <= most) for side in shape[1:])

    def _misfit(self, shape: tuple[int, ...], *, lacks_batch: bool = False) -> ShapeError:
        """The error for images of such a shape."""
        least, most = self.least_side, self.most_side
        more = f"{least} pixel{'s' * (least > 1)} or more"
        sides = more if most is None else f"{least} to {most} pixels"
        channels = f"{self.input_channels} channel" + "s" * (self.input_channels > 1)
        height, width = self.input_size
        given = f"{type(self).__name__} was given images of shape {'x'.join(map(str, shape))}"
        expected = f"{channels}, and sides of {sides}"
        if lacks_batch:
            return ShapeError(
                f"{given}, without a batch dimension",
                f"(N, C, H, W): {expected}",
                "images[None], a batch of one",
            )
        attempt = f"resize or pad the pictures to {height}x{width}, or create the network with their channels"
        return ShapeError(given, expected, attempt)
