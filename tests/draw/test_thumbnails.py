"""A map of pictures: every picture has a cell of its own, near its point."""

import numpy as np
import pytest
import torch
from PIL import Image

from striate.draw.thumbnails import MOST_SHOWN, caption, class_colors, fitted, place_cells, thumbnail_map
from striate.errors import ShapeError


def pictures(count: int) -> list[torch.Tensor]:
    return list(torch.full((count, 1, 8, 8), 255, dtype=torch.uint8))


@pytest.mark.parametrize("crowd", [0.001, 1.0])
def test_two_thousand_pictures_have_two_thousand_cells(crowd):
    points = np.random.default_rng(0).normal(size=(2000, 2)) * crowd
    points[0] = (50, 50)  # one far away presses all others together
    cells = place_cells(points, 70, 70)
    assert len({tuple(cell) for cell in cells.tolist()}) == 2000
    assert cells.min() >= 0
    assert cells.max() <= 69


def test_up_is_up_and_right_is_right():
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert place_cells(corners, 3, 3).tolist() == [[0, 2], [2, 2], [0, 0], [2, 0]]


def test_an_axis_without_extent_is_the_middle():
    assert fitted(np.array([[3.0, 1.0], [3.0, 2.0]])).tolist() == [[0.5, 1.0], [0.5, 0.0]]


def test_full_boards_are_refused():
    with pytest.raises(ShapeError, match="5 points for 4 cells"):
        place_cells(np.zeros((5, 2)), 2, 2)


def test_no_picture_hides_another():  # white pictures without frames on a sheet: count what is not paper
    points = np.zeros((30, 2))
    black = [image * 0 for image in pictures(30)]
    sheet = np.asarray(thumbnail_map(points, black, [-1] * 30, side=300).convert("L"))
    side = 300 // 9 - 1  # ceil(sqrt(2.5 * 30)) = 9 cells in a row
    assert (sheet == 0).sum() == 30 * side * side


def test_frames_have_the_color_of_the_class_and_a_legend_names_it():
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    sheet = thumbnail_map(points, pictures(2), [0, 1], ("cat", "dog"), side=200)
    seen = {color for _, color in sheet.getcolors(sheet.width * sheet.height)}
    assert set(class_colors(2)) <= seen
    assert sheet.width > sheet.height


def test_of_very_many_a_share_is_shown():
    count = MOST_SHOWN + 500
    points = np.random.default_rng(0).normal(size=(count, 2))
    sheet = thumbnail_map(points, pictures(count), [-1] * count, side=400)
    assert max(sheet.size) < 1000


def test_many_classes_have_many_colors():
    assert len(set(class_colors(24))) == 24


def test_a_caption_stands_below():
    assert caption(Image.new("RGB", (40, 30)), "words").height > 30


def test_parts_that_do_not_belong_together_are_refused():
    with pytest.raises(ShapeError, match="1 points, 2 pictures"):
        thumbnail_map(np.zeros((1, 2)), pictures(2), [0])
    with pytest.raises(ShapeError, match="0 points"):
        thumbnail_map(np.zeros((0, 2)), [], [])


def test_thirty_classes_have_names_beside_their_colors():
    points = np.random.default_rng(0).normal(size=(60, 2))
    classes = tuple(f"class {number}" for number in range(30))
    sheet = thumbnail_map(points, pictures(60), [*range(30)] * 2, classes, side=400)
    assert sheet.width == 390 + 3 * 170  # 13 cells of 30 pixels, three columns of 14 names
    assert set(class_colors(30)) <= {color for _, color in sheet.getcolors(1_000_000)}
    assert len(set(class_colors(30))) == 30
