"""The inverted bottleneck: thin outside, wide inside, and a shortcut between the thin ends.

Sandler, Howard, Zhu, Zhmoginov, Chen 2018, figures 3 and 4. https://arxiv.org/abs/1801.04381
Howard et al. 2019, figure 4, adds squeeze and excitation. https://arxiv.org/abs/1905.02244

    x (C) -+-> 1x1 expand -> k x k depthwise -> squeeze, excite -> 1x1 project -> drop path -(+)-> y (C')
           |     E wide         E wide              E wide            C' thin                 |
           '------------------- shortcut, where the shape stays as it is --------------------'

Each convolution has a norm; expansion and depthwise convolution have an activation too, the projection has
none: a ReLU would lose what the few channels hold. A block that does not widen (E = C) begins with its
depthwise convolution. Without squeeze there are C E + k k E + E C' weights, and 2 E + 2 E + 2 C' numbers in
the norms.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from striate.layers.conv_norm import conv_norm
from striate.layers.drop_path import DropPath
from striate.layers.squeeze_excite import SqueezeExcite


@dataclass(frozen=True)
class Shape:
    """The numbers of one block.

    Attributes:
        in_channels: C.
        expanded: E, channels inside.
        channels: C' of the result.
        kernel: k of the depthwise convolution, odd.
        stride: of the depthwise convolution.
        squeezed: channels that squeeze and excitation goes through; 0 for a block without.
    """

    in_channels: int
    expanded: int
    channels: int
    kernel: int = 3
    stride: int = 1
    squeezed: int = 0


class InvertedBottleneck(nn.Module):
    """(N, C, H, W) -> (N, C', H / stride, W / stride), rounded up.

    Args:
        shape: the numbers of the block.
        activation: what follows expansion and depthwise convolution.
        squeeze: called with E and the squeezed channels; what weighs the channels before the projection.
        epsilon: of the norms.
        drop: probability that an image goes through the shortcut alone, while learning.
    """

    def __init__(
        self,
        shape: Shape,
        activation: type[nn.Module],
        squeeze: Callable[[int, int], nn.Module] = SqueezeExcite,
        epsilon: float = 1e-5,
        drop: float = 0.0,
    ) -> None:
        super().__init__()
        thin, wide = shape.in_channels, shape.expanded
        self.expand = (
            nn.Identity() if wide == thin else conv_norm(thin, wide, 1, activation=activation, eps=epsilon)
        )
        self.depthwise = conv_norm(
            wide, wide, shape.kernel, shape.stride, groups=wide, activation=activation, eps=epsilon
        )
        self.squeeze = squeeze(wide, shape.squeezed) if shape.squeezed else nn.Identity()
        self.project = conv_norm(wide, shape.channels, 1, activation=None, eps=epsilon)
        self.drop = DropPath(drop)
        self.shortcut = thin == shape.channels and shape.stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """Widen, look around, weigh, and become thin again."""
        y: Tensor = self.project(self.squeeze(self.depthwise(self.expand(x))))
        return x + self.drop(y) if self.shortcut else y
