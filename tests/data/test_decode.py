"""Decoding: real broken and odd files, and small pictures whose pixels are known."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from striate.data.decode import decode, decode_picture
from striate.errors import ImageError

# What each file holds: (H, W) as its header says, or a word of the reason why it cannot be read.
HOSTILE: dict[str, tuple[int, int] | str] = {
    "12in16bit.tif": (100, 100),
    "16bit.cropped.tif": (64, 64),
    "LICENSE-Pillow": "a text file",
    "ORIGIN.md": "a text file",
    "anim_frame1.webp": (82, 82),
    "broken.png": "not a picture",
    "broken_data_stream.png": "data stream",
    "crash-0c7e0e8e11ce787078f00b5b0ca409a167f070e0.tif": "decoder error",
    "crash-4f085cc12ece8cde18758d42608bed6a2a2cfb1c.tif": "decoder error",
    "decompression_bomb.gif": "bomb",
    "decompression_bomb.ico": "bomb",
    "dispose_bgnd_transparency.gif": (32, 38),
    "exif_imagemagick_orientation.png": (512, 512),
    "flower.jpg": (360, 480),
    "frozenpond.mpo": (480, 640),
    "hopper.Lab.tif": (128, 128),
    "hopper.bmp": (128, 128),
    "hopper.gif": (128, 128),
    "hopper.jpg": (128, 128),
    "hopper.ppm": (128, 128),
    "hopper.qoi": (128, 128),
    "hopper.webp": (128, 128),
    "hopper_16bit.pgm": (128, 128),
    "hopper_bad_exif.jpg": (500, 500),
    "hopper_gray.jpg": (128, 128),
    "hopper_idat_after_image_end.png": (128, 128),
    "hopper_mask.png": (16, 16),
    "hopper_orientation_2.jpg": (128, 128),
    "hopper_orientation_3.jpg": (128, 128),
    "hopper_orientation_5.jpg": (128, 128),
    "hopper_orientation_6.jpg": (128, 128),
    "icc-after-SOF.jpg": (10, 10),
    "imageNotFound.gif": (300, 300),
    "invalid-exif.jpg": (200, 200),
    "junk_jpeg_header.jpg": (768, 1024),
    "l_trns.png": (64, 64),
    "multipage.tiff": (10, 10),
    "negative_size.ppm": "not a picture",
    "no_palette_with_transparency.gif": (2, 2),
    "oom-225817ca0f8c663be7ab4b9e717b02c661e66834.tif": "not a picture",
    "p_16.png": (128, 128),
    "p_trns_single.png": (64, 64),
    "palette_negative.png": (128, 128),
    "pil_sample_cmyk.jpg": (100, 100),
    "tiff_strip_cmyk_16l_jpeg.tif": (100, 100),
    "tiny.png": (4, 4),
    "transparent.png": (150, 200),
    "transparent.webp": (150, 200),
    "truncated_app14.jpg": (100, 100),
    "truncated_image.png": "truncated",
    "truncated_jpeg.jpg": "truncated",
    "uncompressed_la.png": (128, 128),
    "zero_width.gif": "not a picture",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_every_hostile_file_becomes_a_picture_or_a_named_error(name: str, shared_data: Path) -> None:
    path, expected = shared_data / "hostile" / name, HOSTILE[name]
    if isinstance(expected, tuple):
        image = decode(path)
        assert image.shape == (3, *expected)
        assert image.dtype == torch.uint8
        return
    with pytest.raises(ImageError, match=expected) as error:
        decode(path)
    assert error.value.wrong.startswith(str(path))
    assert len(str(error.value).splitlines()) == 3


def test_no_hostile_file_is_forgotten(shared_data: Path) -> None:
    assert {path.name for path in (shared_data / "hostile").iterdir()} == set(HOSTILE)


@pytest.mark.parametrize(
    "name", ["hopper.bmp", "hopper.gif", "hopper.jpg", "hopper.Lab.tif", "hopper.qoi", "hopper.webp"]
)
def test_one_portrait_is_the_same_in_every_format(name: str, shared_data: Path) -> None:
    # the .ppm is lossless; palettes and compression change a pixel by less than 12 levels on average
    truth = decode(shared_data / "hostile" / "hopper.ppm").float()
    assert (decode(shared_data / "hostile" / name) - truth).abs().mean() < 12


@pytest.mark.parametrize("turn", [2, 3, 5, 6])
def test_the_portrait_is_turned_as_its_orientation_says(turn: int, shared_data: Path) -> None:
    upright = decode(shared_data / "hostile" / "hopper.jpg").float()
    assert (decode(shared_data / "hostile" / f"hopper_orientation_{turn}.jpg") - upright).abs().mean() < 12


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_as_pillow_turns_it(orientation: int, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 33, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    for ending in ("png", "jpg"):
        path = tmp_path / f"a.{ending}"
        Image.fromarray(pixels).save(path, exif=exif)
        with Image.open(path) as picture:
            expected = np.asarray(ImageOps.exif_transpose(picture))
        assert np.array_equal(decode(path).permute(1, 2, 0).numpy(), expected)


def test_cmyk_of_print_shows_the_same_from_jpeg_and_tiff(shared_data: Path) -> None:
    # Adobe's JPEGs keep ink inverted, TIFF does not; both files show one picture
    jpeg, tiff = (
        decode(shared_data / "hostile" / name)
        for name in ("pil_sample_cmyk.jpg", "tiff_strip_cmyk_16l_jpeg.tif")
    )
    assert (jpeg.float() - tiff.float()).abs().max() <= 2


def test_sixteen_bits_of_png_are_divided_by_257(tmp_path: Path) -> None:
    # 0, 257, 32896, 65535 = 257 * (0, 1, 128, 255)
    Image.fromarray(np.array([[0, 257, 32896, 65535]], dtype=np.uint16)).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png")[0].tolist() == [[0, 1, 128, 255]]


def test_sixteen_bits_of_tiff_run_from_the_smallest_to_the_largest_value(tmp_path: Path) -> None:
    # a 12-bit camera: (2000 - 1000) / (3000 - 1000) * 255 = 127.5, which rounds to the even 128
    Image.fromarray(np.array([[1000, 2000, 3000]], dtype=np.uint16)).save(tmp_path / "a.tif")
    assert decode(tmp_path / "a.tif")[1].tolist() == [[0, 128, 255]]


def test_floats_with_gaps_and_one_level_only_are_pictures(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0.0, np.nan, 2.0]], dtype=np.float32)).save(tmp_path / "a.tif")
    assert decode(tmp_path / "a.tif")[2].tolist() == [[0, 0, 255]]
    Image.fromarray(np.full((1, 2), 7.0, dtype=np.float32)).save(tmp_path / "b.tif")
    assert decode(tmp_path / "b.tif")[2].tolist() == [[0, 0]]


def test_what_is_transparent_lies_over_white(tmp_path: Path) -> None:
    # black at alpha 0, 51 of 255 and 255: 255 * (1 - alpha) = 255, 204, 0
    pixels = np.array([[[0, 0, 0, 0], [0, 0, 0, 51], [0, 0, 0, 255]]], dtype=np.uint8)
    Image.fromarray(pixels, "RGBA").save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png")[0].tolist() == [[255, 204, 0]]


def test_a_transparent_palette_color_lies_over_white(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[0, 1]], dtype=np.uint8), "P")
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.save(tmp_path / "a.png", transparency=0)
    assert decode(tmp_path / "a.png")[:, 0].T.tolist() == [[255, 255, 255], [40, 50, 60]]


def test_two_levels_become_black_and_white(tmp_path: Path) -> None:
    Image.fromarray(np.array([[False, True]])).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png")[0].tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript")],
)
def test_empty_files_and_programs_are_no_pictures(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(ImageError, match=reason):
        decode(tmp_path / "a.jpg")


def test_a_pipe_a_folder_and_a_missing_file_do_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for path, reason in (
        ("pipe.jpg", "a named pipe"),
        (".", "directory"),
        ("none.jpg", "no such file"),
    ):
        with pytest.raises(ImageError, match=reason):
            decode(tmp_path / path)


def test_a_size_at_which_pillow_would_only_warn_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (20, 20)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 399)
    with pytest.raises(ImageError, match="20 x 20 pixels, more than the 399"):
        decode(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 400)
    assert decode(tmp_path / "a.png").shape == (3, 20, 20)


def test_threads_leave_the_warning_filters_as_they_were(shared_data: Path) -> None:
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        images = list(pool.map(decode, [shared_data / "hostile" / "hopper_bad_exif.jpg"] * 64))
    assert len(images) == 64
    assert warnings.filters == before


def test_a_picture_in_memory_is_treated_like_its_file(shared_data: Path) -> None:
    for name in ("transparent.png", "hopper_16bit.pgm", "hopper_orientation_6.jpg"):
        path = shared_data / "hostile" / name
        with Image.open(path) as picture:
            assert torch.equal(decode_picture(picture), decode(path))


def test_a_broken_picture_in_memory_names_its_file(shared_data: Path) -> None:
    with (
        Image.open(shared_data / "hostile" / "truncated_jpeg.jpg") as picture,
        pytest.raises(ImageError, match="truncated_jpeg"),
    ):
        decode_picture(picture)
