"""Selective search: boxes of pictures whose regions are known, order, and pictures that are unusual."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.ops import Strategies, box_iou, selective_search
from striate.ops.selective_search import QUALITY, groupings, ranked
from tests.ops.test_graph_segmentation import noise


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_picture_of_one_color_has_one_region() -> None:
    for mode in ("fast", "quality"):
        found = selective_search(torch.full((3, 30, 50), 9, dtype=torch.uint8), mode)  # type: ignore[arg-type]
        assert found.tolist() == [[0, 0, 50, 30]]


def test_two_halves_and_the_whole() -> None:
    image = torch.zeros(3, 30, 20, dtype=torch.uint8)
    image[:, :12] = torch.tensor([200, 30, 30], dtype=torch.uint8)[:, None, None]
    found = sorted(selective_search(image).tolist())
    assert found == [[0, 0, 20, 12], [0, 0, 20, 30], [0, 12, 20, 30]]


def test_boxes_are_the_same_again_and_on_any_number_of_threads() -> None:
    image = noise(3, 90, 120)
    torch.set_num_threads(1)
    one = selective_search(image, "quality")
    torch.set_num_threads(2)
    assert torch.equal(selective_search(image, "quality"), one)
    assert torch.equal(selective_search(image, "quality"), one)


def test_every_box_comes_once_and_lies_inside() -> None:
    found = selective_search(noise(3, 90, 120))
    assert len(found.unique(dim=0)) == len(found) > 50
    assert bool((found[:, :2] >= 0).all() and (found[:, 2:] > found[:, :2]).all())
    assert found.amax(0).tolist()[2:] == [120, 90]


def test_a_box_that_is_like_an_earlier_one_is_left_out() -> None:
    image = noise(3, 60, 80)
    every = selective_search(image, iou_threshold=1)
    few = selective_search(image, iou_threshold=0.5)
    kept: list[torch.Tensor] = []
    for box in every:  # greedily, by the definition
        if not kept or float(box_iou(box[None], torch.stack(kept)).max()) <= 0.5:
            kept.append(box)
    assert torch.equal(few, torch.stack(kept))


def test_the_seed_changes_the_order_alone() -> None:
    image = noise(3, 60, 80)
    first, second = (selective_search(image, iou_threshold=1, seed=seed) for seed in (0, 1))
    assert not torch.equal(first, second)
    assert sorted(first.tolist()) == sorted(second.tolist())


def test_boxes_are_sorted_by_a_random_number_times_their_depth() -> None:
    # two groupings of 3 regions, whose last is the whole: depth 1, 2, 3 from the end
    def boxes(*lefts: int) -> np.ndarray:
        return np.array([[left, 0, 9, 9, 1] for left in lefts], np.int32)

    random = np.random.default_rng(5).random(6)
    depth, lefts = np.array([1, 2, 3, 1, 2, 3]), np.array([0, 2, 1, 0, 4, 3])
    order = lefts[np.argsort(random * depth)].tolist()
    found = ranked([boxes(1, 2, 0), boxes(3, 4, 0)], seed=5)
    assert found[:, 0].tolist() == list(dict.fromkeys(order))  # the whole picture of both, once


def test_every_combination_is_a_grouping_in_the_order_of_the_strategies() -> None:
    image = noise(3, 40, 40)
    assert len(groupings(image, QUALITY)) == 5 * 4 * 4
    one = groupings(image, Strategies(("lab",), (50,), ("tsf",)))[0]
    assert (groupings(image, Strategies())[5] == one).all()  # hsv 50, hsv 100, lab 50 with ctsf, tsf


def test_a_large_picture_is_looked_at_in_small() -> None:
    image = noise(3, 64, 64).repeat_interleave(4, 1).repeat_interleave(4, 2)
    found = selective_search(image, side=64)
    assert len(found) < len(selective_search(image))
    assert found.amax(0).tolist()[2:] == [256, 256]
    assert bool((found % 4 == 0).all())


@pytest.mark.parametrize("size", [(1, 300), (300, 1), (40, 50)])
def test_a_picture_can_be_looked_at_as_one_pixel(size: tuple[int, int]) -> None:
    assert selective_search(noise(1, *size), side=1).tolist() == [[0, 0, size[1], size[0]]]


def test_a_long_picture_is_not_made_small_for_its_length() -> None:
    image = noise(3, 10, 5000)
    assert torch.equal(selective_search(image), selective_search(image, side=100_000))


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (2, 2), (10, 5000), (5000, 10)])
def test_pictures_of_any_size_have_proposals(size: tuple[int, int]) -> None:
    found = selective_search(noise(3, *size))
    assert [0, 0, size[1], size[0]] in found.tolist()


def test_a_grey_picture_has_the_boxes_of_its_three_equal_channels() -> None:
    grey = noise(1, 40, 60)
    assert torch.equal(selective_search(grey), selective_search(grey.expand(3, 40, 60)))


def test_wrong_arguments_are_refused() -> None:
    image = noise(3, 8, 8)
    for call in (
        lambda: selective_search(image, "slow"),  # type: ignore[arg-type]
        lambda: selective_search(image, side=0),
        lambda: selective_search(image, side=float("nan")),  # type: ignore[arg-type]
        lambda: selective_search(image, seed=-1),
        lambda: selective_search(image, iou_threshold=2),
        lambda: Strategies(spaces=()),
        lambda: Strategies(spaces=("xyz",)),  # type: ignore[arg-type]
        lambda: Strategies(scales=(0,)),
        lambda: Strategies(similarities=("x",)),
    ):
        with pytest.raises(SettingError):
            call()
    with pytest.raises(ShapeError):
        selective_search(image.float())
