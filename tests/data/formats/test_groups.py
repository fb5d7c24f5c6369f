"""Pictures that belong together are held out together."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.read_dataset import read
from striate.data.trained_data import TrainedOn, data_to_measure
from striate.errors import SettingError


def written(folder: Path, header: str, row: str, *, people: int = 10, each: int = 4, seed: int = 0) -> Path:
    """A table in which every person has several pictures; ``row`` is filled with file, person and split."""
    folder.mkdir(exist_ok=True)
    random, lines = np.random.default_rng(seed), [header]
    for number in range(people * each):
        Image.fromarray(random.integers(0, 256, (12, 12, 3), dtype=np.uint8)).save(folder / f"{number}.png")
        part = "val" if number % 7 == 0 else "train"
        lines.append(row.format(file=f"{number}.png", person=f"p{number % people}", split=part))
    (folder / "table.csv").write_text("\n".join(lines))
    return folder / "table.csv"


TABLES = {
    "csv": ("path,label,person", "{file},x,{person}"),
    "points": ("image,x0,y0,Person", "{file},3,4,{person}"),
    "boxes": ("image,class,x1,y1,x2,y2,person", "{file},cat,1,2,8,9,{person}"),
}


def people(splits: object, part: str) -> set[int]:
    data = splits[part]  # type: ignore[index]
    return {int(Path(data.name(index)).stem) % 10 for index in range(len(data))}


@pytest.mark.parametrize("form", TABLES)
def test_no_group_is_in_two_splits(form: str, tmp_path: Path) -> None:
    table = written(tmp_path, *TABLES[form])
    splits = read(table, form, group="person", validation=0.2, test=0.3)
    assert [len(people(splits, part)) for part in ("train", "val", "test")] == [6, 1, 3]  # .3 of 10, .2 of 7
    assert not people(splits, "train") & people(splits, "val")
    assert not (people(splits, "train") | people(splits, "val")) & people(splits, "test")
    assert "pictures of one person stay in one split: 10 groups" in splits.notes
    assert not any(finding.kind in ("group-leak", "shared-group") for finding in splits.findings)
    again, other = (read(table, form, group="person", validation=0.5, seed=seed) for seed in (0, 1))
    assert people(again, "val") == people(read(table, form, group="person", validation=0.5), "val")
    assert people(again, "val") != people(other, "val")


def test_a_group_that_is_recognised_splits_nothing_and_is_told(tmp_path: Path) -> None:
    splits = read(written(tmp_path, *TABLES["points"]), validation=0.5)
    (finding,) = splits.findings
    assert (finding.kind, finding.severity, finding.source) == ("shared-group", "warn", "person")
    assert "--group person keeps them apart" in finding.detail


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("path,label,group", "{file},x,one"),  # few values are no persons
        ("path,person,dog", "{file},1,0"),  # labels of 0 and 1
    ],
)
def test_other_columns_of_such_names_are_left_alone(header: str, row: str, tmp_path: Path) -> None:
    splits = read(written(tmp_path, header, row), "csv", validation=0.5)
    assert not any(finding.kind == "shared-group" for finding in splits.findings)


def test_groups_that_the_splits_of_the_data_tear_apart_are_refused(tmp_path: Path) -> None:
    table = written(tmp_path, "image,x0,y0,person,split", "{file},3,4,{person},{split}")
    (finding,) = read(table, group="person").findings
    assert (finding.kind, finding.severity) == ("group-leak", "refuse")
    # pictures 0, 7, 14, 21, 28 and 35 are val: of p0, p7, p4, p1, p8 and p5, who have others in train
    assert finding.detail.startswith("6 of 10 groups stand in two splits, as ")


def test_groups_with_a_picture_in_common_are_one(tmp_path: Path) -> None:
    table = written(tmp_path, *TABLES["points"])
    for person in range(9):  # each person's first picture is the second one of the next person
        (tmp_path / f"{person}.png").write_bytes((tmp_path / f"{person + 11}.png").read_bytes())
    splits = read(table, group="person", validation=0.5)
    assert set(splits) == {"train"}  # one group: what would be held out would be all of it


def test_rows_without_a_value_are_groups_of_their_own(tmp_path: Path) -> None:
    table = written(tmp_path, "image,x0,y0,person", "{file},3,4,")
    assert len(read(table, group="person", validation=0.25)["val"]) == 10


@pytest.mark.parametrize(
    ("form", "group", "wrong"),
    [
        ("points", "persn", "group is 'persn', and the table has no such column"),
        ("csv", "who", "group is 'who', and the table has no such column"),
        ("folder", "person", "group is 'person', and data read as folder have no columns"),
    ],
)
def test_a_column_that_is_not_there_is_refused(form: str, group: str, wrong: str, tmp_path: Path) -> None:
    table = written(tmp_path, *TABLES["csv" if form == "csv" else "points"])
    with pytest.raises(SettingError, match=wrong):
        read(tmp_path if form == "folder" else table, form, group=group)


def test_a_model_is_measured_on_the_groups_that_were_held_out_and_on_data_without_groups(
    tmp_path: Path,
) -> None:
    options = {"seed": 3, "validation": 0.3, "test": 0.0, "group": "person"}
    table = written(tmp_path / "data", *TABLES["points"])
    splits = read(table, **options)  # type: ignore[arg-type]
    memory = TrainedOn.from_dict(TrainedOn.of(splits, (), options).to_dict())
    measured = data_to_measure(table, memory)
    assert (measured.split, people(measured.splits, "val")) == ("val", people(splits, "val"))
    other = written(tmp_path / "other", "image,x0,y0", "{file},3,4", people=3, each=1, seed=1)
    found = data_to_measure(other, memory)
    assert (found.trained_on, len(found.pictures)) == (False, 3)
