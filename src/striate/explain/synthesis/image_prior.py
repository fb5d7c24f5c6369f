"""What a picture must look like besides pleasing the network. Every part has a switch: zero, or None.

PLAIN      pixels, and nothing else: the picture fools the network and shows nothing to a person
NATURAL    Fourier space, natural colors, small movements, little variation
"""

from dataclasses import dataclass
from typing import get_args

from torch import Tensor

from striate.arguments import described
from striate.data.augment.color_pca import ColorAxes
from striate.errors import SettingError
from striate.explain.synthesis.image_parameterization import IMAGENET, Space
from striate.explain.synthesis.regularizers import l2, total_variation

LARGEST = 1e6
"""Weights, degrees and pixels stay below it."""


@dataclass(frozen=True)
class ImagePrior:
    """How pictures are favored that a camera could have made.

    Args:
        space: in which the steps are taken: ``fourier`` or ``pixels``.
        colors: axes along which colors do not correlate;
            ``striate.data.augment.color_pca.color_axes(data)`` measures them.
        jitter: shift at every step, as a share of the side, at most.
        scale: change of size at every step, at most.
        rotate: degrees by which the picture is turned at every step, at most.
        l2: weight of the distance from grey.
        total_variation: weight of the differences between neighbours.
        blur: standard deviation of a Gaussian, in pixels, that softens the picture now and then.

    Raises:
        SettingError: there is no such space, or a number is negative.
    """

    space: Space = "fourier"
    colors: ColorAxes | None = IMAGENET
    jitter: float = 0.06
    scale: float = 0.05
    rotate: float = 5.0
    l2: float = 0.0
    total_variation: float = 10.0
    blur: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.colors, ColorAxes | None):
            raise SettingError(f"colors is {described(self.colors)}", "ColorAxes, or None", "leave it out")
        if not isinstance(self.space, str) or self.space not in get_args(Space):
            expected = "one of: " + ", ".join(get_args(Space))
            raise SettingError(f"space is {described(self.space)}", expected, "fourier")
        for name in ("jitter", "scale", "rotate", "l2", "total_variation", "blur"):
            value = getattr(self, name)
            most = 1 if name == "scale" else LARGEST
            if not isinstance(value, int | float) or not 0 <= value < most:
                expected = "0 or more" + (", below 1" if name == "scale" else "")
                raise SettingError(f"{name} is {described(value)}", expected, "0, which switches it off")

    def cost(self, pixels: Tensor) -> Tensor:
        """What is subtracted from the objective for pixels (N, C, H, W) in 0..1, a number."""
        cost = pixels.new_zeros(())
        if self.l2:
            cost = cost + self.l2 * l2(pixels)
        if self.total_variation:
            cost = cost + self.total_variation * total_variation(pixels)
        return cost


NATURAL = ImagePrior()
PLAIN = ImagePrior("pixels", None, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
