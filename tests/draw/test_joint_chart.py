"""The error of every point as a picture of the body."""

from PIL import Image

from striate.draw.joint_chart import joint_chart
from striate.draw.overlay import ANSWER
from striate.draw.theme import INK, rgb


def count(picture: Image.Image, color: str, left: int, right: int) -> int:
    pixels = picture.load()
    return sum(pixels[x, y] == rgb(color) for x in range(left, right) for y in range(picture.height))


def test_the_largest_dot_is_where_the_error_is_largest():  # four times the error, four times the area
    chart = joint_chart([(0.0, 0.0), (10.0, 10.0)], [(0, 1)], [0.1, 0.4])
    assert 3 < count(chart, ANSWER, 240, 480) / count(chart, ANSWER, 0, 240) < 5


def test_few_points_have_their_names_and_many_have_none():
    places = [(float(x), float(x % 7)) for x in range(40)]
    for number, named in ((20, True), (40, False)):
        values = [0.1] * number
        assert (count(joint_chart(places[:number], [], values, ["nose"] * number), INK, 0, 480) > 0) == named


def test_names_stay_inside_the_picture():
    chart = joint_chart([(0.0, 0.0), (9.0, 0.0)], [], [0.1, 0.1], ["the left one of many" * 5, "right" * 20])
    border = [chart.getpixel((x, y)) for x in (0, 479) for y in range(480)]
    assert set(border) == {(255, 255, 255)}


def test_a_point_that_was_never_visible_and_one_point_alone():
    assert joint_chart([(3.0, 3.0)], [], [None], ["nose"], side=360).size == (360, 360)
