"""A convolution in two steps: one filter for each channel, then sums over the channels.

Sifre 2014, section 6.2; Howard et al. 2017, figure 2. https://arxiv.org/abs/1704.04861

    x (N, C, H, W) --> depthwise: k x k, one filter a channel --> pointwise: 1x1, C to C' --> (N, C', H', W')
    multiplications        k k C H' W'                         +      C C' H' W'

One k x k convolution does it in k k C C' H' W', so the two steps cost 1 / C' + 1 / (k k) of it: with 3x3
filters between an eighth and a ninth.
"""

from torch import nn

from striate.layers.conv_norm import conv_norm
from striate.layers.sequence import sequence


def separable(in_channels: int, channels: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """The two convolutions alone: (N, in_channels, H, W) -> (N, channels, H / stride, W / stride).

    Args:
        in_channels: C.
        channels: C'.
        kernel: k, odd; the border is padded with zeros.
        stride: of the depthwise step.

    >>> sum(weight.numel() for weight in separable(32, 64).parameters())  # 9 * 32 + 32 * 64
    2336
    """
    return sequence(
        depthwise=nn.Conv2d(
            in_channels, in_channels, kernel, stride, kernel // 2, groups=in_channels, bias=False
        ),
        pointwise=nn.Conv2d(in_channels, channels, 1, bias=False),
    )


def separable_block(
    in_channels: int,
    channels: int,
    kernel: int = 3,
    stride: int = 1,
    activation: type[nn.Module] = nn.ReLU,
) -> nn.Sequential:
    """The two convolutions, each with a norm and an activation: figure 3 of the MobileNet paper.

    Args:
        in_channels: C.
        channels: C'.
        kernel: k, odd; the border is padded with zeros.
        stride: of the depthwise step.
        activation: what follows either norm.

    >>> sum(weight.numel() for weight in separable_block(32, 64).parameters())  # 2 * 32 + 2 * 64 more
    2528
    """
    return sequence(
        depthwise=conv_norm(
            in_channels, in_channels, kernel, stride, groups=in_channels, activation=activation
        ),
        pointwise=conv_norm(in_channels, channels, 1, activation=activation),
    )
