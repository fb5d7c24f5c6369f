"""Regions with captions on a picture: every sentence below it, no label on another one."""

import torch

from striate.draw.caption_sheet import captioned, free_place
from striate.draw.record_overlay import drawn
from striate.records import BoxTargets, Captions, Detections


def answer(count, text="a small red circle"):
    boxes = torch.tensor([[20.0, 20, 120, 120]]).expand(count, 4) + torch.arange(count)[:, None]
    scores = torch.linspace(0.9, 0.1, count)
    captions = Captions(tuple(f"{text} {number}" for number in range(count)), torch.zeros(count))
    return Detections(boxes, scores, torch.zeros(count).long(), ("region",), captions=captions)


IMAGE = torch.full((3, 200, 320), 128, dtype=torch.uint8)


def test_ten_regions_are_drawn_each_with_a_line_of_its_own():
    heights = [captioned(IMAGE, answer(count)).height for count in (1, 2, 10, 30)]
    assert heights[1] - heights[0] > 10
    assert heights[2] - heights[0] == 9 * (heights[1] - heights[0])
    assert heights[3] == heights[2]


def test_a_long_caption_is_broken_between_words():
    one = captioned(IMAGE, answer(1)).height
    assert captioned(IMAGE, answer(1, "word " * 60)).height > one + 60


def test_labels_of_boxes_on_each_other_do_not_meet():
    taken = []
    for _ in range(16):
        taken.append(free_place([20, 20, 60, 60], (14, 15), (100, 100), taken))
    hidden = [
        (one, other)
        for number, one in enumerate(taken)
        for other in taken[:number]
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]
    assert hidden == []
    assert all(x1 >= 0 and x2 <= 100 and y1 >= 0 and y2 <= 100 for x1, y1, x2, y2 in taken)


def test_answers_with_captions_are_drawn_so_with_the_truth_and_without_regions():
    truth = BoxTargets(torch.tensor([[5.0, 5, 30, 30]]), torch.zeros(1).long(), torch.tensor([1]))
    assert drawn(IMAGE, answer(2), truth).size == captioned(IMAGE, answer(2), truth).size
    none = answer(1).where(torch.zeros(0, dtype=torch.int64))
    assert drawn(IMAGE, none).height > 200
