"""Checking a whole data set."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.checks.check import check, readable, refuse
from striate.data.read_dataset import read
from striate.errors import DataError, SettingError


def paint(path: Path, seed: int, size: tuple[int, int] = (12, 10)) -> Path:
    """A noisy picture of (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """train/ and val/ with two classes of four and two different pictures."""
    seed = 0
    for split, each in (("train", 4), ("val", 2)):
        for name in ("ant", "bee"):
            for number in range(each):
                paint(tmp_path / "zoo" / split / name / f"{number}.png", seed := seed + 1)
    return tmp_path / "zoo"


def found(path: Path) -> set[tuple[str, str]]:
    """(kind, name below the folder) of all findings."""
    return {(finding.kind, finding.source.removeprefix(f"{path}/")) for finding in check(path).findings}


def test_good_data_have_no_findings_and_their_facts(zoo: Path) -> None:
    report = check(zoo)
    assert report.findings == ()
    assert report.facts["pictures"] == 12
    assert report.facts["counts"] == {"train": {"ant": 4, "bee": 4}, "val": {"ant": 2, "bee": 2}}
    assert report.facts["height"] == {"min": 10, "median": 10, "max": 10}
    assert report.facts["width"]["max"] == 12
    assert report.facts["modes"] == {"RGB": 12}
    assert report.facts["grey"] is False
    # uniform noise: mean 1/2, std 1/sqrt(12) = 0.289
    assert report.facts["mean"] == pytest.approx([0.5] * 3, abs=0.03)
    assert report.facts["std"] == pytest.approx([0.289] * 3, abs=0.03)
    refuse(read(zoo))


def test_a_report_is_plain_values(zoo: Path) -> None:
    paint(zoo / "train/ant/tiny.png", 50, size=(12, 7))
    report = json.loads(json.dumps(check(zoo).to_dict()))
    assert report["format"] == "folder"
    assert report["findings"] == [
        {
            "kind": "tiny",
            "source": str(zoo / "train/ant/tiny.png"),
            "detail": "7 x 12 pixels",
            "severity": "warn",
        }
    ]


def test_progress_ends_with_all(zoo: Path) -> None:
    seen: list[tuple[int, int]] = []
    check(zoo, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (12, 12)


def test_hostile_files_are_listed_by_name(zoo: Path, shared_data: Path) -> None:
    odd = {
        "truncated_jpeg.jpg": "unreadable",
        "decompression_bomb.gif": "unreadable",
        "broken_data_stream.png": "unreadable",
        "zero_width.gif": "unreadable",
        "pil_sample_cmyk.jpg": "cmyk",
        "16bit.cropped.tif": "deep",
        "hopper.Lab.tif": "lab",
        "hopper_orientation_6.jpg": "rotated",
        "hopper_mask.png": "alpha",
        "frozenpond.mpo": "frames",
        "hopper.gif": "palette",
        "icc-after-SOF.jpg": None,
    }
    for name in odd:
        shutil.copy(shared_data / "hostile" / name, zoo / "train/ant" / name)
    shutil.copy(shared_data / "hostile" / "ORIGIN.md", zoo / "train/ant")
    expected = {(kind, f"train/ant/{name}") for name, kind in odd.items() if kind}
    assert found(zoo) == expected | {("stray", "train/ant")}


def test_a_whole_folder_of_hostile_files_can_be_checked(tmp_path: Path, shared_data: Path) -> None:
    shutil.copytree(shared_data / "hostile", tmp_path / "d" / "hostile")
    shutil.copytree(shared_data / "hymenoptera" / "val" / "ants", tmp_path / "d" / "ants")
    report = check(tmp_path / "d")
    # 13 of the 53 files cannot be decoded; two of those have no picture's ending and are strays
    assert sum(finding.kind == "unreadable" for finding in report.findings) == 11
    assert not any(finding.kind in ("leak", "contradiction") for finding in report.findings)


def test_pictures_met_twice_are_found_however_they_were_saved(zoo: Path) -> None:
    with Image.open(zoo / "train/ant/0.png") as picture:
        picture.save(zoo / "train/ant/again.bmp")
        picture.save(zoo / "val/ant/leak.bmp")
    shutil.copy(zoo / "train/bee/1.png", zoo / "train/ant/is_bee.png")
    assert found(zoo) == {
        ("duplicate", "train/ant/again.bmp"),
        ("leak", "val/ant/leak.bmp"),
        ("contradiction", "train/bee/1.png"),
    }
    assert {finding.kind for finding in check(zoo).blocking(["leak"])} == {"contradiction"}


def test_classes_are_counted(zoo: Path) -> None:
    for number in range(16):
        paint(zoo / "train/cow" / f"{number}.png", 100 + number)
    paint(zoo / "train/ewe/0.png", 200)
    (zoo / "train/fox").mkdir()
    assert found(zoo) == {("unmeasured", "cow"), ("unmeasured", "ewe"), ("empty", "train/fox")}
    for number in range(16, 20):
        paint(zoo / "train/cow" / f"{number}.png", 100 + number)
    imbalance = next(finding for finding in check(zoo).findings if finding.kind == "imbalance")
    assert imbalance.detail == "1 of 'ewe', 20 of 'cow'"


def test_a_leak_stops_a_training_until_it_is_accepted(zoo: Path) -> None:
    shutil.copy(zoo / "train/ant/0.png", zoo / "val/ant/9.png")
    with pytest.raises(DataError, match=r"val/ant/9\.png: in val is the same") as error:
        refuse(read(zoo))
    assert "--accept leak" in error.value.attempt
    refuse(read(zoo), ["leak"])
    with pytest.raises(SettingError, match="accept is 'leek'"):
        refuse(read(zoo), ["leek"])


def test_what_cannot_be_decoded_is_left_out_and_listed(zoo: Path) -> None:
    for name in ("train/ant/0.png", "val/bee/1.png"):
        (zoo / name).write_bytes(b"")
    splits = readable(read(zoo))
    assert {name: part.counts().tolist() for name, part in splits.items()} == {"train": [3, 4], "val": [2, 1]}
    assert {Path(finding.source).name for finding in splits.findings} == {"0.png", "1.png"}
    assert all(finding.detail == "the file is empty" for finding in splits.findings)


def test_arrays_are_checked_too(tmp_path: Path) -> None:
    images = np.arange(20, dtype=np.uint8).repeat(100).reshape(20, 10, 10)
    images[7] = images[2]
    np.savez(tmp_path / "d.npz", x_train=images, y_train=np.arange(20) % 2)
    report = check(tmp_path / "d.npz")
    assert [(finding.kind, finding.source) for finding in report.findings] == [
        ("contradiction", f"{tmp_path / 'd.npz'}[7]")
    ]
    assert (report.facts["grey"], report.facts["modes"]) == (True, {"L": 20})
