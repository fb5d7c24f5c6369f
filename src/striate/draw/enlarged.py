"""A picture before and after a network enlarged it: the whole one, and the detail where they differ most.

+-----------+  +---------+  +---------+  +---------+
|   +-+     |  | bicubic |  | network |  |  true   |
|   +-+     |  +---------+  +---------+  +---------+
+-----------+
"""

from collections.abc import Sequence

from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional as F

from striate.draw.fonts import shorten
from striate.draw.heatmap import picture
from striate.draw.image_grid import LETTER, SPACE
from striate.draw.theme import INK, PAPER, SERIES, rgb
from striate.ops.bicubic import enlarged
from striate.records import SuperResolution

SIDE = 320
"""Pixels of a cell of the sheet."""

LETTERS = 17
"""Heights of a letter that a cell has; a row is shown smaller than it is."""

DETAIL = 64
"""Pixels of a side of the detail, in the enlarged picture."""

Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""


NAMES = ("bicubic", "network", "true")


def before_after(
    small: Tensor,
    answer: SuperResolution,
    truth: Tensor | None = None,
    side: int = SIDE,
    *,
    names: Sequence[str] = NAMES,
    reduced: bool = False,
) -> Image.Image:
    """One row: the answer with a frame around the detail, then the detail of bicubic, answer and truth.

    Args:
        small: uint8 (1 or 3, H, W), the picture that was enlarged.
        answer: what a network made of it.
        truth: uint8 (C, by H, by W), where it is known.
        side: of each cell, pixels.
        names: below the details of bicubic, answer and truth.
        reduced: whether the detail of the small picture is shown, too.
    """
    plain = enlarged(small[None], answer.by)[0].expand_as(answer.image)
    box = detail_box(plain, answer.image)
    details = [plain, answer.image, *([truth] if truth is not None else [])]
    cells = [_framed(answer.image, box, side), *(_magnified(one, box, side) for one in details)]
    captions = [answer.in_words(), *names[: len(details)]]
    if reduced:
        squares = small.repeat_interleave(answer.by, 1).repeat_interleave(answer.by, 2)
        cells.insert(1, _magnified(squares, box, side))
        captions.insert(1, f"reduced by {answer.by}")
    return _row(cells, captions, side)


def sheet(rows: Sequence[Image.Image]) -> Image.Image:
    """Rows below each other."""
    paper = Image.new("RGB", (max(one.width for one in rows), sum(one.height for one in rows)), PAPER)
    top = 0
    for one in rows:
        paper.paste(one, (0, top))
        top += one.height
    return paper


def detail_box(plain: Tensor, other: Tensor, side: int = DETAIL) -> Box:
    """The square in which two pictures (C, H, W) differ most.

    >>> import torch
    >>> one, two = torch.zeros(1, 5, 6), torch.zeros(1, 5, 6)
    >>> two[0, 3:, 4:] = 9
    >>> detail_box(one, two, 2)
    (4, 3, 6, 5)
    """
    height, width = plain.shape[1:]
    tall, wide = min(side, height), min(side, width)
    apart = (plain.float() - other.float()).abs().mean(0)[None, None]
    means = F.avg_pool2d(apart, (tall, wide), stride=1)[0, 0]
    top, left = divmod(int(means.argmax()), means.shape[1])
    return left, top, left + wide, top + tall


def _framed(image: Tensor, box: Box, side: int) -> Image.Image:
    """The whole picture, with a frame around a part of it."""
    shown = picture(image).convert("RGB")
    scale = side / max(shown.size)
    cell = shown.resize(_scaled(shown.size, scale), Image.Resampling.LANCZOS)
    corners = [min(round(scale * one), most - 1) for one, most in zip(box, cell.size * 2, strict=True)]
    ImageDraw.Draw(cell).rectangle(corners, outline=rgb(SERIES[1]), width=3)
    return cell


def _magnified(image: Tensor, box: Box, side: int) -> Image.Image:
    """A part of a picture, its pixels as squares."""
    part = picture(image).convert("RGB").crop(box)
    return part.resize(_scaled(part.size, side / max(part.size)), Image.Resampling.NEAREST)


def _scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _row(cells: Sequence[Image.Image], captions: Sequence[str], side: int) -> Image.Image:
    """Pictures beside each other, a caption below each."""
    tall, letter = max(cell.height for cell in cells), max(LETTER, side // LETTERS)
    width = len(cells) * (side + SPACE) + SPACE
    paper = Image.new("RGB", (width, tall + letter + 3 * SPACE), PAPER)
    for number, (cell, text) in enumerate(zip(cells, captions, strict=True)):
        left = SPACE + number * (side + SPACE)
        paper.paste(cell, (left + (side - cell.width) // 2, SPACE + (tall - cell.height) // 2))
        line, letters = shorten(text, letter, side)
        start = left + (side - letters.getlength(line)) / 2
        ImageDraw.Draw(paper).text((start, SPACE + tall + SPACE // 2), line, fill=INK, font=letters)
    return paper
