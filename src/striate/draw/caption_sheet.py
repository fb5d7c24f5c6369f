"""Captions below their picture; of regions, numbered boxes on it. No text hides another.

+---------------+
| 0----+  1--+  |      numbers, those of the answer, stand at a corner of their box where there is room
| |    |  |  |  |
+---------------+
0  98 % a small red circle
1  91 % a large striped blue star
"""

from PIL import Image, ImageDraw
from torch import Tensor, arange

from striate.draw.fonts import clean, font, font_file, legible
from striate.draw.image_grid import Picture
from striate.draw.overlay import TRUTH, Overlay
from striate.draw.theme import INK, PAPER, SERIES, lightness, rgb
from striate.formatting import percent
from striate.records import BoxTargets, CaptionTargets, Detections, ImageCaption, Targets

MOST = 10
"""Regions that are drawn, the surest first."""

MOST_TRUE = 3
"""True captions of a picture that are written below it."""

COLORS = tuple(color for color in SERIES if color != TRUTH)

Rectangle = tuple[int, int, int, int]
"""Left, top, right, bottom, pixels."""


def captioned(
    image: Picture, record: Detections, truth: Targets | None = None, most: int = MOST
) -> Image.Image:
    """The picture with its surest regions, and their captions below it.

    Args:
        image: the picture that was answered, as it was given.
        record: the answer with captions, in its pixels.
        truth: targets of this one picture; their boxes are drawn in green.
        most: regions at most.
    """
    shown = record.where(arange(min(len(record), most)))
    overlay = Overlay(image)
    if isinstance(truth, BoxTargets):
        for box in truth.boxes.tolist():
            overlay.box(box, TRUTH)
    for number in reversed(range(len(shown))):
        overlay.box(shown.boxes[number].tolist(), COLORS[number % len(COLORS)])
    picture = overlay.picture
    letters = max(11, round(max(picture.size) / 42))
    _number(picture, shown.boxes * shown.boxes.new_tensor([*overlay.factor] * 2), letters)
    return _with_legend(picture, shown, letters)


def with_sentence(
    image: Picture, record: ImageCaption, truth: Targets | None = None, most: int = MOST_TRUE
) -> Image.Image:
    """The picture with its caption below it, and true captions below that, in green.

    Args:
        image: the picture that was answered, as it was given.
        record: the answer.
        truth: targets of this one picture.
        most: true captions at most.
    """
    picture = Overlay(image).picture
    letters = max(11, round(max(picture.size) / 42))
    true = truth.captions[0][:most] if isinstance(truth, CaptionTargets) and len(truth) else []
    said = [(record.text or "no words", INK), *((text, TRUTH) for text in true)]
    margin, line = letters // 2, letters + letters // 2
    lines = [
        (part, color) for text, color in said for part in _wrapped(text, letters, picture.width - 2 * margin)
    ]
    sheet = _sheet(picture, line * len(lines) + letters // 2)
    pen, top = ImageDraw.Draw(sheet), picture.height + letters // 4
    for text, color in lines:
        pen.text((margin, top), text, fill=color, font=font(font_file(clean(text)), letters))
        top += line
    return sheet


def _sheet(picture: Image.Image, below: int) -> Image.Image:
    """The picture, and so many pixels of paper below it."""
    sheet = Image.new("RGB", (picture.width, picture.height + below), PAPER)
    sheet.paste(picture, (0, 0))
    return sheet


def _number(picture: Image.Image, boxes: Tensor, letters: int) -> None:
    """Write the number of each box near it."""
    pen, taken = ImageDraw.Draw(picture), list[Rectangle]()
    for number, box in enumerate(boxes.round().int().tolist()):
        text = str(number)
        chosen = font(font_file(text), letters)
        extent = round(chosen.getlength(text)) + letters // 2, letters + letters // 3
        place = free_place(box, extent, picture.size, taken)
        taken.append(place)
        color = COLORS[number % len(COLORS)]
        pen.rectangle(place, fill=color)
        corner = (place[0] + letters // 4, place[1] + letters // 8)
        pen.text(corner, text, fill=_ink(color), font=chosen)


def free_place(
    box: list[int], extent: tuple[int, int], size: tuple[int, int], taken: list[Rectangle]
) -> Rectangle:
    """Where a label of a box hides no other label: at a corner, else along its upper edge, else nearby.

    Args:
        box: two corners, pixels.
        extent: width and height of the label.
        size: width and height of the picture.
        taken: where labels are already.

    >>> free_place([10, 20, 50, 60], (8, 10), (100, 100), [(10, 10, 18, 20)])
    (10, 20, 18, 30)
    """
    wide, tall = extent
    left, top, right, bottom = box
    corners = [(left, top - tall), (left, top), (right - wide, top - tall), (right - wide, bottom)]
    along = [(x, top) for x in range(left, max(left, right - wide) + 1, wide + 1)]
    everywhere = [(x, y) for y in range(0, size[1], tall + 1) for x in range(0, size[0], wide + 1)]
    everywhere.sort(key=lambda at: abs(at[0] - left) + abs(at[1] - top))
    first: Rectangle | None = None
    for x, y in (*corners, *along, *everywhere):
        x, y = min(max(0, x), max(0, size[0] - wide)), min(max(0, y), max(0, size[1] - tall))
        place = (x, y, x + wide, y + tall)
        first = first or place
        if not any(_meet(place, other) for other in taken):
            return place
    assert first is not None
    return first


def _meet(one: Rectangle, other: Rectangle) -> bool:
    """Whether two rectangles overlap; edges may touch."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _with_legend(picture: Image.Image, shown: Detections, letters: int) -> Image.Image:
    """The picture, and a line or more for each caption below it."""
    assert shown.captions is not None
    indent, line, lines = 2 * letters + letters // 2, letters + letters // 2, list[tuple[int, str, bool]]()
    for number, (text, score) in enumerate(zip(shown.captions.texts, shown.scores.tolist(), strict=True)):
        wrapped = _wrapped(f"{percent(score, 0)} {text or 'no words'}", letters, picture.width - indent)
        lines += [(number, part, not place) for place, part in enumerate(wrapped)]
    if not lines:
        lines = [(0, "nothing found", False)]
    sheet = _sheet(picture, line * len(lines) + letters // 2)
    pen, top = ImageDraw.Draw(sheet), picture.height + letters // 4
    for number, text, begins in lines:
        color = COLORS[number % len(COLORS)]
        if begins:
            pen.rectangle((0, top, 2 * letters, top + line - 2), fill=color)
            label = str(number)
            pen.text((letters // 2, top), label, fill=_ink(color), font=font(font_file(label), letters))
        pen.text((indent, top), text, fill=INK, font=font(font_file(clean(text)), letters))
        top += line
    return sheet


def _wrapped(text: str, letters: int, width: int) -> list[str]:
    """A text in lines of at most so many pixels, broken between words; a longer word stands alone."""
    chosen, lines = font(font_file(clean(text)), letters), [""]
    for word in legible(text).split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and chosen.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _ink(color: str) -> str:
    """What is legible on a color."""
    return INK if lightness(rgb(color)) > 0.3 else PAPER
