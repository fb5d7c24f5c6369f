"""What an explanation method found: signed numbers for every picture, and how they are looked at.

values (N, C, H, W) or (N, H, W) --max over C of |.|--> heat --over the image--> overlay
                                 --compare--> agreement with another method
                                 --check----> does it depend on what the model has learned?
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from striate.arguments import checked_methods
from striate.draw import heatmap as pixels
from striate.draw import image_grid as sheet
from striate.errors import DataError, SettingError, ShapeError
from striate.explain.attribution.gradcam import stretched
from striate.explain.attribution.one_line import one_line
from striate.explain.evaluation.map_similarity import MapSimilarity, map_similarity
from striate.explain.evaluation.sanity import SanityCheck
from striate.files.atomic import PICTURES, write

ENDINGS = (*PICTURES, ".npz")
"""Of a drawing, and of the numbers."""

VOLUME = "activations"
"""The method whose values are the slices of a layer and not pixels of the image."""

MOST_MAPS = 64
"""Maps of one picture on a sheet of activations."""

LISTS = ("targets", "reasons", "sources", "answers", "truths")
"""What has an entry for each picture."""

COARSE = "gradcam"
"""The method whose values may be as few as the layer's."""


@checked_methods
@dataclass(frozen=True)
class Explanation:
    """How much every pixel spoke for (above zero) or against (below zero) a class.

    Args:
        values: float (N, C, H, W) or (N, H, W), signed, as the method gave them; of ``activations`` the
            slices (N, C', H', W') of the layer, or its vectors.
        images: uint8 or float (N, C, H, W), as the network saw them; of a network that takes no pictures
            (N, ...), with values of the same shape that cannot be drawn.
        method: name of the method.
        targets: N names of what is explained.
        layer: that the method looked at; None for methods that look at pixels.
        options: of the method, with its seed, as they were given.
        versions: of the software that made it.
        reasons: for each picture why its map is all zeros, or None.
        sources: N paths of the pictures' files, "" where there is none; or none at all.
        answers: N names of the classes that the model predicts; none where it does not classify.
        truths: N names of the true classes, "" where a picture's folder does not tell; or none at all.
        rerun: explains the same with a model whose upper layers have been shuffled; None when loaded.

    Raises:
        ShapeError: values, images and targets do not belong together.
    """

    values: Tensor
    images: Tensor
    method: str
    targets: tuple[str, ...]
    layer: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    reasons: tuple[str | None, ...] = ()
    sources: tuple[str, ...] = field(default=(), repr=False)
    answers: tuple[str, ...] = field(default=(), repr=False)
    truths: tuple[str, ...] = field(default=(), repr=False)
    rerun: Callable[[], SanityCheck] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        own, seen = self.values.shape, self.images.shape
        same = own in (seen, seen[:1] + seen[2:]) or (own[-2:] == seen[-2:] and len(own) == len(seen) == 4)
        smaller = self.method == VOLUME or (self.method == COARSE and len(own) == 3)
        counts = {len(self.values), len(self.images), len(self.targets)}
        if not (same or smaller) or len(counts) > 1:
            raise ShapeError(
                f"values are {tuple(self.values.shape)}, images {tuple(self.images.shape)}, "
                f"targets {len(self.targets)}",
                "values (N, C, H, W) or (N, H, W) and images of one size, and N targets",
                "pass what striate.explain returned",
            )

    def __repr__(self) -> str:
        return one_line(self)

    def __len__(self) -> int:
        return len(self.images)

    def planes(self) -> list[Tensor]:
        """N signed maps (C, H, W)."""
        return [plane(values) for values in self.values]

    def heat(self) -> list[Image.Image]:
        """N maps, bright where a pixel matters.

        Raises:
            ShapeError: the network takes no pictures, or the layer gives no maps.
        """
        self._require_pictures()
        return [pixels.heat(values) for values in self.planes()]

    def overlay(self, opacity: float = 0.9) -> list[Image.Image]:
        """N maps glowing over their images; ``opacity`` 0..1 is that of the strongest pixel.

        Raises:
            ShapeError: the network takes no pictures.
        """
        self._require_pictures()
        size = self.images.shape[-2:]
        fitting = [one if one.shape[-2:] == size else stretched(one, size) for one in self.planes()]
        pairs = zip(self._drawn(), fitting, strict=True)
        return [pixels.overlay(image, values, opacity) for image, values in pairs]

    def _require_pictures(self) -> None:
        volume = self.method == VOLUME
        if self.images.ndim == 4 and (self.values.ndim == 4 or (self.values.ndim == 3 and not volume)):
            return
        what = f"{self.layer} gives" if volume else "the network takes"
        raise ShapeError(
            f"{what} {tuple((self.values if volume else self.images).shape)}, which is no picture",
            "maps (N, C, H, W)" if volume else "pictures (N, C, H, W)",
            "read the numbers in .values, or save them as .npz",
        )

    def sheet(self, side: int = 160) -> Image.Image:
        """One picture: every image with its map and both together, ``side`` pixels each.

        Of ``activations`` every picture and its maps, numbered, 64 at most; of ``filters`` every filter.
        """
        self._require_pictures()
        if self.method == VOLUME:
            return self._maps(max(side // 2, 24))
        if self.method == "filters":
            shown = [pixels.picture(image) for image in self._drawn()]
            return sheet.grid(shown, [""] * len(shown), columns=8, side=max(side // 2, 24))
        cells: list[sheet.Picture] = []
        captions: list[str] = []
        rows = zip(self._drawn(), self.heat(), self.overlay(), strict=True)
        for number, row in enumerate(rows):
            cells += row
            captions += self._captions(number)
        return sheet.grid(cells, captions, columns=3, side=side)

    def _captions(self, number: int) -> list[str]:
        """Below a picture its file, below the map what it explains, below both the answer and the truth."""
        source, answer, truth = (
            texts[number] if texts else "" for texts in (self.sources, self.answers, self.truths)
        )
        spoken = f"answer {answer}" if answer else ""
        spoken += f", true {truth}" if truth else ""
        return [
            Path(source).name or f"picture {number + 1}",
            f"{self.method}: {self.targets[number]}",
            spoken,
        ]

    def _maps(self, side: int, columns: int = 8) -> Image.Image:
        """Every picture, then its maps with their numbers; every picture begins a row."""
        cells: list[sheet.Picture] = []
        captions: list[str] = []
        blank = Image.new("RGB", (1, 1), "white")
        for number, (image, volume) in enumerate(zip(self._drawn(), self.values, strict=True), 1):
            shown: list[sheet.Picture] = [image if len(image) in (1, 3) else blank]
            shown += [pixels.heat(plane[None]) for plane in volume[:MOST_MAPS]]
            gap = -len(shown) % columns
            cells += [*shown, *[blank] * gap]
            name = Path(self.sources[number - 1]).name if self.sources else ""
            captions += [name or f"picture {number}", *map(str, range(len(shown) - 1)), *[""] * gap]
        return sheet.grid(cells, captions, columns=columns, side=side)

    def _drawn(self) -> list[Tensor]:
        """The images as they can be drawn: floats outside 0..1 from their smallest to their largest."""
        return [_within(image) for image in self.images]

    def show(self) -> Image.Image:
        """The sheet as a picture, which a notebook displays."""
        return self.sheet()

    def compare(self, other: "Explanation") -> MapSimilarity:
        """How far two explanations of the same pictures agree.

        Raises:
            SettingError: the other is no explanation.
            ShapeError: they are of other pictures.
        """
        if not isinstance(other, Explanation):
            raise SettingError(
                f"compare was given {type(other).__name__}",
                "another explanation of the same pictures",
                "found.compare(striate.explain(model, images, method))",
            )
        return map_similarity(self.planes(), other.planes())

    def check(self) -> SanityCheck:
        """Whether the maps depend on what the model has learned: its layers are shuffled from the top.

        Raises:
            DataError: the explanation was loaded, and the model is not at hand.
        """
        if self.rerun is None:
            raise DataError(
                "an explanation that was loaded has no model to check",
                "one that striate.explain has just made",
                "explain the pictures again, then check",
            )
        return self.rerun()

    def to_dict(self) -> dict[str, Any]:
        """All but the numbers of the maps, ready for JSON."""
        names = ("method", "layer", "options", "versions")
        plain = {name: getattr(self, name) for name in names}
        return plain | {name: list(getattr(self, name)) for name in LISTS}

    def save(self, path: str | Path) -> Path:
        """Write :meth:`sheet` as a picture, or all of it as ``.npz``, beside and renamed.

        Raises:
            RunError: the path cannot be written to, or the ending names no format.
        """
        return write(path, self._put, ENDINGS)

    def _put(self, path: Path) -> None:
        if path.suffix.lower() != ".npz":
            self.sheet().save(path)
            return
        text = json.dumps(self.to_dict(), ensure_ascii=False)
        arrays = {"values": self.values.cpu().numpy(), "images": self.images.cpu().numpy()}
        with open(path, "wb") as file:
            np.savez_compressed(file, **arrays, about=np.array(text))  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: str | Path) -> "Explanation":
        """What ``save`` wrote as ``.npz``; no code of the file is run.

        Raises:
            DataError: it is no such file.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                about: dict[str, Any] = json.loads(str(file["about"]))
                values, images = torch.from_numpy(file["values"]), torch.from_numpy(file["images"])
            about |= {name: tuple(about[name]) for name in LISTS if name in about}
            return cls(values, images, **about)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as reason:
            raise DataError(
                f"{path} is no saved explanation ({type(reason).__name__})",
                "an .npz file that Explanation.save wrote",
                "check the path",
            ) from reason


def _within(image: Tensor) -> Tensor:
    """An image of floats, 0..1."""
    if not image.is_floating_point() or not image.numel():
        return image
    least, most = image.min(), image.max()
    return image if least >= 0 and most <= 1 else (image - least) / (most - least).clamp(min=1e-12)


def plane(values: Tensor) -> Tensor:
    """Signed values of one image as planes (C, H, W); a vector is one row.

    >>> plane(torch.zeros(5, 6)).shape, plane(torch.zeros(7)).shape
    (torch.Size([1, 5, 6]), torch.Size([1, 1, 7]))
    """
    height, width = (1, 1, *values.shape)[-2:]
    return values.reshape(-1, height, width) if values.numel() else values.new_zeros(0, height, width)


def class_names(classes: Sequence[str] | None, numbers: Sequence[int]) -> tuple[str, ...]:
    """The names of class numbers; the numbers themselves where a model has no names.

    >>> class_names(("cat", "dog"), [1]), class_names(None, [3])
    (('dog',), ('3',))
    """
    return tuple(classes[number] if classes else str(number) for number in numbers)
