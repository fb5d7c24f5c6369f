"""Networks that enlarge pictures, by name: what ``classes`` says does not matter to them.

edsr(classes=1, in_channels=3, by=2) --> a network, pixels (N, 3, H, W) -> (N, 3, 2 H, 2 W)
"""

from striate.tasks.superresolution.networks import edsr as edsr_2017
from striate.tasks.superresolution.networks import espcn as espcn_2016
from striate.tasks.superresolution.networks import resize_convolution as resized
from striate.tasks.superresolution.networks.superresolution_network import SuperResolutionNetwork

BY = 2


def edsr(
    classes: int,
    in_channels: int = 3,
    *,
    by: int = BY,
    blocks: int = edsr_2017.BLOCKS,
    channels: int = edsr_2017.CHANNELS,
) -> SuperResolutionNetwork:
    """EDSR; the paper's baseline has 16 blocks of 64 channels.

    Args:
        classes: of no use here.
        in_channels: C of the pictures.
        by: 2, 3 or 4.
        blocks: residual blocks.
        channels: of every map.
    """
    return edsr_2017.Edsr(by, in_channels, blocks=blocks, channels=channels)


def espcn(
    classes: int, in_channels: int = 3, *, by: int = BY, channels: tuple[int, int] = espcn_2016.CHANNELS
) -> SuperResolutionNetwork:
    """ESPCN; arguments as ``edsr``, channels of its two maps."""
    return espcn_2016.Espcn(by, in_channels, channels=channels)


def resize_convolution(
    classes: int, in_channels: int = 3, *, by: int = BY, channels: int = resized.CHANNELS
) -> SuperResolutionNetwork:
    """Resize and convolve; arguments as ``edsr``."""
    return resized.ResizeConvolution(by, in_channels, channels=channels)
