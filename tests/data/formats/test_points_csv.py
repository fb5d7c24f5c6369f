"""Tables of points and of boxes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.formats.points_csv import read_box_table, read_point_table
from striate.data.formats.table_header import point_table, read_header
from striate.errors import DataError


def written(folder: Path, text: str) -> Path:
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (40, 20)).save(folder / name)
    (folder / "points.csv").write_text(text)
    return folder


def test_named_points_with_visibility(tmp_path: Path):
    found = read_point_table(
        written(tmp_path, "image,nose_x,nose_y,nose_v,chin_x,chin_y\na.png,1,2,0,3,4.5\n")
    )
    assert found.annotations.joints.names == ("nose", "chin")
    assert found.annotations.points.tolist() == [[[1, 2], [3, 4.5]]]
    assert found.annotations.visible.tolist() == [[False, True]]


def test_numbered_points_and_splits(tmp_path: Path):
    text = "image;x0;y0;x1;y1;split\na.png;1;2;11;12;train\nb.png;1;2;3;4;val\nc.png;1;2;3;4;\n"
    found = read_point_table(written(tmp_path, text))
    assert found.split.tolist() == [0, 1, -1]
    assert found.annotations.scale[0] == 10  # the longer side around the points


def test_shares_of_the_sides_become_pixels_and_a_note_says_so(tmp_path: Path):
    found = read_point_table(written(tmp_path, "image,x0,y0\na.png,0.5,0.25\nb.png,1,0\n"))
    assert found.annotations.points.tolist() == [[[20, 5]], [[40, 0]]]
    assert "shares" in found.notes[1]


def test_a_size_that_is_not_the_pictures_is_found(tmp_path: Path):
    text = "image,width,height,x0,y0\na.png,40,20,5,5\nb.png,80,40,5,5\n"
    found = read_point_table(written(tmp_path, text))
    assert [(one.kind, one.detail) for one in found.findings] == [
        ("frame", "measured in 80x40, the picture has 40x20")
    ]


def test_one_box_a_picture_by_corners_or_sides_and_none(tmp_path: Path):
    found = read_box_table(written(tmp_path, "image,class,x1,y1,x2,y2\na.png,cat,2,3,12,13\nb.png,,,,,\n"))
    assert [found.annotations.words(index) for index in (0, 1)] == ["cat at 2, 3, 12, 13", "no box"]
    found = read_box_table(written(tmp_path, "image,class,x,y,w,h\na.png,cat,2,3,10,10\n"))
    assert found.annotations.words(0) == "cat at 2, 3, 12, 13"


def test_a_line_for_each_box_and_their_pictures_in_any_order(tmp_path: Path):
    text = (
        "filename,class,xmin,ymin,xmax,ymax,person\n"
        "b.png,cat,1,2,3,4,Ada\na.png,dog,5,6,7,8,Bob\nb.png,ant,2,2,9,9,Ada\nc.png,,,,,,Eve\n"
    )
    found = read_box_table(written(tmp_path, text))
    names = [found.store.name(index) for index in range(3)]
    assert [Path(name).name for name in names] == ["b.png", "a.png", "c.png"]
    assert [found.annotations.words(index) for index in range(3)] == [
        "ant at 2, 2, 9, 9; cat at 1, 2, 3, 4",
        "dog at 5, 6, 7, 8",
        "no box",
    ]
    assert found.annotations.columns["line"].tolist() == [2, 4, 3]
    assert found.groups is not None
    assert len(found.groups.numbers) == 3
    assert "3 pictures, 3 boxes" in found.notes[0]


def test_shares_become_pixels_of_the_picture_of_each_line(tmp_path: Path):  # pictures of 40 x 20
    text = "image,class,x,y,w,h\na.png,cat,0,0,0.5,0.5\nb.png,cat,0,0,1,1\na.png,cat,0.5,0.5,0.5,0.5\n"
    found = read_box_table(written(tmp_path, text))
    assert found.annotations.boxes.tolist() == [[0, 0, 20, 10], [20, 10, 40, 20], [0, 0, 40, 20]]


def test_a_picture_in_two_splits_is_found(tmp_path: Path):
    text = "image,class,x1,y1,x2,y2,split\na.png,cat,1,2,3,4,train\na.png,cat,5,6,7,8,val\n"
    found = read_box_table(written(tmp_path, text))
    assert [(one.kind, one.detail) for one in found.findings] == [
        ("contradiction", "a.png is in another split in line 2")
    ]
    assert len(found.annotations.boxes) == 1


@pytest.mark.parametrize(
    ("columns", "boxed"),
    [
        ("image,class,x,y,w,h", True),
        ("image,label,x1,y1,x2,y2", True),
        ("image,class,xmin,ymin,xmax,ymax", True),
        ("image,x1,y1,x2,y2", False),  # two points
        ("image,class,x1,y1,x2,y2,nose_x,nose_y", False),  # points besides
        ("image,class,nose_x,nose_y", False),
    ],
)
def test_a_class_and_its_box_make_a_table_of_boxes(columns: str, boxed: bool, tmp_path: Path):
    header = read_header(written(tmp_path, columns + "\n") / "points.csv")
    assert header is not None
    assert header.boxed is boxed


@pytest.mark.parametrize(
    ("line", "kind", "detail"),
    [
        ("zebra.jpeg,1,2", "missing", "there is no file 'zebra.jpeg'"),
        ("b.png,1", "unlabelled", "2 cells, not 3"),
        ("b.png,left,2", "unlabelled", "x0 is 'left', not a number"),
        ("b.png,nan,2", "unlabelled", "x0 is nan"),
        ("b.png,,2", "unlabelled", "x0 is empty"),
        ("a.png,1,2", "contradiction", "a.png stands in line 2 too"),
    ],
)
def test_lines_that_cannot_be_used_are_found(line: str, kind: str, detail: str, tmp_path: Path):
    found = read_point_table(written(tmp_path, f"image,x0,y0\na.png,5,6\n{line}\n"))
    assert [(one.kind, one.detail) for one in found.findings] == [(kind, detail)]
    assert len(found.store) == 1


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("image,left_x,left_y,left_x,left_y", "the column left_x stands there twice"),
        ("image,left_x,left_y,right_x", "the column right_x has no partner"),
    ],
)
def test_columns_that_do_not_fit_are_refused(header: str, message: str, tmp_path: Path):
    with pytest.raises(DataError, match=message):
        read_point_table(written(tmp_path, f"{header}\n"))


def test_a_box_that_is_half_written_and_one_that_is_inside_out_are_found(tmp_path: Path):
    text = "image,class,x1,y1,x2,y2\na.png,cat,2,3,12,\nb.png,cat,12,3,2,13\n"
    found = read_box_table(written(tmp_path, text))
    assert [one.detail for one in found.findings] == ["y2 is empty"]
    bad, single = found.annotations.findings(found.split * 0)
    assert (bad.kind, single.kind) == ("bad-box", "one-example")
    assert bad.source.rpartition(":")[2] == "3"


def test_visible_points_outside_of_the_picture_are_found(tmp_path: Path):  # pictures of 40 x 20
    text = "image,nose_x,nose_y,nose_v\na.png,500,5,1\nb.png,-5,5,0\nc.png,41,21,1\n"
    found = read_point_table(written(tmp_path, text))
    assert [(one.kind, one.detail) for one in found.findings] == [
        ("outside-picture", "a point at 500, 5, the picture has 40x20")
    ]


def test_the_real_tables_are_recognised(shared_data: Path):
    assert point_table(shared_data / "lsp_extended") == shared_data / "lsp_extended" / "joints.csv"
    header = read_header(shared_data / "cub10" / "boxes_parts.csv")
    assert header is not None
    assert len(header.points) == 15
    assert header.box == ((5, 6, 7, 8), True)
    assert point_table(shared_data / "youtube_faces") is not None


def test_a_table_without_points_or_lines_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="no columns of points"):
        read_point_table(written(tmp_path, "image,label\na.png,cat\n"))
    with pytest.raises(DataError, match="no columns of a box"):
        read_box_table(written(tmp_path, "image,nose_x,nose_y\na.png,1,2\n"))
    with pytest.raises(DataError, match="no line that can be used"):
        read_point_table(written(tmp_path, "image,x0,y0\nd.png,1,2\n"))


def test_a_box_outside_its_picture_is_found_in_a_table(tmp_path: Path):
    text = "image,class,x1,y1,x2,y2\na.png,cat,1,1,9,9\na.png,cat,50,30,60,40\n"
    annotations = read_box_table(written(tmp_path, text)).annotations
    assert annotations.pictures["size"].tolist() == [[20, 40]]
    (finding,) = [one for one in annotations.findings(np.zeros(1, np.int8)) if one.kind == "bad-box"]
    assert "outside" in finding.detail
    assert "line 3" in finding.source or ":3" in finding.source
