"""The bytes of decoding, and the budget that threads share."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.decode import decode
from striate.data.decoding import memory
from striate.data.decoding.memory import MemoryBudget, bytes_to_decode, refuse_too_large
from striate.errors import ImageError


@pytest.mark.parametrize(
    ("mode", "each"), [("L", 2), ("I;16", 3), ("F", 5), ("RGB", 7), ("CMYK", 7), ("P", 4)]
)
def test_what_pillow_keeps_and_what_comes_out_is_counted(mode: str, each: int) -> None:
    assert bytes_to_decode(Image.new(mode, (10, 20))) == 200 * each


def test_a_jpeg_is_decoded_into_its_result(tmp_path: Path) -> None:
    for progressive, each in ((False, 3), (True, 9)):
        Image.new("RGB", (10, 20)).save(tmp_path / "a.jpg", progressive=progressive)
        with Image.open(tmp_path / "a.jpg") as picture:
            assert bytes_to_decode(picture) == 200 * each


def test_bytes_count_where_pixels_would_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (2000, 1000)).save(tmp_path / "a.jp2")  # 12 bytes of whole numbers, 4 and 3 a pixel
    monkeypatch.setattr(memory, "MOST", 30 * 1024**2)
    with pytest.raises(ImageError, match="take 36 MiB to decode, more than 30"):
        decode(tmp_path / "a.jp2")
    refuse_too_large(Image.new("RGB", (2000, 1000)))


def test_threads_share_the_budget_and_a_large_picture_is_alone() -> None:
    budget, used, most = MemoryBudget(100 * 1024**2), [0], [0]
    lock = threading.Lock()

    def take(count: int) -> None:
        with budget.room_for(count):
            with lock:
                used[0] += count
                most[0] = max(most[0], used[0])
            threading.Event().wait(0.002)
            with lock:
                used[0] -= count

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(take, [40 * 1024**2] * 20))
        assert 40 * 1024**2 < most[0] <= 100 * 1024**2
        most[0] = 0
        list(pool.map(take, [300 * 1024**2] * 3))
        assert most[0] == 300 * 1024**2


def test_a_picture_that_fails_gives_its_bytes_back(tmp_path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (1500, 1500, 3), np.uint8)).save(
        tmp_path / "a.png"
    )
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageError):
        decode(tmp_path / "a.png")
    assert memory.DECODING._used == 0
