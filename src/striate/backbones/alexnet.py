"""AlexNet: five convolutions and three fully connected layers, as published and with the public weights.

Krizhevsky, Sutskever, Hinton 2012, figure 2,
https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks.
Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks",
https://arxiv.org/abs/1404.5997.

    2012   image  conv1   pool1  conv2  pool2   conv3   conv4  conv5  pool5   fc6    fc7  output
            227    55      27     27     13      13      13     13      6     pixels along a side
                 ,- 48 --- 48 -- 128 -- 128 -.   ,- 192 -- 192 -- 128 -- 128 -.
             3 -<                             >-<                              >- 4096 - 4096 - 1000
                 `- 48 --- 48 -- 128 -- 128 -'   `- 192 -- 192 -- 128 -- 128 -'
                 11x11            5x5             3x3     3x3    3x3
                 norm             norm

    2014    224    64      64    192    192      384     256    256    256  -- 4096 - 4096 - 1000

Two graphics cards held a tower each. The towers speak to each other at conv3 and at the fully connected
layers only: conv2, conv4 and conv5 have two groups. The pooling windows are 3 wide and 2 apart, so that
they overlap. The paper says 224x224, but 55x55 positions of an 11x11 filter, 4 pixels apart, need 227x227.
In other sizes the last maps are averaged in 6x6 bins; at the paper's size a bin is one unit.

The network of 2014 has one tower, no normalization, and padding in conv1; its public weights are
torchvision's.
"""

from torch import nn

from striate.layers.backbone import Backbone
from striate.layers.response_norm import ResponseNorm
from striate.layers.sequence import sequence

DEVIATION = 0.01
"""Section 5: of the normal distribution from which weights are drawn."""

BEGIN_AWAKE = ("conv2", "conv4", "conv5", "fc6", "fc7")
"""Section 5: layers whose biases begin as 1, so that their ReLUs let something through at once."""


class AlexNet2012(Backbone):
    """(N, in_channels, 227, 227) -> scores (N, classes); larger and smaller sides are averaged to 6x6 maps.

    Args:
        classes: K.
        in_channels: C of the images.
    """

    input_size = (227, 227)
    least_side = 67

    def __init__(self, classes: int = 1000, in_channels: int = 3) -> None:
        super().__init__()
        self.input_channels = in_channels
        self.stem = sequence(
            conv1=nn.Conv2d(in_channels, 96, 11, stride=4), relu1=nn.ReLU(), norm1=ResponseNorm()
        )
        self.stages = nn.Sequential(
            sequence(
                pool1=nn.MaxPool2d(3, stride=2),
                conv2=nn.Conv2d(96, 256, 5, padding=2, groups=2),
                relu2=nn.ReLU(),
                norm2=ResponseNorm(),
            ),
            sequence(
                pool2=nn.MaxPool2d(3, stride=2),
                conv3=nn.Conv2d(256, 384, 3, padding=1),
                relu3=nn.ReLU(),
                conv4=nn.Conv2d(384, 384, 3, padding=1, groups=2),
                relu4=nn.ReLU(),
                conv5=nn.Conv2d(384, 256, 3, padding=1, groups=2),
                relu5=nn.ReLU(),
            ),
            sequence(pool5=nn.MaxPool2d(3, stride=2)),
        )
        self.head = sequence(
            bins=nn.AdaptiveAvgPool2d(6),
            flatten=nn.Flatten(),
            fc6=nn.Linear(256 * 6 * 6, 4096),
            relu6=nn.ReLU(),
            drop6=nn.Dropout(),
            fc7=nn.Linear(4096, 4096),
            relu7=nn.ReLU(),
            drop7=nn.Dropout(),
            output=nn.Linear(4096, classes),
        )
        for name, values in self.named_parameters():
            layer, kind = name.split(".")[-2:]
            if kind == "weight":
                nn.init.normal_(values, std=DEVIATION)
            else:
                nn.init.constant_(values, float(layer in BEGIN_AWAKE))


class AlexNet(Backbone):
    """(N, in_channels, 224, 224) -> scores (N, classes), of 2014; other sides are averaged to 6x6 maps.

    Args:
        classes: K.
        in_channels: C of the images.
    """

    input_size = (224, 224)
    least_side = 63

    def __init__(self, classes: int = 1000, in_channels: int = 3) -> None:
        super().__init__()
        self.input_channels = in_channels
        self.stem = sequence(conv1=nn.Conv2d(in_channels, 64, 11, stride=4, padding=2), relu1=nn.ReLU())
        self.stages = nn.Sequential(
            sequence(
                pool1=nn.MaxPool2d(3, stride=2), conv2=nn.Conv2d(64, 192, 5, padding=2), relu2=nn.ReLU()
            ),
            sequence(
                pool2=nn.MaxPool2d(3, stride=2),
                conv3=nn.Conv2d(192, 384, 3, padding=1),
                relu3=nn.ReLU(),
                conv4=nn.Conv2d(384, 256, 3, padding=1),
                relu4=nn.ReLU(),
                conv5=nn.Conv2d(256, 256, 3, padding=1),
                relu5=nn.ReLU(),
            ),
            sequence(pool5=nn.MaxPool2d(3, stride=2)),
        )
        self.head = sequence(
            bins=nn.AdaptiveAvgPool2d(6),
            flatten=nn.Flatten(),
            drop5=nn.Dropout(),
            fc6=nn.Linear(256 * 6 * 6, 4096),
            relu6=nn.ReLU(),
            drop6=nn.Dropout(),
            fc7=nn.Linear(4096, 4096),
            relu7=nn.ReLU(),
            output=nn.Linear(4096, classes),
        )
