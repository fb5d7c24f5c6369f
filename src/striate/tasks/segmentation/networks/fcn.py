"""The fully convolutional network at full resolution: every map is as large as the image.

The network that course notes on segmentation draw before they shrink anything (Li, Johnson, Yeung, Stanford
CS231n 2017, lecture 11); with filters in the place of fully connected layers as in Long,
Shelhamer, Darrell 2015, https://arxiv.org/abs/1411.4038.

    3 x H x W --3x3--> C x H x W --3x3--> C x H x W -- ... --3x3--> C x H x W --1x1--> K x H x W

One pass scores all pixels, and no detail is lost. A unit sees 2 depth + 1 pixels only, and every layer
calculates at full resolution: eight layers of 32 channels take 65,000 multiplications a pixel.
"""

from typing import final

from torch import Tensor, nn

from striate.layers.backbone import Backbone
from striate.layers.conv_norm import conv_norm
from striate.layers.init import keep_gradients
from striate.layers.sequence import sequence
from striate.ops.geometry import per_axis
from striate.tasks.segmentation.networks.segmentation_network import SegmentationNetwork, letterbox_of

CHANNELS, DEPTH = 32, 8


@final
class FullResolution(SegmentationNetwork):
    """(N, in_channels, H, W), of any size -> scores (N, classes, H, W).

    Args:
        classes: K.
        in_channels: C of the images.
        channels: of every map.
        depth: 3x3 convolutions.

    Raises:
        SettingError: there are no channels or no layers.
    """

    multiple = 1

    def __init__(
        self, classes: int, in_channels: int = 3, *, channels: int = CHANNELS, depth: int = DEPTH
    ) -> None:
        super().__init__()
        per_axis("channels", channels, 1)
        per_axis("depth", depth, 1)
        self.backbone = Unshrunk(in_channels, channels, depth)
        self.score = nn.Conv2d(channels, classes, 1)
        self.expects(letterbox_of(in_channels))

    def scores(self, images: Tensor) -> Tensor:
        """Images -> scores."""
        scores: Tensor = self.score(self.backbone.features(images)[1])
        return scores


class Unshrunk(Backbone):
    """(N, C, H, W) -> one map (N, channels, H, W), after ``depth`` convolutions of 3x3."""

    input_size = (320, 320)

    def __init__(self, in_channels: int, channels: int, depth: int) -> None:
        super().__init__()
        self.input_channels = in_channels
        self.stem = conv_norm(in_channels, channels, 3)
        rest = {f"layer{number}": conv_norm(channels, channels, 3) for number in range(2, depth + 1)}
        self.stages, self.head = nn.Sequential(sequence(**rest)), nn.Sequential()
        keep_gradients(self)
