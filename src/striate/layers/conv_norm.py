"""A convolution, its batch normalization and its activation: the brick of most networks since 2015.

Ioffe, Szegedy 2015, section 3.2. https://arxiv.org/abs/1502.03167

    x --> conv (no bias: the normalization would take it away again) --> norm --> active
"""

from torch import nn

from striate.layers.sequence import sequence


def conv_norm(
    in_channels: int,
    channels: int,
    kernel: int | tuple[int, int],
    stride: int = 1,
    groups: int = 1,
    activation: type[nn.Module] | None = nn.ReLU,
    eps: float = 1e-5,
    *,
    padding: int | None = None,
) -> nn.Sequential:
    """(N, in_channels, H, W) -> (N, channels, H / stride, W / stride), rounded up for odd kernels.

    Args:
        in_channels: maps that come in; a multiple of ``groups``.
        channels: maps that come out; a multiple of ``groups``.
        kernel: side of the filter, or its (height, width).
        stride: pixels from one position of the filter to the next.
        groups: parts into which the channels are split.
        activation: what follows the normalization; None for nothing.
        eps: added to the variance that the normalization divides by.
        padding: zeros on every side; None for half the kernel, which keeps the size where the stride is 1.

    >>> [name for name, part in conv_norm(3, 8, kernel=3, stride=2).named_children()]
    ['conv', 'norm', 'active']
    """
    height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
    around = (height // 2, width // 2) if padding is None else (padding, padding)
    conv = nn.Conv2d(in_channels, channels, (height, width), stride, around, groups=groups, bias=False)
    norm = nn.BatchNorm2d(channels, eps)
    return (
        sequence(conv=conv, norm=norm)
        if activation is None
        else sequence(conv=conv, norm=norm, active=activation())
    )
