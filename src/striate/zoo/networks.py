"""The networks by name. A name is a line of this dictionary and nothing else: its spelling means nothing.

create("resnet20", classes=10) --> MODELS["resnet20"](classes=10, in_channels=3) --> a backbone
network_named("yolo", 10) -------> DETECTORS["yolo"](classes=10, in_channels=3) ---> a detection network
network_named("mask_rcnn", 10) --> INSTANCE_DETECTORS["mask_rcnn"](...) -----------> likewise, with branches
network_named("unet", 10) -------> SEGMENTERS["unet"](classes=10, in_channels=3) --> a segmentation network
"""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, cast

import torch

from striate.arguments import checked
from striate.backbones.alexnet import AlexNet, AlexNet2012
from striate.backbones.convnext import convnext
from striate.backbones.darknet import Darknet19, Darknet24
from striate.backbones.efficientnet import efficientnet
from striate.backbones.googlenet import googlenet, googlenet_2014, se_googlenet
from striate.backbones.inception_resnet_v2 import InceptionResNetV2
from striate.backbones.inception_v2 import InceptionV2
from striate.backbones.inception_v3 import InceptionV3
from striate.backbones.lenet import lenet5, lenet5_1998
from striate.backbones.mobilenet_v1 import MobileNetV1
from striate.backbones.mobilenet_v2 import MobileNetV2
from striate.backbones.mobilenet_v3 import LARGE, SMALL, MobileNetV3
from striate.backbones.nin import NinCifar, NinImageNet
from striate.backbones.resnet import basic_resnet, bottleneck_resnet, plain
from striate.backbones.resnet_cifar import ResNetCifar
from striate.backbones.se_resnet import basic_se_resnet, bottleneck_se_resnet
from striate.backbones.vgg import VGG
from striate.backbones.xception import Xception
from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.image_network import LISTED, ImageNetwork
from striate.lazy_table import LazyTable
from striate.zoo.model_file import differences
from striate.zoo.network_arguments import require
from striate.zoo.weights.load_weights import AUXILIARY, IMAGENET, load_weights, of_other_arguments

if TYPE_CHECKING:
    from striate.tasks.detection.networks.detection_network import DetectionNetwork
    from striate.tasks.segmentation.networks.segmentation_network import SegmentationNetwork
    from striate.tasks.superresolution.networks.superresolution_network import SuperResolutionNetwork

NEAREST = 3
"""Names that an unknown one is answered with."""

NUMBER = re.compile(r"[0-9]{1,9}$")

Builder = Callable[..., Backbone]
"""Called with ``classes``, ``in_channels`` and the network's own arguments."""

MODELS: dict[str, Builder] = {
    "alexnet": AlexNet,
    "alexnet_2012": AlexNet2012,
    "convnext_tiny": partial(convnext, "tiny"),
    "convnext_small": partial(convnext, "small"),
    "convnext_base": partial(convnext, "base"),
    "convnext_large": partial(convnext, "large"),
    "darknet19": Darknet19,
    "darknet24": partial(Darknet24, batch_norm=False),
    "darknet24_bn": partial(Darknet24, batch_norm=True),
    "efficientnet_b0": partial(efficientnet, "b0"),
    "efficientnet_b1": partial(efficientnet, "b1"),
    "efficientnet_b2": partial(efficientnet, "b2"),
    "efficientnet_b3": partial(efficientnet, "b3"),
    "efficientnet_b4": partial(efficientnet, "b4"),
    "efficientnet_b5": partial(efficientnet, "b5"),
    "efficientnet_b6": partial(efficientnet, "b6"),
    "efficientnet_b7": partial(efficientnet, "b7"),
    "googlenet": googlenet,
    "googlenet_2014": googlenet_2014,
    "inception_resnet_v2": InceptionResNetV2,
    "inception_v2": InceptionV2,
    "inception_v3": InceptionV3,
    "lenet5": lenet5,
    "lenet5_1998": lenet5_1998,
    "mobilenet_v1": MobileNetV1,
    "mobilenet_v2": MobileNetV2,
    "mobilenet_v3_large": partial(MobileNetV3, LARGE),
    "mobilenet_v3_small": partial(MobileNetV3, SMALL),
    "nin_cifar": NinCifar,
    "nin_imagenet": NinImageNet,
    "plain_18": partial(plain, 18),
    "plain_34": partial(plain, 34),
    "plain_20": partial(ResNetCifar, 20, shortcuts=False),
    "plain_32": partial(ResNetCifar, 32, shortcuts=False),
    "plain_44": partial(ResNetCifar, 44, shortcuts=False),
    "plain_56": partial(ResNetCifar, 56, shortcuts=False),
    "plain_110": partial(ResNetCifar, 110, shortcuts=False),
    "resnet18": partial(basic_resnet, 18),
    "resnet34": partial(basic_resnet, 34),
    "resnet50": partial(bottleneck_resnet, 50),
    "resnet101": partial(bottleneck_resnet, 101),
    "resnet152": partial(bottleneck_resnet, 152),
    "resnet20": partial(ResNetCifar, 20),
    "resnet32": partial(ResNetCifar, 32),
    "resnet44": partial(ResNetCifar, 44),
    "resnet56": partial(ResNetCifar, 56),
    "resnet110": partial(ResNetCifar, 110),
    "se_googlenet": se_googlenet,
    "se_resnet18": partial(basic_se_resnet, 18),
    "se_resnet34": partial(basic_se_resnet, 34),
    "se_resnet50": partial(bottleneck_se_resnet, 50),
    "se_resnet101": partial(bottleneck_se_resnet, 101),
    "se_resnet152": partial(bottleneck_se_resnet, 152),
    "vgg11": partial(VGG, 11, batch_norm=False),
    "vgg11_bn": partial(VGG, 11, batch_norm=True),
    "vgg13": partial(VGG, 13, batch_norm=False),
    "vgg13_bn": partial(VGG, 13, batch_norm=True),
    "vgg16": partial(VGG, 16, batch_norm=False),
    "vgg16_bn": partial(VGG, 16, batch_norm=True),
    "vgg19": partial(VGG, 19, batch_norm=False),
    "vgg19_bn": partial(VGG, 19, batch_norm=True),
    "xception": Xception,
}

