"""LeNet-5: two rounds of convolution and subsampling, then three fully connected layers.

LeCun, Bottou, Bengio, Haffner 1998, figure 2. http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf

    image      C1         S2         C3          S4        C5    F6   output
    32x32 --> 28x28x6 -> 14x14x6 -> 10x10x16 -> 5x5x16 -> 120 -> 84 -> 10
          5x5        2x2        5x5         2x2      full    full  full

The network taught today has ReLU and max pooling. The one of 1998 has the scaled tanh and averages.
Three things of the paper are in neither:

- each map of C3 sees only some of the six maps below (table I: 1,516 parameters); here it sees all (2,416);
- S2 and S4 scale their averages by a learned number, add a learned bias (12 and 32 parameters) and squash the
  result; here an average is an average;
- the output measures the distance to drawings of the digits (radial basis functions); here it is
  a linear layer.

So the paper counts 60,000 parameters, and this file 61,706 for one channel and ten classes.
"""

import torch
from torch import Tensor, nn

from striate.layers.backbone import Backbone
from striate.layers.sequence import sequence

AMPLITUDE, SLOPE = 1.7159, 2 / 3  # appendix A: with these f(1) = 1 and f(-1) = -1


class Squash(nn.Module):
    """The scaled tanh of the paper: 1.7159 tanh(2 a / 3), any shape."""

    def forward(self, x: Tensor) -> Tensor:
        """The same shape, every value within -1.7159..1.7159."""
        return AMPLITUDE * torch.tanh(SLOPE * x)


class LeNet5(Backbone):
    """(N, in_channels, 32, 32) -> scores (N, classes); sides up to 35 give the same 5x5 maps.

    Args:
        classes: K.
        in_channels: C of the images.
        activation: what follows every layer but the last.
        pool: what halves the maps.
    """

    input_size = (32, 32)
    least_side, most_side = 32, 35

    def __init__(
        self,
        classes: int,
        in_channels: int,
        activation: type[nn.Module],
        pool: type[nn.MaxPool2d | nn.AvgPool2d],
    ) -> None:
        super().__init__()
        self.input_channels = in_channels
        self.stem = sequence(conv1=nn.Conv2d(in_channels, 6, 5), active1=activation(), pool1=pool(2))
        self.stages = nn.Sequential(sequence(conv2=nn.Conv2d(6, 16, 5), active2=activation(), pool2=pool(2)))
        self.head = sequence(
            flatten=nn.Flatten(),
            fc3=nn.Linear(5 * 5 * 16, 120),
            active3=activation(),
            fc4=nn.Linear(120, 84),
            active4=activation(),
            output=nn.Linear(84, classes),
        )


def lenet5(classes: int = 10, in_channels: int = 1) -> LeNet5:
    """LeNet-5 as it is taught today: ReLU and max pooling."""
    return LeNet5(classes, in_channels, activation=nn.ReLU, pool=nn.MaxPool2d)


def lenet5_1998(classes: int = 10, in_channels: int = 1) -> LeNet5:
    """LeNet-5 with the nonlinearity and the averages of 1998."""
    return LeNet5(classes, in_channels, activation=Squash, pool=nn.AvgPool2d)
