"""Answers go into the words of other libraries and come back as they were."""

import json
import subprocess
import sys

import numpy as np
import pandas
import pytest
import torch

from striate.errors import DataError, LabelError, SettingError
from striate.exchange import (
    from_coco,
    from_fiftyone,
    from_pandas,
    from_supervision,
    to_coco,
    to_fiftyone,
    to_pandas,
    to_supervision,
)
from striate.records import (
    BitMasks,
    Captions,
    Classification,
    Detections,
    Embedding,
    InstanceJoints,
    MaskCrops,
    Pose,
    Segmentation,
)
from tests.exchange import fiftyone_words

pytestmark = pytest.mark.filterwarnings("ignore:OpenCV")  # supervision tells that it does without

CLASSES = ("cat", "dog", "bird")
BOXES = torch.tensor([[2.5, 3.0, 8.0, 9.0], [0.0, 0.0, 4.0, 4.0]])
SCORES, LABELS = torch.tensor([0.75, 0.5]), torch.tensor([2, 0])
SIZE = (10, 20)


def found(**more) -> Detections:
    return Detections(BOXES, SCORES, LABELS, CLASSES, **more)


def with_masks() -> Detections:
    masks = torch.zeros(2, *SIZE, dtype=torch.bool)
    masks[0, 3:9, 2:7] = True
    masks[1, 0:2, 0:3] = True
    return found(masks=BitMasks(MaskCrops.of(masks)))


def with_captions() -> Detections:
    return found(captions=Captions(("a bird", "a small cat"), torch.tensor([-0.5, -2.0])))


def classes_of_a_picture() -> Classification:
    return Classification(torch.tensor([0.25, 0.5, 0.25]), CLASSES, "a.jpg")


def pose() -> Pose:
    points = torch.tensor([[5.0, 2.0], [10.0, 7.5]])
    return Pose(points, torch.tensor([0.5, 1.0]), ("nose", "tail"), source="a.jpg")


def same(one: Detections, other: Detections, tolerance: float = 0.0) -> None:
    assert torch.allclose(other.boxes, one.boxes, rtol=0, atol=tolerance)
    assert other.scores.tolist() == pytest.approx(one.scores.tolist())
    assert (other.labels.tolist(), other.classes) == (one.labels.tolist(), one.classes)
    assert (one.masks is None) == (other.masks is None)
    if one.masks is not None:
        assert torch.equal(one.masks.pasted(), other.masks.pasted())
    assert (one.captions and one.captions.texts) == (other.captions and other.captions.texts)


@pytest.fixture
def fiftyone(monkeypatch):
    monkeypatch.setitem(sys.modules, "fiftyone", fiftyone_words)


@pytest.mark.parametrize(
    "answer", [found(), with_masks(), with_captions()], ids=["boxes", "masks", "captions"]
)
def test_detections_come_back_from_supervision(answer):
    theirs = to_supervision(answer)
    assert theirs.xyxy.tolist() == BOXES.tolist()
    assert theirs.data["class_name"].tolist() == ["bird", "cat"]
    same(answer, from_supervision(theirs, CLASSES))


def test_supervision_may_sort_and_filter_what_it_got():
    theirs = to_supervision(with_masks())
    same(with_masks().where(torch.tensor([0])), from_supervision(theirs[theirs.confidence > 0.6], CLASSES))


def test_classes_and_points_come_back_from_supervision():
    one = from_supervision(to_supervision(classes_of_a_picture()), CLASSES)
    assert one.scores.tolist() == [0.25, 0.5, 0.25]
    back = from_supervision(to_supervision(pose()), ("nose", "tail"))
    assert back.named() == pose().named()
    assert back.scores.tolist() == [0.5, 1.0]


def test_no_object_at_all_goes_both_ways(fiftyone):
    nothing = found().where(torch.tensor([], dtype=torch.int64))
    assert len(from_supervision(to_supervision(nothing), CLASSES)) == 0
    assert len(from_fiftyone(to_fiftyone(nothing, SIZE), CLASSES, SIZE)) == 0
    assert to_coco([nothing], [1]) == []
    assert list(to_pandas(nothing).columns)[:3] == ["answer", "source", "class_name"]


def test_fiftyone_counts_boxes_in_shares(fiftyone):
    one = to_fiftyone(found(), SIZE).detections[0]
    assert one.bounding_box == pytest.approx([2.5 / 20, 3 / 10, 5.5 / 20, 6 / 10])
    assert (one.label, one.confidence) == ("bird", 0.75)


@pytest.mark.parametrize("answer", [found(), with_captions()], ids=["boxes", "captions"])
def test_detections_come_back_from_fiftyone(fiftyone, answer):
    same(answer, from_fiftyone(to_fiftyone(answer, SIZE), CLASSES, SIZE), 1e-5)


def test_masks_come_back_from_fiftyone_pixel_by_pixel(fiftyone):
    label = to_fiftyone(with_masks())
    assert label.detections[0].bounding_box == pytest.approx([2 / 20, 3 / 10, 6 / 20, 6 / 10])
    assert label.detections[0].mask.shape == (6, 6)
    back = from_fiftyone(label, CLASSES, SIZE)
    assert torch.equal(back.masks.pasted(), with_masks().masks.pasted())


def test_classes_points_and_pixels_come_back_from_fiftyone(fiftyone):
    one = to_fiftyone(classes_of_a_picture())
    assert (one.label, one.confidence) == ("dog", 0.5)
    assert from_fiftyone(one, CLASSES).scores.tolist() == pytest.approx([0.25, 0.5, 0.25])
    back = from_fiftyone(to_fiftyone(pose(), SIZE), ("nose", "tail"), SIZE)
    assert back.points.flatten().tolist() == pytest.approx(pose().points.flatten().tolist())
    mask = torch.tensor([[0, 1], [2, 2]])
    again = from_fiftyone(to_fiftyone(Segmentation.of(mask, CLASSES)), CLASSES)
    assert again.mask.tolist() == mask.tolist()


