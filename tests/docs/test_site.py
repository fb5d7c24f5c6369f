"""The site builds without a warning, every page of its walk runs, and it loads nothing from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WALK = sorted((ROOT / "docs" / "en" / "walk").glob("plot_*.py"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_site_builds_without_a_warning_and_needs_no_network(tmp_path: Path) -> None:
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
    loaded = re.compile(r"""<(?:script|img|iframe|link rel="stylesheet")[^>]*(?:src|href)=["']?https?:""")
    pages = list((tmp_path / "html").rglob("*.html"))
    assert pages
    assert not [page.name for page in pages if loaded.search(page.read_text())]