PUBLISHED = "striate.tasks.detection.networks.faster_rcnn_published"
"""The module of the networks with two stages whose weights torchvision publishes."""

DETECTORS: LazyTable[Callable[..., "DetectionNetwork"]] = LazyTable(
    {
        "yolo": "striate.zoo.detectors:yolo",
        "yolo_v1": "striate.zoo.detectors:yolo_v1",
        "ssd": "striate.zoo.detectors:ssd",
        "faster_rcnn": "striate.zoo.region_detectors:faster_rcnn",
        "rcnn": "striate.zoo.region_detectors:rcnn",
        "sppnet": "striate.zoo.region_detectors:sppnet",
        "fast_rcnn": "striate.zoo.region_detectors:fast_rcnn",
        "rfcn": "striate.zoo.region_detectors:rfcn",
        "fasterrcnn_resnet50_fpn": f"{PUBLISHED}:fasterrcnn_resnet50_fpn_network",
        "fasterrcnn_resnet50_fpn_v2": f"{PUBLISHED}:fasterrcnn_resnet50_fpn_v2_network",
        "fasterrcnn_mobilenet_v3_large_fpn": f"{PUBLISHED}:fasterrcnn_mobilenet_v3_large_fpn_network",
        "fasterrcnn_mobilenet_v3_large_320_fpn": f"{PUBLISHED}:fasterrcnn_mobilenet_v3_large_320_fpn_network",
        "ssd300_vgg16": "striate.tasks.detection.networks.ssd:ssd300_vgg16_network",
        "ssdlite320_mobilenet_v3_large": "striate.tasks.detection.networks.ssdlite:ssdlite320_network",
    }
)
"""Called with ``classes``, ``in_channels`` and the detector's own arguments."""

INSTANCES = "striate.tasks.detection.networks.mask_rcnn"
"""The module of those that say masks or joints, too."""

INSTANCE_DETECTORS: LazyTable[Callable[..., "DetectionNetwork"]] = LazyTable(
    {
        "mask_rcnn": "striate.zoo.instance_detectors:mask_rcnn",
        "keypoint_rcnn": "striate.zoo.instance_detectors:keypoint_rcnn",
        "maskrcnn_resnet50_fpn": f"{INSTANCES}:maskrcnn_resnet50_fpn_network",
        "maskrcnn_resnet50_fpn_v2": f"{INSTANCES}:maskrcnn_resnet50_fpn_v2_network",
        "keypointrcnn_resnet50_fpn": f"{INSTANCES}:keypointrcnn_resnet50_fpn_network",
    }
)
"""Called with ``classes``, ``in_channels`` and the detector's own arguments."""

