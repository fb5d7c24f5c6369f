"""Several pictures on one sheet, with a caption below each; and one picture beside what it was taken for.

+-----+  +-----+  +-----+
|     |  |     |  |     |
+-----+  +-----+  +-----+
caption  caption  caption
"""

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw
from torch import Tensor

from striate.draw.fonts import font, own_font, shorten
from striate.draw.heatmap import enlarge, picture
from striate.draw.theme import INK, LINE, MUTED, PAPER, SERIES
from striate.errors import ShapeError
from striate.records import Classification

Picture = Image.Image | Tensor
SPACE = 12  # pixels between cells and around the sheet
LETTER = 13  # height of a caption, pixels


def as_picture(shown: Picture) -> Image.Image:
    """A PIL RGB picture of a tensor (1 or 3, H, W) or of a PIL picture."""
    return (picture(shown) if isinstance(shown, Tensor) else shown).convert("RGB")


def grid(
    images: Sequence[Picture],
    captions: Sequence[str] | None = None,
    columns: int | None = None,
    side: int = 128,
) -> Image.Image:
    """Pictures in rows on one white sheet.

    Args:
        images: tensors uint8 or float 0..1 (1 or 3, H, W), or PIL pictures; any sizes.
        captions: one for each picture, cut to its width.
        columns: pictures in a row; about a square when left out.
        side: longer side of every picture on the sheet, pixels.

    Returns:
        an RGB picture.

    Raises:
        ShapeError: no picture at all, or captions and pictures differ in number.
    """
    if not images or (captions is not None and len(captions) != len(images)):
        raise ShapeError(
            f"there are {len(images)} pictures and {len(captions or ())} captions",
            "one or more pictures, and as many captions or none",
            "leave captions out",
        )
    columns = max(1, columns or math.ceil(math.sqrt(len(images))))
    wide, tall = side + SPACE, side + SPACE + (LETTER + SPACE // 2 if captions else 0)
    rows = math.ceil(len(images) / columns)
    sheet = Image.new("RGB", (min(columns, len(images)) * wide + SPACE, rows * tall + SPACE), PAPER)
    for index, shown in enumerate(images):
        corner = index % columns * wide + SPACE, index // columns * tall + SPACE
        _put(sheet, shown, corner, side)
        if captions:
            _write(sheet, captions[index], (corner[0], corner[1] + side + SPACE // 4), side)
    return sheet


def _put(sheet: Image.Image, shown: Picture, corner: tuple[int, int], side: int) -> None:
    """Paste a picture into the middle of its cell."""
    cell = enlarge(as_picture(shown), side)
    sheet.paste(cell, (corner[0] + (side - cell.width) // 2, corner[1] + (side - cell.height) // 2))


def _write(sheet: Image.Image, text: str, corner: tuple[int, int], width: int) -> None:
    """Write a caption below a picture, in its middle."""
    line, letters = shorten(text, LETTER, width)
    left = corner[0] + (width - letters.getlength(line)) / 2
    ImageDraw.Draw(sheet).text((left, corner[1]), line, fill=INK, font=letters)


def augmentation_sheet(original: Picture, variants: Sequence[Picture], side: int = 128) -> Image.Image:
    """One picture as it is, and what an augmentation makes of it, numbered."""
    captions = ["as it is", *(str(number) for number in range(1, len(variants) + 1))]
    return grid([original, *variants], captions, side=side)


def classification(
    image: Picture, answer: Classification, names: int = 5, side: int = 240, truth: str | None = None
) -> Image.Image:
    """A picture with the name of its file, beside its most likely classes with bars for their probabilities.

    Args:
        image: the picture that was classified.
        answer: the answer of the classifier.
        names: how many classes are listed, best first.
        side: longer side of the picture on the card, pixels.
        truth: the true class, if it is known.
    """
    column = side + 2 * SPACE
    caption = ", ".join(part for part in (Path(answer.source).name, truth and f"true: {truth}") if part)
    below = LETTER + SPACE if caption else 0
    card = Image.new("RGB", (column + side + SPACE, side + 2 * SPACE + below), PAPER)
    _put(card, image, (SPACE, SPACE), side)
    if caption:
        _write(card, caption, (SPACE, side + SPACE + SPACE // 2), side)
    top = answer.top(names)
    step = side // max(5, len(top))
    for index, (name, score) in enumerate(top):
        _bar(card, (name, score), (column, SPACE + index * step), best=index == 0)
    return card


def _bar(card: Image.Image, entry: tuple[str, float], corner: tuple[int, int], *, best: bool) -> None:
    """One class: its name, its probability, and a bar."""
    (left, top), (name, score) = corner, entry
    width = card.width - left - SPACE
    pen, letters = ImageDraw.Draw(card), font(own_font(), LETTER)
    share = f"{score:.1%}"
    line, face = shorten(name, LETTER, width - round(letters.getlength(share)) - SPACE)
    color = INK if best else MUTED
    pen.text((left, top), line, fill=color, font=face)
    pen.text((left + width - letters.getlength(share), top), share, fill=color, font=letters)
    middle = top + LETTER + 8
    pen.rounded_rectangle((left, middle, left + width, middle + 5), 2, fill=LINE)
    if score * width >= 5:
        filled = (left, middle, left + score * width, middle + 5)
        pen.rounded_rectangle(filled, 2, fill=SERIES[0] if best else SERIES[5])
