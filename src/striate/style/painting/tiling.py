"""How much memory a painting takes, estimated beforehand; and whether it must be painted by tiles.

What a step backwards needs is counted by shapes (``Encoder.kept_bytes``), whatever the network. What comes on
top was measured on VGG-19 at 256 to 768 pixels in both precisions: benchmarks/RESULTS.md has the table.
"""

from contextlib import suppress
from pathlib import Path

import torch

from striate.errors import SettingError
from striate.style.networks.encoder import Encoder
from striate.style.painting.optimizers import HISTORY

ABOVE = 1.35
"""Peak of a step over what is kept for it: maps and gradients that are on their way. Measured."""
BASE = 150 * 2**20
"""Bytes of what torch sets up for its first step. Measured."""
SHARE = 0.8
"""Of the free memory that a painting may take."""
SIDES = (1024, 768, 512, 256)
"""Pixels of tiles, tried from large to small."""
FLOAT = 4
MOVES = {"lbfgs": 2 * HISTORY + 6, "adam": 8}
"""Pictures of float32 that the descent holds."""


def peak_bytes(encoder: Encoder, size: tuple[int, int], optimizer: str, window: tuple[int, int]) -> int:
    """Bytes that painting takes at most, about, on top of the network that was loaded.

    Args:
        encoder: whose maps are compared.
        size: (H, W) of the picture.
        optimizer: ``lbfgs`` or ``adam``.
        window: (H, W) that is looked at in one piece.
    """
    pictures = MOVES[optimizer] * 3 * size[0] * size[1] * FLOAT
    return BASE + pictures + int(ABOVE * encoder.kept_bytes(*window))


def tile_side(
    encoder: Encoder, size: tuple[int, int], optimizer: str, asked: int | None
) -> tuple[int | None, int]:
    """(pixels of the tiles, bytes); None for a picture that is looked at as a whole.

    Args:
        encoder: whose maps are compared.
        size: (H, W) of the picture.
        optimizer: ``lbfgs`` or ``adam``.
        asked: pixels that the user wants; None lets the free memory decide.

    Raises:
        SettingError: even small tiles take more than there is.
    """
    free = free_bytes(next(encoder.parameters()).device)
    if asked is None:
        needed = peak_bytes(encoder, size, optimizer, size)
        if free is None or needed <= SHARE * free:
            return None, needed
    reach = encoder.reach() or max(size)
    for side in SIDES if asked is None else (asked,):
        window = (min(size[0], side + 2 * reach), min(size[1], side + 2 * reach))
        needed = peak_bytes(encoder, size, optimizer, window)
        if free is None or needed <= SHARE * free:
            return side, needed
    raise SettingError(
        f"a painting of {size[1]} x {size[0]} pixels takes about {gigabytes(needed)}, "
        f"and {gigabytes(free or 0)} are free",
        f"at most {SHARE:.0%} of what is free",
        "a smaller size" + (", or optimizer adam, which remembers less" if optimizer == "lbfgs" else ""),
    )


def gigabytes(count: int) -> str:
    """Bytes for people.

    >>> gigabytes(1_234_000_000)
    '1.2 GB'
    """
    return f"{count / 1e9:.1f} GB"


def free_bytes(device: torch.device) -> int | None:
    """Bytes that are free; None where nobody says."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    with suppress(OSError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    return None
