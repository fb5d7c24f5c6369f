"""One picture file becomes a uint8 RGB tensor, whatever is in the file.

    file --open--> first frame --shrink (JPEG only)--> turn (EXIF) --> sRGB, 8 bit, over white --> uint8 (3,
    H, W)

What is decided here, once for training and prediction:

- Several frames or pages: the first one.
- Transparency: the picture is laid over white, as on a page.
- 16 bit: formats that define their range (PNG, PGM, JPEG 2000) are divided by 257; where the file does not
  say what white is (TIFF, float) the picture's own smallest and largest value become 0 and 255.
- Formats that run other programs (EPS) or need plug-ins are not pictures.
"""

import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError
from torch import Tensor

from striate.errors import ImageError

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
TURNS = {  # EXIF 2.3, tag 0x0112: how the stored rows and columns lie
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
FULL_RANGE = frozenset(("PNG", "PPM", "JPEG2000"))  # 16-bit samples of these run from 0 to 65535


def decode(path: str | Path, at_least: tuple[int, int] | None = None) -> Tensor:
    """Read a picture as uint8 (3, H, W) RGB, turned as its EXIF orientation says.

    Args:
        path: the file.
        at_least: (H, W), pixels. A JPEG that is twice as large or more is decoded at 1/2, 1/4 or 1/8 of its
            size, never below this; other formats and None: at full size.

    Raises:
        ImageError: the file is missing, empty, truncated, too large or not a picture.
    """
    with opened(path) as picture:
        return to_tensor(to_rgb(picture, at_least))


def decode_picture(picture: Image.Image) -> Tensor:
    """A PIL picture as ``decode`` would give its file.

    Raises:
        ImageError: its pixels cannot be read.
    """
    try:
        with _quiet:
            return to_tensor(to_rgb(picture))
    except Exception as reason:  # the file behind it may be broken
        raise unreadable(getattr(picture, "filename", "") or "the picture", reason) from reason


@contextmanager
def opened(path: str | Path) -> Iterator[Image.Image]:
    """An open picture, pixels not read yet; whatever fails inside is an ImageError that names the file.

    Raises:
        ImageError: as ``decode``.
    """
    try:
        with _quiet:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait forever
                raise ValueError("it is no regular file")
            if not status.st_size:
                raise ValueError("the file is empty")
            with Image.open(path, formats=FORMATS) as picture:
                refuse_bomb(picture)
                yield picture
    except Exception as reason:  # decoders of broken files raise nearly every type there is
        raise unreadable(path, reason) from reason


def unreadable(path: str | Path, reason: Exception) -> ImageError:
    """The error that names a file and why it cannot be read."""
    return ImageError(
        f"{path} cannot be read ({_in_words(reason)})",
        "a complete picture file",
        "open it in a viewer; `striate check` lists all such files of a data set",
    )


def refuse_bomb(picture: Image.Image) -> None:
    """Raise on more pixels than Pillow's limit, at which Pillow itself would only warn."""
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and picture.width * picture.height > limit:
        raise ValueError(
            f"{picture.width} x {picture.height} pixels, more than the {limit} that are safe to unpack"
        )


def to_rgb(picture: Image.Image, at_least: tuple[int, int] | None = None) -> Image.Image:
    """Any picture as 8-bit RGB, the right way up, over white."""
    orientation = turn_of(picture)
    if at_least is not None:
        height, width = at_least if orientation not in (5, 6, 7, 8) else at_least[::-1]
        picture.draft(None, (width, height))
    shown = _eight_bit(picture)
    return shown.transpose(TURNS[orientation]) if orientation in TURNS else shown


def turn_of(picture: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) to 8."""
    orientation = picture.getexif().get(ExifTags.Base.Orientation)
    return orientation if orientation in TURNS else 1


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Any mode as RGB."""
    if picture.mode == "RGB" and "transparency" not in picture.info:
        picture.load()
        return picture
    if picture.mode.startswith(("I", "F")):
        return _scaled_to_bytes(picture).convert("RGB")
    if picture.mode == "LAB":
        return _lab_to_rgb(picture)
    if picture.has_transparency_data:
        return _over_white(picture)
    return picture.convert("RGB")


def _scaled_to_bytes(picture: Image.Image) -> Image.Image:
    """Deep or float values as 0..255: of the format's range if it has one, else of the picture's own."""
    values = np.nan_to_num(np.asarray(picture).astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = (0.0, 65535.0) if picture.format in FULL_RANGE else (values.min(), values.max())
    bytes_ = (values - low) * (255 / max(high - low, 1e-300))
    return Image.fromarray(bytes_.clip(0, 255).round().astype(np.uint8))


def _lab_to_rgb(picture: Image.Image) -> Image.Image:
    """CIE L*a*b* (D50) as sRGB."""
    profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    shown = ImageCms.profileToProfile(picture, *profiles, outputMode="RGB")
    if shown is None:
        raise ValueError("its L*a*b* colors cannot be converted")
    return shown


def _over_white(picture: Image.Image) -> Image.Image:
    layer = picture.convert("RGBA")
    page = Image.new("RGBA", layer.size, "white")
    page.alpha_composite(layer)
    return page.convert("RGB")


def to_tensor(picture: Image.Image) -> Tensor:
    """A PIL picture of mode L or RGB as uint8 (C, H, W); C is the innermost axis in memory."""
    array = np.array(picture)
    return torch.from_numpy(array.reshape(*array.shape[:2], -1)).permute(2, 0, 1)


def _in_words(reason: Exception) -> str:
    """Why a file cannot be read, without its name."""
    if isinstance(reason, FileNotFoundError):
        return "there is no such file"
    if isinstance(reason, IsADirectoryError | PermissionError):
        return str(reason.strerror)
    if isinstance(reason, UnidentifiedImageError):
        return "not a picture of a known format"
    return " ".join(str(reason).split()) or type(reason).__name__


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


_quiet = _Quiet()
