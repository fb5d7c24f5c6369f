"""Pascal VOC's masks of classes: a palette PNG for a picture, whose numbers are VOC's classes.

    SegmentationClass/a.png    0 background, 1 aeroplane, ..., 20 tvmonitor, 255 not said
    JPEGImages/a.jpg           ImageSets/Segmentation/train.txt (names of one split; may be absent)

Source: Everingham et al. 2010, section 2.3 and the development kit.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from striate.data.checks.findings import Finding
from striate.data.formats.index import Found
from striate.data.formats.masks import Row, gathered, named_classes
from striate.data.formats.split_names import SPLITS, UNSAID
from striate.data.formats.voc import ENDINGS, MOST_BYTES, PICTURES
from striate.data.mask_classes import read_classes
from striate.errors import DataError
from striate.files.regular import read_regular

FOLDER = "SegmentationClass"


def voc_mask_root(path: Path) -> Path | None:
    """The folder above the masks: the path, or one below ``VOCdevkit``; None if there is none."""
    if not path.is_dir():
        return None
    candidates = [path, *sorted(path.glob("VOC*")), *sorted(path.glob("VOCdevkit/VOC*"))]
    return next((one for one in candidates if next((one / FOLDER).glob("*.png"), None)), None)


def read_voc_masks(path: Path, *, classes: str | None = None, accept: Collection[str] = ()) -> Found:
    """Every mask with its picture.

    Args:
        path: the folder, or one above it.
        classes: what the numbers mean, where they are not VOC's.
        accept: findings; masks with one that makes them unusable are left out.

    Raises:
        DataError: there is no mask, or none has a picture.
    """
    root = voc_mask_root(path)
    if root is None:
        raise DataError(f"{path} has no {FOLDER}/*.png", f"{FOLDER}/ beside JPEGImages/", "another format")
    splits, rows, findings, notes = _splits(root), list[Row](), list[Finding](), list[str]()
    for mask in sorted((root / FOLDER).glob("*.png")):
        names = (f"{folder}/{mask.stem}{ending}".lstrip("/") for folder in PICTURES for ending in ENDINGS)
        picture = next((name for name in names if (root / name).is_file()), None)
        if picture is None:
            findings.append(Finding("no-picture", str(mask), "there is no picture of that name"))
        else:
            rows.append(Row(picture, f"{FOLDER}/{mask.name}", splits.get(mask.stem, UNSAID)))
    findings.extend(_without_mask(root, splits))
    if not rows:
        wrong = f"{root}: no mask has a picture"
        raise DataError(wrong, "JPEGImages/a.jpg and SegmentationClass/a.png", "copy the pictures, too")
    named = named_classes(root, classes, notes)
    if named is None:
        named = read_classes("voc")
        notes.append("the numbers are taken for Pascal VOC's classes; --classes names others")
    note = f"read as Pascal VOC's masks: {len(rows):,} pictures"
    return gathered(root, rows, named, (note, *notes), tuple(findings), accept)


def _without_mask(root: Path, splits: Mapping[str, int]) -> Iterator[Finding]:
    """The pictures of a split that have no mask; those of no split are for other tasks."""
    for name, split in splits.items():
        if not (root / FOLDER / f"{name}.png").is_file():
            detail = f"is in {SPLITS[split]}.txt and has no mask, and is left out"
            yield Finding("not-annotated", str(root / FOLDER / f"{name}.png"), detail)


def _splits(root: Path) -> dict[str, int]:
    """The split of every name in ``ImageSets/Segmentation``; a name in several is in the last, test."""
    found: dict[str, int] = {}
    for number, split in enumerate(SPLITS):
        file = root / "ImageSets" / "Segmentation" / f"{split}.txt"
        if file.is_file():
            lines = read_regular(file, MOST_BYTES).decode("utf-8", "replace").splitlines()
            found |= {line.split()[0]: number for line in lines if line.strip()}
    return found
