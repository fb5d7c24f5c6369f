"""A network of three small parts that looks at pictures in milliseconds, and pictures to look at."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from striate.layers.backbone import Backbone
from striate.layers.sequence import sequence
from striate.style.networks.encoder import Encoder

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


class Small(Backbone):
    """Strides 1, 2 and 4; a unit of the deepest map sees 18 pixels."""

    input_size = (32, 32)
    input_channels = 3

    def __init__(self) -> None:
        super().__init__()
        self.stem = sequence(conv1=nn.Conv2d(3, 4, 3, padding=1), relu1=nn.ReLU())
        self.stages = nn.Sequential(
            sequence(pool1=nn.MaxPool2d(2), conv2=nn.Conv2d(4, 6, 3, padding=1), relu2=nn.ReLU()),
            sequence(pool2=nn.MaxPool2d(2), conv3=nn.Conv2d(6, 8, 3, padding=1), relu3=nn.ReLU()),
        )
        self.head = sequence(output=nn.Linear(8, 2))


@pytest.fixture
def network() -> Small:
    torch.manual_seed(0)
    return Small()


@pytest.fixture
def encoder(network: Small) -> Encoder:
    return Encoder(network, ("relu1", "relu2", "relu3"), MEAN, STD)


def pixels(height: int, width: int, seed: int = 0) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A 48x40 picture of noise."""
    random = np.random.default_rng(1)
    path = tmp_path / "picture.png"
    Image.fromarray(random.integers(0, 256, (48, 40, 3), dtype=np.uint8)).save(path)
    return path


@pytest.fixture
def style(tmp_path: Path) -> Path:
    """40x56: stripes."""
    rows = np.arange(40)[:, None, None] // 4 % 2 * np.array([200, 120, 40]) + 20
    path = tmp_path / "style.png"
    Image.fromarray(np.broadcast_to(rows, (40, 56, 3)).astype(np.uint8)).save(path)
    return path
