"""What the tests share: where real pictures are, and a browser when there is one."""

import os
import shutil
from pathlib import Path

import pytest

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
