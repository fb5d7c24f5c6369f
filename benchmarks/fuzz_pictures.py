"""Mutated pictures: each is decoded or refused in three lines, in time and within memory.

    PYTHONPATH=src python benchmarks/fuzz_pictures.py [COUNT] [SEED]

Small pictures of every format are cut, flipped, joined and given other sizes in their headers. Prints how
many were decoded and refused, the slowest, and the peak of memory. Ends with 1 at any other error, a picture
that took more than 10 seconds, or more than 1 GB in all.
"""

import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.random import Generator
from PIL import Image

from striate.data.decode import decode, decode_bytes
from striate.errors import ImageError

COUNT, SECONDS, BYTES = 10_000, 10.0, 10**9
FORMATS: dict[str, tuple[str, dict[str, object]]] = {
    "JPEG": ("RGB", {}),
    "JPEG progressive": ("RGB", {"progressive": True}),
    "JPEG CMYK": ("CMYK", {}),
    "JPEG EXIF": ("L", {"exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"}),
    "PNG": ("RGBA", {}),
    "PNG palette": ("P", {}),
    "PNG deep": ("I;16", {}),
    "GIF": ("P", {"save_all": True}),
    "BMP": ("RGB", {}),
    "TIFF": ("RGB", {"compression": "tiff_lzw"}),
    "TIFF float": ("F", {}),
    "TIFF JPEG": ("RGB", {"compression": "jpeg"}),
    "WEBP": ("RGBA", {}),
    "PPM": ("RGB", {}),
    "TGA": ("RGB", {"compression": "tga_rle"}),
    "JPEG2000": ("RGB", {}),
    "ICO": ("RGBA", {}),
    "AVIF": ("RGB", {}),
    "PCX": ("L", {}),
    "SGI": ("RGB", {}),
    "DDS": ("RGBA", {}),
}


def seeds(random: Generator) -> list[bytes]:
    """One small picture of every format."""
    pixels = Image.fromarray(random.integers(0, 256, (24, 40, 3), dtype=np.uint8))
    made = []
    for name, (mode, options) in FORMATS.items():
        file = io.BytesIO()
        picture = (
            Image.fromarray(np.asarray(pixels.convert("L")).astype(np.uint16) * 257)
            if mode == "I;16"
            else None
        )
        more = {"append_images": [pixels.convert(mode)]} if "save_all" in options else {}
        (picture or pixels.convert(mode)).save(file, name.split(" ")[0], **options, **more)
        made.append(file.getvalue())
    return made


def flipped(content: bytes, other: bytes, random: Generator) -> bytes:
    changed = bytearray(content)
    for index in random.integers(0, len(content), random.choice((1, 2, 8, 64))):
        changed[index] = random.integers(256)
    return bytes(changed)


def head_flipped(content: bytes, other: bytes, random: Generator) -> bytes:
    return flipped(content[:64], other, random) + content[64:]


def cut(content: bytes, other: bytes, random: Generator) -> bytes:
    return content[: random.integers(0, len(content))]


def removed(content: bytes, other: bytes, random: Generator) -> bytes:
    start = int(random.integers(0, len(content)))
    return content[:start] + content[start + int(random.integers(1, 60)) :]


def doubled(content: bytes, other: bytes, random: Generator) -> bytes:
    start = int(random.integers(0, len(content)))
    return content[:start] + content[start : start + 200] * int(random.integers(2, 50)) + content[start:]


def joined(content: bytes, other: bytes, random: Generator) -> bytes:
    return content[: random.integers(0, len(content))] + other[random.integers(0, len(other)) :]


def enlarged(content: bytes, other: bytes, random: Generator) -> bytes:
    """Large numbers, in either order of bytes, somewhere in the header."""
    value = int(random.choice((255, 4095, 9400, 30_000, 65_535, 2**24, 2**31 - 1, 2**32 - 1)))
    width = int(random.choice((2, 4)))
    number = (value % 256**width).to_bytes(width, str(random.choice(("big", "little"))))  # type: ignore[arg-type]
    start = int(random.integers(0, min(100, len(content))))
    return content[:start] + number + content[start + width :]


MUTATIONS: tuple[Callable[[bytes, bytes, Generator], bytes], ...] = (
    *(flipped, head_flipped, cut, removed, doubled, joined, enlarged),
)


def mutants(count: int, seed: int) -> Iterator[bytes]:
    """Mutated pictures, the same for the same seed."""
    random = np.random.default_rng(seed)
    originals = seeds(random)
    for _ in range(count):
        content, other = (originals[random.integers(len(originals))] for _ in range(2))
        for _ in range(random.integers(1, 3)):
            content = MUTATIONS[random.integers(len(MUTATIONS))](content, other, random) or b"\0"
        yield content


def main(count: int = COUNT, seed: int = 0) -> int:
    decoded = refused = 0
    slowest, worst = 0.0, 0
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        told = os.dup(2)
        os.dup2(nowhere.fileno(), 2)  # C libraries complain there about every broken file
        path = os.path.join(folder, "mutant")
        for number, content in enumerate(mutants(count, seed)):
            start = time.perf_counter()
            try:
                if number % 2:
                    decode_bytes(content)
                else:
                    with open(path, "wb") as file:
                        file.write(content)
                    decode(path)
                decoded += 1
            except ImageError as error:
                refused += 1
                if len(str(error).splitlines()) != 3:
                    raise RuntimeError(f"mutant {number} is not refused in three lines") from error
            except BaseException:
                os.dup2(told, 2)
                print(f"mutant {number} of seed {seed} failed", flush=True)
                raise
            seconds = time.perf_counter() - start
            slowest, worst = max((slowest, worst), (seconds, number))
        os.dup2(told, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{decoded:,} decoded, {refused:,} refused; slowest {slowest:.2f} s (mutant {worst})", end="; ")
    print(f"peak {peak / 1e6:,.0f} MB")
    return int(slowest > SECONDS or peak > BYTES)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
