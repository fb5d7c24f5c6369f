"""One picture file becomes a uint8 RGB tensor, whatever is in the file, and however it is given.

    path, file, bytes --opened--> first frame --pixels_of--> RGB, 8 bit, over white, upright: uint8 (3, H, W)

One rule for a picture, in training and prediction, from a path or from memory: all pixels are decoded at full
size; ``Preprocess`` scales them, antialiased. Nothing is decoded at a reduced size.

- Several frames or pages: the first one.
- Transparency: the picture is laid over white, as on a page.
- More than 8 bits: see ``decoding.deep_pixels``.
- Formats that run other programs (EPS) or need plug-ins are not pictures.
- What is broken in the metadata does not matter as long as the pixels can be read.
"""

import io
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError
from torch import Tensor

from striate.data.decoding import jpeg
from striate.data.decoding.deep_pixels import Scale
from striate.data.decoding.file_kind import LOOKED_AT, kind_of
from striate.data.decoding.memory import DECODING, bytes_to_decode, refuse_too_large
from striate.data.decoding.metadata import JPEG, PNG, orientation_of, without_metadata
from striate.data.decoding.pixels import in_three, to_rgb, upright
from striate.errors import ImageError
from striate.files.regular import open_regular, reason_of

FORMATS = (
    *("JPEG", "PNG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "PPM", "ICO", "QOI", "TGA", "JPEG2000"),
    *("AVIF", "SGI", "PCX", "ICNS", "XBM", "DDS", "PSD"),
)
EXTENSIONS = frozenset(
    (
        *(
            ".jpg",
            ".jpeg",
            ".jpe",
            ".jfif",
            ".png",
            ".apng",
            ".gif",
            ".bmp",
            ".dib",
            ".tif",
            ".tiff",
            ".webp",
        ),
        *(".pbm", ".pgm", ".ppm", ".pnm", ".mpo", ".ico", ".qoi", ".tga", ".jp2", ".j2k", ".avif", ".sgi"),
        *(".pcx", ".icns", ".xbm", ".dds", ".psd"),
    )
)
IN_MEMORY = 256 * 1024**2
"""Bytes up to which a JPEG or PNG file is read at once; a larger one is read by Pillow, piece by piece."""

LISTED = 1_000
"""Names of a folder among which that of a missing file is looked for."""

Source = str | Path | BinaryIO
EXPECTED = "a complete picture file"
ATTEMPT = "open it in a viewer; `striate check` lists all such files of a data set"


def decode(source: Source, name: str | None = None) -> Tensor:
    """Read a picture as uint8 (3, H, W) RGB, turned as its EXIF orientation says.

    Args:
        source: a path, or a seekable binary file.
        name: what to call it in errors; None for the path.

    Raises:
        ImageError: the file is missing, empty, truncated, too large or not a picture.
    """
    with opened(source, name) as picture:
        return pixels_of(picture)[0]


def decode_bytes(content: bytes, name: str = "the picture") -> Tensor:
    """The same of the content of a file.

    Raises:
        ImageError: as ``decode``.
    """
    return decode(io.BytesIO(content), name)


def decode_picture(picture: Image.Image) -> Tensor:
    """A PIL picture as ``decode`` would give its file.

    Raises:
        ImageError: its pixels cannot be read.
    """
    try:
        with _quiet:
            refuse_too_large(picture)
            with DECODING.room_for(bytes_to_decode(picture)):
                return upright(to_rgb(picture)[0], orientation_of(picture))
    except Exception as reason:  # the file behind it may be broken
        raise unreadable(str(getattr(picture, "filename", "")) or "the picture", reason) from reason


@contextmanager
def opened(source: Source, name: str | None = None) -> Iterator[Image.Image]:
    """An open picture whose pixels may not be read yet; whatever fails inside is an ImageError that names it.

    Raises:
        ImageError: as ``decode``.
    """
    name = str(source) if name is None else name
    with ExitStack() as stack:
        try:
            stack.enter_context(_quiet)
            file = stack.enter_context(open_regular(source)) if isinstance(source, str | Path) else source
            yield _identified(file, stack)
        except ImageError:
            raise
        except Exception as reason:  # decoders of broken files raise nearly every type there is
            raise unreadable(name, reason, _head(source)) from reason


def pixels_of(picture: Image.Image) -> tuple[Tensor, Scale | None]:
    """uint8 (3, H, W) of an open picture, upright; the scale of one with more than 8 bits, else None."""
    file = getattr(picture, "fp", None)
    image = jpeg.decoded(picture, file.getbuffer()) if isinstance(file, io.BytesIO) else None
    rgb, scale = to_rgb(picture) if image is None else (in_three(image), None)
    return upright(rgb, orientation_of(picture)), scale


def unreadable(name: str | Path, reason: Exception, head: bytes = b"") -> ImageError:
    """The error that names a picture and why it cannot be read.

    Args:
        name: of the file.
        reason: what a decoder said.
        head: the first bytes, which tell what a file is that is no picture.
    """
    if isinstance(reason, FileNotFoundError):
        wrong = f"{name} cannot be read (there is no such file)"
        return ImageError(wrong, "a file that exists", _nearest(Path(name)))
    kind = kind_of(head) if isinstance(reason, UnidentifiedImageError) else None
    if kind is not None:
        return ImageError(f"{name} cannot be read (it is {kind.words})", EXPECTED, kind.attempt)
    return ImageError(f"{name} cannot be read ({_in_words(reason)})", EXPECTED, ATTEMPT)


def _nearest(path: Path) -> str:
    """What to try where a file is missing: a name of its folder that looks like it."""
    try:
        with os.scandir(path.parent) as entries:
            names = sorted(entry.name for entry in islice(entries, LISTED))
    except OSError:
        return f"check the spelling: there is no folder {path.parent}"
    near = get_close_matches(path.name, names, 1)
    return f"did you mean {path.parent / near[0]}?" if near else "check the spelling of the path"


def _identified(file: BinaryIO, stack: ExitStack) -> Image.Image:
    """The picture in a file, opened; without its metadata if it cannot be opened with them.

    The pixels of PNGs are read here: chunks after them may hold text that Pillow refuses.
    """
    file.seek(0)
    start = file.read(len(PNG))
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if not size:
        raise ValueError("the file is empty")
    if not start.startswith((PNG, JPEG)) or size > IN_MEMORY:
        return _opened(file, stack)
    content = file.read()
    try:
        return _opened(io.BytesIO(content), stack)
    except Exception:
        pixels = without_metadata(content)
        if pixels is None:
            raise
    return _opened(io.BytesIO(pixels), stack)


def _opened(file: BinaryIO, stack: ExitStack) -> Image.Image:
    """A picture that is not too large, with room to decode it for as long as the stack is entered."""
    with ExitStack() as own:
        picture = own.enter_context(Image.open(file, formats=FORMATS))
        refuse_too_large(picture)
        own.enter_context(DECODING.room_for(bytes_to_decode(picture)))
        if picture.format == "PNG":
            picture.load()
        stack.push(own.pop_all())
        return picture


def _head(source: Source) -> bytes:
    """The first bytes of a file; none if they cannot be read."""
    try:
        if isinstance(source, str | Path):
            with open_regular(source) as file:
                return file.read(LOOKED_AT)
        source.seek(0)
        return source.read(LOOKED_AT)
    except (OSError, ValueError):
        return b""


def _in_words(reason: Exception) -> str:
    """Why a file cannot be read, without its name."""
    if isinstance(reason, UnidentifiedImageError):
        return "not a picture of a known format"
    return " ".join(reason_of(reason).split())


class _Quiet:
    """Silences warnings while any thread decodes.

    ``warnings.catch_warnings`` puts the filters of its own beginning back; with several threads the last one
    to end may put back a stranger's. Here the first thread in saves them and the last one out puts them back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._saved = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._saved = warnings.catch_warnings()
                self._saved.__enter__()
                warnings.simplefilter("ignore")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._saved.__exit__(None, None, None)

    def forget(self) -> None:
        """No thread decodes: those that did stayed behind in the process that was forked."""
        if self._inside:
            self._saved.__exit__(None, None, None)
        self.__init__()  # type: ignore[misc]


_quiet = _Quiet()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_quiet.forget)
