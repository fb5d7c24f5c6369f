"""Pictures whose pixels lie in the file as they are."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.mapped_picture import forget, mapped


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (7, 5, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "options"), [("a.tif", {}), ("a.ppm", {}), ("a.tiff", {"tiffinfo": {278: 2}})]
)
def test_pixels_are_those_of_the_file(pixels: np.ndarray, tmp_path: Path, name: str, options: dict) -> None:
    Image.fromarray(pixels).save(tmp_path / name, **options)
    found = mapped(tmp_path / name)
    assert isinstance(found, np.memmap)
    assert (found == pixels).all()
    forget(found[1:, 2:])
    assert (found == pixels).all()  # read again


def test_what_has_to_be_unpacked_or_turned_is_none(pixels: np.ndarray, tmp_path: Path) -> None:
    picture = Image.fromarray(pixels)
    picture.save(tmp_path / "a.png")
    picture.save(tmp_path / "packed.tif", compression="tiff_lzw")
    picture.convert("L").save(tmp_path / "grey.tif")
    picture.save(tmp_path / "turned.tif", tiffinfo={274: 6})
    picture.save(tmp_path / "cut.ppm")
    (tmp_path / "cut.ppm").write_bytes((tmp_path / "cut.ppm").read_bytes()[:-1])
    (tmp_path / "broken.tif").write_bytes(b"II*\0broken")
    names = ("a.png", "packed.tif", "grey.tif", "turned.tif", "cut.ppm", "broken.tif", "absent.tif")
    assert [mapped(tmp_path / name) for name in names] == [None] * len(names)
