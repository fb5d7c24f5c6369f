"""Paint with what was learned: a file of ``train-style``, one pass of a network, no descent.

content [style] --shrunk--> learned network --> painting
"""

from pathlib import Path

import torch

from striate.arguments import checked
from striate.data.inputs import Input
from striate.errors import SettingError
from striate.style.image_io import pixels_of, to_bytes
from striate.style.losses.losses import require_side
from striate.style.networks.adain import KIND as ANY
from striate.style.networks.adain import load_adain
from striate.style.networks.transform_net import LEAST, load_transform_net
from striate.style.painting.optimize import Painting
from striate.style.painting.tiling import SHARE, free_bytes, gigabytes
from striate.zoo.model_file import read_header

MAPS = 8
"""Maps of the first width in full size that are held at once, at most."""


@checked
def apply_style(
    content: Input,
    learned: str | Path,
    style: Input | None = None,
    *,
    size: int = 1024,
    strength: float = 1.0,
) -> Painting:
    """Paint a content as a learned network does.

    Args:
        content: what shall be seen.
        learned: a file of ``train_style``.
        style: for a network that paints in any style; others know theirs.
        size: pixels of the longer side, if it is longer; 0 keeps it.
        strength: 0 to 1, how much of any style.

    Raises:
        ModelFileError: the file is none of ``train_style``.
        SettingError: a style is missing or too much, or the picture does not fit the memory.
        ShapeError: a picture is too small.
        ImageError: a picture cannot be read.
    """
    if not 0 <= strength <= 1:
        raise SettingError(f"strength is {strength}", "0 to 1", "leave strength out")
    if size < 0:
        raise SettingError(f"size is {size}", "pixels, or 0", "leave size out")
    any_style = read_header(learned).get("network") == ANY
    if any_style == (style is None):
        what = (
            "paints in any style, and none was given"
            if any_style
            else "knows one style, and another was given"
        )
        attempt = "name a style picture" if any_style else "leave the style out"
        raise SettingError(f"{learned} {what}", "a style for any style, none for a fast one", attempt)
    pixels = pixels_of(content, size or None)
    with torch.inference_mode():
        if style is None:
            painted = _fast(pixels, learned)
        else:
            model = load_adain(learned)
            manner = pixels_of(style, size or None)
            require_side("style", manner, model.encoder)
            _require_memory(pixels, 64)
            painted = model(pixels, manner, strength)
    settings = {"learned": str(learned), "size": size, "strength": strength}
    return Painting(to_bytes(painted), (), settings, (f"painted by {learned}",))


def _fast(pixels: torch.Tensor, learned: str | Path) -> torch.Tensor:
    """One pass; pictures too small for mirrored borders are repeated outward, and cut again."""
    network = load_transform_net(learned)
    height, width = pixels.shape[-2:]
    _require_memory(pixels, network.width)
    filled = torch.nn.functional.pad(
        pixels, (0, max(0, LEAST - width), 0, max(0, LEAST - height)), mode="replicate"
    )
    painted: torch.Tensor = network(filled)
    return painted[..., :height, :width]


def _require_memory(pixels: torch.Tensor, width: int) -> None:
    """The maps of a picture fit the memory.

    Raises:
        SettingError: they do not.
    """
    height, length = pixels.shape[-2:]
    needed, free = MAPS * width * height * length * 4, free_bytes(pixels.device)
    if free is not None and needed > SHARE * free:
        raise SettingError(
            f"a painting of {length} x {height} pixels takes about {gigabytes(needed)}, "
            f"and {gigabytes(free)} are free",
            f"at most {SHARE:.0%} of what is free",
            "a smaller size",
        )
