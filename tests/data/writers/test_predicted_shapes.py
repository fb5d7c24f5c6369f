"""Masks and joints of answers, written as COCO and read again."""

import json

import numpy as np
import torch
from PIL import Image

from striate.data.writers.predicted import PredictedBoxes
from striate.draw.record_overlay import drawn
from striate.records import BitMasks, Detections, InstanceJoints, MaskCrops


def record(source):
    masks = torch.zeros(1, 20, 30, dtype=torch.bool)
    masks[0, 5:10, 4:12] = True
    joints = InstanceJoints(torch.tensor([[[5.0, 6], [9, 8]]]), torch.ones(1, 2), ("nose", "tail"), ((0, 1),))
    box, one = torch.tensor([[4.0, 5, 12, 10]]), torch.tensor([0.75])
    return Detections(
        box, one, torch.zeros(1).long(), ("cat",), source, BitMasks(MaskCrops.of(masks)), joints
    )


def test_coco_has_segmentation_and_keypoints_of_answers(tmp_path):
    picture = tmp_path / "a.png"
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(picture)
    answers = PredictedBoxes()
    answers.add(record(str(picture)), "a.png")
    answers.write(tmp_path / "out", "coco")
    (file,) = (tmp_path / "out" / "annotations").glob("*.json")
    whole = json.loads(file.read_text())
    (one,) = whole["annotations"]
    assert one["segmentation"] == record("").masks.run_lengths(0)
    assert one["keypoints"] == [5, 6, 2, 9, 8, 2]
    assert (one["area"], one["score"]) == (40, 0.75)
    assert whole["categories"][0]["keypoints"] == ["nose", "tail"]
    assert whole["categories"][0]["skeleton"] == [[1, 2]]


def test_a_mask_is_tinted_on_its_picture():
    picture = np.asarray(drawn(Image.new("RGB", (30, 20)), record("")))  # enlarged
    scale = picture.shape[1] / 30
    inside, outside = (picture[int(y * scale), int(x * scale)] for y, x in ((8.6, 11.2), (15.5, 20.5)))
    assert inside.any()
    assert not outside.any()
