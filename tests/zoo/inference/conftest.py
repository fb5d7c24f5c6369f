"""What the tests of engines share: a cache of their own."""

from pathlib import Path

import pytest


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    folder = tmp_path / "own-cache"
    monkeypatch.setenv("STRIATE_CACHE", str(folder))
    return folder
