"""Network in Network: a small network slides over the image, and maps are averaged to scores.

Lin, Chen, Yan 2013, figures 1 and 2. https://arxiv.org/abs/1312.4400

    CIFAR      image      mlp 1     pool     mlp 2     pool     mlp 3        average
               32x32x3 -> 32x32 --> 16x16 -> 16x16 --> 8x8 ---> 8x8 --------> scores
               5x5, 192 -> 160 -> 96  |  5x5, 192 -> 192 -> 192  |  3x3, 192 -> 192 -> classes

    ImageNet   image        mlp 1     pool     mlp 2     pool     mlp 3     pool    mlp 4    average
               224x224x3 -> 54x54 --> 26x26 -> 26x26 --> 12x12 -> 12x12 --> 5x5 --> 5x5 ----> scores
               11x11, 96 -> 96 -> 96  |  5x5, 256, ...  |  3x3, 384, ...  |  3x3, 1024 -> 1024 -> classes

    mlp:    x --> conv f x f --> ReLU --> conv 1x1 --> ReLU --> conv 1x1 --> ReLU (not after the last mlp)

A 1x1 convolution is a fully connected layer at every pixel. The last one gives a map for each class, which
says where that class is seen; the score of a class is the mean of its map. Nothing is fully connected over
the image, where most of the parameters of other networks sit.

The widths are those that the authors gave to Caffe. Half of what each pooling hands on is dropped in
training (for ImageNet before the last mlp only). Weights begin as He et al. 2015 say; the paper set them by
hand. Caffe rounds the sizes of pooled maps up. So does the CIFAR network here, to have the paper's 16x16
and 8x8; the one for ImageNet rounds down, and has the same maps as in Caffe for sides of 227, but not of
224.

The authors' files for Caffe have a ReLU over the class maps too. Here it is left out, so that scores may be
negative: a map that is negative everywhere would pass no gradient, and once all of them are, every score is
0 and nothing is learned any more. At an ordinary learning rate that happens soon.
"""

from torch import Tensor, nn

from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.sequence import sequence


class NetworkInNetwork(Backbone):
    """A network whose head is a map for each class, and the mean of each map: linear in what ``embed`` gives.

    A network sets its stem, its stages and, with ``class_maps``, its head.
    """

    def embed(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) -> (N, D), the mean of every map that the last 1x1 convolution sees."""
        maps: Tensor = self.stages(self.stem(images))
        return maps.mean(dim=(2, 3))

    def replace_head(self, classes: int) -> None:
        """Put a new last 1x1 convolution, with weights yet to be learned, in the place of the old one.

        Args:
            classes: K of the new scores, 1 or more.

        Raises:
            SettingError: there are no classes.
        """
        if classes < 1:
            raise SettingError(f"classes is {classes}", "1 or more", "the number of names that the data has")
        last = self.head.get_submodule("output")
        assert isinstance(last, nn.Conv2d)
        fresh = nn.Conv2d(last.in_channels, classes, 1, device=last.weight.device, dtype=last.weight.dtype)
        self.head.set_submodule("output", begin(fresh))


class NinCifar(NetworkInNetwork):
    """(N, in_channels, H, W), sides of 4 or more -> scores (N, classes).

    Args:
        classes: K.
        in_channels: C of the images.
    """

    input_size = (32, 32)
    least_side = 4

    def __init__(self, classes: int = 10, in_channels: int = 3) -> None:
        super().__init__()
        self.input_channels = in_channels
        self.stem = mlp(nn.Conv2d(in_channels, 192, 5, padding=2), 160, 96)
        self.stages = nn.Sequential(
            sequence(
                pool=nn.MaxPool2d(3, stride=2, ceil_mode=True),
                drop=nn.Dropout(),
                mlp=mlp(nn.Conv2d(96, 192, 5, padding=2), 192, 192),
            ),
            sequence(
                pool=nn.MaxPool2d(3, stride=2, ceil_mode=True),
                drop=nn.Dropout(),
                mlp=mlp(nn.Conv2d(192, 192, 3, padding=1), 192),
            ),
        )
        self.head = class_maps(192, classes)
        for module in self.modules():
            begin(module)


class NinImageNet(NetworkInNetwork):
    """(N, in_channels, H, W), sides of 67 or more -> scores (N, classes).

    Args:
        classes: K.
        in_channels: C of the images.
    """

    input_size = (224, 224)
    least_side = 67

    def __init__(self, classes: int = 1000, in_channels: int = 3) -> None:
        super().__init__()
        self.input_channels = in_channels
        self.stem = mlp(nn.Conv2d(in_channels, 96, 11, stride=4), 96, 96)
        self.stages = nn.Sequential(
            sequence(pool=nn.MaxPool2d(3, stride=2), mlp=mlp(nn.Conv2d(96, 256, 5, padding=2), 256, 256)),
            sequence(pool=nn.MaxPool2d(3, stride=2), mlp=mlp(nn.Conv2d(256, 384, 3, padding=1), 384, 384)),
            sequence(
                pool=nn.MaxPool2d(3, stride=2),
                drop=nn.Dropout(),
                mlp=mlp(nn.Conv2d(384, 1024, 3, padding=1), 1024),
            ),
        )
        self.head = class_maps(1024, classes)
        for module in self.modules():
            begin(module)


def mlp(conv: nn.Conv2d, *widths: int) -> nn.Sequential:
    """A convolution and 1x1 convolutions of these widths, with ReLUs: equation 2 of the paper."""
    parts: list[nn.Module] = [conv, nn.ReLU()]
    channels = conv.out_channels
    for width in widths:
        parts += [nn.Conv2d(channels, width, 1), nn.ReLU()]
        channels = width
    return nn.Sequential(*parts)


def class_maps(channels: int, classes: int) -> nn.Sequential:
    """The last layer of the last mlp, (N, C, H, W) -> a map for each class, and the mean of each map."""
    return sequence(
        output=nn.Conv2d(channels, classes, 1),
        average=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
    )


def begin(module: nn.Module) -> nn.Module:
    """The module itself; the weights of a convolution are drawn anew (He et al. 2015, equation 10)."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    return module
