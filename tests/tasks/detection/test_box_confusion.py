"""Which class a detector takes for which."""

from striate.tasks.detection.box_confusion import box_confusion
from tests.tasks.detection.test_voc_ap import predicted, truth


def test_by_hand() -> None:
    # Objects: cat at 0, dog at 100, dog at 200. Answers: cat right, cat on the dog at 100, dog where nothing
    # is, a second cat at 0, and a dog at 200 that is not sure enough.
    objects = truth(0, 100, 200, labels=[0, 1, 1])
    answers = predicted({0: 0.9, 101: 0.8, 300: 0.7, 1: 0.6, 200: 0.2}, labels=[0, 0, 1, 0, 1])
    expected = [[1, 0, 0], [1, 0, 1], [1, 1, 0]]
    assert box_confusion([answers], [objects], classes=2).tolist() == expected
    assert box_confusion([answers], [objects], 2, score_threshold=0.1).tolist()[1] == [1, 1, 0]
    assert box_confusion([answers] * 2, [objects] * 2, 2).tolist() == [
        [2 * n for n in row] for row in expected
    ]


def test_the_nearer_of_two_answers_takes_the_object() -> None:
    found = box_confusion([predicted({2: 0.9, 1: 0.6}, labels=[1, 0])], [truth(0)], classes=2)
    assert found.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
    same = box_confusion(
        [predicted({1: 0.9, -1: 0.6}, labels=[1, 0])], [truth(0)], classes=2
    )  # equal overlap
    assert same[0, 0] == 1


def test_ignored_objects_and_what_lies_on_them_do_not_count() -> None:
    objects = truth(0, 100, ignored=[True, False])
    assert box_confusion([predicted({0: 0.9, 1: 0.8})], [objects], classes=1).tolist() == [[0, 1], [0, 0]]


def test_nothing() -> None:
    assert box_confusion([], [], classes=2).tolist() == [[0] * 3] * 3
    assert box_confusion([predicted({})], [truth()], classes=1).sum() == 0
    assert box_confusion([predicted({0: 0.9})], [truth()], classes=1).tolist() == [[0, 0], [1, 0]]
