"""Memory of ``check`` on two large 16-bit pictures, above what importing takes.

    PYTHONPATH=src python benchmarks/decoding_memory.py [SIDE]

Ends with 1 if the peak lies more than 600 MB above one picture's size with 8 bits a pixel.
"""

import resource
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from striate.data.checks.check import check

SIDE, BOUND = 9_400, 600 * 10**6


def peak() -> int:
    """The most memory that this process has had, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(side: int = SIDE) -> int:
    with tempfile.TemporaryDirectory() as folder:
        before = peak()
        for number, name in enumerate(("a", "b")):
            (Path(folder) / name).mkdir()
            pixels = np.zeros((side, side), dtype=np.uint16)
            pixels[number::100] = 40_000
            Image.fromarray(pixels).save(Path(folder) / name / "1.png")
        del pixels
        made = peak()
        check(folder)
        above = peak() - before
    own = side * side
    print(f"8-bit size {own / 1e6:,.0f} MB; making the pictures {(made - before) / 1e6:,.0f} MB; ", end="")
    print(f"with check {above / 1e6:,.0f} MB above the import")
    return int(above > own + BOUND)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
