"""Xception: an inception network taken to the extreme, where every channel has a tower of its own.

Chollet 2017, figure 5. https://arxiv.org/abs/1610.02357

    conv1 conv2       3x3 stride 2, 3x3                             147x147x64
    block1            entry flow                                      74x74x128
    block2                                                            37x37x256
    block3 .. 11      entry flow, and the eight of the middle flow    19x19x728
    block12, conv3 4  exit flow                                       10x10x2048
    head              means, one linear layer                         1000 scores

            ,--- 1x1 conv, stride 2 -> norm ---------------.
    x ------+--> ReLU -> separable -> norm, twice -> pool (+)-->     block1, 2, 3, 12

            ,----------------------------------------------.
    x ------+--> ReLU -> separable -> norm, three times   (+)-->     block4 .. 11

A separable convolution is a 3x3 filter for each channel and then a 1x1 over all channels, with nothing
between the two. block1 begins without its ReLU, since one has just been. block12 widens in its second
convolution, the others in their first. 22,855,952 parameters, as table 3 says.
"""

from itertools import pairwise

from torch import Tensor, nn

from striate.layers.backbone import Backbone
from striate.layers.conv_norm import conv_norm
from striate.layers.init import keep_gradients
from striate.layers.separable import separable
from striate.layers.sequence import sequence

MIDDLE = 728
"""Channels of the eight blocks of the middle flow."""


def separable_norm(in_channels: int, channels: int) -> nn.Sequential:
    """A separable 3x3 convolution and its norm: (N, in_channels, H, W) -> (N, channels, H, W)."""
    return sequence(conv=separable(in_channels, channels), norm=nn.BatchNorm2d(channels))


class XceptionBlock(nn.Module):
    """(N, widths[0], H, W) -> (N, widths[-1], H / stride, W / stride), rounded up.

    Args:
        widths: channels before, between and after the separable convolutions.
        stride: 2 halves the map by a pooling, and the shortcut by a 1x1 convolution; 1 keeps both.
        awake: what comes in was activated already.
    """

    def __init__(self, widths: tuple[int, ...], stride: int = 1, *, awake: bool = False) -> None:
        super().__init__()
        layers: dict[str, nn.Module] = {}
        for number, (narrow, wide) in enumerate(pairwise(widths), start=1):
            if number > 1 or not awake:
                layers[f"relu{number}"] = nn.ReLU()
            layers[f"separable{number}"] = separable_norm(narrow, wide)
        if stride == 2:
            layers["pool"] = nn.MaxPool2d(3, stride, padding=1)
        self.layers = sequence(**layers)
        self.shortcut = (
            nn.Identity() if stride == 1 else conv_norm(widths[0], widths[-1], 1, stride, activation=None)
        )

    def forward(self, x: Tensor) -> Tensor:
        """What the layers give, and the shortcut."""
        result: Tensor = self.layers(x) + self.shortcut(x)
        return result


class Xception(Backbone):
    """(N, in_channels, H, W), sides of 7 pixels or more -> scores (N, classes).

    Args:
        classes: K.
        in_channels: C of the images.
    """

    input_size = (299, 299)
    least_side = 7

    def __init__(self, classes: int = 1000, in_channels: int = 3) -> None:
        super().__init__()
        self.input_channels = in_channels
        self.stem = sequence(
            conv1=conv_norm(in_channels, 32, 3, 2, padding=0), conv2=conv_norm(32, 64, 3, padding=0)
        )
        middle = {f"block{number}": XceptionBlock((MIDDLE,) * 4) for number in range(4, 12)}
        self.stages = nn.Sequential(
            sequence(block1=XceptionBlock((64, 128, 128), stride=2, awake=True)),
            sequence(block2=XceptionBlock((128, 256, 256), stride=2)),
            sequence(block3=XceptionBlock((256, MIDDLE, MIDDLE), stride=2), **middle),
            sequence(
                block12=XceptionBlock((MIDDLE, MIDDLE, 1024), stride=2),
                conv3=separable_norm(1024, 1536),
                relu3=nn.ReLU(),
                conv4=separable_norm(1536, 2048),
                relu4=nn.ReLU(),
            ),
        )
        self.head = sequence(
            mean=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            drop=nn.Dropout(0.5),  # section 4.4
            output=nn.Linear(2048, classes),
        )
        keep_gradients(self)
