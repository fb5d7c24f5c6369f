"""What a step sees of a batch, boxes included, follows from the seed and the step, also in a resumed run."""

import torch

from striate.data.augment.augment_recipe import augmentation
from striate.records import Batch, BoxTargets
from striate.train.run.settings import Settings
from striate.train.session.batch_transforms import BatchTransforms


def batch():
    images = torch.randint(
        0, 256, (4, 3, 32, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    boxes = torch.tensor([[4.0, 4, 20, 24]] * 4)
    return Batch.full(images, torch.arange(4), BoxTargets(boxes, torch.arange(4), torch.ones(4).long()))


def transforms(seed=3):
    augment = augmentation("ssd,mosaic=0.5,zoom")
    device = torch.device("cpu")
    return BatchTransforms(augment, Settings(seed=seed), None, device=device, rank=0, steps=10)


def test_a_step_sees_the_same_pictures_and_boxes_whatever_came_before():
    began, resumed = transforms(), transforms()
    for step in range(5):
        first = began(batch(), step)
    again = resumed(batch(), 4)
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.targets.boxes, again.targets.boxes)
    assert torch.equal(first.targets.counts, again.targets.counts)


def test_other_steps_and_seeds_see_others():
    images = [
        transforms()(batch(), 1).images,
        transforms()(batch(), 2).images,
        transforms(4)(batch(), 1).images,
    ]
    assert not torch.equal(images[0], images[1])
    assert not torch.equal(images[0], images[2])


def test_the_batch_that_was_given_stays_as_it_is():
    given = batch()
    transforms()(given, 0)
    assert torch.equal(given.images, batch().images)
    assert torch.equal(given.targets.boxes, batch().targets.boxes)
