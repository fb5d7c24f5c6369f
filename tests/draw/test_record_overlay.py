"""Answers on their pictures."""

import torch

from striate.draw.overlay import ANSWER, TRUTH
from striate.draw.record_overlay import COLORS, drawn
from striate.draw.theme import rgb
from striate.records import BoxTargets, Detections, Localization, Proposals

GREY = torch.full((3, 300, 400), 128, dtype=torch.uint8)


def detections(boxes, labels):
    return Detections(boxes, torch.full((len(boxes),), 0.5), labels, ("cat", "dog"))


def colors(picture):
    return {color: count for count, color in picture.getcolors(400 * 300)}


def test_detections_have_the_colors_of_their_classes_and_the_truth_its_own():
    boxes = torch.tensor([[50.0, 60.0, 150.0, 160.0], [200.0, 60.0, 300.0, 160.0]])
    truth = BoxTargets(boxes[:1] + 10, torch.tensor([0]), torch.tensor([1]))
    seen = colors(drawn(GREY, detections(boxes, torch.tensor([0, 1])), truth))
    assert all(seen.get(rgb(color), 0) > 300 for color in (*COLORS[:2], TRUTH))


def test_many_detections_leave_the_picture_visible_and_list_their_classes():
    corner = torch.rand(200, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor([360.0, 260.0])
    labels = torch.arange(200) % 2
    seen = colors(drawn(GREY, detections(torch.cat([corner, corner + 30], dim=1), labels)))
    assert seen[(128, 128, 128)] > 0.2 * 400 * 300
    assert all(seen[rgb(color)] > 1000 for color in COLORS[:2])


def test_nothing_found_is_written():
    seen = colors(drawn(GREY, detections(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))))
    assert seen[rgb(ANSWER)] > 500


def test_what_is_written_where_nothing_was_found_can_be_said():
    nothing = detections(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    longer, usual = (
        colors(drawn(GREY, nothing, nothing=words)) for words in ("nothing above 0.25", "nothing found")
    )
    assert longer[rgb(ANSWER)] > usual[rgb(ANSWER)]


def test_the_names_of_the_true_and_of_the_answered_class_do_not_hide_each_other():
    true, answered = torch.tensor([[50.0, 60.0, 350.0, 260.0]]), torch.tensor([60.0, 50.0, 340.0, 250.0])
    record = Localization(answered, 0.9, torch.tensor([1.0]), ("cat",))
    truth = BoxTargets(true, torch.tensor([0]), torch.tensor([1]))
    picture = drawn(GREY, record, truth)
    assert picture.getpixel((58, 262)) == rgb(TRUTH)  # below its own box
    assert picture.getpixel((100, 51)) == rgb(ANSWER)


def test_of_proposals_the_first_are_drawn_and_of_known_objects_the_best_box():
    boxes = torch.tensor([[50.0, 60.0, 150.0, 160.0], [205.0, 60.0, 300.0, 160.0], [0.0, 0.0, 40.0, 40.0]])
    proposals = Proposals(boxes, torch.tensor([3.0, 2.0, 1.0]))
    seen = colors(drawn(GREY, proposals))
    assert all(seen.get(rgb(color), 0) > 100 for color in COLORS[:3])
    truth = BoxTargets(torch.tensor([[200.0, 60.0, 300.0, 160.0]]), torch.tensor([0]), torch.tensor([1]))
    seen = colors(drawn(GREY, proposals, truth))
    assert seen[rgb(ANSWER)] > 300  # the second box, with its IoU
    assert rgb(TRUTH) in seen
    assert rgb(COLORS[0]) == rgb(ANSWER) or rgb(COLORS[0]) not in seen


def test_a_picture_without_proposals_shows_its_objects():
    truth = BoxTargets(torch.tensor([[200.0, 60.0, 300.0, 160.0]]), torch.tensor([0]), torch.tensor([1]))
    seen = colors(drawn(GREY, Proposals(torch.zeros(0, 4), torch.zeros(0)), truth))
    assert seen[rgb(TRUTH)] > 300
    assert rgb(ANSWER) not in seen
