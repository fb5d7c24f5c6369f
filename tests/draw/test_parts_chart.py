"""Shares of parts: pieces fill the bar, and only the wide ones have a number."""

from xml.etree import ElementTree

from striate.draw import charts
from striate.draw.parts_chart import parts_chart


def names(figure) -> list[str]:
    root = ElementTree.fromstring(charts.svg(figure))
    return ["".join(text.itertext()).strip() for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_pieces_are_shares_and_small_ones_have_no_number() -> None:
    # 0.3, 0.66, 0.04 of one second; of the other 4 and 1 of 5 milliseconds
    figure = parts_chart(
        {
            "faster_rcnn": {"proposals": 0.3, "backbone": 0.66, "head": 0.04},
            "ssd": {"backbone": 0.004, "finish": 0.001},
        }
    )
    written = names(figure)
    assert {"30", "66", "80", "20", "faster_rcnn", "ssd", "1,000 ms", "5.00 ms"} <= set(written)
    assert written.count("4") == 0
    assert {"proposals", "backbone", "head", "finish"} <= set(written)
    assert "network" not in written  # nobody has it
    pieces = [bar for bar in figure.axes[0].patches if bar.get_width()]
    assert [round(bar.get_width()) for bar in pieces] == [30, 66, 4, 80, 20]
    assert [round(bar.get_x()) for bar in pieces] == [0, 30, 96, 0, 80]


def test_nothing_and_a_time_of_zero_can_be_drawn() -> None:
    assert parts_chart({}).axes
    assert "still" in names(parts_chart({"still": {"backbone": 0.0}}))
