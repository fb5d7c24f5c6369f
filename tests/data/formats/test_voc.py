"""Pascal VOC's layout."""

from pathlib import Path

import pytest
from PIL import Image

from striate.data.formats.voc import read_voc, voc_root
from striate.errors import DataError

CAT = (
    "<object><name>cat</name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax>"
    "<ymax>22.5</ymax></bndbox></object>"
)


def written(folder: Path, **xml: str) -> Path:
    """Pictures with XML files of the same names."""
    for name in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, text in xml.items():
        Image.new("RGB", (40, 30)).save(folder / "JPEGImages" / f"{name}.jpg")
        (folder / "Annotations" / f"{name}.xml").write_text(f"<annotation>{text}</annotation>")
    return folder


def test_boxes_are_read_as_they_are_written(tmp_path: Path):
    found = read_voc(written(tmp_path, a=CAT, b=""))
    assert found.annotations.words(0) == "cat at 1, 2, 11, 22.5"
    assert found.annotations.words(1) == "no box"
    assert found.annotations.columns["difficult"].tolist() == [True]


def test_image_sets_say_the_split(tmp_path: Path):
    written(tmp_path, a=CAT, b=CAT, c=CAT)
    for name, text in {"train": "a\n", "val": "b 1\n\n"}.items():
        (tmp_path / "ImageSets" / "Main" / f"{name}.txt").write_text(text)
    assert read_voc(tmp_path).split.tolist() == [0, 1, -1]


def test_a_development_kit_is_looked_into(tmp_path: Path):
    root = written(tmp_path / "VOCdevkit" / "VOC2007", a=CAT)
    assert voc_root(tmp_path) == root


def test_the_official_split_of_the_blood_cells(shared_data: Path):  # 205, 87, 72 pictures; 4,888 boxes
    found = read_voc(shared_data / "bccd")
    assert [(found.split == number).sum() for number in range(3)] == [205, 87, 72]
    assert dict(zip(found.classes, found.annotations.counts().tolist(), strict=True)) == {
        "Platelets": 361,
        "RBC": 4155,
        "WBC": 372,
    }


@pytest.mark.parametrize(
    ("text", "kind", "detail"),
    [
        ("<object><name>cat</name></object>", "unlabelled", "no bndbox"),
        (CAT.replace("22.5", "x"), "unlabelled", "could not convert"),
        ("<object", "unlabelled", "no XML"),
        (
            "</annotation><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><annotation>",
            "unlabelled",
            "entities",
        ),
    ],
)
def test_what_cannot_be_used_is_found(text: str, kind: str, detail: str, tmp_path: Path):
    found = read_voc(written(tmp_path, a=text, b=CAT))
    assert [one.kind for one in found.findings] == [kind]
    assert detail in found.findings[0].detail


def test_an_xml_file_without_a_picture_is_found(tmp_path: Path):
    written(tmp_path, a=CAT, b=CAT)
    (tmp_path / "JPEGImages" / "a.jpg").unlink()
    assert [one.kind for one in read_voc(tmp_path).findings] == ["missing"]


def test_a_folder_without_xml_files_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="has no XML files"):
        read_voc(tmp_path)


def test_pictures_without_an_xml_file_are_named_and_left_out(tmp_path: Path):
    written(tmp_path, a=CAT, b=CAT)
    (tmp_path / "Annotations" / "b.xml").unlink()
    found = read_voc(tmp_path)
    assert len(found.store) == 1
    assert [(one.kind, one.source) for one in found.findings] == [
        ("not-annotated", str(tmp_path / "JPEGImages" / "b.jpg"))
    ]


def test_a_bad_object_is_named_by_its_line(tmp_path: Path):
    text = f"\n{CAT}\n\n<object><name>cat</name></object>"
    found = read_voc(written(tmp_path, a=text))
    assert found.findings[0].source == f"{tmp_path / 'Annotations' / 'a.xml'}:4"
    assert found.annotations.place(0) == f"{tmp_path / 'Annotations' / 'a.xml'}:2"


def test_the_size_is_that_of_the_file_or_of_the_picture(tmp_path: Path):
    size = "<size><width>80</width><height>60</height></size>"
    found = read_voc(written(tmp_path, a=size + CAT, b=CAT))
    assert found.annotations.pictures["size"].tolist() == [[60, 80], [30, 40]]


def test_entities_in_another_encoding_are_not_expanded_either(tmp_path: Path):
    written(tmp_path, a=CAT, b=CAT)
    text = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>'
    (tmp_path / "Annotations" / "a.xml").write_bytes(text.encode("utf-16"))
    assert "entities" in read_voc(tmp_path).findings[0].detail


def test_other_words_about_an_object_are_kept_where_they_are_wanted(tmp_path: Path):
    text = CAT.replace("</name>", "</name><pose>Left</pose><truncated>1</truncated>")
    found = read_voc(written(tmp_path, a=text), details=True)
    assert list(map(str, found.annotations.columns["details"])) == ['{"pose": "Left", "truncated": "1"}']


def test_numbers_beyond_all_pictures_are_bad_boxes(tmp_path: Path):
    found = read_voc(written(tmp_path, a=CAT.replace("22.5", "1e300") + CAT.replace("22.5", "1e999") + CAT))
    bad = [one for one in found.annotations.findings(found.split * 0) if one.kind == "bad-box"]
    assert len(bad) == 2
