"""16-bit and float values, and what is missing among them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from striate.data.decode import decode, decode_picture
from striate.data.decoding.deep_pixels import Scale, to_bytes

KELVIN = np.linspace(295, 310, 48 * 48, dtype=np.float32).reshape(48, 48)


def saved(path: Path, values: np.ndarray, nodata: str | None = None) -> Path:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    if nodata is not None:
        tags[42113] = nodata
    Image.fromarray(values).save(path, tiffinfo=tags)
    return path


@pytest.mark.parametrize(
    "mark", [np.nan, np.inf, -np.inf, -9999.0, np.finfo(np.float32).min, 9.96921e36, -32768.0]
)
def test_missing_values_do_not_decide_the_scale(mark: float, tmp_path: Path) -> None:
    # all others run from 295 (black) to 310 (white), whatever stands in the corner
    values = KELVIN.copy()
    values[5:11, 5:11] = mark
    shown, whole = (decode(saved(tmp_path / "a.tif", each))[0] for each in (values, KELVIN))
    assert (shown[5:11, 5:11] == 0).all()
    shown[5:11, 5:11] = whole[5:11, 5:11]
    assert (shown == whole).all()


def test_the_missing_value_that_gdal_names_is_taken(tmp_path: Path) -> None:
    # 0 is missing, so 1000 is black and 3000 white: (1500 - 1000) / 2000 * 255 = 63.75
    path = saved(tmp_path / "a.tif", np.array([[0, 1000, 1500, 3000]], dtype=np.uint16), nodata="0")
    assert decode(path)[0].tolist() == [[0, 0, 64, 255]]


def test_a_mark_among_values_of_its_kind_is_a_value(tmp_path: Path) -> None:
    # -999 lies nearer to the others than these differ: a measured value. 999 / 2998 * 255 = 85.0
    values = np.array([[-999, -500, 0, 1999]], dtype=np.float32)
    assert decode(saved(tmp_path / "a.tif", values))[0].tolist() == [[0, 42, 85, 255]]


def test_the_scale_says_what_was_missing(tmp_path: Path) -> None:
    values = np.array([[1, np.nan, -9999, 2]], dtype=np.float32)
    with Image.open(saved(tmp_path / "a.tif", values)) as picture:
        assert to_bytes(picture)[1] == Scale(1.0, 2.0, missing=2, marks=(-9999.0,))


def test_a_picture_of_missing_values_only_is_black(tmp_path: Path) -> None:
    assert decode(saved(tmp_path / "a.tif", np.full((2, 3), np.nan, np.float32))).sum() == 0


def test_strips_are_joined_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "a.tif", KELVIN)
    whole = decode(path)
    monkeypatch.setattr("striate.data.decoding.deep_pixels.ROWS", 7 * 48)
    assert (decode(path) == whole).all()


def test_sixteen_bits_in_memory_are_those_of_a_png(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[257, 514]], dtype=np.uint16))
    picture.save(tmp_path / "a.png")
    assert decode_picture(picture)[0].tolist() == decode(tmp_path / "a.png")[0].tolist() == [[1, 2]]
