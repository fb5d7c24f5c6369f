"""What it costs to list 100,000 small files: memory a file, and seconds before the first batch could start.

Held equal: the files are made first and the disk cache is warm. Memory is what the process holds more after
``read`` than before it (resident set, after a garbage collection).

    python benchmarks/listing_memory.py [--files 100000]
"""

import argparse
import gc
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES, FEW = 10, 40


def make(folder: Path, files: int, split: str) -> None:
    """Small JPEG files that all differ."""
    random = np.random.default_rng(0)
    for number in range(files):
        place = folder / split / f"class_{number % CLASSES}"
        place.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (8, 8), dtype=np.uint8)
        Image.fromarray(pixels).save(place / f"{number:06}.jpg")


def resident() -> int:
    """Bytes of memory that this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=100_000)
    files = parser.parse_args().files
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "many", files, ".")
        make(folder / "few", FEW, ".")
        from striate.data.read_dataset import read

        read(folder / "few")  # imports are not what is measured
        before, start = resident(), time.perf_counter()
        splits = read(folder / "many")
        took, grown = time.perf_counter() - start, resident() - before
        listed = sum(len(part) for part in splits.values())
        print(f"{listed:,} files listed and split in {took:.2f} s (asked: <= 3)")
        print(f"memory grew by {grown / listed:.0f} bytes a file (asked: <= 200)")


if __name__ == "__main__":
    main()
