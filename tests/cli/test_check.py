"""``striate check``: findings by file name, an exit code that says whether training would go on."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from striate.cli.main import run


def test_good_data_have_no_finding(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(pictures)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "40 pictures (train 36, val 4), 2 classes" in lines
    assert lines[-1] == "nothing wrong was found"


def test_a_broken_file_is_listed_and_stops_training(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(pictures, tmp_path / "data")
    broken = tmp_path / "data" / "dark" / "broken.png"
    broken.write_bytes(b"no picture")
    assert run(["check", str(tmp_path / "data")]) == 2
    out = capsys.readouterr().out
    assert "stops training: unreadable (1)" in out
    assert f"  {broken}" in out
    assert run(["check", str(tmp_path / "data"), "--json"]) == 2
    assert [finding["kind"] for finding in json.loads(capsys.readouterr().out)["findings"]] == ["unreadable"]


def test_a_preview_sheet_shows_one_sample_augmented(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheet.png"
    assert (
        run(["check", str(pictures), "--augment", "5", "--recipe", "mirror,rotate=20", "--out", str(sheet)])
        == 0
    )
    out, err = capsys.readouterr()
    assert out == f"drawn: {sheet}\n"
    assert "augmented by mirror=0.5,rotate=20" in err
    with Image.open(sheet) as picture:  # the sample and 5 changed ones: 3 columns, 2 rows
        assert picture.width > picture.height


def test_a_preview_sheet_shows_boxes_where_they_went(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes = [
        {"id": n, "image_id": n, "category_id": 1, "bbox": [10, 10, 30, 20], "area": 600} for n in range(4)
    ]
    images = [{"id": n, "file_name": f"{n}.png", "width": 64, "height": 64} for n in range(4)]
    for one in images:
        Image.new("RGB", (64, 64), (90, 40 * one["id"], 9)).save(tmp_path / one["file_name"])
    text = json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "thing"}]})
    (tmp_path / "annotations.json").write_text(text)
    sheet = tmp_path / "sheet.png"
    assert run(["check", str(tmp_path), "--augment", "2", "--recipe", "boxes", "--out", str(sheet)]) == 0
    with Image.open(sheet) as picture:
        colors = {color for _, color in picture.convert("RGB").getcolors(10**6)}
    assert any(green - red > 90 for red, green, _ in colors)  # edges of boxes; of pictures it is 30 at most


def test_masks_are_checked_with_the_names_of_their_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for number in range(4):
        picture = Image.new("RGB", (16, 12), (30 * number, 9, 9))
        picture.save(tmp_path / "images" / f"{number}.png")
        picture.paste((0, 0, 0), (0, 0, 16, 12))
        picture.paste((255, 0, 0), (4, 4, 8 + number, 8))
        picture.save(tmp_path / "masks" / f"{number}.png")
    assert run(["check", str(tmp_path), "--classes", "#000000=ground,#ff0000=roof"]) == 0
    out = capsys.readouterr().out
    assert "2 classes" in out
    assert "roof" in out
    assert run(["check", "digits", "--classes", "sky,road"]) == 2
    assert "name their classes themselves" in capsys.readouterr().err
