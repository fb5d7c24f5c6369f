"""Data that cannot teach points or a box: three lines, before a folder is made."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import striate
from striate.errors import DataError, SettingError, StriateError

POINTS = "image,left_x,left_y,left_v,right_x,right_y,right_v"
GOOD = [f"{number}.png,{5 + number},6,1,20,{8 + number},1" for number in range(12)]
BOXES = "image,class,x,y,w,h"
CATS = [f"{number}.png,{'cat' if number % 2 else 'dog'},3,4,10,12" for number in range(12)]


def table(folder: Path, header: str, lines: list[str]) -> Path:
    """12 pictures of 40 x 32 beside a table."""
    random = np.random.default_rng(0)
    for number in range(12):
        pixels = random.integers(0, 255, (32, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (folder / "table.csv").write_text("\n".join([header, *lines]) + "\n")
    return folder


def refused(data: Path | str, task: str, folder: Path, **settings: object) -> StriateError:
    """The error of a training, which has left no folder behind."""
    common = {"model": "lenet5", "size": "32", "epochs": 1, "out": folder / "run"}
    with pytest.raises(StriateError) as error:
        striate.train(data, task=task, **{**common, **settings})
    assert not (folder / "run").exists()
    return error.value


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("no.png,5,5,1,6,6,1", "table.csv:13: there is no file 'no.png'"),
        ("11.png,5,5", "table.csv:13: 3 cells, not 7"),
        ("11.png,5,abc,1,6,6,1", "table.csv:13: left_y is 'abc', not a number"),
        ("3.png,5,5,1,6,6,1", "table.csv:13: 3.png stands in line 5 too"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(line: str, wrong: str, tmp_path: Path) -> None:
    assert wrong in refused(table(tmp_path, POINTS, [*GOOD[:-1], line]), "pose", tmp_path).wrong


def test_numbers_of_another_size_of_picture_are_refused(tmp_path: Path) -> None:
    data = table(tmp_path, POINTS + ",width,height", [line + ",80,64" for line in GOOD])
    assert "measured in 80x64, the picture has 40x32" in refused(data, "pose", tmp_path).wrong


def test_points_that_nobody_sees_are_refused_and_if_accepted_have_a_finite_loss(tmp_path: Path) -> None:
    data = table(tmp_path, POINTS, [f"{number}.png,5,5,0,6,6,0" for number in range(12)])
    assert "left: visible on no picture" in refused(data, "pose", tmp_path).wrong
    common = {"model": "lenet5", "size": "32", "epochs": 1, "out": tmp_path / "run"}
    run = striate.train(data, task="pose", accept=["unseen"], **common)
    assert np.isfinite(run.history[0]["train_loss"])
    assert run.metrics.primary.value is None


def test_pairs_that_go_round_are_refused(tmp_path: Path) -> None:
    pairs = {"names": ["left", "right"], "pairs": [["left", "right"], ["right", "left"]]}
    (tmp_path / "joints.json").write_text(json.dumps(pairs))
    error = refused(table(tmp_path, POINTS, GOOD), "pose", tmp_path, joints=str(tmp_path / "joints.json"))
    assert isinstance(error, SettingError)
    assert error.wrong == "the point 'left' is in more than one mirror pair"


def test_no_box_at_all_is_refused(tmp_path: Path) -> None:
    data = table(tmp_path, BOXES, [f"{number}.png,,,,," for number in range(12)])
    assert refused(data, "localize", tmp_path).wrong == "no picture has a box"


def test_two_boxes_of_one_picture_are_refused(tmp_path: Path) -> None:
    data = table(tmp_path, BOXES, [*CATS, "3.png,cat,1,1,5,5"])
    error = refused(data, "localize", tmp_path)
    assert error.wrong.endswith("pictures have more than one box")
    assert "--task detect" in error.attempt


def test_pictures_with_classes_teach_no_pose(tmp_path: Path) -> None:
    error = refused("digits", "pose", tmp_path)
    assert isinstance(error, DataError)
    assert error.wrong == "the data are annotated for classification, and the model is for pose"
    assert error.attempt.endswith("striate train DATA --task classification")
