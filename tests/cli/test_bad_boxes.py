"""Whatever is wrong with boxes, ``striate check`` names it, and training stops or goes on as it says."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from striate.cli.main import run


def voc(folder: Path, *objects: str, size: tuple[int, int] = (40, 30)) -> Path:
    """A picture for each text of objects."""
    for name in ("JPEGImages", "Annotations"):
        (folder / name).mkdir(parents=True)
    for number, text in enumerate(objects):
        Image.new("RGB", size, (number, 90, 10)).save(folder / "JPEGImages" / f"{number}.png")
        (folder / "Annotations" / f"{number}.xml").write_text(f"<annotation>{text}</annotation>")
    return folder


def thing(*box: object, name: str = "cat") -> str:
    """An object of an XML file."""
    sides = "".join(
        f"<{side}>{v}</{side}>" for side, v in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
    )
    return f"<object><name>{name}</name><bndbox>{sides}</bndbox></object>"


def coco(folder: Path, *boxes: dict[str, Any], **parts: Any) -> Path:
    """A file of two pictures with some boxes."""
    folder.mkdir()
    for number in (5, 17):
        Image.new("RGB", (40, 30), (number, 0, 0)).save(folder / f"{number}.png")
    values = {
        "images": [{"id": one, "file_name": f"{one}.png", "width": 40, "height": 30} for one in (5, 17)],
        "categories": [{"id": 3, "name": "cat"}, {"id": 90, "name": "dog"}],
        "annotations": [{"id": n, "image_id": 5, "category_id": 3, **box} for n, box in enumerate(boxes)],
        **parts,
    }
    (folder / "a.json").write_text(json.dumps(values))
    return folder


def yolo(folder: Path, *texts: str | None, names: str = "[cat, dog]") -> Path:
    """A picture for each text of labels; none for None."""
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    for number, text in enumerate(texts):
        Image.new("RGB", (40, 30), (number, 0, 90)).save(folder / "images" / f"{number}.png")
        if text is not None:
            (folder / "labels" / f"{number}.txt").write_text(text)
    (folder / "data.yaml").write_text(f"train: images\nnames: {names}\n")
    return folder


GOOD = {"bbox": [4, 5, 10, 12]}
FINE = "0 0.5 0.5 0.2 0.2\n1 0.5 0.5 0.4 0.2\n0 0.2 0.2 0.2 0.2\n1 0.3 0.3 0.2 0.2\n"
ENTITY = '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]>'
STOPS, GOES_ON = 2, 0

CASES: dict[str, tuple[Any, int, str]] = {
    "no area": (
        lambda f: coco(f, {"bbox": [4, 5, 0, 12]}),
        STOPS,
        "annotation 0: cat at 4, 5, 4, 17: no area",
    ),
    "swapped corners": (
        lambda f: voc(f, thing(20, 20, 10, 25)),
        STOPS,
        "0.xml:1: cat at 20, 20, 10, 25: swapped",
    ),
    "NaN": (
        lambda f: yolo(f, FINE + "0 nan 0.5 0.1 0.1\n"),
        STOPS,
        "0.txt:5: cat at nan, 13.5, nan, 16.5: NaN",
    ),
    "outside": (lambda f: voc(f, thing(20, 20, 90, 25)), STOPS, "outside of the picture, 40 x 30"),
    "fractions for pixels": (
        lambda f: coco(f, {"bbox": [0.1, 0.2, 0.3, 0.4]}),
        STOPS,
        "stops training: units (1)",
    ),
    "pixels for fractions": (
        lambda f: yolo(f, "0 20 15 10 10\n"),
        STOPS,
        "pixels, where shares of the sides",
    ),
    "on the border": (lambda f: voc(f, thing(0, 0, 40, 30) * 2), GOES_ON, "nothing wrong was found"),
    "one pixel": (lambda f: voc(f, thing(4, 4, 5, 9) + thing(1, 1, 9, 9)), GOES_ON, "look at: one-pixel (1)"),
    "no class": (lambda f: voc(f, thing(4, 4, 9, 9, name="")), STOPS, "no name or no bndbox"),
    "unknown class": (
        lambda f: yolo(f, FINE + "7 0.5 0.5 0.1 0.1\n"),
        STOPS,
        "0.txt:5: class 7, and 2 names (0..1)",
    ),
    "one example": (lambda f: coco(f, GOOD), GOES_ON, "look at: one-example (1)"),
    "empty class": (lambda f: coco(f, GOOD), GOES_ON, "look at: no-example (1)"),
    "missing picture": (
        lambda f: coco(f, GOOD, images=[{"id": 5, "file_name": "5.png"}, {"id": 6, "file_name": "6.png"}]),
        STOPS,
        "6.png: there is no picture of that name",
    ),
    "picture without a text": (lambda f: yolo(f, FINE, None), GOES_ON, "background, or forgotten?"),
    "picture without an XML file": (
        lambda f: ((voc(f, thing(1, 1, 9, 9) * 2, "") / "Annotations" / "1.xml").unlink(), f)[1],
        GOES_ON,
        "look at: not-annotated (1)",
    ),
    "picture without a box": (lambda f: coco(f, GOOD, GOOD), GOES_ON, "to know: no-box (1)"),
    "categories of one name": (
        lambda f: coco(f, GOOD, categories=[{"id": 3, "name": "cat"}, {"id": 4, "name": "cat"}]),
        GOES_ON,
        "a.json: cat: categories 3, 4",
    ),
    "crowd": (lambda f: coco(f, {**GOOD, "iscrowd": 1}), GOES_ON, "to know: crowd (1)"),
    "polygon of two points": (
        lambda f: coco(f, {**GOOD, "segmentation": [[1, 2, 3, 4]]}),
        GOES_ON,
        "annotation 0: a polygon of 2 points",
    ),
    "run lengths of another size": (
        lambda f: coco(f, {**GOOD, "segmentation": {"size": [30, 40], "counts": [7]}}),
        GOES_ON,
        "run lengths of 7 pixels, the size is 30 x 40",
    ),
    "entities": (
        lambda f: voc(f, ENTITY + thing(1, 1, 9, 9), thing(1, 1, 9, 9)),
        STOPS,
        "entities, which are not",
    ),
    "background": (
        lambda f: coco(f, GOOD, categories=[{"id": 3, "name": "background"}]),
        STOPS,
        "background: 1 box; what is nothing has no box",
    ),
    "numbers from 1": (
        lambda f: yolo(f, "1 0.5 0.5 0.2 0.2\n2 0.5 0.5 0.2 0.2\n"),
        STOPS,
        "labels: 1..2 for 2 names; write names: {1: cat, ...} in data.yaml if they begin at 1",
    ),
    "another size": (
        lambda f: voc(f, "<size><width>80</width><height>60</height></size>" + thing(1, 1, 60, 9)),
        STOPS,
        "measured in 80x60, the picture has 40x30",
    ),
    "a thread": (lambda f: voc(f, thing(1, 1, 9, 4000) * 2, size=(10, 5000)), GOES_ON, "height 5000..5000"),
    "no boxes at all": (lambda f: yolo(f, "", ""), GOES_ON, "to know: no-box (1)"),
    "one picture": (lambda f: voc(f, thing(1, 1, 9, 9) * 2), GOES_ON, "1 picture (train 1)"),
    "5,000 boxes": (lambda f: voc(f, thing(1, 1, 9, 9) * 5000), GOES_ON, "1 picture (train 1)"),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_named(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, code, words = CASES[case]
    ended = run(["check", str(make(tmp_path / "data"))])
    out = capsys.readouterr().out
    assert words in out, out
    assert ended == code, out


@pytest.mark.parametrize("text", ["", "{", '{"images": [{"id": 1', '{"images": 3, "annotations": []}'])
def test_a_file_that_ends_in_the_middle_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text(text)
    assert run(["check", str(tmp_path / "a.json"), "--format", "coco"]) == 2
    assert "COCO" in capsys.readouterr().err


def test_a_training_stops_at_a_bad_box_and_says_what_accepts_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = voc(tmp_path / "data", *[thing(1, 1, 9, 9)] * 3, thing(20, 20, 20, 25))
    words = ["train", str(folder), "--task", "localize", "--model", "lenet5", "--epochs", "1"]
    assert run([*words, "--out", str(tmp_path / "run")]) == 2
    err = capsys.readouterr().err
    assert "3.xml:1: cat at 20, 20, 20, 25: no area" in err
    assert "--on-bad-box clip|drop|drop-image" in err


def test_a_training_that_drops_bad_boxes_ends_and_its_model_is_measured_likewise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = voc(tmp_path / "data", *[thing(1, 1, 9 + number, 9) for number in range(9)], thing(2, 2, 2, 5))
    words = ["train", str(folder), "--task", "localize", "--model", "lenet5", "--epochs", "1", "--batch", "4"]
    words += ["--on-bad-box", "drop", "--accelerator", "cpu", "--out", str(tmp_path / "run")]
    assert run(words) == 0
    assert "1 bad box left out" in capsys.readouterr().err
    assert run(["evaluate", str(tmp_path / "run"), str(folder)]) == 0
    assert "of the data that the model was trained on" in "".join(capsys.readouterr())
