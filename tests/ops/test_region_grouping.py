"""Hierarchical grouping: what is known of pieces, and the order in which they become regions."""

import numpy as np
import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.ops import group_regions
from striate.ops.graph_segmentation import edges_of
from striate.ops.region_grouping import Pieces, pieces_of, plain_grouped, slopes_of
from tests.ops.test_graph_segmentation import noise


def pieces(channels: int = 3, height: int = 30, width: int = 40, seed: int = 0) -> tuple[Pieces, np.ndarray]:
    """Pieces of a picture that is cut into squares, which are numbered as they appear."""
    image = noise(channels, height, width, seed).numpy()
    _, _, smoothed = edges_of(image)
    rows, columns = np.arange(height) // 5, np.arange(width) // 5
    labels = (rows[:, None] * (columns.max() + 1) + columns).astype(np.int32)
    return pieces_of(labels, int(labels.max()) + 1, image, slopes_of(smoothed)), labels


def test_neighbours_share_an_edge_each_pair_once() -> None:
    # 0 0 1
    # 0 2 1     3 touches 0 and 2 from below; 1 touches 0, 2 and 4
    # 3 3 4
    labels = np.array([[0, 0, 1], [0, 2, 1], [3, 3, 4]], np.int32)
    image = np.zeros((1, 3, 3), np.uint8)
    found = pieces_of(labels, 5, image, slopes_of(image.astype(np.float32))).pairs.tolist()
    assert found == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 4], [2, 3], [3, 4]]


def test_frames_and_histograms_count_every_pixel() -> None:
    known, _ = pieces()
    assert known.frames[1].tolist() == [5, 0, 10, 5, 25]
    assert (known.counts[:, : known.colors].sum(1) == 3 * known.frames[:, 4]).all()
    assert (known.counts[:, known.colors :].sum(1) == 3 * 8 * known.frames[:, 4]).all()


def test_colors_are_counted_in_25_bins() -> None:
    image = np.array(
        [[[0, 10, 11, 255]]], np.uint8
    )  # 0 and 10 * 25 / 256 = 0.98 in bin 0, 1.07 in bin 1, 24.9
    known = pieces_of(np.zeros((1, 4), np.int32), 1, image, slopes_of(image.astype(np.float32)))
    assert known.counts[0, :25].nonzero()[0].tolist() == [0, 1, 24]
    assert known.counts[0, [0, 1, 24]].tolist() == [2, 1, 1]


def test_slopes_have_eight_directions() -> None:
    # a ramp of 10 grey levels a pixel to the right: in the middle 10 along x, 7.07 along both diagonals, 0
    # along y; bins are 4 levels wide: 2 in direction 0, 1 in direction 1 (x + y), 1 in direction 7 (x - y)
    ramp = np.broadcast_to(np.arange(0, 70, 10, dtype=np.float32), (1, 7, 7))
    codes = slopes_of(np.ascontiguousarray(ramp)).reshape(4, 7, 7)[:, 3, 3]
    assert codes.tolist() == [2, 10 + 1, 20 + 0, 70 + 1]


def test_the_histogram_of_a_merged_region_is_that_of_its_pixels() -> None:
    known, labels = pieces()
    joined = np.where(labels == 1, 0, np.maximum(labels - 1, 0)).astype(np.int32)
    image = noise(3, 30, 40).numpy()
    again = pieces_of(joined, int(joined.max()) + 1, image, slopes_of(edges_of(image)[2]))
    assert (again.counts[0] == known.counts[0] + known.counts[1]).all()
    share = known.counts / known.frames[:, 4:]
    mean = (share[0] * known.frames[0, 4] + share[1] * known.frames[1, 4]) / again.frames[0, 4]
    assert np.allclose(mean, again.counts[0] / again.frames[0, 4])  # the weighted mean, equation 3


@pytest.mark.parametrize("similarity", ["c", "t", "s", "f", "ctsf", "tsf"])
@pytest.mark.parametrize(("channels", "seed"), [(3, 0), (1, 1)])
def test_regions_are_those_of_the_definition(similarity: str, channels: int, seed: int) -> None:
    known, _ = pieces(channels, 30, 40, seed)
    frames, parts = known.grouped(similarity)
    expected, expected_parts = plain_grouped(known, similarity)
    assert (frames == expected).all()
    assert (parts == expected_parts).all()


def test_fill_joins_what_leaves_no_gap_in_its_box() -> None:
    # 0 0 2      gaps in the box around a pair: 0+1 2 x 2 - 3 = 1, 0+2 3 x 3 - 8 = 1, 1+2 3 x 3 - 7 = 2;
    # 1 2 2      0+1 and 0+2 are equal, and the lower numbers come first; then all is one
    # 2 2 2
    labels = torch.tensor([[0, 0, 2], [1, 2, 2], [2, 2, 2]])
    image = torch.zeros(1, 3, 3, dtype=torch.uint8)
    assert group_regions(labels, image, "f").boxes[3:].tolist() == [[0, 0, 2, 2], [0, 0, 3, 3]]


def test_color_joins_what_looks_alike() -> None:
    # 200 and 210 are in the bins 19 and 20: no two have a color in common, and the lowest numbers come first;
    # 200 and 201 are both in bin 19
    labels = torch.tensor([[0, 1, 2, 3]]).repeat_interleave(6, 1).expand(6, 24)
    image = torch.tensor([10, 200, 210, 90], dtype=torch.uint8).repeat_interleave(6).expand(1, 6, 24)
    assert group_regions(labels, image, "c").boxes[4].tolist() == [
        0,
        0,
        12,
        6,
    ]  # nothing in common: the lowest numbers
    image = torch.tensor([10, 200, 201, 90], dtype=torch.uint8).repeat_interleave(6).expand(1, 6, 24)
    assert group_regions(labels, image, "c").boxes[4].tolist() == [6, 0, 18, 6]


def test_regions_of_a_level_cover_the_picture_without_what_became_larger() -> None:
    # size: the two smallest first; 2 pixels, 1, 1, 3: 1 + 2 become region 4, then 0 + 4 (4 pixels) region 5
    labels = torch.tensor([[0, 0, 1, 2, 3, 3, 3]])
    regions = group_regions(labels, torch.zeros(1, 1, 7, dtype=torch.uint8), "s")
    assert regions.parts.tolist() == [[-1, -1]] * 4 + [[1, 2], [0, 4], [3, 5]]
    levels = [regions.labels_of(labels, count)[0].tolist() for count in (4, 3, 2, 1)]
    assert levels[1:] == [[0, 0, 4, 4, 3, 3, 3], [5, 5, 5, 5, 3, 3, 3], [6] * 7]
    assert levels[0] == labels[0].tolist()


def test_one_piece_is_the_whole_picture() -> None:
    image = torch.zeros(3, 4, 6, dtype=torch.uint8)
    assert group_regions(torch.zeros(4, 6, dtype=torch.int64), image).boxes.tolist() == [[0, 0, 6, 4]]


def test_wrong_arguments_are_refused() -> None:
    image, labels = torch.zeros(3, 4, 6, dtype=torch.uint8), torch.zeros(4, 6, dtype=torch.int64)
    for similarity in ("", "cc", "x"):
        with pytest.raises(SettingError):
            group_regions(labels, image, similarity)
    for wrong in (labels[:2], labels.float(), labels - 1, labels + 1):
        with pytest.raises(ShapeError):
            group_regions(wrong, image)
