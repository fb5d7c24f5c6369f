"""ResNet for small pictures, and the plain network without its shortcuts.

He, Zhang, Ren, Sun 2016, section 4.2. https://arxiv.org/abs/1512.03385

    image --> 3x3, 16 --> n blocks, 16 --> n blocks, 32 --> n blocks, 64 --> average --> scores
     32x32     32x32         32x32           16x16            8x8

                 ,---- shortcut (option A): every second pixel, zeros for the new channels ----.
    block:    x -+-> 3x3 conv -> norm -> ReLU -> 3x3 conv -> norm ----------------------------(+)-> ReLU

1 + 3n * 2 + 1 layers: 20, 32, 44, 56, 110 for n = 3, 5, 7, 9, 18. The shortcuts have no parameters, so
the plain network has exactly as many: 269,722 with 20 layers and ten classes.
"""

from torch import nn

from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.compound_scaling import scaled_depth, scaled_width
from striate.layers.residual import BasicBlock
from striate.layers.sequence import sequence
from striate.layers.shortcut import Option

WIDTHS = (16, 32, 64)


class ResNetCifar(Backbone):
    """(N, in_channels, H, W) of any size -> scores (N, classes).

    Args:
        layers: 6n + 2 for n = 1, 2, 3, ...
        classes: K.
        in_channels: C of the images.
        shortcuts: False gives the plain network.
        width: channels are multiplied with it and rounded to multiples of 8.
        depth: blocks of a stage are multiplied with it and rounded up.

    Raises:
        SettingError: the layers are not 6n + 2, or width or depth is not above 0.
    """

    input_size = (32, 32)

    def __init__(
        self,
        layers: int,
        classes: int,
        in_channels: int,
        *,
        shortcuts: bool = True,
        width: float = 1.0,
        depth: float = 1.0,
    ) -> None:
        super().__init__()
        blocks, rest = divmod(layers - 2, 6)
        if rest or blocks < 1:
            raise SettingError(f"layers is {layers}", "6n + 2: 8, 14, 20, 26, 32, ...", "layers=20")
        blocks = scaled_depth(blocks, depth)
        first, second, third = (scaled_width(channels, width) for channels in WIDTHS)
        self.input_channels = in_channels
        self.stem = sequence(
            conv=nn.Conv2d(in_channels, first, 3, padding=1, bias=False),
            norm=nn.BatchNorm2d(first),
            relu=nn.ReLU(),
        )
        option: Option | None = "A" if shortcuts else None
        self.stages = nn.Sequential(
            stage(first, first, blocks, stride=1, option=option),
            stage(first, second, blocks, stride=2, option=option),
            stage(second, third, blocks, stride=2, option=option),
        )
        self.head = sequence(
            pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), output=nn.Linear(third, classes)
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):  # He et al. 2015, equation 10: variance 2 / fan-in
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")


def stage(
    in_channels: int, channels: int, blocks: int, *, stride: int, option: Option | None
) -> nn.Sequential:
    """Blocks of one width; the first of them halves the map when the stride is 2."""
    first = BasicBlock(in_channels, channels, stride, option)
    rest = (BasicBlock(channels, channels, 1, option) for _ in range(blocks - 1))
    return nn.Sequential(first, *rest)
