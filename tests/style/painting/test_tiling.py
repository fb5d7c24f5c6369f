"""Memory is said beforehand; what does not fit is painted by tiles, or refused."""

import pytest
import torch

from striate.errors import SettingError
from striate.style.networks.encoder import Encoder
from striate.style.painting.tiling import BASE, peak_bytes, tile_side
from tests.style.conftest import MEAN, STD, Small

SIZE = (2048, 1024)


@pytest.fixture
def encoder() -> Encoder:
    return Encoder(Small(), ("relu2",), MEAN, STD)


def test_more_pixels_take_more_memory_in_proportion(encoder: Encoder) -> None:
    small, large = (peak_bytes(encoder, size, "adam", size) - BASE for size in ((256, 256), (512, 512)))
    assert large == pytest.approx(4 * small, rel=0.01)


def test_lbfgs_holds_more_pictures_than_adam(encoder: Encoder) -> None:
    # 10 pairs and 6 against 8, of 3 * 4 bytes by pixel
    apart = peak_bytes(encoder, SIZE, "lbfgs", SIZE) - peak_bytes(encoder, SIZE, "adam", SIZE)
    assert apart == 18 * 12 * 2048 * 1024


def test_bf16_takes_about_half(encoder: Encoder) -> None:
    half = Encoder(Small(), ("relu2",), MEAN, STD, torch.bfloat16)
    assert 0.4 < half.kept_bytes(512, 512) / encoder.kept_bytes(512, 512) < 0.8


def test_the_free_memory_decides_whether_there_are_tiles(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = peak_bytes(encoder, SIZE, "adam", SIZE)
    for free, tiled in ((2 * whole, False), (1.2 * whole, True)):
        monkeypatch.setattr("striate.style.painting.tiling.free_bytes", lambda device, free=free: int(free))
        side, needed = tile_side(encoder, SIZE, "adam", None)
        assert (side is not None) == tiled
        assert needed <= 0.8 * free


def test_what_fits_in_no_way_is_refused(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("striate.style.painting.tiling.free_bytes", lambda device: BASE)
    with pytest.raises(SettingError, match="a painting of 1024 x 2048 pixels takes about") as error:
        tile_side(encoder, SIZE, "lbfgs", None)
    assert "adam" in error.value.attempt
