"""Write COCO: ``images/`` and a JSON file for each split, ``annotations/instances_train.json``.

Ids of pictures, categories and annotations are kept where they were COCO's; class numbers of YOLO become ids.
What COCO has no word for is written under its own: ``difficult``, ``score``, and words of VOC.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.checks.mask_findings import mask_area
from striate.data.writers.decimals import corner_and_size, plain
from striate.data.writers.layout import Labelled, Put, details_of, marked, put


def write_coco(labelled: Labelled, root: Path, pictures: Put = "copy") -> list[str]:
    """Write a data set.

    Args:
        labelled: pictures and boxes.
        root: an empty folder.
        pictures: ``copy``, ``link`` or ``none``.

    Returns:
        sentences about what the format cannot hold.
    """
    folder = root / "annotations"
    folder.mkdir(parents=True)
    ids = _picture_ids(labelled)
    for split in labelled.splits() or [""]:
        chosen = [index for index in range(len(labelled.names)) if labelled.folder(index) == split]
        file = folder / (f"instances_{split}.json" if split else "instances.json")
        with file.open("w", encoding="utf-8") as stream:
            _write(stream, labelled, chosen, ids)
    for index, source in enumerate(labelled.sources):
        put(source, root / "images" / labelled.folder(index) / labelled.names[index], pictures)
    return []


def _write(stream: IO[str], labelled: Labelled, chosen: list[int], ids: list[Any]) -> None:
    """One file, an entry at a time."""
    annotations = labelled.annotations
    numbers = category_ids(annotations)
    stream.write("{")
    for name in ("info", "licenses"):
        if name in annotations.header:
            stream.write(f'"{name}": {_text(annotations.header[name])},\n')
    _write_list(stream, "categories", _categories(annotations, numbers))
    stream.write(",\n")
    _write_list(stream, "images", (_image(labelled, index, ids[index]) for index in chosen))
    stream.write(",\n")
    _write_list(stream, "annotations", _boxes(labelled, chosen, ids, numbers))
    stream.write("}\n")


def _write_list(stream: IO[str], name: str, entries: Iterator[dict[str, Any]]) -> None:
    stream.write(f'"{name}": [')
    for number, entry in enumerate(entries):
        stream.write((",\n" if number else "\n") + _text(entry))
    stream.write("]")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def category_ids(annotations: BoxAnnotations) -> list[int]:
    """The id of every class: COCO's own, the number of YOLO, or 1, 2, ..."""
    known = {one["name"]: one["id"] for one in reversed(annotations.header.get("categories", ()))}
    known |= annotations.header.get("class_numbers", {})
    if set(annotations.classes) <= known.keys():
        return [known[name] for name in annotations.classes]
    return list(range(1, len(annotations.classes) + 1))


def _categories(annotations: BoxAnnotations, numbers: list[int]) -> Iterator[dict[str, Any]]:
    described = {one["name"]: one for one in reversed(annotations.header.get("categories", ()))}
    for name, number in zip(annotations.classes, numbers, strict=True):
        yield {**described.get(name, {}), "id": number, "name": name}


def _picture_ids(labelled: Labelled) -> list[Any]:
    """COCO's own where each is there once, else 1, 2, ..."""
    known = labelled.annotations.pictures.get("id")
    if known is not None and len(set(known.tolist())) == len(known):
        return list(known.tolist())
    return list(range(1, len(labelled.names) + 1))


def _image(labelled: Labelled, index: int, number: Any) -> dict[str, Any]:
    height, width = labelled.annotations.pictures["size"][index].tolist()
    name = "/".join(filter(None, (labelled.folder(index), labelled.names[index])))
    column = labelled.annotations.pictures.get("details")
    others = json.loads(column[index]) if column is not None and column[index] else {}
    return {"id": number, "file_name": name, "height": height, "width": width, **others}


def _boxes(
    labelled: Labelled, chosen: list[int], ids: list[Any], numbers: list[int]
) -> Iterator[dict[str, Any]]:
    annotations, own = labelled.annotations, annotation_ids(labelled.annotations)
    sides = corner_and_size(annotations.boxes)
    crowd, difficult = marked(annotations, "crowd"), marked(annotations, "difficult")
    for index in chosen:
        for row in labelled.rows(index):
            details, bbox = details_of(annotations, row), plain(sides[row].tolist())
            yield {
                "id": int(own[row]),
                "image_id": ids[index],
                "category_id": numbers[annotations.labels[row]],
                "bbox": bbox,
                "area": mask_area(details.get("segmentation")) or bbox[2] * bbox[3],
                "iscrowd": int(crowd[row]),
                **({"difficult": 1} if difficult[row] else {}),
                **details,
            }


def annotation_ids(annotations: BoxAnnotations) -> NDArray[np.int64]:
    """int64 (M,): COCO's own where each is there once, else 1, 2, ..."""
    count, origin = len(annotations.boxes), annotations.origin
    lines = annotations.columns.get("line")
    if lines is not None and origin and origin.word == "annotation" and len(np.unique(lines)) == count:
        return np.asarray(lines, np.int64)
    return np.arange(1, count + 1)
