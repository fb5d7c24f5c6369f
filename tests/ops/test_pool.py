"""Many numbers become one."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd import gradcheck

from striate.errors import SettingError, ShapeError
from striate.ops.geometry import output_size, padding_sides
from striate.ops.pool import (
    avg_pool,
    depthwise_pool,
    global_average_pool,
    max_pool,
    max_pool_with_places,
    spatial_pyramid_pool,
)

fast = settings(deadline=None, max_examples=25, derandomize=True)
MAP = torch.tensor(
    [[[[1.0, 3.0, 2.0, 1.0], [2.0, 9.0, 1.0, 1.0], [1.0, 3.0, 2.0, 3.0], [5.0, 6.0, 1.0, 2.0]]]]
)
POOLS = [max_pool, avg_pool, max_pool_with_places]


def distinct(*shape: int, seed: int = 0) -> Tensor:
    """Numbers far enough from each other that no small step changes which is the largest."""
    count = torch.Size(shape).numel()
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    return (order.double() - count / 2).reshape(shape)


def windows(x: Tensor, size: int, stride: int, padding: object) -> list[list[Tensor]]:
    """What each window sees of the image, slowly."""
    (top, _), (left, _) = (padding_sides(n, size, stride, padding) for n in x.shape[2:])
    rows, columns = (output_size(n, size, stride, padding) for n in x.shape[2:])
    return [
        [
            x[
                ...,
                max(i * stride - top, 0) : i * stride - top + size,
                max(j * stride - left, 0) : j * stride - left + size,
            ]
            for j in range(columns)
        ]
        for i in range(rows)
    ]


def test_max_and_average_of_two_by_two():  # windows 1 3 2 9, 2 1 1 1, 1 3 5 6, 2 3 1 2
    assert max_pool(MAP, 2).tolist() == [[[[9, 2], [6, 3]]]]
    assert avg_pool(MAP, 2).tolist() == [[[[3.75, 1.25], [3.75, 2.0]]]]


def test_windows_may_overlap():  # 3x3 with stride 1 on 4x4 leaves 2x2: 9 is in three, not in the last
    assert max_pool(MAP, 3, stride=1).tolist() == [[[[9, 9], [9, 9]]]]
    assert max_pool(MAP, 2, stride=1)[0, 0, 2].tolist() == [6, 6, 3]
    assert max_pool(torch.zeros(1, 2, 5, 5), 3, stride=1).shape == (1, 2, 3, 3)


def test_the_largest_is_remembered_with_its_place():
    # row * 4 + column: 9 in (1, 1), 2 in (0, 2), 6 in (3, 1), 3 in (2, 3)
    values, places = max_pool_with_places(MAP, 2)
    assert values.tolist() == [[[[9, 2], [6, 3]]]]
    assert places.tolist() == [[[[5, 2], [13, 11]]]]


def test_padding_never_wins_and_never_counts():
    below_zero = -torch.ones(1, 1, 3, 3)
    for padding in (1, "same"):
        assert max_pool(below_zero, 2, padding=padding).unique().tolist() == [-1]
        assert avg_pool(below_zero, 2, padding=padding).unique().tolist() == [-1]


def test_same_pads_only_the_axis_that_needs_it():  # 2 rows tile, 3 columns lack one on the right
    x = torch.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
    assert max_pool(x, 2, padding="same").tolist() == [[[[5, 6]]]]
    assert avg_pool(x, 2, padding="same").tolist() == [[[[3.0, 4.5]]]]
    assert max_pool_with_places(x, 2, padding="same")[1].tolist() == [[[[4, 5]]]]


geometry = st.tuples(
    st.integers(1, 7),
    st.integers(1, 7),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from([0, 1, 2, "same", "valid"]),
)


@fast
@given(geometry, st.integers(0, 9))
def test_pools_equal_a_slow_loop(geometry, seed):
    height, width, size, stride, padding = geometry
    assume(isinstance(padding, str) or padding < size)
    pixels = 0 if isinstance(padding, str) else 2 * padding
    assume(padding == "same" or min(height, width) + pixels >= size)
    x = distinct(2, 1, height, width, seed=seed)
    seen = windows(x, size, stride, padding)
    largest = torch.stack([torch.stack([w.amax((2, 3)) for w in row], -1) for row in seen], -2)
    mean = torch.stack([torch.stack([w.mean((2, 3)) for w in row], -1) for row in seen], -2)
    values, places = max_pool_with_places(x, size, stride, padding)
    assert torch.equal(max_pool(x, size, stride, padding), largest)
    assert torch.equal(values, largest)
    assert torch.equal(x.flatten(2).gather(2, places.flatten(2)), values.flatten(2))
    assert torch.allclose(avg_pool(x, size, stride, padding), mean)


def test_places_are_torchs_places():
    x = distinct(2, 3, 9, 8)
    values, places = F.max_pool2d(x, 3, 2, padding=1, return_indices=True)
    ours = max_pool_with_places(x, 3, 2, padding=1)
    assert torch.equal(ours[0], values)
    assert torch.equal(ours[1], places)


def test_a_place_is_inside_even_if_all_is_minus_infinity():
    _, places = max_pool_with_places(torch.full((1, 1, 3, 3), -torch.inf), 2, stride=2, padding=1)
    assert places.tolist() == [[[[0, 1], [3, 4]]]]  # the first pixel of each window that belongs to the image


def test_global_average_is_one_number_for_each_map():
    x = torch.stack([MAP[0, 0], 2 * MAP[0, 0]])[None]
    assert global_average_pool(x).tolist() == [[43 / 16, 43 / 8]]  # 7 + 13 + 9 + 14 = 43
    assert torch.allclose(global_average_pool(x), avg_pool(x, 4).flatten(1))


def test_depthwise_pools_over_maps():
    x = torch.tensor([1.0, 4.0, 2.0, 8.0, 6.0]).reshape(1, 5, 1, 1).expand(2, 5, 3, 3)
    assert depthwise_pool(x, 2)[1, :, 2, 1].tolist() == [4, 8]  # the fifth map has no partner
    assert depthwise_pool(x, 2, kind="average")[1, :, 2, 1].tolist() == [2.5, 5.0]
    assert depthwise_pool(x, 3, stride=1)[0, :, 0, 0].tolist() == [4, 8, 8]
    assert depthwise_pool(x, 5).shape == (2, 1, 3, 3)


def slow_edges(n: int, bins: int) -> list[tuple[int, int]]:
    return [(i * n // bins, -(-(i + 1) * n // bins)) for i in range(bins)]


@pytest.mark.parametrize("bins", [1, 2, 3, 4, 5, 6, 7])
def test_bins_cover_every_pixel_and_none_is_empty_for_every_side_up_to_40(bins):
    for side in range(1, 41):
        x = distinct(1, 1, side, 41 - side, seed=side)
        rows, columns = slow_edges(side, bins), slow_edges(41 - side, bins)
        assert {p for first, last in rows for p in range(first, last)} == set(range(side))
        expected = [
            x[..., a:b, c:d].max() for a, b in rows for c, d in columns
        ]  # an empty bin has no largest
        assert spatial_pyramid_pool(x, bins=(bins,)).tolist() == [[float(v) for v in expected]]


@fast
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 3))
def test_a_pyramid_gives_21_numbers_for_each_map_whatever_the_size(height, width, channels):
    assert spatial_pyramid_pool(torch.zeros(2, channels, height, width)).shape == (2, 21 * channels)


def test_the_levels_of_a_pyramid_follow_each_other():  # MAP: 4x4 as it is, 2x2 as pooled above, 1x1 the 9
    assert spatial_pyramid_pool(MAP).tolist() == [[*MAP.flatten().tolist(), 9, 2, 6, 3, 9]]


def test_maps_of_a_level_follow_each_other():
    x = torch.cat([MAP, MAP + 100], dim=1)
    assert spatial_pyramid_pool(x, bins=(2, 1)).tolist() == [[9, 2, 6, 3, 109, 102, 106, 103, 9, 109]]


@pytest.mark.parametrize(
    "pool",
    [
        lambda x: max_pool(x, 2, padding="same"),
        lambda x: max_pool_with_places(x, 2)[0],
        lambda x: avg_pool(x, 2, padding=1),
        global_average_pool,
        lambda x: depthwise_pool(x, 2),
        lambda x: depthwise_pool(x, 2, kind="average"),
        spatial_pyramid_pool,
    ],
)
def test_gradients_are_exact_and_an_empty_batch_stays_empty(pool):
    assert gradcheck(pool, distinct(2, 3, 5, 4).requires_grad_())
    whole = pool(torch.zeros(1, 3, 5, 4))
    assert pool(torch.zeros(0, 3, 5, 4)).shape == (0, *whole.shape[1:])


@pytest.mark.parametrize(
    "pool",
    [*(lambda x, p=p: p(x, 2) for p in (*POOLS, depthwise_pool)), global_average_pool, spatial_pyramid_pool],
)
@pytest.mark.parametrize(
    "x",
    [
        torch.zeros(3, 4, 4),
        torch.zeros(1, 3, 4, 4, dtype=torch.uint8),
        torch.zeros(1, 0, 4, 4),
        torch.zeros(1, 1, 0, 4),
    ],
)
def test_what_is_no_stack_of_maps_is_refused(pool, x):
    with pytest.raises(ShapeError, match="x is"):
        pool(x)


@pytest.mark.parametrize("pool", POOLS)
def test_windows_that_do_not_fit_are_refused(pool):
    with pytest.raises(ShapeError, match="a window of 5 pixels does not fit an input of 4 padded to 4"):
        pool(MAP, 5)
    with pytest.raises(SettingError, match="padding is 2 for a window of 2"):
        pool(MAP, 2, padding=2)
    with pytest.raises(SettingError, match="stride is 0"):
        pool(MAP, 2, stride=0)


def test_a_depth_or_a_kind_that_does_not_exist_is_refused():
    with pytest.raises(ShapeError, match="a window of 2 pixels does not fit an input of 1"):
        depthwise_pool(MAP, 2)
    with pytest.raises(SettingError, match="kind is 'median'"):
        depthwise_pool(MAP, 1, kind="median")


@pytest.mark.parametrize("bins", [(), (4, 0)])
def test_a_pyramid_without_bins_is_refused(bins):
    with pytest.raises(SettingError, match="bins is"):
        spatial_pyramid_pool(MAP, bins)
