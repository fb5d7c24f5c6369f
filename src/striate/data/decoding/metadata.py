"""Pixels outrank metadata: what is broken beside the pixels never makes a picture unreadable.

Orientation is the only metadata that counts. Where a file cannot be opened or decoded as it is, it is tried
again without the parts that hold text, profiles and camera data.
"""

import struct
from collections.abc import Iterator
from typing import Any

from PIL import ExifTags, Image

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
PNG_PIXELS = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"eXIf"))
"""Chunks that are kept; the last holds the orientation, and is read leniently."""
MOST_EXIF = 2**16
"""Bytes of an eXIf chunk that is kept, as long as it can be in a JPEG."""
JPEG_COLORS = (0xE0, 0xEE)
"""APP0 (JFIF) and APP14 (Adobe) say how colors are stored; APP1..13, APP15 and comments are dropped."""
JPEG_DROPPED = frozenset((*range(0xE0, 0xF0), 0xFE)) - frozenset(JPEG_COLORS)
START_OF_SCAN = 0xDA
JFIF_LENGTH = 18
"""Bytes of a complete APP0 segment, its marker included."""


def orientation_of(picture: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) to 8; 1 if the EXIF data say nothing that can be understood."""
    try:
        orientation: Any = picture.getexif().get(ExifTags.Base.Orientation)
        return int(orientation) if orientation in range(1, 9) else 1
    except Exception:  # parsers of broken EXIF data raise nearly every type there is
        return 1


def without_metadata(content: bytes) -> bytes | None:
    """The file with its pixels only; None if it is neither PNG nor JPEG or has nothing else.

    >>> without_metadata(b"BM") is None
    True
    """
    if content.startswith(PNG):
        kept = b"".join((PNG, *_png_chunks(content)))
    elif content.startswith(JPEG):
        kept = b"".join((content[:2], *_jpeg_segments(content)))
    else:
        return None
    return kept if len(kept) < len(content) else None


def _png_chunks(content: bytes) -> Iterator[bytes]:
    """The chunks that say what the pixels are. A chunk: length, four letters, content, checksum."""
    start = len(PNG)
    while start + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, start)
        end = start + 12 + length
        if kind in PNG_PIXELS and not (kind == b"eXIf" and length > MOST_EXIF):
            yield content[start:end]
        if kind == b"IEND":
            return
        start = end


def _jpeg_segments(content: bytes) -> Iterator[bytes]:
    """The segments up to the first scan less the metadata, and all that follows, as it is."""
    start = 2
    while start + 4 <= len(content) and content[start] == 0xFF and content[start + 1] != START_OF_SCAN:
        if content[start + 1] == 0xFF:  # a byte that fills
            start += 1
            continue
        end = start + 2 + int.from_bytes(content[start + 2 : start + 4])
        cut = content[start + 1] == JPEG_COLORS[0] and end - start < JFIF_LENGTH
        if content[start + 1] not in JPEG_DROPPED and not cut:
            yield content[start:end]
        start = end
    yield content[start:]
