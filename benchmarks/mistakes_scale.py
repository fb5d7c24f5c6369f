"""`striate mistakes` on 50,000 files: memory, size of the page, and seconds until a browser shows it.

    python benchmarks/mistakes_scale.py [--pictures 50000] [--few 5000] [--out FOLDER]
    python benchmarks/mistakes_scale.py --page FOLDER/out-50000/mistakes.html     # the browser alone

Held equal: the files (32x32 PNG, ten classes, 5 % of the labels wrong) and the network, which learned 2,000
others for one epoch. The command runs in a process of its own for few and for many pictures: what a picture
costs is the difference of the two peaks. The page is opened in headless Chromium with a fresh cache; measured
until it is loaded and drawn, and from a choice of a class until the cards are.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

import striate

CLASSES, SIDE, WRONG = 10, 32, 0.05
FEW, MANY, LEARNED = 5_000, 50_000, 2_000
MOST_BYTES, MOST_SECONDS = 5_000_000, 2.0
BROWSER = os.environ.get("STRIATE_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
RULER = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def make(folder: Path, count: int, seed: int) -> None:
    """Files in folders of classes: a bar at an angle that is the class, on noise; some in a wrong folder."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    for number in range(CLASSES):
        (folder / f"class_{number}").mkdir(parents=True)
    for number in range(count):
        label = number % CLASSES
        angle = np.pi * (label + random.normal(0, 0.25)) / CLASSES
        bar = np.exp(-((np.cos(angle) * x + np.sin(angle) * y + random.normal(0, 0.15)) ** 2) / 0.04)
        pixels = random.uniform(0, 90, (SIDE, SIDE, 3)) + bar[..., None] * random.uniform(60, 165, 3)
        named = random.integers(CLASSES) if random.random() < WRONG else label
        Image.fromarray(pixels.astype(np.uint8)).save(
            folder / f"class_{named}" / f"{number:06}.png", compress_level=1
        )


def measured(model: Path, data: Path, out: Path) -> tuple[float, int]:
    """Seconds of the command, and the peak of its memory in bytes."""
    command = [sys.executable, "-m", "striate", "mistakes", str(model), str(data)]
    command += ["--page", str(out / "mistakes.html"), "--csv", str(out / "mistakes.csv")]
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", RULER, *command], capture_output=True, text=True, check=True)
    return time.perf_counter() - start, 1024 * int(done.stdout)


def opened(page: Path) -> tuple[float, float]:
    """Seconds until a browser has loaded and drawn the page, and until it has the cards of one class."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        shown = browser.new_page(viewport={"width": 1400, "height": 900})
        drawn = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        start = time.perf_counter()
        shown.goto(page.as_uri(), wait_until="load")
        shown.evaluate(drawn)
        first = time.perf_counter() - start
        start = time.perf_counter()
        shown.select_option("select[data-by=class]", "class_3")
        shown.evaluate(drawn)
        second = time.perf_counter() - start
        browser.close()
    return first, second


def show(page: Path) -> None:
    """Print the size of a page, and how fast it is."""
    first, second = opened(page)
    print(f"  page {page.stat().st_size / 1e6:.2f} MB (asked <= {MOST_BYTES / 1e6:.0f})")
    print(f"  opened in {first:.2f} s (asked <= {MOST_SECONDS:.0f}), one class in {second:.2f} s")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=MANY)
    parser.add_argument("--few", type=int, default=FEW)
    parser.add_argument("--out", type=Path, help="a new folder where the pages stay")
    parser.add_argument("--page", type=Path, help="open this page only")
    asked = parser.parse_args()
    if asked.page:
        show(asked.page)
        return
    with tempfile.TemporaryDirectory() as place:
        root = asked.out or Path(place)
        make(root / "learned", LEARNED, 0)
        settings = {"model": "resnet20", "arguments": {"width": 0.5}, "size": SIDE, "epochs": 1}
        striate.train(root / "learned", out=root / "run", **settings)
        peaks = {}
        for count in (asked.few, asked.pictures):
            data, out = root / f"data-{count}", root / f"out-{count}"
            make(data, count, 1)
            out.mkdir()
            seconds, peaks[count] = measured(root / "run", data, out)
            lines = len((out / "mistakes.csv").read_text().splitlines()) - 1
            peak = f"peak {peaks[count] / 1e6:,.0f} MB"
            print(f"{count:,} pictures: {seconds:.0f} s, {peak}, {lines:,} lines of the table", flush=True)
            show(out / "mistakes.html")
        more = (peaks[asked.pictures] - peaks[asked.few]) / (asked.pictures - asked.few)
        print(f"memory by picture: {more:,.0f} bytes")


if __name__ == "__main__":
    main()
