"""Where pixels lie."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data import image_store
from striate.data.image_store import Array, Files


def test_files_keep_any_name(tmp_path: Path) -> None:
    names = [
        "a b/ü.jpg",
        "קטן/1.jpg",
        "b\udce9d.jpg",
        "",
    ]  # the third is a Latin-1 byte, as Linux hands it out
    files = Files(tmp_path, iter(names))
    assert [files.relative(index) for index in range(4)] == names
    assert files.name(0) == str(tmp_path / "a b/ü.jpg")
    assert len(Files(tmp_path, [])) == 0


def test_a_file_below_the_current_folder_has_no_prefix() -> None:
    assert Files(Path(), ["cat/1.jpg"]).name(0) == "cat/1.jpg"


def test_a_file_is_read_at_full_size(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "a.jpg")
    files = Files(tmp_path, ["a.jpg"])
    assert files.read(0).shape == (3, 48, 64)
    assert files.size(0) == (tmp_path / "a.jpg").stat().st_size


def test_a_missing_file_has_no_size(tmp_path: Path) -> None:
    assert Files(tmp_path, ["none.jpg"]).size(0) == 0


@pytest.mark.parametrize(("shape", "channels"), [((2, 3, 4), 1), ((2, 3, 4, 1), 1), ((2, 3, 4, 3), 3)])
def test_an_array_gives_channels_first(shape: tuple[int, ...], channels: int) -> None:
    images = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    store = Array(images, "x.npz")
    image = store.read(1)
    assert image.shape == (channels, 3, 4)
    assert image[0, 1, 2] == images.reshape(2, 3, 4, channels)[1, 1, 2, 0]
    assert (store.name(1), store.relative(1)) == ("x.npz[1]", "[1]")


def test_a_picture_read_from_an_array_can_be_changed() -> None:
    store = Array(np.zeros((1, 2, 2), dtype=np.uint8), "x")
    store.read(0).fill_(9)
    assert store.read(0).sum() == 0


def test_names_of_more_than_4_gigabytes_have_longer_offsets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_store, "MOST_UINT32", 3)
    store = Files(Path("pictures"), ("ab", "cde", "f"))
    assert [store.relative(index) for index in range(3)] == ["ab", "cde", "f"]
