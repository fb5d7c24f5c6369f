"""Segmentations on their pictures: a tint and a contour for each class, and a legend below the picture.

    +---------+     the inside of a class is tinted, its contour has the full color: a class of a few pixels
    |  +---+  |     is seen, too
    |  +---+  |
    +---------+
    # road 41 %  # car 0.2 %      every class that is there, the largest first

With the truth there are three of them: truth, answer, and where they disagree.
"""

import colorsys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from striate.draw.fonts import shorten
from striate.draw.heatmap import enlarge
from striate.draw.image_grid import Picture, as_picture
from striate.draw.theme import INK, MUTED, PAPER, SERIES, rgb
from striate.formatting import percent
from striate.records import MaskTargets, Segmentation, Targets

MANY = (
    *("#4363d8", "#f58231", "#3cb44b", "#911eb4", "#ffe119", "#469990", "#e6194b", "#42d4f4", "#f032e6"),
    *("#9a6324", "#bfef45", "#fabed4", "#800000", "#dcbeff", "#808000", "#aaffc3", "#000075", "#ffd8b1"),
)
"""Colors that are far apart: Trubetskoy 2017, https://sashamaps.net/docs/resources/20-colors."""

LEAST_SIDE = 320
"""Pixels of the longer side below which a picture is enlarged."""

TINT = 0.5
"""Share of the class's color inside of it."""

GOLDEN = 0.618034
BACKGROUND = "background"
WRONG = rgb("#e6123c")
GREY = (128, 128, 128)
GAP = 8
"""Pixels between panels."""

Colors = NDArray[np.uint8]


def class_colors(count: int) -> Colors:
    """uint8 (K, 3): a color for each class; the theme's for few, many that are far apart for more.

    >>> class_colors(2).tolist(), class_colors(300).shape
    ([[0, 114, 178], [213, 94, 0]], (300, 3))
    """
    named = [rgb(color) for color in (SERIES if count <= len(SERIES) else MANY)[:count]]
    for number in range(len(named), count):
        light, strong = (0.45, 0.62, 0.33)[number % 3], (0.85, 0.6)[number % 2]
        red, green, blue = colorsys.hls_to_rgb(number * GOLDEN % 1, light, strong)
        named.append((round(255 * red), round(255 * green), round(255 * blue)))
    return np.array(named, np.uint8).reshape(-1, 3)


def segmented(image: Picture, record: Segmentation, truth: Targets | None = None) -> Image.Image:
    """The picture with the classes of its pixels and a legend; with the truth three of them.

    Args:
        image: as it was given.
        record: the answer, in its pixels.
        truth: the mask of this one picture, in its pixels; None where nobody knows.
    """
    shown = large(image)
    answer = record.mask
    if not isinstance(truth, MaskTargets):
        return _stacked(tinted(shown, answer, record.classes, record.ignored), legend(record, shown.width))
    mask = truth.masks[0]
    panels = [
        ("truth", tinted(shown, mask, record.classes, truth.ignored)),
        ("answer", tinted(shown, answer, record.classes, record.ignored)),
        ("disagreement", disagreement(shown, mask, answer, truth.ignored)),
    ]
    width = sum(one.width for _, one in panels) + GAP * (len(panels) - 1)
    return _stacked(beside(panels), legend(Segmentation.of(mask, record.classes), width, record))


def large(image: Picture) -> Image.Image:
    """An RGB picture that is large enough to be seen."""
    original = as_picture(image)
    return enlarge(original, LEAST_SIDE) if max(original.size) < LEAST_SIDE else original


def tinted(shown: Image.Image, mask: Tensor, classes: Sequence[str], ignored: int) -> Image.Image:
    """A picture with a tint and a contour for each class; the background stays as it is, ignored is grey.

    Args:
        shown: of any size; the mask is scaled to it.
        mask: (H, W), class numbers.
        classes: K names.
        ignored: the value of pixels of which nothing is known.
    """
    labels = _scaled(mask, shown)
    table = np.concatenate([class_colors(len(classes)), np.array([GREY], np.uint8)])
    unknown = labels == ignored
    colors = table[np.where(unknown, len(classes), labels)]
    share = np.where(unknown, TINT, np.where(_is_background(labels, classes), 0.0, TINT))
    share[contours(labels) & ~_is_background(labels, classes)] = 1.0
    pixels = np.asarray(shown, np.float32)
    mixed = pixels + (colors - pixels) * share[..., None].astype(np.float32)
    return Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8))


