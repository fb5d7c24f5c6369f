"""What an explanation method found: one signed number for each pixel, and how it is looked at.

values (N, C, H, W) --max over C of |.|--> heat --over the image--> overlay
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from torch import Tensor

from striate.data.beside import beside
from striate.draw import pixels, sheet
from striate.errors import RunError, ShapeError


@dataclass(frozen=True)
class Explanation:
    """How much every pixel spoke for (above zero) or against (below zero) a class.

    Args:
        values: float (N, C, H, W), signed, as the method gave them.
        images: uint8 (N, C, H, W), as the network saw them.
        method: name of the method.
        targets: N names of the classes that are explained.

    Raises:
        ShapeError: values, images and targets do not belong together.
    """

    values: Tensor
    images: Tensor
    method: str
    targets: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.values.shape != self.images.shape or len(self.targets) != len(self.images):
            raise ShapeError(
                f"values are {tuple(self.values.shape)}, images {tuple(self.images.shape)}, "
                f"targets {len(self.targets)}",
                "values and images of one shape (N, C, H, W), and N targets",
                "pass what striate.explain returned",
            )

    def __len__(self) -> int:
        return len(self.images)

    def heat(self) -> list[Image.Image]:
        """N maps, bright where a pixel matters."""
        return [pixels.heat(values) for values in self.values]

    def overlay(self, opacity: float = 0.9) -> list[Image.Image]:
        """N maps glowing over their images; ``opacity`` 0..1 is that of the strongest pixel."""
        pairs = zip(self.images, self.values, strict=True)
        return [pixels.overlay(image, values, opacity) for image, values in pairs]

    def sheet(self, side: int = 160) -> Image.Image:
        """One picture: every image with its map and both together, ``side`` pixels each."""
        triples = zip(self.images, self.heat(), self.overlay(), self.targets, strict=True)
        cells: list[sheet.Picture] = []
        captions: list[str] = []
        for image, heat, overlay, name in triples:
            cells += [image, heat, overlay]
            captions += [name, self.method, ""]
        return sheet.grid(cells, captions, columns=3, side=side)

    def save(self, path: str | Path) -> Path:
        """Write :meth:`sheet` as a picture file, beside and renamed.

        Raises:
            RunError: the place cannot be written to, or the ending names no picture format.
        """
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside(path) as place:
                self.sheet().save(place)
        except (OSError, ValueError) as reason:
            raise RunError(
                f"{path} cannot be written ({reason})",
                "a place that can be written to, and a name that ends in .png or .jpg",
                "choose another place",
            ) from reason
        return path


def named(classes: Sequence[str] | None, numbers: Sequence[int]) -> tuple[str, ...]:
    """The names of class numbers; the numbers themselves where a model has no names.

    >>> named(("cat", "dog"), [1]), named(None, [3])
    (('dog',), ('3',))
    """
    return tuple(classes[number] if classes else str(number) for number in numbers)
