"""The pages in a real browser: nothing is asked for, nothing complains, nothing sticks out or is cut off."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from striate.report.page import write_report

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SCRIPTS = ("größer", "кошка", "חתול", "قطة", "고양이", "🐈")
NASTY = ("<script>alert(1)</script>", *SCRIPTS, "w" * 120, "two words", "z")
MANY = tuple(f"class number {number}" for number in range(100))
BROWSER = os.environ.get("STRIATE_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no browser found"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page at a width; afterwards nothing may have complained or been asked for."""
    pages = []

    def open_page(path: Path, width: int, scheme: str = "light") -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        complaints: list[str] = []
        requests: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_load_state()
        pages.append((page, path.as_uri(), complaints, requests))
        return page

    yield open_page
    for page, address, complaints, requests in pages:
        page.close()
        assert not complaints
        assert [url for url in requests if not url.startswith("data:")] == [address]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_page_is_readable_alone_and_at_any_width(opened, made, width, scheme):
    page = opened(write_report(*made(NASTY)), width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    loaded = page.evaluate("[...document.images].map(image => image.complete && image.naturalWidth > 0)")
    assert len(loaded) > 2 * 20
    assert all(loaded)
    assert page.evaluate(STICKING_OUT) == []


@pytest.mark.parametrize("width", [1440, 1280, 1000, 800, 600, 400, 320])
def test_no_tile_overflows_at_any_width(opened, made, width):
    run, splits, evaluation = made(MANY)  # top-5 and its interval make the most tiles
    long = [{**row, "seconds": 3500.0} for row in run.history]
    page = opened(write_report(type(run)(**{**vars(run), "history": long}), splits, evaluation), width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(OVERFLOWING_TILES) == []


# Elements that reach beyond the window, unless they are inside a box that scrolls or cuts them.
STICKING_OUT = """
[...document.querySelectorAll("header *, main *")].filter(element => {
  for (let outer = element.parentElement; outer !== document.body; outer = outer.parentElement)
    if (getComputedStyle(outer).overflowX !== "visible") return false;
  const box = element.getBoundingClientRect();
  return box.right > innerWidth + 1 || box.left < -1;
}).map(element => element.outerHTML.slice(0, 80))
"""

# Text of a tile that is wider than the tile, or outside of it.
OVERFLOWING_TILES = """
[...document.querySelectorAll(".tile")].flatMap(tile => {
  const outer = tile.getBoundingClientRect();
  return [...tile.children].filter(element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const box = range.getBoundingClientRect();
    return element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline"
      || box.right > outer.right + 1 || box.bottom > outer.bottom + 1;
  }).map(element => element.outerHTML.slice(0, 80));
})
"""
