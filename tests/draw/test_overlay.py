"""What is painted on pictures."""

import pytest
import torch
from PIL import Image

from striate.draw.overlay import ANSWER, TRUTH, Overlay
from striate.draw.theme import rgb

GREY = Image.new("RGB", (400, 300), (128, 128, 128))


def colored(picture: Image.Image, color: str) -> list[tuple[int, int]]:
    pixels = picture.load()
    return [(x, y) for x in range(picture.width) for y in range(picture.height) if pixels[x, y] == rgb(color)]


def test_a_box_is_drawn_where_it_is():
    found = colored(Overlay(GREY).box((100, 50, 200, 150)).picture, ANSWER)
    assert (min(found)[0], max(found)[0]) == (100, 200)
    assert (min(y for _, y in found), max(y for _, y in found)) == (50, 150)


def test_a_small_picture_is_enlarged_and_positions_with_it():  # 40 x 30 becomes 320 x 240
    painted = Overlay(torch.zeros(3, 30, 40, dtype=torch.uint8)).box((10, 5, 20, 15), TRUTH)
    assert painted.picture.size == (320, 240)
    assert min(colored(painted.picture, TRUTH)) == (80, 40)


def test_the_given_picture_stays_as_it_was():
    before = GREY.tobytes()
    Overlay(GREY).box((0, 0, 50, 50), label="a")
    assert GREY.tobytes() == before


@pytest.mark.parametrize("box", [(0, 0, 400, 300), (390, 0, 399, 5), (-50, -50, 900, 900), (5, 299, 6, 300)])
def test_labels_stay_inside(box):
    painted = Overlay(GREY).box(box, label="a long name of a class that takes some room")
    assert painted.picture.size == (400, 300)
    assert len(colored(painted.picture, ANSWER)) > 500  # the label is there


def test_a_line_that_is_drawn_later_does_not_run_through_a_label():
    painted = Overlay(GREY).box((100, 100, 300, 200), ANSWER, "cat").box((104, 50, 300, 250), TRUTH)
    assert painted.picture.getpixel((104, 87)) == rgb(ANSWER)  # the top of the label


def test_points_that_are_not_visible_are_left_out():
    points = [(100.0, 100.0), (300.0, 100.0)]
    found = colored(Overlay(GREY).skeleton(points, [(0, 1)], visible=[True, False]).picture, ANSWER)
    assert max(x for x, _ in found) < 110
    assert max(x for x, _ in colored(Overlay(GREY).skeleton(points, [(0, 1)]).picture, ANSWER)) > 300
