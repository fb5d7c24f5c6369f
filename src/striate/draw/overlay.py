"""Boxes, masks, points and skeletons painted on a picture, legible on any background and at any size of it.

Every line has a dark edge; a name stands on a filled label that stays inside the picture. Small pictures are
enlarged first, so that a line of one pixel is not as thick as a face.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from striate.draw.fonts import shorten
from striate.draw.heatmap import enlarge
from striate.draw.image_grid import Picture, as_picture
from striate.draw.theme import INK, PAPER, SERIES, lightness, rgb

LEAST_SIDE = 320
"""Pixels of the longer side below which a picture is enlarged."""

TRUTH, ANSWER = SERIES[2], SERIES[1]
"""Colors of what is true and of what was predicted."""

TINT = 0.45
"""Share of its color inside of a mask."""

FEW = 30
"""Points that have room for large dots; more of them get small ones."""

Box = Sequence[float]
"""x1, y1, x2, y2, pixels of the picture."""

Point = tuple[float, float]


class Overlay:
    """A picture that is painted on. Positions are pixels of the picture as it was given.

    Args:
        image: a tensor (1 or 3, H, W), uint8 or float 0..1, or a PIL picture.
        side: longer side of the result, at least, pixels.
    """

    def __init__(self, image: Picture, side: int = LEAST_SIDE) -> None:
        original = as_picture(image)
        longer = max(original.size)
        self._picture = enlarge(original, side) if longer < side else original.copy()
        self.size = self._picture.size
        self.factor = self.size[0] / original.width, self.size[1] / original.height
        self._pen = ImageDraw.Draw(self._picture)
        self._labels: list[tuple[Point, str, str]] = []
        self.width = max(2, round(max(self.size) / 250))

    @property
    def picture(self) -> Image.Image:
        """The result. Labels are written only now, so that no line runs through them."""
        for label in self._labels:
            self._write(*label)
        self._labels.clear()
        return self._picture

    def box(self, box: Box, color: str = ANSWER, label: str = "", *, below: bool = False) -> "Overlay":
        """Draw the edges of a box, and a label above or below it."""
        x1, y1 = self._at((box[0], box[1]))
        x2, y2 = self._at((box[2], box[3]))
        left, right, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
        self._pen.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=INK, width=self.width + 2)
        self._pen.rectangle((left, top, right, bottom), outline=color, width=self.width)
        if label:
            self.label((left, bottom + self._line if below else top), label, color)
        return self

    def mask(self, bits: Tensor, corner: tuple[int, int], color: str = ANSWER) -> "Overlay":
        """Tint the pixels of an object, and draw its contour.

        Args:
            bits: bool (h, w), a part of the picture.
            corner: first column and row of that part.
            color: of the object.
        """
        if not bits.any():
            return self
        left, top = map(round, self._at(corner))
        right, bottom = map(round, self._at((corner[0] + bits.shape[1], corner[1] + bits.shape[0])))
        size = (max(right - left, 1), max(bottom - top, 1))
        shape = Image.fromarray(np.where(bits.numpy(force=True), 255, 0).astype(np.uint8)).resize(size, 0)
        inside = np.pad(np.asarray(shape) > 0, 1)
        middle = inside[1:-1, 1:-1]
        around = inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
        share = np.where(middle & ~around, 255, np.where(middle, round(255 * TINT), 0)).astype(np.uint8)
        self._picture.paste(Image.new("RGB", size, color), (left, top), Image.fromarray(share))
        return self

    def listed(self, line: int, text: str, color: str = ANSWER) -> None:
        """Write a label on a line of a list, 0, 1, ... from the top left corner down."""
        self.label((0, (line + 1) * self._line), text, color)

    @property
    def _letters(self) -> int:
        """Pixels of the letters."""
        return max(11, round(max(self.size) / 42))

    @property
    def _line(self) -> int:
        """Height of a label, pixels."""
        return self._letters + self._letters // 3

    def label(self, corner: Point, text: str, color: str = ANSWER) -> None:
        """Write a text on a filled label whose bottom left is at a corner of the result, moved inside."""
        self._labels.append((corner, text, color))

    def _write(self, corner: Point, text: str, color: str) -> None:
        size = self._letters
        line, letters = shorten(text, size, self.size[0] - size)
        wide, tall = round(letters.getlength(line)) + size // 2, self._line
        left = min(max(0, round(corner[0])), max(0, self.size[0] - wide))
        top = min(max(0, round(corner[1]) - tall), max(0, self.size[1] - tall))
        self._pen.rectangle((left, top, left + wide, top + tall), fill=color)
        ink = INK if lightness(rgb(color)) > 0.3 else PAPER
        self._pen.text((left + size // 4, top + size // 8), line, fill=ink, font=letters)

    def skeleton(
        self,
        points: Sequence[Point],
        lines: Sequence[tuple[int, int]] = (),
        color: str = ANSWER,
        visible: Sequence[bool] | None = None,
    ) -> "Overlay":
        """Draw points, and lines between some of them; those that are not visible are left out."""
        seen = [True] * len(points) if visible is None else visible
        placed = [self._at(point) for point in points]
        for first, second in lines:
            if seen[first] and seen[second]:
                self._pen.line((placed[first], placed[second]), fill=INK, width=self.width + 2)
                self._pen.line((placed[first], placed[second]), fill=color, width=self.width)
        radius = max(self.size) / (80 if len(points) <= FEW else 160)
        for (x, y), shown in zip(placed, seen, strict=True):
            if shown:
                self._pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color, outline=INK)
        return self

    def _at(self, point: Point) -> Point:
        return float(point[0]) * self.factor[0], float(point[1]) * self.factor[1]