SEGMENTERS: LazyTable[Callable[..., "SegmentationNetwork"]] = LazyTable(
    {
        "patch_classifier": "striate.zoo.segmenters:patch_classifier",
        "fcn": "striate.zoo.segmenters:fcn",
        "fcn32s": "striate.zoo.segmenters:fcn32s",
        "fcn16s": "striate.zoo.segmenters:fcn16s",
        "fcn8s": "striate.zoo.segmenters:fcn8s",
        "fcn32s_vgg16": "striate.zoo.segmenters:fcn32s_vgg16",
        "fcn16s_vgg16": "striate.zoo.segmenters:fcn16s_vgg16",
        "fcn8s_vgg16": "striate.zoo.segmenters:fcn8s_vgg16",
        "fcn_resnet50": "striate.tasks.segmentation.networks.fcn_resnet:fcn_resnet50_network",
        "fcn_resnet101": "striate.tasks.segmentation.networks.fcn_resnet:fcn_resnet101_network",
        "segnet": "striate.zoo.segmenters:segnet",
        "unet": "striate.zoo.segmenters:unet",
        "unet_2015": "striate.zoo.segmenters:unet_2015",
    }
)
"""Called with ``classes``, ``in_channels`` and the network's own arguments."""

SUPER_RESOLVERS: LazyTable[Callable[..., "SuperResolutionNetwork"]] = LazyTable(
    {
        "edsr": "striate.zoo.super_resolvers:edsr",
        "espcn": "striate.zoo.super_resolvers:espcn",
        "resize_convolution": "striate.zoo.super_resolvers:resize_convolution",
    }
)
"""Called with ``classes``, ``in_channels`` and the network's own arguments."""

CAPTIONERS: LazyTable[Callable[..., "DetectionNetwork"]] = LazyTable(
    {"densecap": "striate.zoo.captioners:densecap"}
)
"""Called with ``classes``, ``in_channels`` and the network's own arguments."""

BACKBONES = "classification"

TABLES: dict[str, Mapping[str, Callable[..., ImageNetwork]]] = {
    BACKBONES: MODELS,
    "detect": DETECTORS,
    "instances": INSTANCE_DETECTORS,
    "dense_captions": CAPTIONERS,
    "segmentation": SEGMENTERS,
    "superresolution": SUPER_RESOLVERS,
}
"""The names by the task that they are made for."""

DETECTOR_NAMES = frozenset(DETECTORS) | frozenset(INSTANCE_DETECTORS)
SEGMENTER_NAMES = frozenset(SEGMENTERS)
MADE_NAMES = DETECTOR_NAMES | SEGMENTER_NAMES | frozenset(SUPER_RESOLVERS) | frozenset(CAPTIONERS)
"""Names of networks that are made for one task."""


@checked
def models(task: str = "classification") -> list[str]:
    """The names that ``create`` knows.

    Args:
        task: ``classification`` for the backbones, which other tasks take too; ``detect`` for the detectors;
            ``instances`` for those with masks or joints; ``segmentation`` for those that score every pixel;
            ``superresolution`` for those that enlarge pictures; ``dense_captions`` for those that write
            sentences about regions.

    Raises:
        SettingError: no names are made for that task.
    """
    if task not in TABLES:
        raise SettingError(f"task is {task!r}", " or ".join(TABLES), "leave task out for the backbones")
    return list(TABLES[task])


@checked
def create(
    name: str, classes: int = 1000, in_channels: int = 3, weights: Any = None, **arguments: Any
) -> Backbone:
    """A backbone by its name.

    Args:
        name: one of ``models()``.
        classes: K, how many scores it gives, 1 or more.
        in_channels: C of the images, 1 or more.
        weights: ``"imagenet"`` fetches those that are published, once; ``"striate"`` are the small ones that
            come along; or a .safetensors or .pth file with our names, torchvision's or timm's. ``notes`` of
            the network tells what had to be adapted. None starts from random weights.
        arguments: of the network's own, such as ``stem="small"``; ``arguments_of(name)`` lists them.

    Raises:
        SettingError: there is no network of that name, a number is smaller than 1, or the network has no such
            argument or not with such a value.
        ModelFileError: the weights cannot be fetched or read, or belong to another network.

    >>> create("lenet5", classes=10, in_channels=1).channels
    {2: 6, 4: 16}
    """
    network = network_named(name, classes, in_channels, **arguments)
    if not isinstance(network, Backbone):
        kind = "a detector" if name in DETECTOR_NAMES else f"made for {made_for(name)}"
        raise SettingError(f"{name} is {kind}", f"a backbone: {LISTED}", "resnet18")
    if weights is not None:
        changed = {one: value for one, value in arguments.items() if value != arguments_of(name)[one]}
        if weights == IMAGENET and changed:
            with torch.device("meta"):
                usual = MODELS[name](classes=classes, in_channels=in_channels)
            _require_as_published(network, name, usual, changed)
        network.notes = load_weights(network, name, weights, changed=changed)
    return network


