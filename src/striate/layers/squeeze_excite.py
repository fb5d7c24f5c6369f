"""Squeeze and excitation: a network of two layers looks at the means of all channels and weighs each channel.

Hu, Shen, Sun 2018, figures 1 to 3. https://arxiv.org/abs/1709.01507

    x (N, C, H, W) -+-> mean over H W -> reduce, C to S -> ReLU -> expand, S to C -> sigmoid --.
                    |      1x1xC            1x1xS                     1x1xC                    v
                    '-----------------------------------------------------------------------> (x) -> x'

Each of the two layers is fully connected over the channels; as a 1x1 convolution of a 1x1 map it is the same
sum, and nothing needs to be flattened. With biases there are 2 C S + C + S parameters.
"""

from collections.abc import Callable

from torch import Tensor, nn


class SqueezeExcite(nn.Module):
    """(N, channels, H, W) -> the same shape, every channel times a number of its own for each image.

    Args:
        channels: C.
        squeezed: S, channels between the two layers; the paper has C / 16.
        activation: what follows the first layer.
        gate: what follows the second; it keeps the numbers within 0..1.
    """

    def __init__(
        self,
        channels: int,
        squeezed: int,
        activation: Callable[[], nn.Module] = nn.ReLU,
        gate: Callable[[], nn.Module] = nn.Sigmoid,
    ) -> None:
        super().__init__()
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(channels, squeezed, 1)
        self.active = activation()
        self.expand = nn.Conv2d(squeezed, channels, 1)
        self.gate = gate()

    def weights(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, 1, 1), what the channels are multiplied with: equation 3 of the paper."""
        excited: Tensor = self.gate(self.expand(self.active(self.reduce(self.mean(x)))))
        return excited

    def forward(self, x: Tensor) -> Tensor:
        """Equation 4 of the paper."""
        return x * self.weights(x)
