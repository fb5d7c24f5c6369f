"""What is broken beside the pixels does not make a picture unreadable."""

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.decode import decode
from striate.data.decoding.metadata import without_metadata
from striate.errors import ImageError

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)
# A TIFF header, an IFD of one entry: tag 0x0112 (orientation), its type, count and value.
ENTRY = b"II*\0\x08\0\0\0\x01\0\x12\x01"
BROKEN_EXIF = {
    "only the magic": b"",
    "one byte": b"I",
    "wrong header": b"XX*\0\x08\0\0\0" + b"\0" * 8,
    "cut": b"II*\0\x08\0\0\0\x05\0\x12\x01\x03\0\x01\0",
    "an offset beyond the end": b"II*\0\xff\xff\xff\x7f",
    "orientation as text": ENTRY + b"\x02\0\x02\0\0\0" + b"6\0\0\0" + b"\0\0\0\0",
    "two orientations": ENTRY + b"\x03\0\x02\0\0\0" + b"\x06\0\x06\0" + b"\0\0\0\0",
    "orientation divided by zero": ENTRY
    + b"\x05\0\x01\0\0\0\x1a\0\0\0"
    + b"\0\0\0\0"
    + b"\x06\0\0\0\0\0\0\0",
    "orientation 77": ENTRY + b"\x03\0\x01\0\0\0" + b"\x4d\0\0\0" + b"\0\0\0\0",
    "a folder that is its own next": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
}


def jpeg(*segments: tuple[int, bytes], **options: object) -> bytes:
    """A JPEG with segments (marker, content) in front of all others."""
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "JPEG", **options)
    added = b"".join(
        bytes((255, kind)) + (len(part) + 2).to_bytes(2, "big") + part for kind, part in segments
    )
    return file.getvalue()[:2] + added + file.getvalue()[2:]


def png(*chunks: tuple[bytes, bytes], last: bool = False) -> bytes:
    """A PNG with chunks (kind, content) before its pixels, or after them."""
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "PNG")
    added = b"".join(
        len(part).to_bytes(4, "big") + kind + part + zlib.crc32(kind + part).to_bytes(4, "big")
        for kind, part in chunks
    )
    at = len(file.getvalue()) - 12 if last else 33
    return file.getvalue()[:at] + added + file.getvalue()[at:]


@pytest.mark.parametrize("exif", BROKEN_EXIF.values(), ids=BROKEN_EXIF)
@pytest.mark.parametrize("dpi", [False, True])
def test_a_broken_exif_block_leaves_the_picture_readable(exif: bytes, dpi: bool, tmp_path: Path) -> None:
    options = {"dpi": (72, 72)} if dpi else {}
    webp = io.BytesIO()
    Image.fromarray(PIXELS).save(webp, "WEBP", exif=b"Exif\0\0" + exif, lossless=True)
    contents = jpeg((0xE1, b"Exif\0\0" + exif), **options), png((b"eXIf", exif)), webp.getvalue()
    for content in contents:
        (tmp_path / "a").write_bytes(content)
        assert sorted(decode(tmp_path / "a").shape) == [3, 12, 20]  # some are turned, as other programs do


TEXT = b"history\0\0" + zlib.compress(bytes(3_000_000))
LONG = b"XML:com.adobe.xmp\0\x01\0\0\0" + zlib.compress(b"<x/>" * 700_000)
PROFILE = b"icc\0\0" + zlib.compress(bytes(3_000_000))


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(
    "chunks",
    [
        [(b"zTXt", TEXT)],
        [(b"iTXt", LONG)],
        [(b"iCCP", PROFILE)],
        [(b"iCCP", b"no profile")],
        [(b"zTXt", b"k\0\0" + zlib.compress(bytes(1_000_000)))] * 80,
        [(b"iTXt", b"k\0\x01")],
        [(b"pHYs", b"\0")],
        [(b"gAMA", b"\0")],
        [(b"eXIf", bytes(100_000))],
    ],
    ids=[
        "text",
        "XMP",
        "large profile",
        "no profile",
        "80 MB of texts",
        "cut text",
        "cut size",
        "cut gamma",
        "zeros",
    ],
)
def test_texts_and_profiles_never_make_a_png_unreadable(
    chunks: list[tuple[bytes, bytes]], last: bool, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(png(*chunks, last=last))
    assert np.array_equal(decode(tmp_path / "a.png").permute(1, 2, 0).numpy(), PIXELS)


@pytest.mark.parametrize(
    "segments",
    [
        [(0xE2, b"MPF\0II*\0\xff\xff\xff\xff")],
        [(0xE2, b"ICC_PROFILE\0\x05\x02" + bytes(40))],
        [(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\xff\xff\xff\xff")],
        [(0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\x02\0\0")],
        [(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<" * 60_000)],
        [(0xFE, bytes(65_000))],
        [(0xE0, b"JFIF\0")],
    ],
    ids=[
        "broken MPF",
        "half a profile",
        "broken Photoshop block",
        "cut resolution",
        "broken XMP",
        "comment",
        "cut JFIF",
    ],
)
def test_segments_of_a_jpeg_never_make_it_unreadable(
    segments: list[tuple[int, bytes]], tmp_path: Path
) -> None:
    (tmp_path / "plain.jpg").write_bytes(jpeg())
    (tmp_path / "a.jpg").write_bytes(jpeg(*segments))
    assert (decode(tmp_path / "a.jpg") == decode(tmp_path / "plain.jpg")).all()


def test_a_large_profile_keeps_the_orientation(tmp_path: Path) -> None:
    upright = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    (tmp_path / "a.png").write_bytes(png((b"iCCP", PROFILE), (b"eXIf", upright)))
    assert decode(tmp_path / "a.png").shape == (3, 20, 12)


def test_only_metadata_are_taken_away() -> None:
    assert without_metadata(png((b"tEXt", b"a\0b"))) == png()
    assert without_metadata(jpeg((0xE1, b"Exif\0\0"), (0xFE, b"a comment"))) == jpeg()
    assert without_metadata(png()) is None
    assert without_metadata(b"GIF89a") is None


def test_broken_pixels_stay_broken(tmp_path: Path) -> None:
    content = png((b"zTXt", TEXT))
    (tmp_path / "a.png").write_bytes(content[:-40])
    with pytest.raises(ImageError):
        decode(tmp_path / "a.png")