def network_named(name: str, classes: int = 1000, in_channels: int = 3, **arguments: Any) -> ImageNetwork:
    """A network of any task by its name, with random weights; arguments and errors as ``create``."""
    build = _builder(name)
    for argument, value in (("classes", classes), ("in_channels", in_channels)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise SettingError(f"{argument} is {value!r}", "a whole number, 1 or more", f"{argument}=3")
    require_arguments(name, arguments)
    return build(classes=classes, in_channels=in_channels, **arguments)


def made_for(name: str) -> str | None:
    """The one task that a network is made for; None for a backbone, which any task takes.

    >>> made_for("yolo"), made_for("resnet20")
    ('detect', None)
    """
    return next((task for task, table in TABLES.items() if name in table and task != BACKBONES), None)


def detector_named(
    name: str, classes: int = 1000, in_channels: int = 3, **arguments: Any
) -> "DetectionNetwork":
    """A detection network by its name; arguments and errors as ``network_named``."""
    network = network_named(name, classes, in_channels, **arguments)
    if name not in DETECTOR_NAMES:
        raise SettingError(f"{name} is no detector", "one of: " + ", ".join(DETECTORS), "yolo")
    return cast("DetectionNetwork", network)


def segmenter_named(
    name: str, classes: int = 1000, in_channels: int = 3, **arguments: Any
) -> "SegmentationNetwork":
    """A segmentation network by its name; arguments and errors as ``network_named``."""
    network = network_named(name, classes, in_channels, **arguments)
    if name not in SEGMENTERS:
        wrong = f"{name} is no segmentation network"
        raise SettingError(wrong, "one of: " + ", ".join(SEGMENTERS), "unet")
    return cast("SegmentationNetwork", network)


def arguments_of(name: str) -> dict[str, Any]:
    """The arguments that a network has besides classes and in_channels, with their defaults.

    >>> arguments_of("resnet20")
    {'shortcuts': True, 'width': 1.0, 'depth': 1.0}
    """
    return {argument: one.default for argument, one in _parameters(name).items()}


def require_arguments(name: str, arguments: Mapping[str, Any]) -> None:
    """The network has these arguments, and they can have these values.

    Raises:
        SettingError: it has no such argument, or that cannot have such a value.
    """
    require(name, _parameters(name), arguments)


def _parameters(name: str) -> dict[str, Parameter]:
    """The arguments that a network has of its own."""
    build = _builder(name)
    fixed = build.args if isinstance(build, partial) else ()
    parameters = list(signature(build.func if isinstance(build, partial) else build).parameters.values())
    bound = build.keywords if isinstance(build, partial) else {}
    left = [one for one in parameters[len(fixed) :] if one.name not in ("classes", "in_channels", *bound)]
    return {one.name: one for one in left}


def _require_as_published(network: Backbone, name: str, usual: Backbone, changed: Mapping[str, Any]) -> None:
    """The network has the tensors that it usually has. Found out before anything is fetched.

    Raises:
        ModelFileError: it has not.
    """
    wrong = differences(network.state_dict(), usual.state_dict())
    if wrong := [one for one in wrong if not AUXILIARY.match(one)]:
        raise of_other_arguments(f"the published weights of {name}", changed, wrong)


def _builder(name: str) -> Callable[..., ImageNetwork]:
    """The line of the dictionary."""
    for table in TABLES.values():
        if name in table:
            return table[name]
    near = " or ".join(nearest(str(name), [one for table in TABLES.values() for one in table]))
    raise SettingError(f"there is no network {name!r}", LISTED, near)


def nearest(name: str, known: Sequence[str]) -> list[str]:
    """Three names that somebody may have meant: those of the same family by their number first.

    >>> nearest("ResNet-21", ["resnet34", "resnet18", "resnet20", "vgg11"])
    ['resnet20', 'resnet18', 'resnet34']
    """
    family, number = _parted(name)
    kin = [one for one in known if number is not None and _parted(one)[0] == family]
    by_number = sorted(kin, key=lambda one: abs((_parted(one)[1] or 0) - (number or 0)))
    by_letters = get_close_matches(name.lower(), known, n=NEAREST, cutoff=0)
    return list(dict.fromkeys([*by_number, *by_letters]))[:NEAREST]


def _parted(name: str) -> tuple[str, int | None]:
    """The letters of a name, and the number at its end; None without one."""
    letters = re.sub(r"[\W_]", "", name.lower())
    digits = NUMBER.search(letters)
    return (letters[: digits.start()], int(digits[0])) if digits else (letters, None)
