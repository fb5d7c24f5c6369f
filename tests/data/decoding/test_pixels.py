"""Every mode in strips is the same as at once."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.decode import decode_bytes, decode_picture
from striate.data.decoding import pixels

PIXELS = np.random.default_rng(0).integers(0, 256, (50, 30, 4), dtype=np.uint8)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB"])
def test_strips_give_what_the_whole_gives(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Image.fromarray(PIXELS[..., :3])
    picture = Image.fromarray(PIXELS).convert(mode) if mode != "LAB" else Image.merge("LAB", picture.split())
    whole = decode_picture(picture)
    assert whole.shape == (3, 50, 30)
    monkeypatch.setattr(pixels, "STRIP", 70)
    assert torch.equal(decode_picture(picture), whole)


def test_a_palette_with_a_transparent_color_keeps_it_in_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, file = Image.fromarray(PIXELS[..., :3]).quantize(5), io.BytesIO()
    picture.save(file, "PNG", transparency=2)
    whole = decode_bytes(file.getvalue())
    monkeypatch.setattr(pixels, "STRIP", 70)
    assert torch.equal(decode_bytes(file.getvalue()), whole)
    assert (whole == 255).all(0).any()


def test_large_grey_pictures_stay_one_channel_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    grey = Image.fromarray(PIXELS[..., 0])
    small = decode_picture(grey)
    monkeypatch.setattr(pixels, "LARGE", 100)
    large = decode_picture(grey)
    assert torch.equal(large, small)
    assert large.untyped_storage().nbytes() == 50 * 30
