"""Instances: data with masks and joints, what is learned, and how it is measured; small pictures."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.shapes import crop_of
from striate.data.batches.loader import Loader
from striate.data.preprocess import Preprocess
from striate.data.read_dataset import read
from striate.errors import DataError, SettingError
from striate.ops.object_keypoint_similarity import COCO_SIGMAS, keypoint_similarity
from striate.records import Batch, BitMasks, BoxTargets, Detections, InstanceJoints, MaskCrops, PointTargets
from striate.tasks.detection.instance_detector import InstanceDetector
from striate.tasks.detection.instance_metric import JointMetric, MaskMetric, sigmas_of
from striate.tasks.evaluate import evaluate
from striate.zoo.build import build

SMALL = {"width": 0.125, "channels": 8, "proposals": 20}
SIZE = (64, 96)
SQUARE = [[10, 10, 40, 10, 40, 40, 10, 40]]


def data_in(folder, *, masks=True, joints=True, bare=()):
    """COCO with two pictures of 64 x 96: a square each, and one of the class ``dog`` without a mask."""
    (folder / "images").mkdir(parents=True)
    annotations = []
    for number in (1, 2):
        pixels = np.random.default_rng(number).integers(0, 255, (*SIZE, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        points = [15, 15, 2, 35, 35, 1]
        one = {"image_id": number, "category_id": 1, "bbox": [10, 10, 30, 30], "area": 900, "iscrowd": 0}
        one |= {"segmentation": SQUARE} if masks else {}
        one |= {"keypoints": points, "num_keypoints": 2} if joints else {}
        annotations += [one, {"image_id": number, "category_id": 2, "bbox": [50, 20, 30, 30], **dict(bare)}]
    cat = {"id": 1, "name": "cat"} | (
        {"keypoints": ["left_eye", "right_eye"], "skeleton": [[1, 2]]} if joints else {}
    )
    images = [{"id": n, "file_name": f"{n}.png", "height": 64, "width": 96} for n in (1, 2)]
    whole = {"images": images, "categories": [cat, {"id": 2, "name": "dog"}]}
    whole["annotations"] = [{**one, "id": number} for number, one in enumerate(annotations, 1)]
    (folder / "instances.json").write_text(json.dumps(whole))
    return read(folder, kinds=(BoxAnnotations,), shapes=True, validation=0)


def model_for(splits, name="mask_rcnn", **own):
    torch.manual_seed(0)
    options = InstanceDetector.options_for(splits["train"].annotations, None)
    preprocess = Preprocess(SIZE, resize_mode="letterbox")
    return build(name, splits["train"].classes, preprocess, task="instances", options=options, **SMALL, **own)


def first_batch(splits, model):
    return next(iter(Loader(splits["train"], model.preprocess, 2).batches()))


def test_masks_and_joints_come_with_the_boxes(tmp_path):
    splits = data_in(tmp_path / "d")
    found = splits["train"].annotations.collate(torch.tensor([1, 0]))
    assert found.masks.known.tolist() == [True, False, True, False]
    assert found.masks.windows[0].tolist() == [10, 10, 40, 40]
    assert found.masks.areas.tolist() == [900, 0, 900, 0]
    assert found.joints.points[0].tolist() == [[15, 15], [35, 35]]
    assert found.joints.visible.tolist() == [[True, True], [False, False]] * 2
    assert found.joints.pairs == ((0, 1),)
    assert "boxes without a mask, learned without the loss of masks: dog (2 boxes)" in splits.notes


def test_the_losses_of_masks_are_of_objects_with_a_mask(tmp_path):
    splits = data_in(tmp_path / "d")
    model = model_for(splits).train()
    batch = first_batch(splits, model)
    sums = model._sums(batch)
    learned = sums.counts["mask"]
    assert (learned < sums.counts["box"]).all()
    assert learned.sum() > 0
    losses = model.losses(batch)
    sum(losses.values()).backward()
    assert [name for name, one in model.named_parameters() if one.grad is None] == []


@pytest.mark.parametrize("joints", [0, 2])
def test_boxes_alone_are_learned_where_nobody_drew_a_mask(tmp_path, joints):
    splits = data_in(tmp_path / "d", masks=False)
    model = model_for(splits, joints=joints)
    assert model.losses(first_batch(splits, model))["mask"] == 0
    model.fit_to(splits["train"], None)
    assert model.notes[-1] == "the data have no masks: boxes are learned, without the loss of masks"
    metrics = evaluate(model, Loader(splits["train"], model.preprocess, 2)).metrics
    assert metrics.primary.name == ("OKS_AP50" if joints else "AP50")
    answer = model.predict(torch.zeros(3, *SIZE, dtype=torch.uint8), score_threshold=0.0, top_k=3)
    assert answer.masks is None  # its branch learned nothing


def test_joints_have_the_names_of_the_data(tmp_path):
    splits = data_in(tmp_path / "d")
    model = model_for(splits, "keypoint_rcnn").eval()
    assert model.branches["joints"].names == ("left_eye", "right_eye")
    assert model.branches["joints"].up.out_channels == 2
    picture = torch.randint(0, 255, (3, *SIZE), dtype=torch.uint8)
    found = model.predict(picture, score_threshold=0.01, top_k=3)
    assert found.joints.points.shape == (len(found), 2, 2)
    assert found.joints.skeleton == ((0, 1),)
    metrics = evaluate(model, Loader(splits["train"], model.preprocess, 2)).metrics
    assert metrics.primary.name == "OKS_AP50"


def test_joints_that_nobody_named_cannot_be_learned(tmp_path):
    splits = data_in(tmp_path / "d", joints=False)
    with pytest.raises(DataError, match="no category of the data has joints"):
        model_for(splits, "keypoint_rcnn").fit_to(splits["train"], None)


def test_a_network_that_says_boxes_alone_is_refused():
    with pytest.raises(SettingError, match="yolo"):
        build("yolo", ("cat",), Preprocess(SIZE), task="instances")


def test_an_image_without_instances_has_finite_losses_and_an_answer(tmp_path):
    model = model_for(data_in(tmp_path / "d"))
    nothing = BoxTargets(torch.zeros(0, 4), torch.zeros(0).long(), torch.zeros(1).long())
    images = torch.zeros(1, 3, *SIZE, dtype=torch.uint8)
    losses = model.losses(Batch.full(images, torch.arange(1), nothing))
    assert all(value.isfinite() for value in losses.values())
    assert losses["mask"] == 0
    assert len(model.eval().predict(images[0], score_threshold=1.0).masks) == 0


def test_joints_that_are_all_hidden_teach_nothing(tmp_path):
    splits = data_in(tmp_path / "d")
    model = model_for(splits, "keypoint_rcnn")
    model.fit_to(splits["train"], None)
    assert not model.notes
    nobody_knows = replace(splits["train"].annotations, columns={})
    model.fit_to(replace(splits["train"], annotations=nobody_knows), None)
    assert model.notes[-1].startswith("no joint of the training pictures is labelled: boxes are learned")
    batch = first_batch(splits, model)
    batch.targets.joints.visible[:] = False
    losses = model.losses(batch)
    assert losses["joints"] == 0
    assert all(value.isfinite() for value in losses.values())
    metric = JointMetric(("cat", "dog"), lambda raw, sizes: [nobody()] * 2, sigmas=(0.05, 0.05))
    metric.update(torch.zeros(2), batch)
    assert metric.compute().values["OKS_AP50"] is None  # there is nothing to find


def nobody():
    empty = InstanceJoints(torch.zeros(0, 2, 2), torch.zeros(0, 2), ("a", "b"))
    return Detections(torch.zeros(0, 4), torch.zeros(0), torch.zeros(0).long(), ("cat", "dog"), joints=empty)


def test_five_hundred_instances_one_of_them_a_pixel(tmp_path):
    model = model_for(data_in(tmp_path / "d"))
    number = torch.arange(500)
    corners = torch.stack([number % 25 * 3.8, number // 25 * 3.2], 1)
    boxes = torch.cat([corners, corners + 3], 1)
    boxes[0] = torch.tensor([0.0, 0, 1, 1])
    crops = [(torch.ones(3, 3) > 0, int(x), int(y)) for x, y in corners.tolist()]
    crops[0] = (torch.ones(1, 1) > 0, 0, 0)
    labels, count = torch.zeros(500).long(), torch.tensor([500])
    targets = BoxTargets(boxes, labels, count, masks=MaskCrops.gathered(crops, SIZE))
    images = torch.zeros(1, 3, *SIZE, dtype=torch.uint8)
    losses = model.losses(Batch.full(images, torch.arange(1), targets))
    assert all(value.isfinite() for value in losses.values())
    assert losses["mask"] > 0
    found = model.eval().predict(images[0], score_threshold=0.0, top_k=500)
    assert len(found.masks) == len(found)


def test_polygons_outside_of_the_picture_and_run_lengths_of_another_size():
    bits, left, top = crop_of([[-5, -5, 3, -5, 3, 2, -5, 2]], (4, 4))
    assert (tuple(bits.shape), left, top, bool(bits.all())) == ((2, 3), 0, 0, True)
    assert crop_of([[9, 9, 12, 9, 12, 12]], (4, 4)) is None
    assert crop_of({"size": [2, 2], "counts": [1, 3]}, (3, 3)) is None
    assert crop_of([[0, 0, 1, 1]], (4, 4)) is None  # two points


def test_a_numbered_mask_is_objects_with_boxes(tmp_path):  # Penn-Fudan's layout
    for name in ("PNGImages", "PedMasks"):
        (tmp_path / name).mkdir()
    mask = np.zeros((20, 30), np.uint8)
    mask[2:9, 3:7], mask[10:18, 20:25] = 1, 3
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(tmp_path / "PNGImages" / "a.png")
    Image.fromarray(mask).save(tmp_path / "PedMasks" / "a_mask.png")
    splits = read(tmp_path, kinds=(BoxAnnotations,), shapes=True, validation=0)
    found = splits["train"].annotations.collate(torch.tensor([0]))
    assert splits.format == "numbered-masks"
    assert splits["train"].classes == ("person",)
    assert found.boxes.tolist() == [[3, 2, 7, 9], [20, 10, 25, 18]]
    assert found.masks.areas.tolist() == [28, 40]


def answer(masks, scores=(0.9, 0.8)):
    boxes = torch.tensor([[10.0, 10, 40, 40], [50, 20, 80, 50]])[: len(masks)]
    crops = BitMasks(MaskCrops.of(masks))
    return Detections(
        boxes, torch.tensor(scores[: len(masks)]), torch.zeros(len(masks)).long(), ("cat",), "", crops
    )


def squares():
    masks = torch.zeros(2, *SIZE, dtype=torch.bool)
    masks[0, 10:40, 10:40], masks[1, 20:50, 50:80] = True, True
    return masks


def measured(masks, known=(True, True)):
    truth = MaskCrops.of(squares())
    truth = MaskCrops(truth.pixels, truth.windows, torch.tensor(known), SIZE)
    boxes = torch.tensor([[10.0, 10, 40, 40], [50, 20, 80, 50]])
    targets = BoxTargets(boxes, torch.zeros(2).long(), torch.tensor([2]), masks=truth)
    metric = MaskMetric(("cat",), lambda raw, sizes: [answer(masks)])
    images = torch.zeros(1, 3, *SIZE, dtype=torch.uint8)
    metric.update(torch.zeros(1), Batch.full(images, torch.arange(1), targets))
    return metric.compute()


def test_mask_ap_of_the_true_masks_is_one():
    found = measured(squares())
    assert found.primary.name == "mask_AP50"
    assert found.values["mask_AP"] == found.values["boundary_AP"] == found.values["AP"] == pytest.approx(1)
    assert found.per_image.tolist() == [1]


def test_half_a_mask_is_wrong_though_its_box_is_right():  # IoU 4/10: below every overlap; 0.5 of the recall
    half = squares()
    half[1, 32:] = False
    found = measured(half)
    assert found.values["mask_AP50"] == pytest.approx(51 / 101)  # recalls 0, .01, ... .5 of precision 1
    assert found.values["AP50"] == 1
    assert found.per_image[0] == pytest.approx(51 / 101)


def test_objects_without_a_mask_are_neither_right_nor_wrong():
    assert measured(squares()[:1], known=(True, False)).values["mask_AP"] == pytest.approx(1)


def test_oks_by_hand():  # one joint 3 pixels off, area 900, sigma .05: exp(-9 / (2 * 900 * .01)) = exp(-.5)
    truth, seen = torch.zeros(1, 2, 2), torch.tensor([[True, False]])
    guess = torch.tensor([[[3.0, 0], [50, 50]]])
    found = keypoint_similarity(guess, truth, seen, torch.tensor([900.0]), (0.05, 0.05))
    assert found.item() == pytest.approx(math.exp(-0.5))
    assert sigmas_of(17) == COCO_SIGMAS
    assert sigmas_of(2, (0.1, 0.2)) == (0.1, 0.2)


def test_joint_ap_needs_joints_near_the_true_ones():
    boxes = torch.tensor([[10.0, 10, 40, 40]])
    points = torch.tensor([[[15.0, 15], [35, 35]]])
    truth = PointTargets(points, torch.ones(1, 2) > 0, torch.tensor([30.0]))
    targets = BoxTargets(boxes, torch.zeros(1).long(), torch.tensor([1]), joints=truth)

    def found(shift):
        joints = InstanceJoints(points + shift, torch.ones(1, 2), ("a", "b"))
        record = Detections(boxes, torch.ones(1), torch.zeros(1).long(), ("cat",), joints=joints)
        metric = JointMetric(("cat",), lambda raw, sizes: [record], sigmas=(0.05, 0.05))
        images = torch.zeros(1, 3, *SIZE, dtype=torch.uint8)
        metric.update(torch.zeros(1), Batch.full(images, torch.arange(1), targets))
        return metric.compute().values

    assert found(0.0)["OKS_AP"] == pytest.approx(1)
    assert found(20.0)["OKS_AP50"] == 0
