"""Segmentations on their pictures."""

import numpy as np
import torch

from striate.draw.mask_overlay import class_colors, contours, disagreement, legend, segmented, tinted
from striate.draw.record_overlay import drawn, with_truth
from striate.records import MaskTargets, Segmentation

CLASSES = ("background", "road", "car")
MASK = torch.zeros(320, 400, dtype=torch.uint8)
MASK[100:, :], MASK[150:152, 200:202] = 1, 2
IMAGE = torch.full((3, 320, 400), 200, dtype=torch.uint8)


def test_a_class_is_tinted_its_contour_has_the_full_color_and_the_background_stays():
    shown = np.asarray(tinted(drawn_plain(), MASK, CLASSES, 255))
    colors = class_colors(3)
    assert shown[50, 50].tolist() == [200, 200, 200]
    assert shown[250, 50].tolist() == ((colors[1].astype(float) + 200) / 2).round().tolist()
    assert shown[100, 50].tolist() == colors[1].tolist()
    assert shown[150, 200].tolist() == colors[2].tolist()  # four pixels of a class are seen, too


def drawn_plain():
    from striate.draw.image_grid import as_picture

    return as_picture(IMAGE)


def test_contours_lie_on_both_sides_of_a_border():
    assert contours(np.array([[0, 0], [1, 1], [1, 1]])).tolist() == [[True] * 2, [True] * 2, [False] * 2]


def test_wrong_pixels_are_red_and_ignored_ones_dark():
    truth = MASK.clone()
    truth[:10] = 255
    answer = MASK.clone()
    answer[300:] = 0
    shown = np.asarray(disagreement(drawn_plain(), truth, answer, 255))
    assert shown[310, 5].tolist() == [230, 18, 60]
    assert shown[5, 5].max() < 80 < shown[200, 5].min()


def test_the_legend_stands_below_the_picture_and_names_the_smallest_class():
    record = Segmentation.of(MASK, CLASSES)
    sheet = drawn(IMAGE, record)
    assert sheet.width == 400
    assert sheet.height == 320 + legend(record, 400).height
    colors = {tuple(pixel) for pixel in np.asarray(sheet)[320:].reshape(-1, 3).tolist()}
    assert tuple(class_colors(3)[2].tolist()) in colors


def test_truth_answer_and_disagreement_stand_beside_each_other():
    record = Segmentation.of(MASK, CLASSES)
    sheet = segmented(IMAGE, record, MaskTargets(MASK[None]))
    assert sheet.width == 3 * 400 + 2 * 8


def test_small_pictures_are_enlarged_and_masks_with_them():
    record = Segmentation.of(torch.tensor([[0, 1], [1, 2]]), CLASSES)
    assert drawn(torch.zeros(3, 2, 2, dtype=torch.uint8), record).width == 320


def test_many_classes_have_colors_that_differ():
    assert len({tuple(one) for one in class_colors(200).tolist()}) == 200


def test_known_masks_are_drawn_on_batches():
    (shown,) = with_truth(IMAGE[None], MaskTargets(MASK[None]))
    assert np.asarray(shown)[250, 50].tolist() != [200, 200, 200]
