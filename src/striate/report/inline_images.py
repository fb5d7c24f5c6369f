"""Pictures inside a page: as data, because the page asks nobody for anything.

PIL picture --at most 192 pixels, as a rule--> PNG (hard pixels, small) or JPEG --base64--> data:image/...
figure      --svg--> colors become the page's own, so that they follow its light and dark
"""

import base64
import io
from typing import TYPE_CHECKING

from markupsafe import Markup
from PIL import Image

from striate.draw import charts
from striate.draw.heatmap import enlarge
from striate.draw.theme import INK, LINE, MUTED, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 192  # longer side of a picture on the page, pixels; twice what is seen, for sharp screens
SMALL = 96  # up to this size nothing is lost and every pixel is a square
NAMES = {INK: "ink", MUTED: "muted", LINE: "line", PAPER: "card"}  # variables of page.css


def data_uri(shown: Image.Image, side: int = SIDE) -> str:
    """A picture as the ``src`` of an ``img``, with a longer side of at most so many pixels."""
    if max(shown.size) > side:
        shown = enlarge(shown, side)
    small = max(shown.size) <= SMALL
    paper = io.BytesIO()
    if small:
        shown.save(paper, "PNG", optimize=True)
    else:
        shown.save(paper, "JPEG", quality=82, optimize=True)
    return f"data:image/{'png' if small else 'jpeg'};base64,{base64.b64encode(paper.getvalue()).decode()}"


def drawn(figure: "Figure", label: str) -> Markup:
    """A figure as an ``svg`` element that a screen reader calls ``label``."""
    text = charts.svg(figure)
    for color, name in NAMES.items():
        text = text.replace(color, f"var(--{name})")
    head = Markup('<svg role="img" aria-label="{}" ').format(label)
    return Markup(text.replace("<svg ", head, 1))
