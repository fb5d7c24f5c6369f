"""What the task asks of every network that scores pixels.

    images (N, C, H, W) --enlarged--> sides that fit --scores--> (N, K, h, w) --top left--> (N, K, H, W)

Networks halve their maps several times, and double them as often; a side that cannot be halved so often would
not come back as it was. So images are enlarged inside, and the scores are cut back.
"""

from abc import ABC, abstractmethod

from torch import Tensor
from torch.nn import functional as F

from striate.data.preprocess import Preprocess
from striate.layers.backbone import Backbone
from striate.layers.image_network import ImageNetwork

SIDE = 320
"""Pixels of the longer side that a network sees, when nobody says."""


class SegmentationNetwork(ImageNetwork, ABC):
    """(N, in_channels, H, W), of any size -> raw scores (N, K, H, W).

    Attributes:
        backbone: the part whose weights other trainings can use.
        multiple: what the sides of images are enlarged to multiples of, pixels; images whose sides are such
            multiples cost nothing more.
        usual: what it expects of a picture when it was trained on nothing yet.
    """

    backbone: Backbone
    multiple: int
    usual: Preprocess

    def forward(self, images: Tensor) -> Tensor:
        """Normalized images (N, C, H, W) -> scores (N, K, H, W).

        Raises:
            ShapeError: the images have other channels, or whole numbers.
        """
        self.require_images(images)
        height, width = images.shape[-2:]
        return self.scores(self.enlarged(images))[..., :height, :width]

    @abstractmethod
    def scores(self, images: Tensor) -> Tensor:
        """Images with the sides that ``enlarged`` gives -> scores (N, K, h, w), from the top left on."""

    def enlarged(self, images: Tensor) -> Tensor:
        """Zeros below and to the right, until both sides are multiples and the backbone takes them."""
        height, width = (fitting(side, self.multiple, self.backbone.least_side) for side in images.shape[-2:])
        below, right = height - images.shape[-2], width - images.shape[-1]
        return F.pad(images, (0, right, 0, below)) if below or right else images

    def expects(self, usual: Preprocess) -> None:
        """Take size and channels from what it expects of a picture."""
        self.usual, self.input_size, self.input_channels = usual, usual.size, usual.channels


def fitting(side: int, multiple: int, least: int = 1) -> int:
    """The smallest multiple that is not below the side, nor below the least one.

    >>> fitting(360, 32), fitting(1, 32, least=75)
    (384, 96)
    """
    return -(-max(side, least) // multiple) * multiple


def letterbox_of(channels: int, side: int = SIDE) -> Preprocess:
    """The whole picture in the middle of a square image, pixels from -1 to 1."""
    half = (0.5,) * channels
    return Preprocess((side, side), channels, half, half, resize_mode="letterbox")


def of_size(x: Tensor, size: tuple[int, int], mode: str = "nearest") -> Tensor:
    """A map of (H, W): backbones that do not pad have maps a little smaller than their stride says."""
    return x if (x.shape[-2], x.shape[-1]) == size else F.interpolate(x, size=size, mode=mode)
