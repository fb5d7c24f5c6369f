"""Write Pascal VOC: ``JPEGImages/``, an XML file for each picture, and the names of each split.

Boxes are edges, as they are read. A crowd region is marked difficult, which other programs leave out of
measures too, and with a word of its own. Masks are PNGs: ``voc_mask_files``.
"""

from pathlib import Path
from xml.sax.saxutils import escape

from striate.data.checks.mask_findings import has_mask
from striate.data.writers.decimals import as_float32, plain
from striate.data.writers.layout import Labelled, Put, count_details, details_of, marked, put
from striate.data.writers.voc_mask_files import Drawn, write_masks
from striate.errors import DataError
from striate.formatting import plural

WORDS = ("pose", "truncated", "occluded", "score")
"""What else is known of an object and has a word here."""


def write_voc(labelled: Labelled, root: Path, pictures: Put = "copy") -> list[str]:
    """Write a data set; arguments and result are those of ``write_coco``.

    Raises:
        DataError: a class or a picture has a name that no XML file can hold.
    """
    flat = labelled.flat()
    for folder in ("Annotations", "ImageSets/Main", "JPEGImages"):
        (root / folder).mkdir(parents=True)
    numbers, drawn = as_float32(flat.annotations.boxes), list[Drawn]()
    for index, name in enumerate(flat.names):
        rows, file = flat.rows(index), root / "Annotations" / f"{Path(name).stem}.xml"
        drawn.append(write_masks(flat, index, root))
        file.write_text(_page(flat, index, numbers[rows.start : rows.stop].tolist(), drawn[-1]))
        put(flat.sources[index], root / "JPEGImages" / name, pictures)
    _write_splits(flat, root / "ImageSets" / "Main", [True] * len(drawn))
    if flat.splits() and any(one.written for one in drawn):
        (root / "ImageSets" / "Segmentation").mkdir()
        _write_splits(flat, root / "ImageSets" / "Segmentation", [one.written > 0 for one in drawn])
    return _losses(labelled, flat, drawn)


def _write_splits(flat: Labelled, folder: Path, chosen: list[bool]) -> None:
    """The names of some pictures, a file for each split."""
    stems = {split: list[str]() for split in flat.splits()}
    for index, name in enumerate(flat.names):
        if chosen[index] and flat.folder(index):
            stems[flat.folder(index)].append(Path(name).stem)
    for split, names in stems.items():
        (folder / f"{split}.txt").write_text("".join(f"{stem}\n" for stem in names))


def _page(flat: Labelled, index: int, numbers: list[list[float]], drawn: Drawn) -> str:
    height, width = flat.annotations.pictures["size"][index].tolist()
    lines = [
        "<annotation>",
        "\t<folder>JPEGImages</folder>",
        f"\t<filename>{_name(flat.names[index])}</filename>",
        f"\t<size><width>{width}</width><height>{height}</height><depth>3</depth></size>",
        f"\t<segmented>{int(drawn.written > 0)}</segmented>",
    ]
    for row, box in zip(flat.rows(index), numbers, strict=True):
        lines += _object(flat, row, box)
    return "\n".join([*lines, "</annotation>", ""])


def _object(flat: Labelled, row: int, box: list[float]) -> list[str]:
    annotations = flat.annotations
    crowd, difficult = bool(marked(annotations, "crowd")[row]), bool(marked(annotations, "difficult")[row])
    details = details_of(annotations, row)
    words = [f"\t\t<{word}>{_name(str(details[word]))}</{word}>" for word in WORDS if word in details]
    sides = zip(("xmin", "ymin", "xmax", "ymax"), plain(box), strict=True)
    return [
        "\t<object>",
        f"\t\t<name>{_name(annotations.classes[annotations.labels[row]])}</name>",
        *words,
        f"\t\t<difficult>{int(crowd or difficult)}</difficult>",
        *(["\t\t<crowd>1</crowd>"] if crowd else []),
        "\t\t<bndbox>" + "".join(f"<{side}>{value}</{side}>" for side, value in sides) + "</bndbox>",
        "\t</object>",
    ]


def _name(text: str) -> str:
    """A text inside an XML file."""
    if any(ord(letter) < 0x20 or 0xD800 <= ord(letter) < 0xE000 or ord(letter) > 0xFFFD for letter in text):
        wrong = f"the name {text!r} holds a character that no XML file can hold"
        raise DataError(wrong, "letters, digits, spaces", "rename it, or convert to coco")
    return escape(text)


def _losses(labelled: Labelled, flat: Labelled, drawn: list[Drawn]) -> list[str]:
    """What the format cannot hold."""
    annotations = labelled.annotations
    masks = count_details(annotations, has_mask) - sum(one.written for one in drawn)
    shared = sum(one.shared for one in drawn)
    points = count_details(annotations, lambda one: "keypoints" in one)
    empty = int((annotations.counts() == 0).sum())
    crowd = int(marked(annotations, "crowd").sum())
    trimmed = sum(name != name.strip() for name in annotations.classes)
    renamed = sum(new != old for new, old in zip(flat.names, labelled.names, strict=True))
    sentences = {
        f"{plural(masks, 'mask')} left out: not all objects of these pictures have one that shows": masks,
        f"{plural(shared, 'mask')} lost pixels to others: in VOC a pixel is of one object": shared,
        f"key points of {plural(points, 'object')} left out": points,
        f"{plural(empty, 'class')} without a box not named: VOC has no list of classes": empty,
        f"{plural(crowd, 'crowd region')} marked difficult, and as crowd in a word of ours": crowd,
        f"spaces at the ends of {plural(trimmed, 'class name')} are lost": trimmed,
        f"{plural(renamed, 'picture')} renamed: VOC has one folder": renamed,
        "ids, licences and links are left out": int("categories" in annotations.header),
    }
    return [sentence for sentence, count in sentences.items() if count]
