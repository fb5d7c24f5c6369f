"""Which weights are published for ImageNet, and how their pictures were prepared.

    name --> file at download.pytorch.org, whose name carries its hash
         --> shorter side to 256, the middle 224x224, (pixels / 255 - mean) / std
         --> 1,000 class names

The files and numbers are those of torchvision's ``IMAGENET1K_V1``; a test compares them.
https://docs.pytorch.org/vision/stable/models.html
"""

from dataclasses import dataclass

from striate.data.preprocess import Interpolation, Preprocess
from striate.errors import SettingError

BASE = "https://download.pytorch.org/models"
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the pixels of ImageNet, red, green and blue."""

HALF = (0.5, 0.5, 0.5)
"""Mean and standard deviation of the two Inceptions, whose weights come from TensorFlow: pixels in -1..1.
torchvision states ImageNet's, and its network turns them into these (``transform_input``)."""


@dataclass(frozen=True)
class Published:
    """A file of weights.

    Args:
        file: its name, which carries the first eight digits of its SHA-256.
        shorter: the shorter side to which a picture is scaled, pixels.
        side: of the square in its middle that the network sees, pixels.
        interpolation: with which it is scaled.
        mean: per channel, of pixels in 0..1.
        std: per channel, of pixels in 0..1.
    """

    file: str
    shorter: int = 256
    side: int = 224
    interpolation: Interpolation = "bilinear"
    mean: tuple[float, ...] = MEAN
    std: tuple[float, ...] = STD

    @property
    def preprocess(self) -> Preprocess:
        """What the network expects of a picture."""
        return Preprocess(
            (self.side, self.side),
            mean=self.mean,
            std=self.std,
            crop_ratio=self.side / self.shorter,
            interpolation=self.interpolation,
        )


PUBLISHED = {
    "alexnet": Published("alexnet-owt-7be5be79.pth"),
    "convnext_tiny": Published("convnext_tiny-983f1562.pth", 236),
    "convnext_small": Published("convnext_small-0c510722.pth", 230),
    "convnext_base": Published("convnext_base-6075fbad.pth", 232),
    "convnext_large": Published("convnext_large-ea097f82.pth", 232),
    "efficientnet_b0": Published("efficientnet_b0_rwightman-7f5810bc.pth", 256, 224, "bicubic"),
    "efficientnet_b1": Published("efficientnet_b1_rwightman-bac287d4.pth", 256, 240, "bicubic"),
    "efficientnet_b2": Published("efficientnet_b2_rwightman-c35c1473.pth", 288, 288, "bicubic"),
    "efficientnet_b3": Published("efficientnet_b3_rwightman-b3899882.pth", 320, 300, "bicubic"),
    "efficientnet_b4": Published("efficientnet_b4_rwightman-23ab8bcd.pth", 384, 380, "bicubic"),
    "efficientnet_b5": Published("efficientnet_b5_lukemelas-1a07897c.pth", 456, 456, "bicubic"),
    "efficientnet_b6": Published("efficientnet_b6_lukemelas-24a108a5.pth", 528, 528, "bicubic"),
    "efficientnet_b7": Published("efficientnet_b7_lukemelas-c5b4e57e.pth", 600, 600, "bicubic"),
    "googlenet": Published("googlenet-1378be20.pth", mean=HALF, std=HALF),
    "inception_v3": Published("inception_v3_google-0cc3c7bd.pth", 342, 299, mean=HALF, std=HALF),
    "mobilenet_v2": Published("mobilenet_v2-b0353104.pth"),
    "mobilenet_v3_large": Published("mobilenet_v3_large-8738ca79.pth"),
    "mobilenet_v3_small": Published("mobilenet_v3_small-047dcff4.pth"),
    "resnet18": Published("resnet18-f37072fd.pth"),
    "resnet34": Published("resnet34-b627a593.pth"),
    "resnet50": Published("resnet50-0676ba61.pth"),
    "resnet101": Published("resnet101-63fe2227.pth"),
    "resnet152": Published("resnet152-394f9c45.pth"),
    "vgg11": Published("vgg11-8a719046.pth"),
    "vgg11_bn": Published("vgg11_bn-6002323d.pth"),
    "vgg13": Published("vgg13-19584684.pth"),
    "vgg13_bn": Published("vgg13_bn-abd245e5.pth"),
    "vgg16": Published("vgg16-397923af.pth"),
    "vgg16_bn": Published("vgg16_bn-6c64b313.pth"),
    "vgg19": Published("vgg19-dcbb9e9d.pth"),
    "vgg19_bn": Published("vgg19_bn-c79401a0.pth"),
}
"""By our names, those of ``striate.models()``."""


def published(name: str) -> Published:
    """The published weights of a network.

    Raises:
        SettingError: there are none.
    """
    if name not in PUBLISHED:
        raise SettingError(
            f"there are no published weights for {name}",
            "one of: " + ", ".join(PUBLISHED),
            "leave weights out, or name a file of your own",
        )
    return PUBLISHED[name]


def categories(name: str) -> tuple[str, ...]:
    """The names of the classes that published weights tell apart, 1,000 different ones."""
    from torchvision.models import get_model_weights

    return tuple(get_model_weights(name)["IMAGENET1K_V1"].meta["categories"])
