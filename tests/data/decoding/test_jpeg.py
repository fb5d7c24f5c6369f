"""torchvision's decoder gives the pixels of Pillow's, and leaves to Pillow what it refuses."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.decode import decode, decode_bytes
from striate.data.decoding import jpeg
from striate.errors import ImageError


def by_pillow(content: bytes) -> np.ndarray | None:
    """(H, W, 3) as Pillow decodes it; None if it cannot."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as picture:
            return np.asarray(picture.convert("RGB"))
    except (OSError, SyntaxError):
        return None


def test_the_decoder_of_torchvision_is_there() -> None:
    assert jpeg._decoder() is not None


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize(
    "options", [{}, {"subsampling": 0}, {"subsampling": 2}, {"progressive": True}, {"keep_rgb": True}]
)
def test_pixels_are_those_of_pillow(mode: str, options: dict[str, object], shared_data: Path) -> None:
    with Image.open(shared_data / "hostile" / "flower.jpg") as picture:
        file = io.BytesIO()
        picture.resize((131, 77)).convert(mode).save(file, "JPEG", **options)
    expected = by_pillow(file.getvalue())
    assert expected is not None
    assert np.array_equal(decode_bytes(file.getvalue()).permute(1, 2, 0).numpy(), expected)


def test_real_photos_are_those_of_pillow(shared_data: Path) -> None:
    photos = sorted((shared_data / "voc_sample").rglob("*.jpg"))[:20]
    for photo in photos:
        assert np.array_equal(decode(photo).permute(1, 2, 0).numpy(), by_pillow(photo.read_bytes()))
    assert len(photos) == 20


def test_a_broken_file_is_a_picture_for_both_or_for_none(shared_data: Path) -> None:
    with Image.open(shared_data / "hostile" / "hopper.jpg") as picture:
        file = io.BytesIO()
        picture.save(file, "JPEG")
    content, random, outcomes = file.getvalue(), np.random.default_rng(0), set()
    for _ in range(150):
        broken = bytearray(content)
        for place in random.integers(2, len(content), 2):
            broken[place] = random.integers(256)
        broken = broken[: random.integers(len(content) // 2, len(content) * 2)]
        expected = by_pillow(bytes(broken))
        outcomes.add(expected is None)
        try:
            image = decode_bytes(bytes(broken))
        except ImageError:
            assert expected is None
        else:  # what only the metadata broke is a picture for us
            assert expected is None or np.array_equal(image.permute(1, 2, 0).numpy(), expected)
    assert outcomes == {True, False}


def test_without_torchvision_pillow_decodes(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared_data / "hostile" / "flower.jpg"
    expected = decode(path)
    monkeypatch.setattr(jpeg, "_decoder", lambda: None)
    assert torch.equal(decode(path), expected)
