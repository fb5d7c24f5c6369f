"""SegNet: down through the poolings of VGG-16, and up by putting each number back where it was found.

Badrinarayanan, Kendall, Cipolla 2017, figure 2. https://arxiv.org/abs/1511.00561

    image                                                scores
      2 x 64 --- pool: remembers the places ----> unpool, 2
         2 x 128 --- pool -----------------> unpool, 2
            3 x 256 --- pool ---------> unpool, 3
               3 x 512 --- pool ---> unpool, 3
                  3 x 512 - pool - unpool, 3

No map crosses over, only the places of the largest numbers do. The decoder has the encoder's convolutions in
the opposite order, each with batch normalization; the last one gives the scores.
"""

from typing import final

from torch import Tensor, nn

from striate.backbones.vgg import DEPTHS, WIDTHS, block
from striate.layers.backbone import Backbone
from striate.layers.compound_scaling import scaled_width
from striate.layers.conv_norm import conv_norm
from striate.layers.init import keep_gradients
from striate.ops import max_pool_with_places
from striate.tasks.segmentation.networks.segmentation_network import SegmentationNetwork, letterbox_of

LAYERS = 16


@final
class SegNet(SegmentationNetwork):
    """(N, in_channels, H, W), of any size -> scores (N, classes, H, W).

    Args:
        classes: K.
        in_channels: C of the images.
        width: channels are multiplied with it and rounded to multiples of 8.

    Raises:
        SettingError: width is not above 0.
    """

    multiple = 32

    def __init__(self, classes: int, in_channels: int = 3, *, width: float = 1.0) -> None:
        super().__init__()
        widths = [scaled_width(channels, width) for channels in WIDTHS]
        self.backbone = Vgg16Encoder(widths, in_channels)
        after = [widths[0], *widths[:-1]]
        self.blocks = nn.ModuleList(
            decoder_block(depth, own, below)
            for depth, own, below in reversed(list(zip(DEPTHS[LAYERS], widths, after, strict=True)))
        )
        last = self.blocks[-1]
        assert isinstance(last, nn.Sequential)
        last[-1] = nn.Conv2d(widths[0], classes, 3, padding=1)
        keep_gradients(self.blocks)
        self.expects(letterbox_of(in_channels))

    def scores(self, images: Tensor) -> Tensor:
        """Images whose sides are multiples of 32 -> scores."""
        x: Tensor = self.backbone.stem(images)
        remembered = list[tuple[Tensor, Tensor]]()
        for stage in self.backbone.stages:
            for part in stage.children():
                if isinstance(part, nn.MaxPool2d):
                    before = x
                    x, places = max_pool_with_places(x, 2)
                    remembered.append((before, places))
                else:
                    x = part(x)
        for convs, (before, places) in zip(self.blocks, reversed(remembered), strict=True):
            x = convs(unpooled(x, places, before.shape[-2], before.shape[-1]))
        return x


class Vgg16Encoder(Backbone):
    """(N, C, H, W) -> the maps of VGG-16 with batch normalization, whose weights fit where the widths do."""

    input_size = (224, 224)
    least_side = 32

    def __init__(self, widths: list[int], in_channels: int) -> None:
        super().__init__()
        self.input_channels = in_channels
        channels = (in_channels, *widths)
        first, *others = (
            block(number + 1, depth, channels[number], channels[number + 1], batch_norm=True)
            for number, depth in enumerate(DEPTHS[LAYERS])
        )
        last = nn.Sequential()
        last.add_module("pool5", nn.MaxPool2d(2))
        self.stem, self.stages, self.head = first, nn.Sequential(*others, last), nn.Sequential()
        keep_gradients(self)


def decoder_block(depth: int, channels: int, after: int) -> nn.Sequential:
    """Convolutions of 3x3 with normalization, of which the last one gives the channels of the next block."""
    widths = [channels] * (depth - 1) + [after]
    return nn.Sequential(*(conv_norm(channels, width, 3) for width in widths))


def unpooled(x: Tensor, places: Tensor, height: int, width: int) -> Tensor:
    """Each number at its place, zeros elsewhere: ``max_unpool`` of windows that do not overlap."""
    board = x.new_zeros(*x.shape[:2], height * width)
    return board.scatter(2, places.flatten(2), x.flatten(2)).view(*x.shape[:2], height, width)
