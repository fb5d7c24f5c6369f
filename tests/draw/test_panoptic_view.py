"""Things and stuff in one drawing, and answers beside each other."""

import numpy as np
import torch

from striate.draw.mask_overlay import GAP, class_colors
from striate.draw.panoptic_view import answers_beside, panoptic_view
from striate.records import BitMasks, Classification, Detections, MaskCrops, Segmentation

IMAGE = torch.full((3, 200, 400), 100, dtype=torch.uint8)


def cows():
    masks = torch.zeros(2, 200, 400, dtype=torch.bool)
    masks[0, 50:150, 50:200], masks[1, 50:150, 200:350] = True, True
    crops = MaskCrops.of(masks)
    boxes, labels = crops.windows.float(), torch.zeros(2).long()
    return Detections(boxes, torch.tensor([0.9, 0.8]), labels, ("cow",), "", BitMasks(crops))


def meadow():
    mask = torch.ones(200, 400, dtype=torch.uint8)
    mask[50:150, 50:350] = 0
    return Segmentation.of(mask, ("cow", "grass"))


def tint(number):  # half of the gray of the picture and half of a color; of background, two cows, grass
    return ((class_colors(4)[number].astype(float) + 100) / 2).round().tolist()


def test_two_objects_of_a_class_have_two_colors_and_stuff_has_one():
    shown = np.asarray(panoptic_view(IMAGE, cows(), meadow()))
    assert shown[100, 120].tolist() == tint(1)
    assert shown[100, 280].tolist() == tint(2)
    assert shown[20, 20].tolist() == shown[180, 390].tolist() == tint(3)


def test_without_stuff_the_rest_stays_as_it_is():
    assert np.asarray(panoptic_view(IMAGE, cows()))[20, 20].tolist() == [100, 100, 100]


def test_each_answer_has_a_panel_and_two_that_complete_each_other_a_third():
    both = answers_beside(IMAGE, {"mask_rcnn": cows(), "unet": meadow()})
    assert both.width == 3 * 400 + 2 * GAP
    alone = answers_beside(IMAGE, {"mask_rcnn": cows()})
    assert alone.width == 400
    label = Classification(torch.tensor([0.2, 0.8]), ("cow", "dog"))
    assert answers_beside(IMAGE, {"a": label, "b": meadow()}).width > 800
