"""PSNR above bicubic interpolation: networks learn to enlarge from photographs outside of the test sets.

    python benchmarks/superresolution.py DATA [--by 2 3 4] [--model edsr] [--epochs 5] [--out FOLDER]

Held equal: the photographs (those of coco_mini, voc_sample and coco128 whose shorter side has 360 pixels or
more, halved, so that little is left of JPEG's blocks), the crops and their order, the steps, and the machine.
Small pictures are made by antialiased bicubic reduction; PSNR and SSIM are those of the luma, without ``by``
pixels at each edge, means over the pictures of a set. Bicubic interpolation stands beside each.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from PIL import Image

import striate

SOURCES = ("coco_mini", "voc_sample/VOCdevkit/VOC2012/JPEGImages", "coco128")
LEAST = 360
"""Pixels of the shorter side."""


def photographs(data: Path, folder: Path) -> int:
    """Write the halved photographs; how many there are."""
    count = 0
    for source in SOURCES:
        for path in sorted((data / source).rglob("*.jpg")):
            with Image.open(path) as picture:
                if min(picture.size) < LEAST:
                    continue
                half = picture.convert("RGB").resize(
                    (picture.width // 2, picture.height // 2), Image.Resampling.BICUBIC
                )
            half.save(folder / f"{path.stem}.png")
            count += 1
    return count


def measured(data: Path, photos: Path, by: int, options: argparse.Namespace, runs: Path) -> Iterator[str]:
    """Train, and a line for each test set."""
    began, used = perf_counter(), process_time()
    settings = {"task": "superresolution", "by": by, "epochs": options.epochs, "workers": 0}
    run = striate.train(photos, model=options.model, out=runs / f"{options.model}-x{by}", **settings)
    seconds, minutes = perf_counter() - began, (process_time() - used) / 60
    for name in ("Set5", "Set14"):
        found = striate.evaluate(run, data / "sr_test" / name).values
        yield (
            f"| {options.model} x{by} | {name} | {found['bicubic_psnr']:.2f} / {found['bicubic_ssim']:.4f} "
            f"| {found['psnr']:.2f} / {found['ssim']:.4f} | {found['psnr_above_bicubic']:+.2f} "
            f"| {minutes:.1f} CPU minutes, {seconds / 60:.1f} minutes |"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--by", type=int, nargs="+", default=[2, 3, 4], choices=(2, 3, 4))
    parser.add_argument("--model", default="edsr", choices=striate.models("superresolution"))
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as made:
        photos, runs = Path(made, "photographs"), options.out or Path(made, "runs")
        photos.mkdir()
        print(f"{photographs(options.data, photos)} photographs", flush=True)
        print(
            "| network | set | bicubic: PSNR / SSIM | network: PSNR / SSIM | dB above | training |",
            flush=True,
        )
        for by in options.by:
            for line in measured(options.data, photos, by, options, runs):
                print(line, flush=True)


if __name__ == "__main__":
    main()
