"""Segmentation networks on a backbone of the zoo, by its name.

11 classes --unet(classes=11, in_channels=3, backbone="resnet34")--> a segmentation network
"""

from striate.layers.upsampling import Up
from striate.tasks.segmentation.networks.segmentation_network import SegmentationNetwork
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
