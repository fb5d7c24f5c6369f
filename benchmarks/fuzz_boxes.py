"""Mutated annotations of boxes: every one is read, checked and converted, or refused in three lines.

    python benchmarks/fuzz_boxes.py --count 2000 --seed 0

Held equal: three pictures with a few boxes, polygons, run lengths and key points as COCO, VOC and YOLO. One
file is changed: a value of the JSON, or bytes. Shown: how many were answered and refused, and what must not
happen: any other exception, more than 20 seconds or 1 GB, a process, a connection, or a file that is opened
outside of the data.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

from PIL import Image

from benchmarks.fuzzing import Guard, Report, as_json, cases, damaged, edited, program, two_folders
from striate.data.read_dataset import read
from striate.data.writers.convert import convert

XML = """<annotation><filename>0.png</filename><size><width>40</width><height>30</height></size>
<object><name>cat</name><pose>Left</pose><difficult>0</difficult>
<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax><ymax>22.5</ymax></bndbox></object></annotation>"""
LINES = "0 0.5 0.5 0.2 0.2\n1 0.1 0.2 0.3 0.4 0.5 0.6\n"
YAML = "path: .\ntrain: images\nkpt_shape: [2, 3]\nnames:\n  0: cat\n  1: dog\n"
POINTS = {"keypoints": ["left eye", "right eye"], "skeleton": [[1, 2]]}
MASKS = ([[1, 2, 3, 4, 5, 6.5]], {"size": [30, 40], "counts": [600, 20, 580]})
COCO = {
    "info": {"year": 2017},
    "images": [{"id": n, "file_name": f"{n}.png", "width": 40, "height": 30} for n in range(3)],
    "categories": [{"id": 1, "name": "cat", **POINTS}, {"id": 2, "name": "dog"}],
    "annotations": [
        {
            **{"id": n, "image_id": n % 3, "category_id": 1 + n % 2, "bbox": [1, 2, 3 + n, 4.5]},
            **{"iscrowd": 0, "segmentation": MASKS[n % 2], "keypoints": [1, 2, 2, 3, 4, 1]},
        }
        for n in range(5)
    ],
}
FORMATS = {"coco": ("coco", "coco-points"), "voc": ("voc",), "yolo": ("yolo",)}
ACCEPTED = ("unlabelled", "missing", "units", "outside", "unreadable", "class-numbers")


def prepare(folder: Path) -> dict[Path, bytes]:
    """The data in three layouts; their files of annotations."""
    texts = {folder / "coco" / "a.json": json.dumps(COCO), folder / "yolo" / "data.yaml": YAML}
    for name in ("coco/images", "voc/JPEGImages", "yolo/images", "voc/Annotations", "yolo/labels"):
        (folder / name).mkdir(parents=True)
    for number in range(3):
        for name in ("coco/images", "voc/JPEGImages", "yolo/images"):
            Image.new("RGB", (40, 30), (number, 0, 0)).save(folder / name / f"{number}.png")
        texts[folder / "voc" / "Annotations" / f"{number}.xml"] = XML
        texts[folder / "yolo" / "labels" / f"{number}.txt"] = LINES
    for path, text in texts.items():
        path.write_text(text)
    return {path: text.encode() for path, text in texts.items()}


def mutated(path: Path, content: bytes, random: Random) -> bytes:
    """A file with another value, or with other bytes."""
    if path.suffix == ".json" and random.random() < 0.7:
        return as_json(edited(json.loads(content), random)).encode("utf-8", "surrogatepass")
    return damaged(content, random)


def verbs(root: Path, target: Path, random: Random) -> dict[str, Callable[[], object]]:
    """What is done with the data."""
    done: dict[str, Callable[[], object]] = {}
    way = random.choice(["stop", "clip", "drop", "drop-image"])
    for name in FORMATS[root.name]:
        done[f"read {name}"] = lambda name=name: read(root, name, validation=0.3, on_bad_box=way)  # type: ignore[misc]
    to = random.choice(["coco", "voc", "yolo"])
    done[f"convert to {to}"] = lambda: convert(
        root,
        target,
        to,  # type: ignore[arg-type]
        root.name,
        accept=ACCEPTED,
        pictures="none",
    )
    return done


def fuzz(count: int, seed: int) -> Report:
    """Run so many cases."""
    with two_folders() as (folder, outside):
        guard, files = Guard(outside), prepare(folder)
        for number, random in cases(count, seed):
            path = random.choice(list(files))
            path.write_bytes(mutated(path, files[path], random))
            root = folder / path.relative_to(folder).parts[0]
            for name, verb in verbs(root, folder / "out", random).items():
                guard.run(f"{number} {path.name} {name}", verb)
            shutil.rmtree(folder / "out", ignore_errors=True)
            path.write_bytes(files[path])
        return guard.report


if __name__ == "__main__":
    program(__doc__, fuzz, 2000)
