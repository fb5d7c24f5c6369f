"""Pictures inside a page."""

import base64
import io

import pytest
from PIL import Image

from striate.draw.charts import curves
from striate.report.inline_images import data_uri, drawn


def opened(address: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(address.split(",", 1)[1])))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_small_picture_loses_nothing(mode):
    shown = Image.effect_noise((28, 28), 90).convert(mode)
    assert opened(data_uri(shown)).tobytes() == shown.tobytes()


def test_large_picture_is_made_small():
    address = data_uri(Image.effect_noise((3000, 1500), 90).convert("RGB"))
    assert address.startswith("data:image/jpeg;base64,")
    assert opened(address).size == (192, 96)
    assert len(address) < 40_000


def test_figure_follows_the_colors_of_the_page():
    shown = drawn(curves({"a": [1.0, 2.0]}, "t"), 'say "hi"')
    assert 'aria-label="say &#34;hi&#34;"' in shown
    assert "var(--ink)" in shown
    assert "#1c2733" not in shown
