"""One number for what a picture shows."""

import tracemalloc
from pathlib import Path

import numpy as np
from PIL import Image

from striate.data.checks.content_hash import file_identity, identities, pixel_identities
from striate.data.image_store import Array, Files

ALL = np.arange(3)


def files(folder: Path, *contents: bytes) -> Files:
    for number, content in enumerate(contents):
        (folder / str(number)).write_bytes(content)
    return Files(folder, map(str, range(len(contents))))


def test_equal_files_have_one_number_and_others_another(tmp_path: Path) -> None:
    first, second, third = identities(files(tmp_path, b"a", b"b", b"a"), ALL)
    assert first == third != second


def test_one_byte_in_the_middle_or_at_the_end_of_a_large_file_counts(tmp_path: Path) -> None:
    plain = bytearray(100_000)
    middle, end = bytearray(plain), bytearray(plain)
    middle[50_000] = end[-1] = 1
    assert len(set(identities(files(tmp_path, plain, middle, end), ALL).tolist())) == 3


def test_large_files_of_different_size_differ(tmp_path: Path) -> None:
    assert len(set(identities(files(tmp_path, bytes(50_000), bytes(50_001), bytes(9)), ALL).tolist())) == 3


def test_missing_files_are_like_no_other(tmp_path: Path) -> None:
    assert file_identity(str(tmp_path / "a")) != file_identity(str(tmp_path / "b"))
    assert file_identity(str(tmp_path)) != file_identity(str(tmp_path / "a"))


def test_equal_arrays_have_one_number() -> None:
    images = np.zeros((3, 2, 2), dtype=np.uint8)
    images[1] = 1
    first, second, third = identities(Array(images, "x"), ALL)
    assert first == third != second


def test_a_picture_saved_in_two_formats_has_equal_pixels(tmp_path: Path) -> None:
    picture = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(2, 2, 3))
    names = ["a.png", "a.bmp", "b.png"]
    for name in names[:2]:
        picture.save(tmp_path / name)
    picture.resize((2, 3)).save(tmp_path / "b.png")
    first, second, third = pixel_identities(Files(tmp_path, names), ALL)
    assert first == second != third


def test_pictures_of_one_color_and_other_shapes_differ(tmp_path: Path) -> None:
    for name, size in (("a.png", (2, 6)), ("b.png", (3, 4)), ("c.png", (6, 2))):
        Image.new("L", size).save(tmp_path / name)
    assert len(set(pixel_identities(Files(tmp_path, ["a.png", "b.png", "c.png"]), ALL).tolist())) == 3


def test_an_unreadable_picture_is_like_no_other(tmp_path: Path) -> None:
    numbers = pixel_identities(files(tmp_path, b"x", b"x", b"y"), ALL)
    assert len(set(numbers.tolist())) == 3


def test_files_that_agree_in_a_part_are_told_apart_by_all_bytes(tmp_path: Path) -> None:
    plain, other = bytearray(60_000), bytearray(60_000)
    other[100] = 1
    first, second, third = identities(files(tmp_path, plain, other, plain), ALL)
    assert first == third != second


def test_a_caption_in_the_header_leaves_a_picture_the_same(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (190, 190, 3), dtype=np.uint8)
    for number, caption in enumerate((b"one", b"two", b"one")):
        Image.fromarray(pixels).save(tmp_path / f"{number}", "JPEG", comment=caption)
    assert (tmp_path / "0").stat().st_size == (tmp_path / "1").stat().st_size > 2 * 4096
    assert len(set(identities(Files(tmp_path, "012"), ALL).tolist())) == 1


def test_the_numbers_of_many_files_take_few_bytes_of_each(tmp_path: Path) -> None:
    store = Files(tmp_path, map(str, range(20_000)))  # none of them is there: their names have numbers too
    indices = np.arange(20_000)
    tracemalloc.start()
    numbers = identities(store, indices)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(set(numbers.tolist())) == 20_000
    assert peak < 24 * len(numbers)  # the numbers, and a sorted copy of them
