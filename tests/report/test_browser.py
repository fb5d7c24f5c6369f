"""The page in a real browser: nothing is asked for, nothing complains, nothing sticks out."""

import os
import shutil
from collections.abc import Iterator

import pytest

from striate.report.page import write_report

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SCRIPTS = ("größer", "кошка", "חתול", "قطة", "고양이", "🐈")
NASTY = ("<script>alert(1)</script>", *SCRIPTS, "w" * 120, "two words", "z")
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_page_is_readable_alone_and_at_any_width(browser, made, width, scheme):
    address = write_report(*made(NASTY)).as_uri()
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    complaints, requests = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    page.wait_for_load_state()
    try:
        assert not complaints
        assert [url for url in requests if not url.startswith("data:")] == [address]
        assert page.evaluate("document.documentElement.scrollWidth") == width
        loaded = page.evaluate("[...document.images].map(image => image.complete && image.naturalWidth > 0)")
        assert len(loaded) > 2 * 20
        assert all(loaded)
        assert page.evaluate(STICKING_OUT) == []
    finally:
        page.close()


# Elements that reach beyond the window, unless they are inside a box that scrolls or cuts them.
STICKING_OUT = """
[...document.querySelectorAll("header *, main *")].filter(element => {
  for (let outer = element.parentElement; outer !== document.body; outer = outer.parentElement)
    if (getComputedStyle(outer).overflowX !== "visible") return false;
  const box = element.getBoundingClientRect();
  return box.right > innerWidth + 1 || box.left < -1;
}).map(element => element.outerHTML.slice(0, 80))
"""
