"""The literal case of the field: truth 0 0 0 0 1 1 2 255 against 0 0 0 1 1 1 0 2."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import LabelError, ShapeError
from striate.ops import class_dice, class_iou, confusion, mean_iou, pixel_accuracy
from striate.ops.pixel_confusion import confusion_plain

TRUTH = torch.tensor([0, 0, 0, 0, 1, 1, 2, 255])
GUESS = torch.tensor([0, 0, 0, 1, 1, 1, 0, 2])
TABLE = [[3, 1, 0], [0, 2, 0], [1, 0, 0]]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64])
@pytest.mark.parametrize("count", [confusion, confusion_plain])
def test_rows_are_truth_and_columns_are_guesses(count, dtype):
    assert count(TRUTH.to(dtype), GUESS.to(torch.uint8), 3).tolist() == TABLE


def test_pixel_accuracy_is_the_diagonal_of_all():
    assert pixel_accuracy(torch.tensor(TABLE)).item() == pytest.approx(5 / 7)


def test_iou_is_intersection_over_union():  # 3/(4+4-3), 2/(2+3-2), 0/(1+0-0)
    expected = torch.tensor([3 / 5, 2 / 3, 0.0], dtype=torch.float64)
    assert torch.allclose(class_iou(torch.tensor(TABLE)), expected)
    assert torch.allclose(class_dice(torch.tensor(TABLE)), 2 * expected / (1 + expected))


def test_an_absent_class_is_left_out_of_the_mean():
    wider = confusion(TRUTH, GUESS, 5)
    assert class_iou(wider)[3:].isnan().all()
    assert mean_iou(wider).item() == pytest.approx((3 / 5 + 2 / 3 + 0) / 3)


def test_a_class_that_is_guessed_and_never_true_is_left_out_of_the_mean_too():
    table = confusion(torch.tensor([0, 0]), torch.tensor([0, 1]), 2)
    assert class_iou(table).tolist() == [0.5, 0.0]
    assert mean_iou(table).item() == 0.5


def test_the_values_to_skip_may_be_a_class_number_too():
    assert confusion(torch.tensor([0, 1, -1]), torch.tensor([0, 1, 0]), 2, ignore=-1).tolist() == [
        [1, 0],
        [0, 1],
    ]
    assert confusion(torch.tensor([0, 1]), torch.tensor([0, 1]), 2, ignore=0).tolist() == [[0, 0], [0, 1]]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 300), st.integers(1, 3), st.integers(0, 1000))
def test_the_kernel_is_its_plain_twin_and_tables_add_up(pixels, classes, seed):
    made = torch.Generator().manual_seed(seed)
    truth, guess = (torch.randint(0, classes, (pixels,), generator=made, dtype=torch.uint8) for _ in range(2))
    truth[torch.rand(pixels, generator=made) < 0.2] = 255
    table = confusion(truth, guess, classes)
    assert torch.equal(table, confusion_plain(truth, guess, classes))
    half = pixels // 2
    assert torch.equal(
        table, confusion(truth[:half], guess[:half], classes) + confusion(truth[half:], guess[half:], classes)
    )


def test_large_maps_are_counted_by_several_threads():
    truth = torch.arange(600 * 700, dtype=torch.int32).remainder(7).view(600, 700).T  # not contiguous
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        table = confusion(truth, truth, 7)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(table, torch.eye(7, dtype=torch.int64) * 60_000)


@pytest.mark.parametrize("count", [confusion, confusion_plain])
def test_values_that_are_no_class_are_named(count):
    with pytest.raises(LabelError, match=r"truth holds the values \[254\]"):
        count(torch.tensor([0, 254]), torch.tensor([0, 0]), 2)
    with pytest.raises(LabelError, match=r"guess holds the values \[7\]"):
        count(torch.tensor([0, 1, 255]), torch.tensor([7, 0, 9]), 2)
    with pytest.raises(LabelError, match=r"truth holds the values \[-2\]"):
        count(torch.tensor([-2]), torch.tensor([0]), 2)


def test_maps_of_other_sizes_and_scores_are_refused():
    with pytest.raises(ShapeError, match="truth is"):
        confusion(TRUTH, GUESS[:3], 3)
    with pytest.raises(ShapeError, match=r"guess is torch\.float32"):
        confusion(TRUTH, GUESS.float(), 3)


def test_nothing_gives_a_table_of_zeros():
    table = confusion(TRUTH[:0], GUESS[:0], 2)
    assert table.tolist() == [[0, 0], [0, 0]]
    assert mean_iou(table).isnan()
    assert pixel_accuracy(table).isnan()
