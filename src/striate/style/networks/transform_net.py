"""A network that has learned one style: a picture goes in, the painting comes out, in one pass.

Johnson, Alahi, Fei-Fei 2016, and the table of its supplement. https://arxiv.org/abs/1603.08155

    3 --9x9--> 32 --3x3, half--> 64 --3x3, half--> 128 --5 residual blocks--> 128
    3 <--9x9-- 32 <--3x3 after x2-- 64 <--3x3 after x2-- 128 <------------------'

Every convolution but the last is followed by an instance norm and a ReLU (Ulyanov, Vedaldi, Lempitsky 2017,
https://arxiv.org/abs/1607.08022). Where the paper enlarges with strided deconvolutions, here the nearest
pixel is repeated before a convolution, which leaves no checkerboard (Odena, Dumoulin, Olah 2016,
https://distill.pub/2016/deconv-checkerboard). Borders are mirrored.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.arguments import checked
from striate.errors import ModelFileError
from striate.zoo.model_file import open_model, write_file

KIND = "fast_style"
WIDTH, BLOCKS = 32, 5
LEAST = 16
"""Pixels of the smallest side: a 9x9 convolution mirrors four of them, a block one of a quarter."""


class TransformNet(nn.Module):
    """(N, 3, H, W) pixels 0..1, sides of 16 or more -> paintings (N, 3, H, W), 0..1.

    Args:
        width: channels of the first convolution; later ones have twice and four times as many.
        blocks: residual blocks.
    """

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.width, self.blocks = width, blocks
        self.enter = nn.Sequential(
            conv_norm(3, width, 9), nn.ReLU(),
            conv_norm(width, 2 * width, 3, 2), nn.ReLU(),
            conv_norm(2 * width, 4 * width, 3, 2), nn.ReLU(),
        )  # fmt: skip
        self.change = nn.Sequential(*(StyleBlock(4 * width) for _ in range(blocks)))
        self.leave = nn.Sequential(
            nn.Upsample(scale_factor=2), conv_norm(4 * width, 2 * width, 3), nn.ReLU(),
            nn.Upsample(scale_factor=2), conv_norm(2 * width, width, 3), nn.ReLU(),
            nn.Conv2d(width, 3, 9, padding=4, padding_mode="reflect"),
        )  # fmt: skip

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels -> paintings of the same size; sides that are no multiples of 4 are filled up meanwhile."""
        height, width = pixels.shape[-2:]
        filled = F.pad(pixels, (0, -width % 4, 0, -height % 4), mode="reflect")
        painted: Tensor = self.leave(self.change(self.enter(filled - 0.5)))
        return torch.sigmoid(painted)[..., :height, :width]


class StyleBlock(nn.Module):
    """(N, C, H, W) -> the same; what is learned is added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = conv_norm(channels, channels, 3), conv_norm(channels, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same."""
        added: Tensor = self.second(F.relu(self.first(x)))
        return x + added


def conv_norm(in_channels: int, channels: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """A convolution with mirrored borders, and an instance norm."""
    conv = nn.Conv2d(in_channels, channels, kernel, stride, kernel // 2, padding_mode="reflect")
    return nn.Sequential(conv, nn.InstanceNorm2d(channels, affine=True))


def save_transform_net(network: TransformNet, path: str | Path, header: Mapping[str, Any]) -> Path:
    """Write a learned style as one safetensors file.

    Args:
        network: that has learned.
        path: of the file.
        header: how it was trained, plain values.

    Raises:
        ModelFileError: it cannot be written there.
    """
    arguments = {"width": network.width, "blocks": network.blocks}
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    write_file(path, tensors, {"network": KIND, "arguments": arguments, **header})
    return Path(path)


@checked
def load_transform_net(path: str | Path) -> TransformNet:
    """Read a learned style; no code of the file is run.

    Raises:
        ModelFileError: the file is missing, truncated, foreign or misshapen.
    """
    with open_model(path) as file:
        numbers = file.header.get("arguments")
        numbers = numbers if isinstance(numbers, dict) else {}
        known = set(numbers) == {"width", "blocks"} and all(map(_counts, numbers.values()))
        if file.header.get("network") != KIND or not known:
            raise ModelFileError(
                f"{path} is no fast style: it says that it is {file.header.get('network')!r}",
                "a file that `striate train-style` wrote",
                "train one: striate train-style",
            )
        with torch.device("meta"):
            network = TransformNet(**numbers)
        file.load_into(network)
    return network.eval()


def _counts(value: Any) -> bool:
    """A whole number that a network may have."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1024