def test_what_a_person_labelled_is_sure(fiftyone):
    person = fiftyone_words.Detections([fiftyone_words.Detection("dog", [0.0, 0.0, 0.5, 0.5])])
    back = from_fiftyone(person, CLASSES, SIZE)
    assert (back.scores.tolist(), back.boxes.tolist()) == ([1.0], [[0.0, 0.0, 10.0, 5.0]])


def test_fiftyone_needs_the_size_of_a_picture_with_boxes(fiftyone):
    with pytest.raises(SettingError, match="size of the picture"):
        to_fiftyone(found())


def test_results_of_coco_come_back():
    numbers = {"cat": 17, "dog": 18, "bird": 16}
    results = to_coco([with_masks()], [42], numbers)
    assert [one["category_id"] for one in results] == [16, 17]
    assert results[0]["bbox"] == [2.5, 3.0, 5.5, 6.0]
    same(with_masks(), from_coco(results, numbers)[42])


def test_pycocotools_reads_the_masks_of_results():
    from pycocotools import mask

    results = to_coco([with_masks()], [1])
    assert mask.area([one["segmentation"] for one in results]).tolist() == [30, 6]


def test_key_points_of_results_come_back():
    joints = InstanceJoints(torch.ones(2, 1, 2), torch.full((2, 1), 0.5), ("nose",))
    results = to_coco([found(joints=joints)], [1])
    assert results[0]["keypoints"] == [1.0, 1.0, 0.5]
    back = from_coco(results, {"cat": 1, "dog": 2, "bird": 3}, joints=["nose"])[1]
    assert back.joints.scores.tolist() == [[0.5], [0.5]]


def test_answers_come_back_from_a_table():
    one, other = found(source="a.jpg"), with_captions().where(torch.tensor([1]))
    table = to_pandas([one, found(source="b.jpg")])
    assert len(table) == 4
    assert table["x1"].tolist() == [2.5, 0.0, 2.5, 0.0]
    back = from_pandas(table, CLASSES)
    assert [answer.source for answer in back] == ["a.jpg", "b.jpg"]
    same(one, back[0])
    same(other, from_pandas(to_pandas(other), CLASSES)[0])
    assert from_pandas(to_pandas(classes_of_a_picture()))[0].scores.tolist() == [0.25, 0.5, 0.25]
    assert from_pandas(to_pandas(pose()))[0].named() == pose().named()
    with pytest.raises(SettingError, match="columns are a"):
        from_pandas(pandas.DataFrame({"a": [1]}))


def test_unknown_classes_are_named():
    with pytest.raises(LabelError, match=r"are 0\.\.2"):
        from_supervision(to_supervision(found()), CLASSES[:2])
    with pytest.raises(DataError, match="category 3"):
        from_coco(to_coco([found()], [1]), {"cat": 1, "dog": 2})
    with pytest.raises(SettingError, match="'bird' has no number"):
        to_coco([found()], [1], {"cat": 1, "dog": 2})
    with pytest.raises(LabelError, match="'bird'"):
        from_pandas(to_pandas(found()), CLASSES[:2])


def test_answers_that_another_library_has_no_word_for_are_refused():
    vector = Embedding(torch.ones(2))
    for change in (to_supervision, to_pandas):
        with pytest.raises(SettingError, match="no word for a Embedding"):
            change(vector)
    with pytest.raises(SettingError, match="1 answers and 0"):
        to_coco([found()], [])


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "fiftyone", None)
    with pytest.raises(SettingError, match="fiftyone cannot be imported"):
        to_fiftyone(classes_of_a_picture())


def test_no_library_is_imported_before_its_function_is_called():
    names = {"supervision", "fiftyone", "pandas"}
    code = f"import sys, striate; striate.exchange.to_coco; print(sorted({names} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_answers_without_a_source_stay_apart_in_a_table():
    table = to_pandas([found(), found(), classes_of_a_picture()][:2])
    assert table["answer"].tolist() == [0, 0, 1, 1]
    assert [len(one) for one in from_pandas(table, CLASSES)] == [2, 2]
    assert len(from_pandas(table.drop(columns="answer"), CLASSES)) == 1  # one source


def test_numbers_of_pictures_may_be_of_numpy():
    assert json.loads(json.dumps(to_coco(found(), [np.int64(3)])))[0]["image_id"] == 3


@pytest.mark.parametrize("box", [[1, 2, 3], "x", [1, 2, -3, 4], [1, 2, float("nan"), 4], None])
def test_results_with_a_broken_box_are_named(box):
    with pytest.raises(DataError, match="bbox is"):
        from_coco([{"image_id": 1, "category_id": 1, "bbox": box}], {"cat": 1})


def test_a_score_that_is_not_said_is_1():
    result = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": None}
    assert from_coco([result], {"cat": 1})[1].scores.tolist() == [1.0]


@pytest.mark.parametrize(
    "call",
    [
        lambda: from_coco({"annotations": []}, {"cat": 1}),
        lambda: from_coco("results.json", {"cat": 1}),
        lambda: from_coco([], ["cat"]),
        lambda: to_coco(None, [1]),
        lambda: to_pandas(None),
        lambda: to_pandas(5),
        lambda: from_pandas([1]),
        lambda: from_pandas(to_pandas(found()).assign(score=float("nan")), CLASSES),
        lambda: from_supervision(to_supervision(found()), 3),
    ],
)
def test_what_is_no_answer_and_no_list_is_told(call):
    with pytest.raises(SettingError):
        call()
