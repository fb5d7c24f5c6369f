"""What the tests share: where real pictures are, a browser if there is one, a problem learned fast."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets: $STRIATE_SHARED/data, or shared/data beside the checkout."""
    folder = Path(os.environ.get("STRIATE_SHARED", ROOT.parent / "shared")) / "data"
    assert folder.is_dir(), f"no data at {folder}; set STRIATE_SHARED to the folder that holds data/"
    return folder


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The path of a Chromium; tests that need one are left out, and named, where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no browser found")
    return found


@pytest.fixture
def picture_folder(tmp_path: Path) -> Path:
    """``pictures/<class>/<number>.jpg``: two classes that differ in color, 24 noisy pictures each."""
    random = np.random.default_rng(0)
    for name, color in {"meadow": (60, 160, 70), "sea": (40, 90, 180)}.items():
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        for number in range(24):
            pixels = np.clip(random.normal(color, 30, (40, 40, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{number:02}.jpg")
    return tmp_path / "pictures"


def stripes(count: int, seed: int) -> Dataset:
    """Grey pictures of 32x32: "dark" is noise below 60, "striped" has every other column bright."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 60, (count, 32, 32), dtype=np.uint8)
    labels = np.arange(count) % 2
    images[labels == 1, :, ::2] += 150
    return Dataset.whole(Array(images, "stripes"), labels, ("dark", "striped"))


@pytest.fixture(scope="session")
def tiny() -> Splits:
    """64 pictures to learn from, 20 to choose by."""
    return Splits({"train": stripes(64, seed=0), "val": stripes(20, seed=1)}, "npz", Path("stripes"))
