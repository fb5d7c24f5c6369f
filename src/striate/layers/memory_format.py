"""How images lie in memory where a network reads them.

channels first:  R R R R  G G G G  B B B B        channels last:  RGB RGB RGB RGB, quicker on a processor
"""

import torch
from torch import Tensor, nn

from striate.layers.backbone import Backbone


def fastest_format(network: nn.Module, images: Tensor) -> Tensor:
    """Images (N, C, H, W) as the network takes them fastest: channels last, if it is one of ours.

    Args:
        network: any other may lay its maps out flat with ``view``, which needs channels first, and gets the
            images as they are.
        images: stay as they are.

    >>> fastest_format(nn.ReLU(), torch.zeros(1, 3, 2, 2)).is_contiguous()
    True
    """
    if isinstance(network, Backbone):
        return images.contiguous(memory_format=torch.channels_last)
    return images
