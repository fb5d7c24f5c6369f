"""AP from the matching of each image, against COCO's own counting."""

import pytest
import torch

from striate.tasks.detection.coco_ap import coco_ap
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes
from striate.tasks.detection.matched import ap_of_images, ap_of_sets, matched

CLASSES = 3


def scene(count, made, *, ignore):
    """Images with objects, and detections near them: some right, some off, some of nothing."""
    predictions, truths = [], []
    for image in range(count):
        objects = 0 if image == 3 else int(torch.randint(1, 7, (1,), generator=made))
        corner = torch.rand(objects, 2, generator=made) * 60
        boxes = torch.cat([corner, corner + 10 + 25 * torch.rand(objects, 2, generator=made)], dim=1)
        labels = torch.randint(0, CLASSES, (objects,), generator=made)
        ignored = torch.rand(objects, generator=made) < (0.25 if ignore else 0.0)
        truths.append(TrueBoxes(boxes, labels, ignored))
        near = (boxes.repeat(3, 1) + 4 * torch.randn(3 * objects, 4, generator=made)).clamp(0, 100)
        near = torch.cat(
            [torch.minimum(near[:, :2], near[:, 2:]), torch.maximum(near[:, :2], near[:, 2:]) + 1], 1
        )
        wrong = torch.rand(3 * objects, generator=made) < 0.2
        guess = torch.where(wrong, torch.randint(0, CLASSES, wrong.shape, generator=made), labels.repeat(3))
        predictions.append(PredictedBoxes(near, torch.rand(3 * objects, generator=made), guess))
    return predictions, truths


@pytest.mark.parametrize("ignore", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_ap_of_all_images_is_cocos(seed, ignore):
    predictions, truths = scene(9, torch.Generator().manual_seed(seed), ignore=ignore)
    images = [matched(*pair) for pair in zip(predictions, truths, strict=True)]
    ours = ap_of_sets(images, CLASSES)(torch.arange(9.0)[None])
    assert ours.item() == pytest.approx(coco_ap(predictions, truths, CLASSES).values["AP50"], abs=1e-9)


def test_an_image_drawn_twice_counts_as_two_images():
    predictions, truths = scene(6, torch.Generator().manual_seed(9), ignore=False)
    images = [matched(*pair) for pair in zip(predictions, truths, strict=True)]
    drawn = [0, 0, 2, 5]
    wanted = coco_ap([predictions[i] for i in drawn], [truths[i] for i in drawn], CLASSES).values["AP50"]
    sets = torch.tensor([drawn, [3, 3, 3, 3]]).double()  # image 3 has no object
    ours = ap_of_sets(images, CLASSES)(sets)
    assert ours[0].item() == pytest.approx(wanted, abs=1e-9)
    assert ours[1].isnan()


def test_each_image_alone():
    predictions, truths = scene(5, torch.Generator().manual_seed(2), ignore=False)
    images = [matched(*pair) for pair in zip(predictions, truths, strict=True)]
    found = ap_of_images(images, CLASSES)
    assert found[3].isnan()
    for i in (0, 1, 2, 4):
        assert found[i].item() == pytest.approx(
            coco_ap(predictions[i : i + 1], truths[i : i + 1], 3).values["AP50"]
        )


def test_at_most_100_detections_of_a_class_in_an_image_count():
    box = torch.tensor([[0.0, 0.0, 9.0, 9.0]])
    far = torch.tensor([[20.0, 20.0, 29.0, 29.0]]).repeat(100, 1)
    found = PredictedBoxes(torch.cat([far, box]), torch.linspace(1, 0.1, 101), torch.zeros(101).long())
    assert not bool(matched(found, TrueBoxes(box, torch.tensor([0]))).right.any())
