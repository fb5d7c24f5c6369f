"""ResNet for small pictures, and the plain network without its shortcuts.

He, Zhang, Ren, Sun 2016, section 4.2. https://arxiv.org/abs/1512.03385

    image --> 3x3, 16 --> n blocks, 16 --> n blocks, 32 --> n blocks, 64 --> average --> scores
     32x32     32x32         32x32           16x16            8x8

                 ,---- shortcut (option A): every second pixel, zeros for the new channels ----.
    block:    x -+-> 3x3 conv -> norm -> ReLU -> 3x3 conv -> norm ----------------------------(+)-> ReLU

1 + 3n * 2 + 1 layers: 20, 32, 44, 56, 110 for n = 3, 5, 7, 9, 18. The shortcuts have no parameters, so
the plain network has exactly as many: 269,722 with 20 layers and ten classes.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.sequence import sequence

WIDTHS = (16, 32, 64)


class Shortcut(nn.Module):
    """Option A of the paper: (N, C, H, W) -> (N, channels, H / stride, W / stride), rounded up."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.extra, self.stride = channels - in_channels, stride

    def forward(self, x: Tensor) -> Tensor:
        """Every ``stride``-th pixel, and zeros as the last channels."""
        return F.pad(x[..., :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra))


class Block(nn.Module):
    """(N, in_channels, H, W) -> (N, channels, H / stride, W / stride), with or without a shortcut."""

    def __init__(self, in_channels: int, channels: int, stride: int, *, shortcut: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        same_shape = in_channels == channels and stride == 1
        around = nn.Identity() if same_shape else Shortcut(in_channels, channels, stride)
        self.shortcut = around if shortcut else None

    def forward(self, x: Tensor) -> Tensor:
        """Equation 2 of the paper, y = F(x) + x; of the plain network y = F(x)."""
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return F.relu(y if self.shortcut is None else y + self.shortcut(x))


class ResNetCifar(Backbone):
    """(N, in_channels, H, W) of any size -> scores (N, classes).

    Args:
        layers: 6n + 2 for n = 1, 2, 3, ...
        classes: K.
        in_channels: C of the images.
        shortcuts: False gives the plain network.

    Raises:
        SettingError: the layers are not 6n + 2.
    """

    input_size = (32, 32)

    def __init__(self, layers: int, classes: int, in_channels: int, *, shortcuts: bool = True) -> None:
        super().__init__()
        blocks, rest = divmod(layers - 2, 6)
        if rest or blocks < 1:
            raise SettingError(f"layers is {layers}", "6n + 2: 8, 14, 20, 26, 32, ...", "layers=20")
        self.input_channels = in_channels
        self.stem = sequence(
            conv=nn.Conv2d(in_channels, WIDTHS[0], 3, padding=1, bias=False),
            norm=nn.BatchNorm2d(WIDTHS[0]),
            relu=nn.ReLU(),
        )
        self.stages = nn.Sequential(
            stage(WIDTHS[0], WIDTHS[0], blocks, stride=1, shortcuts=shortcuts),
            stage(WIDTHS[0], WIDTHS[1], blocks, stride=2, shortcuts=shortcuts),
            stage(WIDTHS[1], WIDTHS[2], blocks, stride=2, shortcuts=shortcuts),
        )
        self.head = sequence(
            pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), output=nn.Linear(WIDTHS[2], classes)
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):  # He et al. 2015, equation 10: variance 2 / fan-in
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")


def stage(in_channels: int, channels: int, blocks: int, *, stride: int, shortcuts: bool) -> nn.Sequential:
    """Blocks of one width; the first of them halves the map when the stride is 2."""
    first = Block(in_channels, channels, stride, shortcut=shortcuts)
    rest = (Block(channels, channels, 1, shortcut=shortcuts) for _ in range(blocks - 1))
    return nn.Sequential(first, *rest)