def disagreement(shown: Image.Image, truth: Tensor, answer: Tensor, ignored: int) -> Image.Image:
    """A grey picture with wrong pixels in red; what is ignored is dark."""
    true, answered = _scaled(truth, shown), _scaled(answer, shown)
    grey = np.asarray(shown.convert("L"), np.float32)[..., None].repeat(3, axis=2) * 0.6 + 80
    grey[true == ignored] *= 0.35
    grey[(true != answered) & (true != ignored)] = WRONG
    return Image.fromarray(grey.clip(0, 255).astype(np.uint8))


def contours(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool (H, W): pixels with a neighbour of another class.

    >>> contours(np.array([[0, 0, 1, 1]])).tolist()
    [[False, True, True, False]]
    """
    found = np.zeros(labels.shape, np.bool_)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    found[:, 1:] |= across
    found[:, :-1] |= across
    found[1:] |= down
    found[:-1] |= down
    return found


def legend(record: Segmentation, width: int, answer: Segmentation | None = None) -> Image.Image:
    """Every class that is there with its color and its share, the largest first, in lines of so many pixels.

    Args:
        record: what is listed.
        width: pixels.
        answer: of which the share is written too.
    """
    areas, total = record.areas, max(record.size[0] * record.size[1], 1)
    others = areas if answer is None else answer.areas
    there = [number for number in range(len(areas)) if areas[number] or others[number]]
    there.sort(key=lambda number: -int(areas[number]))
    letters, colors = max(11, round(width / 60)), class_colors(len(record.classes))
    line, items, x, y = letters * 3 // 2, [], 0, 0
    for number in there:
        share = percent(int(areas[number]) / total)
        more = "" if answer is None else f" (answer {percent(int(others[number]) / total)})"
        text, font = shorten(f"{record.classes[number]} {share}{more}", letters, width - 2 * line)
        wide = round(font.getlength(text)) + 2 * line
        if x and x + wide > width:
            x, y = 0, y + line
        items.append((x, y, number, text, font))
        x += wide
    sheet = Image.new("RGB", (width, y + line + letters // 2), PAPER)
    pen = ImageDraw.Draw(sheet)
    for left, top, number, text, font in items:
        plain = record.classes[number] == BACKGROUND
        fill = None if plain else tuple(colors[number].tolist())
        pen.rectangle((left + 2, top + 4, left + letters, top + 2 + letters), fill=fill, outline=INK)
        pen.text((left + line, top + 2), text, fill=INK, font=font)
    return sheet


def _is_background(labels: NDArray[np.int64], classes: Sequence[str]) -> NDArray[np.bool_]:
    number = classes.index(BACKGROUND) if BACKGROUND in classes else -2
    return np.asarray(labels == number, np.bool_)


def _scaled(mask: Tensor, shown: Image.Image) -> NDArray[np.int64]:
    """(H, W) of the picture: the class of the nearest pixel of the mask."""
    height, width = mask.shape
    rows = (np.arange(shown.height) * height) // shown.height
    columns = (np.arange(shown.width) * width) // shown.width
    return mask.numpy()[rows[:, None], columns[None]].astype(np.int64)


def beside(panels: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """Panels with their titles above them, as high as the highest."""
    height, letters = max(one.height for _, one in panels), max(12, panels[0][1].width // 32)
    sheet = Image.new("RGB", (sum(one.width + GAP for _, one in panels) - GAP, height + letters * 2), PAPER)
    pen, x = ImageDraw.Draw(sheet), 0
    for title, one in panels:
        text, font = shorten(title, letters, one.width)
        pen.text((x, letters // 3), text, fill=MUTED, font=font)
        sheet.paste(one, (x, letters * 2))
        x += one.width + GAP
    return sheet


def _stacked(above: Image.Image, below: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", (above.width, above.height + below.height), PAPER)
    sheet.paste(above, (0, 0))
    sheet.paste(below, (0, above.height))
    return sheet
