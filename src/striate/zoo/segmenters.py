"""Segmentation networks on a backbone of the zoo, by its name.

11 classes --unet(classes=11, in_channels=3, backbone="resnet34")--> a segmentation network
"""

from striate.layers.upsampling import Up
from striate.tasks.segmentation.networks.fcn import CHANNELS as EVERY
from striate.tasks.segmentation.networks.fcn import DEPTH, FullResolution
from striate.tasks.segmentation.networks.fcn_skips import FcnSkips
from striate.tasks.segmentation.networks.fcn_vgg16 import FcnVgg16
from striate.tasks.segmentation.networks.patch_classifier import By, PatchClassifier
from striate.tasks.segmentation.networks.segmentation_network import SegmentationNetwork
from striate.tasks.segmentation.networks.segnet import SegNet
from striate.tasks.segmentation.networks.unet import CHANNELS, UNet
from striate.tasks.segmentation.networks.unet_2015 import WIDTH, Edges, UNet2015
from striate.zoo.named_backbone import DEFAULT, backbone_of


def unet(
    classes: int,
    in_channels: int = 3,
    *,
    backbone: str = DEFAULT,
    width: float | None = None,
    channels: int = CHANNELS,
    up: Up = "nearest",
) -> SegmentationNetwork:
    """U-Net on a backbone.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
        channels: of the finest map; each coarser one has twice as many, up to the sixteenfold.
        up: how a map is doubled: "nearest", "bed_of_nails", "transposed_2x2", "transposed_3x3",
            "transposed_4x4", "resize_conv" or "sub_pixel".
    """
    return UNet(backbone_of(backbone, in_channels, width), classes, channels=channels, up=up)


def unet_2015(
    classes: int,
    in_channels: int = 3,
    *,
    padding: Edges = "valid",
    up: Up = "transposed_2x2",
    channels: int = WIDTH,
) -> SegmentationNetwork:
    """U-Net as published.

    Args:
        classes: K.
        in_channels: C of the images.
        padding: "valid" mirrors the image at its edges and pads no map; "same" pads every map with zeros.
        up: how a map is doubled, as for ``unet``.
        channels: of the finest map; each coarser one has twice as many.
    """
    return UNet2015(classes, in_channels, padding=padding, up=up, channels=channels)


def fcn32s(
    classes: int, in_channels: int = 3, *, backbone: str = DEFAULT, width: float | None = None
) -> SegmentationNetwork:
    """FCN-32s on a backbone: the coarsest map is scored.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
    """
    return FcnSkips(backbone_of(backbone, in_channels, width), classes, maps=1)


def fcn16s(
    classes: int, in_channels: int = 3, *, backbone: str = DEFAULT, width: float | None = None
) -> SegmentationNetwork:
    """FCN-16s on a backbone: the two coarsest maps are scored.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
    """
    return FcnSkips(backbone_of(backbone, in_channels, width), classes, maps=2)


def fcn8s(
    classes: int, in_channels: int = 3, *, backbone: str = DEFAULT, width: float | None = None
) -> SegmentationNetwork:
    """FCN-8s on a backbone: the three coarsest maps are scored.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
    """
    return FcnSkips(backbone_of(backbone, in_channels, width), classes, maps=3)


def fcn32s_vgg16(classes: int, in_channels: int = 3) -> SegmentationNetwork:
    """FCN-32s as published, on VGG-16 and its fully connected layers."""
    return FcnVgg16(classes, in_channels, finest=32)


def fcn16s_vgg16(classes: int, in_channels: int = 3) -> SegmentationNetwork:
    """FCN-16s as published, on VGG-16 and its fully connected layers."""
    return FcnVgg16(classes, in_channels, finest=16)


def fcn8s_vgg16(classes: int, in_channels: int = 3) -> SegmentationNetwork:
    """FCN-8s as published, on VGG-16 and its fully connected layers."""
    return FcnVgg16(classes, in_channels, finest=8)


def fcn(
    classes: int, in_channels: int = 3, *, channels: int = EVERY, depth: int = DEPTH
) -> SegmentationNetwork:
    """The fully convolutional network at full resolution.

    Args:
        classes: K.
        in_channels: C of the images.
        channels: of every map.
        depth: 3x3 convolutions.
    """
    return FullResolution(classes, in_channels, channels=channels, depth=depth)


def patch_classifier(classes: int, in_channels: int = 3, *, by: By = "convolution") -> SegmentationNetwork:
    """The classifier of patches of 26x26 pixels.

    Args:
        classes: K.
        in_channels: C of the images.
        by: "convolution" for one pass, "patches" for one patch after the other.
    """
    return PatchClassifier(classes, in_channels, by=by)


def segnet(classes: int, in_channels: int = 3, *, width: float = 1.0) -> SegmentationNetwork:
    """SegNet, whose poolings remember their places.

    Args:
        classes: K.
        in_channels: C of the images.
        width: channels are multiplied with it and rounded to multiples of 8.
    """
    return SegNet(classes, in_channels, width=width)
