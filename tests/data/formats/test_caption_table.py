"""Tables of captions: regions, whole pictures, several sentences of one, and what is odd about them."""

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.annotations.caption_annotations import CaptionAnnotations
from striate.data.read_dataset import read
from striate.errors import DataError


@pytest.fixture
def folder(tmp_path):
    for name in ("a.png", "b.png", "c.png"):
        Image.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(tmp_path / name)
    return tmp_path


def table(folder, *lines, header="image,x1,y1,x2,y2,caption"):
    path = folder / "captions.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def found(path, **options):
    return read(path, validation=0.0, **options)["train"].annotations


def test_lines_with_one_box_are_captions_of_one_region(folder):
    lines = ["a.png,1,2,30,20,a red circle", "b.png,0,0,10,10,a dog", 'a.png,1,2,30,20,"one circle, red"']
    known = found(table(folder, *lines))
    assert isinstance(known, CaptionAnnotations)
    assert list(known.captions()) == [["a red circle", "one circle, red"], ["a dog"]]
    assert known.boxes.tolist() == [[1, 2, 30, 20], [0, 0, 10, 10]]
    assert known.classes == ("region",)


def test_without_numbers_the_whole_picture_is_meant(folder):
    known = found(table(folder, "a.png,,,,,a grey picture", "b.png,1,1,9,9,grey"))
    assert known.boxes.tolist() == [[0, 0, 60, 40], [1, 1, 9, 9]]
    path = table(folder, "a.png,a grey picture", "a.png,all grey", header="image,caption")
    known = found(path, kinds=(CaptionAnnotations,))
    assert known.boxes.tolist() == [[0, 0, 60, 40]]
    assert list(known.captions()) == [["a grey picture", "all grey"]]


def test_a_batch_has_the_captions_of_its_pictures(folder):
    known = found(table(folder, "a.png,1,1,9,9,one", "b.png,1,1,9,9,two", "b.png,2,2,8,8,three"))
    targets = known.collate(torch.tensor([1, 0]))
    assert targets.captions.captions == [["two"], ["three"], ["one"]]
    assert targets.counts.tolist() == [2, 1]


def test_subsets_and_joins_keep_captions_with_their_boxes(folder):
    known = found(table(folder, "a.png,1,1,9,9,one", "b.png,1,1,9,9,two", "c.png,2,2,8,8,three"))
    first, rest = known.subset(np.array([2])), known.subset(np.array([0, 1]))
    assert list(first.joined([rest]).captions()) == [["three"], ["one"], ["two"]]
    other = found(table(folder, "a.png,1,1,9,9,another"))
    assert list(first.joined([other]).captions()) == [["three"], ["another"]]
    assert list(known.where(np.array([False, True, True])).captions()) == [["two"], ["three"]]


def test_the_fingerprint_changes_with_a_word(folder):
    one = found(table(folder, "a.png,1,1,9,9,one")).fingerprint()
    assert found(table(folder, "a.png,1,1,9,9,other")).fingerprint() != one
    assert found(table(folder, "a.png,1,1,9,9,one")).fingerprint() == one


def test_control_characters_and_emoji_do_no_harm(folder):
    known = found(
        table(folder, 'a.png,1,1,9,9,"a\x1b[31m red\tcat \U0001f431"', 'b.png,1,1,9,9,"two\nlines"')
    )
    assert list(known.captions()) == [["a [31m red cat \U0001f431"], ["two lines"]]


def kinds(path):
    return {one.kind: one for one in read(path, validation=0.0).findings}


def test_what_is_odd_about_captions_is_told(folder):
    lines = ["a.png,1,1,9,9,", "a.png,2,2,9,9,cat", "b.png,1,1,9,9,a red cat", "c.png,1,1,9,9,\U0001f431"]
    told = kinds(table(folder, *lines))
    assert told["one-word-caption"].source.endswith("captions.csv:3")
    assert {"empty-caption", "rare-word"} <= told.keys()
    assert told["rare-word"].detail.startswith("2 of 3 words: a, red")


def test_captions_without_any_word_are_refused_and_long_ones_told(folder):
    told = kinds(table(folder, "a.png,1,1,9,9,", "b.png,1,1,9,9,?!"))
    assert told["no-words"].severity == "refuse"
    assert "same-caption" not in told
    long = kinds(table(folder, "a.png,1,1,9,9," + "very " * 15 + "long"))["long-caption"]
    assert long.detail.startswith("16 words: 'very")


def test_a_sentence_that_is_more_than_half_of_all_is_told(folder):
    same = [f"{name}.png,{left},1,9,9,A cat!" for name in "abc" for left in (1, 2)]
    others = [f"a.png,{left},1,9,9,dog number {left}" for left in (3, 4, 5)]
    assert kinds(table(folder, *same, *others))["same-caption"].detail == "6 of 9 captions"
    assert "same-caption" not in kinds(table(folder, *same[:3], *others))


def test_boxes_outside_and_without_an_area_and_missing_pictures_stop_a_training(folder):
    lines = ["a.png,1,1,99,9,far", "b.png,5,5,5,9,flat", "d.png,1,1,9,9,gone", "c.png,1,1,9,9,a cat"]
    told = read(table(folder, *lines), validation=0.0).findings
    assert [one.kind for one in told].count("bad-box") == 2
    assert next(one.source for one in told if one.kind == "missing").endswith("captions.csv:4")


def test_a_class_and_a_caption_teach_what_is_asked_for(folder):
    path = table(folder, "a.png,cat,1,1,9,9,a red cat", header="image,class,x1,y1,x2,y2,caption")
    assert isinstance(found(path), CaptionAnnotations)
    assert found(path, format="boxes").classes == ("cat",)


def test_a_table_without_captions_is_refused(folder):
    path = table(folder, "a.png,1,1,9,9", header="image,x1,y1,x2,y2")
    with pytest.raises(DataError, match="no columns of captions"):
        read(path, "captions")


@pytest.mark.parametrize("line", ["a.png", "a.png,1,1,nan,9,x", ",,,,,", "a.png,x,y,z,w,v"])
def test_tables_without_a_usable_line_are_refused(folder, line):
    with pytest.raises(DataError, match="no line that can be used"):
        read(table(folder, line), "captions", validation=0.0)


def test_a_number_beyond_float32_is_a_bad_box(folder):
    assert "bad-box" in kinds(table(folder, "a.png,1,1,1e99,9,x"))
