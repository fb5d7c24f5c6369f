"""What is wrong with wrong detections, and what it costs."""

import pytest

from striate.tasks.detection.error_kinds import KINDS, error_kinds
from tests.tasks.detection.test_voc_ap import predicted, truth


def counts(**known: int) -> dict[str, int]:
    names = {name.replace(" ", "_"): name for name in KINDS}
    return dict.fromkeys(KINDS, 0) | {names[name]: number for name, number in known.items()}


def one(answers: object, objects: object, classes: int = 2) -> object:
    return error_kinds([answers], [objects], classes)


@pytest.mark.parametrize(
    ("answers", "labels", "expected"),
    [
        ({0: 0.9}, [0], {}),
        ({0: 0.9}, [1], {"wrong_class": 1}),  # the object is found by it, under another name
        ({5: 0.9}, [0], {"loose_box": 1}),  # 5 of 15
        ({5: 0.9}, [1], {"wrong_class_and_loose": 1, "missed": 1}),
        ({0: 0.9, 1: 0.8}, [0, 0], {"duplicate": 1}),
        ({9: 0.9}, [0], {"background": 1, "missed": 1}),  # 1 of 19
        ({}, [], {"missed": 1}),
    ],
)
def test_each_kind(answers: dict, labels: list[int], expected: dict[str, int]) -> None:
    assert one(predicted(answers, labels), truth(0)).counts == counts(**expected)


def test_what_mending_gives_by_hand() -> None:
    # Two objects. A background box scores best: precision 1/2 at recall 1/2, and the second object is missed.
    # 51 points up to recall 1/2 have 1/2. Without the background box they have 1. Without the missed object
    # all 101 have 1/2.
    found = one(predicted({500: 0.9, 0: 0.8}), truth(0, 100), classes=1)
    assert found.average_precision == pytest.approx(51 / 101 / 2)
    assert found.gains["background"] == pytest.approx(51 / 101 / 2)
    assert found.gains["missed"] == pytest.approx(1 / 2 - 51 / 101 / 2)
    assert [found.gains[kind] for kind in KINDS[:4]] == [0, 0, 0, 0]


def test_a_loose_box_is_moved_onto_its_object() -> None:
    found = one(predicted({5: 0.9}), truth(0), classes=1)
    assert (found.average_precision, found.gains["loose box"]) == (0, 1)
    # Not if the object is found already: it is taken away, as a lower one costs nothing, no gain
    second = one(predicted({0: 0.9, 6: 0.8}), truth(0), classes=1)
    assert second.counts == counts(loose_box=1)
    assert second.gains["loose box"] == 0


def test_a_wrong_class_is_put_right() -> None:
    # Class 0: its object is not found, 0. Class 1: a wrong one above a right one, 1/2. Mended: 1 and 1.
    found = one(predicted({0: 0.9, 100: 0.8}, [1, 1]), truth(0, 100, labels=[0, 1]))
    assert found.average_precision == pytest.approx(0.25)
    assert found.gains["wrong class"] == pytest.approx(0.75)


def test_an_object_found_later_makes_the_first_answer_a_loose_box_only() -> None:
    # The better score lies 4 of 16 off its object, the second one on it: both belong to it, one is right.
    found = one(predicted({4: 0.9, 0: 0.8}), truth(0), classes=1)
    assert found.counts == counts(loose_box=1)
    assert found.gains["loose box"] == pytest.approx(0.5)  # precision 1/2 before, 1 after it was taken away


def test_ignored_objects_do_not_count() -> None:
    found = one(predicted({0: 0.9, 1: 0.8}), truth(0, ignored=[True]), classes=1)
    assert found.counts == counts()
    assert found.average_precision == 0


def test_what_was_missed_has_no_gain_where_it_is_all_there_is() -> None:
    found = one(predicted({}, []), truth(0))
    assert (found.counts["missed"], found.gains["missed"]) == (1, None)


def test_nothing() -> None:
    found = error_kinds([], [], classes=3)
    assert found.counts == counts()
    assert set(found.gains.values()) == {0}
