"""Graph segmentation: pieces worked out by hand, and equality with the definition."""

import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.ops import graph_segmentation
from striate.ops.graph_segmentation import edges_of, gaussian_taps, plain_graph_segmentation, plain_smooth

ROW = torch.tensor([[[0, 10, 12, 60]]], dtype=torch.uint8)


def noise(channels: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    """Blocks of a color with some noise, so that pieces of many sizes are found."""
    generator = torch.Generator().manual_seed(seed)
    blocks = torch.randint(0, 200, (channels, height // 4 + 1, width // 4 + 1), generator=generator)
    image = blocks.repeat_interleave(4, 1).repeat_interleave(4, 2)[:, :height, :width]
    return (image + torch.randint(0, 40, image.shape, generator=generator)).to(torch.uint8)


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        # the edge of weight 2 joins 10 and 12: their piece takes 2 + k / 2. The edge of weight 10 comes next:
        (15, [0, 1, 1, 2]),  # 10 > 2 + 7.5
        (17, [0, 0, 0, 1]),  # 10 <= 2 + 8.5 and <= 17; the piece takes 10 + 17 / 3 = 15.7 < 48
        (200, [0, 0, 0, 0]),  # 48 <= 10 + 66.7 and <= 200
        (1, [0, 1, 2, 3]),  # 2 > 1
    ],
)
def test_four_pixels_by_hand(k: float, expected: list[int]) -> None:
    assert graph_segmentation(ROW, k, least=1, sigma=0)[0].tolist() == expected


def test_a_piece_that_is_too_small_joins_over_its_lightest_edge() -> None:
    # with k = 15 there are 0 | 10 12 | 60: 0 joins over its edge of 10, which makes three; then 60 joins
    assert graph_segmentation(ROW, 15, least=2, sigma=0)[0].tolist() == [0, 0, 0, 0]
    apart = torch.tensor([[[0, 0, 10, 60, 60]]], dtype=torch.uint8)
    assert graph_segmentation(apart, 1, least=2, sigma=0)[0].tolist() == [0, 0, 0, 1, 1]


def test_one_color_is_one_piece_and_two_halves_are_two() -> None:
    image = torch.full((3, 30, 40), 77, dtype=torch.uint8)
    assert int(graph_segmentation(image).max()) == 0
    image[:, :, 20:] = 200
    labels = graph_segmentation(image, k=50)
    assert labels.unique().tolist() == [0, 1]
    assert torch.equal(labels, (torch.arange(40) >= 20).long().expand(30, 40))


@pytest.mark.parametrize("size", [(1, 1, 1), (3, 1, 9), (1, 9, 1), (3, 17, 23), (1, 2, 40), (3, 24, 16)])
@pytest.mark.parametrize(("k", "least"), [(20, 1), (100, 5), (400, 12)])
def test_pieces_are_those_of_the_definition(size: tuple[int, int, int], k: float, least: int) -> None:
    image = noise(*size)
    assert torch.equal(graph_segmentation(image, k, least), plain_graph_segmentation(image, k, least))


def test_no_piece_is_smaller_than_asked_and_a_larger_k_gives_fewer() -> None:
    image = noise(3, 60, 80)
    few, many = graph_segmentation(image, 300, least=30), graph_segmentation(image, 30, least=30)
    assert int(many.flatten().bincount().min()) >= 30
    assert int(few.max()) < int(many.max())


def test_a_picture_with_fewer_pixels_than_a_piece_is_one_piece() -> None:
    assert int(graph_segmentation(ROW, 1, least=10**30).max()) == 0


def test_the_filter_is_a_gaussian_and_the_same_in_both_ways() -> None:
    taps = gaussian_taps(0.8)
    assert abs(float(taps[0] + 2 * taps[1:].sum()) - 1) < 1e-6
    assert abs(float((2 * taps[1:] * torch.arange(1, 5).numpy() ** 2).sum()) - 0.64) < 0.01  # its variance
    image = noise(3, 13, 21).numpy()
    _, _, smoothed = edges_of(image)
    assert (smoothed == plain_smooth(image, taps)).all()


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ShapeError):
        graph_segmentation(torch.zeros(3, 4, 5))
    for arguments in ({"k": 0}, {"k": float("nan")}, {"sigma": -1}, {"sigma": 9}):
        with pytest.raises(SettingError):
            graph_segmentation(ROW, **arguments)
