"""What a file is that cannot be read as a picture, by its first bytes, and what to do with it."""

from codecs import getincrementaldecoder
from typing import NamedTuple

LOOKED_AT = 1024
"""Bytes at the beginning of a file that say what it is."""


class FileKind(NamedTuple):
    """What a file is, in words, and what to try."""

    words: str
    attempt: str


CONVERT = "convert it to JPEG or PNG"
REMOVE = "download the picture again, or remove the file"
HEIC = FileKind("a HEIC picture", f"{CONVERT}; phones can be set to save JPEG ('most compatible')")
RAW = FileKind("a camera's raw picture", f"develop it, or {CONVERT}")
JXL = FileKind("a JPEG XL picture", CONVERT)
SVG = FileKind("an SVG drawing", "render it as PNG")

HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif")
STARTS: tuple[tuple[bytes, FileKind], ...] = (
    (b"%PDF", FileKind("a PDF document", "export its pictures, or remove the file")),
    (b"version https://git-lfs", FileKind("a Git LFS pointer, not the picture", "git lfs pull")),
    (b"/annex/objects", FileKind("a git-annex pointer, not the picture", "git annex get")),
    (b"\0\5\x16\7", FileKind("a macOS side file (AppleDouble), not the picture", "remove the file")),
    (b"\0\5\x16\0", FileKind("a macOS side file (AppleSingle), not the picture", "remove the file")),
    (b"PK\3\4", FileKind("a ZIP archive", "unpack it")),
    (b"\x1f\x8b", FileKind("a gzip file", "unpack it")),
    (b"Rar!", FileKind("a RAR archive", "unpack it")),
    (b"7z\xbc\xaf\x27\x1c", FileKind("a 7z archive", "unpack it")),
    (b"%!PS", FileKind("a PostScript program", f"{CONVERT}")),
    (
        b"\x93NUMPY",
        FileKind("a NumPy array", "save labelled arrays with numpy.savez(file, images=..., labels=...)"),
    ),
    (b"\xff\x0a", JXL),
    (b"\0\0\0\x0cJXL ", JXL),
    (b"v/1\x01", FileKind("an OpenEXR picture", CONVERT)),
    (b"SIMPLE  =", FileKind("a FITS picture", CONVERT)),
    (b"\x89HDF", FileKind("an HDF5 file", "export its pictures")),
    (b"SQLite format 3", FileKind("an SQLite database", REMOVE)),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"\x1aE\xdf\xa3", FileKind("a video (Matroska, WebM)", "export its frames as pictures")),
    (b"MZ", FileKind("a Windows program", "remove the file")),
    (b"\x7fELF", FileKind("a program", "remove the file")),
)
ENDINGS = {
    **dict.fromkeys((".heic", ".heif", ".hif"), HEIC),
    **dict.fromkeys((".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2"), RAW),
    ".jxl": JXL,
    **dict.fromkeys((".svg", ".svgz"), SVG),
}
"""Endings of pictures that are not read."""


def kind_of(head: bytes) -> FileKind | None:
    """What a file is, from its first bytes; None if that is not known.

    >>> kind_of(b"%PDF-1.7").words
    'a PDF document'
    """
    found = next((kind for start, kind in STARTS if head.startswith(start)), None)
    if found is not None:
        return found
    if head[4:8] == b"ftyp":
        return _of_boxes(head)
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WAVE"):
        return FileKind("a video or sound file", "export its frames as pictures")
    if head[128:132] == b"DICM":
        return FileKind("a DICOM picture", CONVERT)
    if head and not head.strip(b"\0"):
        return FileKind("a file of zero bytes only", REMOVE)
    return _of_text(head)


def _of_boxes(head: bytes) -> FileKind | None:
    """ISO base media: the brands say what is inside. ISO/IEC 14496-12, section 4.3."""
    brand, others = head[8:12], [head[at : at + 4] for at in range(16, min(64, len(head)), 4)]
    if any(one in (b"avif", b"avis") for one in (brand, *others)):
        return None  # read by Pillow: what is wrong with it is another thing
    if brand in HEIC_BRANDS:
        return HEIC
    if brand == b"crx ":
        return RAW
    return FileKind("a video (MP4, QuickTime)", "export its frames as pictures")


def _of_text(head: bytes) -> FileKind | None:
    """Pages, drawings and other text."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return FileKind("an HTML page, as servers send in place of a picture", REMOVE)
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return SVG
    if text.startswith(b"<?xml"):
        return FileKind("an XML file", REMOVE)
    if text.startswith((b'{"', b"[{", b"{\n", b"{ ")):
        return FileKind("a JSON file", REMOVE)
    if text[:1] == b"p" and text[1:2].isdigit():  # a PPM whose header is broken
        return None
    printable = head and all(byte >= 32 or byte in b"\t\r\n\f" for byte in head) and b"\x7f" not in head
    return FileKind("a text file", REMOVE) if printable and _is_text(head) else None


def _is_text(head: bytes) -> bool:
    try:
        getincrementaldecoder("utf-8")().decode(head)  # the last letter may be cut
    except UnicodeDecodeError:
        return False
    return True
