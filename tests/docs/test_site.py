"""The documentation site builds without a warning, and every page of the walk runs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WALK = sorted((ROOT / "docs" / "en" / "walk").glob("plot_*.py"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-b",
        "html",
        "-d",
        str(tmp_path / "trees"),
    ]
    built = subprocess.run(
        [*command, "docs", str(tmp_path / "html")], cwd=ROOT, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr[-4000:]
    for page in WALK:
        assert (tmp_path / "html" / "gallery" / f"{page.stem}.html").is_file()
