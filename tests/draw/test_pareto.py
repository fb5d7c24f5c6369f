"""Names on a chart never touch each other; the frontier is a step line through the points that are kept."""

import random
from itertools import combinations
from xml.etree import ElementTree

import pytest
from matplotlib.colors import to_hex

from striate.draw import charts
from striate.draw.pareto import Point, frontier, group_marks, label_corners, scatter
from striate.draw.theme import PAPER, SERIES

FRAME = (0.0, 0.0, 500.0, 300.0)


def touching(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def names(figure) -> list[str]:
    root = ElementTree.fromstring(charts.svg(figure))
    return ["".join(text.itertext()).strip() for text in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("count", [1, 2, 12, 30])
@pytest.mark.parametrize("spread", [200.0, 3.0])  # all over the chart, and all on one spot
def test_no_name_touches_another_name_or_a_point(count: int, spread: float) -> None:
    number = random.Random(count)
    anchors = [
        (250 + number.uniform(-spread, spread), 150 + number.uniform(-1, 1) * spread / 2)
        for _ in range(count)
    ]
    points = [(x - 4, y - 4, x + 4, y + 4) for x, y in anchors]
    corners = label_corners([(70.0, 12.0)] * count, anchors, FRAME, points)
    assert None not in corners
    boxes = [(x, y, x + 70, y + 12) for x, y in corners]
    assert not any(touching(one, other) for one, other in combinations(boxes, 2))
    assert not any(touching(box, point) for box in boxes for point in points)
    assert all(x >= 0 and y >= 0 and right <= 500 and top <= 300 for x, y, right, top in boxes)


def test_a_name_without_room_is_left_out() -> None:
    assert label_corners([(90.0, 12.0)], [(20.0, 20.0)], (0.0, 0.0, 40.0, 40.0), []) == [None]


def test_what_shall_not_be_touched_is_not_where_there_is_another_place() -> None:
    [plain] = label_corners([(40.0, 10.0)], [(250.0, 150.0)], FRAME, [])
    assert plain is not None
    under = (*plain, plain[0] + 40, plain[1] + 10)
    [other] = label_corners([(40.0, 10.0)], [(250.0, 150.0)], FRAME, [], [under])
    assert other is not None
    assert not touching((*other, other[0] + 40, other[1] + 10), under)


def test_the_frontier_goes_in_steps_through_the_points_that_are_kept() -> None:
    points = [
        Point("slow", 20.0, 90.0, (88.0, 92.0)),
        Point("quick", 1.0, 70.0, (66.0, 74.0)),
        Point("beaten", 30.0, 80.0, (78.0, 82.0), kept=False),
    ]
    figure = frontier(points, "milliseconds", "accuracy (%)")
    x, y = figure.axes[0].lines[0].get_data()
    assert list(zip(x[:2], y[:2], strict=True)) == [(1.0, 70.0), (20.0, 90.0)]
    assert y[-1] == 90.0  # to the right edge
    assert {"slow", "quick", "beaten", "milliseconds", "accuracy (%)"} <= set(names(figure))


def test_groups_have_colors_and_a_legend_and_what_is_beaten_is_hollow() -> None:
    points = [
        Point("224", 20.0, 90.0, group="vgg16"),
        Point("64", 1.0, 70.0, group="resnet18"),
        Point("128", 30.0, 80.0, kept=False, group="vgg16"),
    ]
    figure = frontier(points, "seconds", "AP50 (%)")
    assert names(figure).count("vgg16") == 1
    assert {"224", "64", "128"} <= set(names(figure))
    faces = [to_hex(mark.get_facecolor()[0]) for mark in figure.axes[0].collections[-3:]]
    edges = [to_hex(mark.get_edgecolor()[0]) for mark in figure.axes[0].collections[-3:]]
    blue, red = SERIES[:2]
    assert (faces, edges) == ([blue, red, PAPER], [PAPER, PAPER, blue])


def test_groups_named_as_their_points_need_no_legend() -> None:
    figure = frontier([Point(name, x, x, group=name) for name, x in (("a", 1.0), ("b", 2.0))], "s", "%")
    assert not figure.legends
    assert names(figure).count("a") == 1


def test_more_groups_than_colors_have_other_markers() -> None:
    marks = group_marks([Point(str(k), 1, 1, group=str(k)) for k in range(10)])
    assert len(set(marks.values())) == 10


def test_one_point_and_none_are_drawn_without_a_warning() -> None:
    assert "alone" in names(frontier([Point("alone", 1.0, 100.0, (97.0, 100.0))], "ms", "%"))
    assert "alone" in names(scatter([Point("alone", 1.0, 2.0)], "ms", "MiB"))
    assert "ms" in names(scatter([], "ms", "MiB"))
