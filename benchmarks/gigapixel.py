"""A picture of 20,000 x 20,000 pixels by tiles: the memory of the process, and the steps of scores at seams.

    python benchmarks/gigapixel.py                      # an array on disk
    python benchmarks/gigapixel.py --file tif           # a TIFF without compression, as a user has it
    python benchmarks/gigapixel.py --side 4000 --seams

Held: a U-Net on a ResNet-18 of a sixteenth of the width, with random weights, 11 classes, images of 128x128,
tiles of 512x512 pixels, a quarter of which the neighbour shows too. The picture is written band by band, and
answered in a process of its own. Printed: the largest resident set, and what it was before the answer.
--seams keeps the scores, and prints the largest step between neighbouring pixels where a tile begins or ends,
and the largest one inside tiles.
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

import striate
from striate.data.preprocess import Preprocess
from striate.ops.tile_blend import blended_bands
from striate.ops.tile_grid import tile_boxes
from striate.tasks.segmentation.mask_tiles import _answered, _Parts
from striate.zoo.build import build

CLASSES = [str(number) for number in range(11)]
BLOCK = 500
"""Pixels of one color, along each side."""

MOST = 1.5
"""GB that are allowed."""


def main() -> None:
    """Write, answer in another process, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--side", type=int, default=20_000)
    parser.add_argument("--rows", type=int, help="of the picture, if it shall not be square")
    parser.add_argument("--tile", type=int, default=512)
    parser.add_argument("--file", choices=("npy", "tif", "ppm"), default="npy")
    parser.add_argument("--seams", action="store_true")
    parser.add_argument("--picture", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.picture is not None:
        print(json.dumps(answered(asked)))
        return
    with TemporaryDirectory() as folder:
        asked.picture = Path(folder) / f"large.{asked.file}"
        write(asked.picture, asked.rows or asked.side, asked.side)
        given = ["--picture", str(asked.picture), "--file", asked.file, "--tile", str(asked.tile)]
        command = [sys.executable, __file__, *given, *(["--seams"] if asked.seams else [])]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for name, value in found.items():
        print(f"{name:28} {value}")


def write(path: Path, rows: int, side: int) -> None:
    """Squares of colors by chance: a header, and rows."""
    noise = np.random.default_rng(0).integers(0, 256, (rows // BLOCK + 1, side // BLOCK + 1, 3), np.uint8)
    with path.open("wb") as file:
        file.write(header(path.suffix, rows, side))
        for y in range(rows):
            file.write(np.repeat(noise[y // BLOCK], BLOCK, axis=0)[:side].tobytes())


def header(kind: str, rows: int, side: int) -> bytes:
    """What stands before the pixels."""
    if kind == ".ppm":
        return b"P6 %d %d 255\n" % (side, rows)
    if kind == ".npy":
        text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({rows}, {side}, 3), }}"
        return b"\x93NUMPY\x01\x00\x76\x00" + text.ljust(117).encode() + b"\n"
    tags = [(256, side), (257, rows), (258, 8), (259, 1), (262, 2), (273, 512), (277, 3), (278, rows)]
    tags += [(279, 3 * rows * side)]
    fields = b"".join(
        np.array([tag, 4], "<u2").tobytes() + np.array([1, x], "<u4").tobytes() for tag, x in tags
    )
    start = b"II*\0" + np.array([8], "<u4").tobytes() + np.array([len(tags)], "<u2").tobytes()
    return (start + fields).ljust(512, b"\0")


def answered(asked: argparse.Namespace) -> dict[str, Any]:
    """In this process."""
    torch.manual_seed(0)
    model = build(
        "unet",
        CLASSES,
        Preprocess((128, 128), resize_mode="letterbox"),
        task="segmentation",
        backbone="resnet18",
        width=0.0625,
        channels=4,
    ).eval()
    given: Any = np.load(asked.picture, mmap_mode="r") if asked.file == "npy" else asked.picture
    before, began = peak(), perf_counter()
    if asked.seams:
        return steps(model, given, asked.tile)
    found = striate.predict(model, given, tile=asked.tile)
    return {
        "picture": "x".join(map(str, found.size)),
        "resident before, GB": round(before, 2),
        f"largest resident, GB (<= {MOST})": round(peak(), 2),
        "runs of the answer": len(found.lengths),
        "seconds": round(perf_counter() - began),
    }


@torch.inference_mode()
def steps(model: Any, given: Any, tile: int) -> dict[str, Any]:
    """The largest steps of scores from one column, and from one row, to the next."""
    parts = _Parts(given)
    boxes = tile_boxes(parts.size, (tile, tile))
    bands = blended_bands(_answered(model, parts, boxes), parts.size, torch.float16)
    across: Tensor = torch.zeros(parts.size[1] - 1)
    down, last = list[Tensor](), None
    for _, rows in bands:
        rows = rows.float()
        across = torch.maximum(across, rows.diff(dim=2).abs().amax((0, 1)))
        joined = rows if last is None else torch.cat([last, rows], 1)
        down.append(joined.diff(dim=1).abs().amax((0, 2)))
        last = rows[:, -1:]
    found = {}
    for name, sizes, at in (("columns", across, (0, 2)), ("rows", torch.cat(down), (1, 3))):
        borders = {*boxes[:, at[0]].tolist(), *boxes[:, at[1]].tolist()} - {0, len(sizes) + 1}
        there = torch.zeros(len(sizes), dtype=torch.bool)
        there[[place - 1 for place in borders]] = True
        found[f"{name}: where a tile ends"] = round(float(sizes[there].max()), 5)
        found[f"{name}: inside tiles"] = round(float(sizes[~there].max()), 5)
    return found


def peak() -> float:
    """The largest resident set so far, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main()
