"""Names of every script on a picture: which font has the letters, and what stands for a letter that none has.

name --clean--> printable text --font_file--> DejaVu Sans, or a font of this computer that has all of it
                              `--legible----> the letters that the font lacks become a square
"""

import unicodedata
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

MISSING = "\u25a1"  # a white square, which DejaVu Sans has

# Fonts with Chinese, Japanese and Korean letters, as Linux, Windows and macOS name their files.
# Pillow looks for them where the system keeps its fonts.
ELSEWHERE = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansKR-Regular.otf",
    "NanumGothic.ttf",
    "malgun.ttf",
    "msyh.ttc",
    "AppleSDGothicNeo.ttc",
    "Arial Unicode.ttf",
)


def clean(text: str) -> str:
    """One line that can be printed: control characters become spaces, broken bytes a question mark.

    >>> clean("two\\nlines \\udcff")
    'two lines ?'
    """
    whole = text.encode("utf-8", "replace").decode()
    letters = (" " if unicodedata.category(letter) == "Cc" else letter for letter in whole)
    return " ".join("".join(letters).split())


@lru_cache(maxsize=1)
def own_font() -> Path:
    """DejaVu Sans, which comes with matplotlib: Latin, Greek, Cyrillic, Hebrew, Arabic and many signs."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@lru_cache(maxsize=1)
def fonts() -> tuple[Path, ...]:
    """The fonts that can be used, the own one first."""
    return own_font(), *(path for path in map(_installed, ELSEWHERE) if path)


def _installed(name: str) -> Path | None:
    try:
        return Path(str(ImageFont.truetype(name).path))
    except OSError:
        return None


@lru_cache(maxsize=16)
def letters_of(file: Path) -> frozenset[str]:
    """Every letter that a font has."""
    from matplotlib.ft2font import FT2Font

    return frozenset(map(chr, FT2Font(str(file)).get_charmap()))


def font_file(text: str) -> Path:
    """The first font that has every letter of a text, else the own one."""
    return next((file for file in fonts() if set(text) <= letters_of(file)), own_font())


def legible(text: str) -> str:
    """A text with a square for every letter that its font lacks.

    >>> legible("Häuser, Κύκλος")
    'Häuser, Κύκλος'
    """
    text = clean(text)
    known = letters_of(font_file(text))
    return "".join(letter if letter in known else MISSING for letter in text)


@lru_cache(maxsize=64)
def font(file: Path, size: int) -> ImageFont.FreeTypeFont:
    """A font of one size in pixels, for Pillow."""
    return ImageFont.truetype(str(file), size)


def shorten(text: str, size: int, width: int) -> tuple[str, ImageFont.FreeTypeFont]:
    """A legible text that is at most ``width`` pixels wide, cut with an ellipsis if need be, and its font."""
    whole = legible(text)
    chosen = font(font_file(clean(text)), size)
    if chosen.getlength(whole) <= width:
        return whole, chosen
    kept = whole
    while kept and chosen.getlength(kept + "…") > width:
        kept = kept[:-1]
    return kept.rstrip() + "…", chosen
