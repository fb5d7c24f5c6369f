"""What a COCO file costs once it is read: bytes a box, the peak while it is read, and seconds.

The file has 1,000,000 boxes on 10,000 empty pictures, or as many gigabytes of annotations with polygons as
are asked for. Once read: the bytes of all columns, of the names of the pictures and of their offsets. The
peak is the resident set of a process of its own that does nothing else, less what it held before.

    python benchmarks/coco_memory.py [--boxes 1000000] [--gigabytes 2]
"""

import argparse
import gc
import json
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

PICTURES = 10_000
POLYGON = [round(3.17 * number, 2) for number in range(1, 61)]
"""Thirty points: what an object of COCO has on average."""


def make(folder: Path, boxes: int, size: int) -> Path:
    """A file of so many boxes, or of so many bytes with polygons."""
    (folder / "images").mkdir()
    for number in range(PICTURES):
        (folder / "images" / f"{number:012}.jpg").touch()
    file = folder / "instances_train.json"
    random = np.random.default_rng(0)
    sides = {"width": 640, "height": 480}
    images = [{"id": one, "file_name": f"{one:012}.jpg", **sides} for one in range(PICTURES)]
    categories = [{"id": number, "name": f"class {number}"} for number in range(80)]
    with file.open("w") as stream:
        stream.write(
            f'{{"images": {json.dumps(images)}, "categories": {json.dumps(categories)}, "annotations": ['
        )
        number = 0
        while number < boxes or stream.tell() < size:
            x, y, width, height = random.uniform(1, 200, 4).round(2).tolist()
            entry = {"id": number, "image_id": number % PICTURES, "category_id": number % 80, "iscrowd": 0}
            entry |= {"bbox": [x, y, width, height], "area": width * height}
            entry |= {"segmentation": [POLYGON]} if size else {}
            stream.write((", " if number else "") + json.dumps(entry))
            number += 1
        stream.write("]}")
    return file


def resident() -> int:
    """Bytes of memory that this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def measured(file: Path, answers: "multiprocessing.SimpleQueue[dict[str, float]]") -> None:
    """Read the file in a process of its own."""
    from striate.data.formats.coco import read_coco_boxes

    before, start = resident(), time.perf_counter()
    found = read_coco_boxes(file)
    seconds, after = time.perf_counter() - start, resident()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    boxes = found.annotations
    arrays = (boxes.boxes, boxes.labels, boxes.ends, *boxes.columns.values(), *boxes.pictures.values())
    names = sum(len(found.store.relative(index)) + 8 for index in range(len(found.store)))
    answers.put(
        {
            "boxes": len(boxes.boxes),
            "columns": sum(one.nbytes for one in arrays) + names,
            "held": after - before,
            "peak": peak - before,
            "seconds": seconds,
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--boxes", type=int, default=1_000_000)
    parser.add_argument("--gigabytes", type=float, default=0.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = int(chosen.gigabytes * 1024**3)
        file = make(Path(folder), 0 if size else chosen.boxes, size)
        context = multiprocessing.get_context("spawn")
        answers = context.SimpleQueue()
        process = context.Process(target=measured, args=(file, answers))
        process.start()
        found = answers.get()
        process.join()
        boxes = found["boxes"]
        print(f"{file.stat().st_size / 1e6:,.0f} MB, {boxes:,} boxes, read in {found['seconds']:.1f} s")
        columns, held, peak = (found[name] / boxes for name in ("columns", "held", "peak"))
        print(f"once read: {columns:.1f} bytes a box in columns, {held:.1f} held")
        print(f"peak while it is read: {found['peak'] / 1e6:,.0f} MB, {peak:.0f} bytes a box")


if __name__ == "__main__":
    main()
