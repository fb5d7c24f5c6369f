"""What the task asks of every network that enlarges pictures.

    pixels (N, C, H, W), 0..1 --detail--> (N, C, by H, by W)
                              --bicubic-> (N, C, by H, by W)   their sum is the answer

A network learns what bicubic interpolation lacks (Kim, Lee, Lee 2016, section 3.1,
https://arxiv.org/abs/1511.04587). It begins with nothing to add, so that its first answer is the bicubic one.
"""

from abc import ABC, abstractmethod

from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.layers.image_network import ImageNetwork

FACTORS = (2, 3, 4)


class SuperResolutionNetwork(ImageNetwork, ABC):
    """(N, in_channels, H, W), 0..1, of any size -> (N, in_channels, by H, by W).

    Attributes:
        by: the factor, 2, 3 or 4.
        margin: pixels of a small picture that matter to one of its own from each side; tiles overlap by them.
    """

    by: int
    margin: int
    input_size = (96, 96)

    @property
    def usual(self) -> Preprocess:
        """What it expects of a picture when it was trained on nothing yet: pixels 0..1 as they are."""
        none, one = (0.0,) * self.input_channels, (1.0,) * self.input_channels
        return Preprocess(self.input_size, self.input_channels, none, one, resize_mode="whole")

    def forward(self, images: Tensor) -> Tensor:
        """Pixels (N, C, H, W) -> pixels (N, C, by H, by W); they may lie a little outside of 0..1.

        Raises:
            ShapeError: the images have other channels, or whole numbers.
        """
        self.require_images(images)
        return enlarged(images, self.by) + self.detail(images)

    @abstractmethod
    def detail(self, images: Tensor) -> Tensor:
        """What bicubic interpolation lacks, (N, C, by H, by W)."""


def enlarged(images: Tensor, by: int) -> Tensor:
    """Bicubic interpolation (N, C, H, W) -> (N, C, by H, by W)."""
    return F.interpolate(images, scale_factor=by, mode="bicubic")


def require_factor(by: int) -> None:
    """A factor that there are networks for.

    Raises:
        SettingError: it is another one.
    """
    if by not in FACTORS:
        raise SettingError(f"by is {by!r}", "2, 3 or 4", "by=2, and the result once more for 4")


def begins_with_nothing(conv: nn.Conv2d) -> nn.Conv2d:
    """The convolution, with weights and biases of 0."""
    nn.init.zeros_(conv.weight)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv
