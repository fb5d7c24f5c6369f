"""The same JPEGs by seven ways: how far scores move, and which answers differ. Held equal: the model.

    PYTHONPATH=src python benchmarks/same_picture.py FOLDER [MODEL]

Prints one line for each way beside the path: the largest difference of a score, and the answers that differ.
Prints for each way beside the path the largest difference of a score, and the answers that differ.
v2 at 224 answers.
"""

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from PIL import Image

import striate
from striate.data.decode import decode
from striate.data.preprocess import Preprocess
from striate.zoo.build import build

MOST = 326  # pictures
BOUND = 1e-6


def opened(paths: list[Path]) -> Iterator[Any]:
    for path in paths:
        with open(path, "rb") as file:
            yield file


WAYS: dict[str, Callable[[list[Path]], Any]] = {
    "bytes": lambda paths: (path.read_bytes() for path in paths),
    "open files": opened,
    "PIL": lambda paths: (Image.open(io.BytesIO(path.read_bytes())) for path in paths),
    "arrays": lambda paths: (decode(path).permute(1, 2, 0).numpy() for path in paths),
    "tensors": lambda paths: (decode(path).contiguous() for path in paths),
    "one by one": lambda paths: paths,
    "batches of 7": lambda paths: paths,
}


def main(folder: str, model: str | None = None) -> int:
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))[
        :MOST
    ]
    torch.manual_seed(0)
    names = [str(number) for number in range(10)]
    classifier = striate.load(model) if model else build("mobilenet_v2", names, Preprocess((224, 224))).eval()
    expected = classifier.predict(paths)
    failed = False
    for way, give in WAYS.items():
        if way == "one by one":
            records = [classifier.predict(path) for path in paths]
        else:
            records = classifier.predict(give(paths), batch=7 if way == "batches of 7" else 32)
        pairs = list(zip(records, expected, strict=True))
        apart = max(float((mine.scores - theirs.scores).abs().max()) for mine, theirs in pairs)
        flips = sum(int(mine.scores.argmax() != theirs.scores.argmax()) for mine, theirs in pairs)
        print(f"{way:13} largest difference {apart:.1e}, other answers {flips} of {len(paths)}")
        failed = failed or apart > BOUND or flips > 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
