"""Samples in a batch of a loop of one's own are those that a training sees."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

import striate
from striate.data.batches.collate import Collate
from striate.data.batches.loader import Loader
from striate.data.preprocess import Preprocess
from striate.data.read_dataset import read
from striate.errors import DataError
from striate.records import BoxTargets, ClassTargets, MaskTargets, Sample


@pytest.fixture
def folder(tmp_path):
    draw = np.random.default_rng(0)
    for number in range(6):
        path = tmp_path / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(draw.integers(0, 255, (20 + number, 30, 3), dtype=np.uint8)).save(path)
    return tmp_path


def test_a_batch_of_samples_is_that_of_a_training(folder):
    data, preprocess = read(folder, validation=0)["train"], Preprocess((16, 16), 3)
    own = next(iter(DataLoader(data, batch_size=6, collate_fn=Collate(preprocess))))
    theirs = next(Loader(data, preprocess, 6).batches())
    assert torch.equal(own.images, theirs.images)
    assert torch.equal(own.sizes, theirs.sizes)
    assert torch.equal(own.targets.labels, theirs.targets.labels)


def test_boxes_and_masks_are_in_the_pixels_of_the_batch():
    image = torch.zeros(3, 20, 40, dtype=torch.uint8)
    box = BoxTargets(torch.tensor([[4.0, 2.0, 8.0, 10.0]]), torch.tensor([0]), torch.tensor([1]))
    found = Collate(Preprocess((10, 10), 3, resize_mode="stretch"))([Sample(image, box)] * 2)
    assert found.targets.boxes.tolist() == [[1.0, 1.0, 2.0, 5.0]] * 2
    assert found.targets.counts.tolist() == [1, 1]
    mask = MaskTargets((torch.arange(40) < 20).expand(1, 20, 40).to(torch.uint8))
    found = Collate(Preprocess((10, 10), 3, resize_mode="stretch"))([Sample(image, mask)])
    assert found.targets.masks[0, 0].tolist() == [1] * 5 + [0] * 5


def test_pictures_of_unequal_size_are_padded():
    small, large = (torch.ones(3, side, side, dtype=torch.uint8) for side in (20, 40))
    label = ClassTargets(torch.tensor([1]))
    found = Collate(Preprocess((64, 64), 3, resize_mode="keep"))([Sample(small, label), Sample(large, label)])
    assert tuple(found.images.shape) == (2, 3, 64, 64)
    assert found.sizes.tolist() == [[20, 20], [40, 40]]


def test_a_sample_without_targets_is_named():
    with pytest.raises(DataError, match=r"nothing is known of a\.png"):
        Collate(Preprocess((8, 8), 3))([Sample(torch.zeros(3, 8, 8, dtype=torch.uint8), None, "a.png")])


def test_a_task_model_learns_in_a_plain_loop(folder):
    torch.manual_seed(0)
    data = read(folder, validation=0)["train"]
    model = striate.create("lenet5", classes=("a", "b"))
    loader = DataLoader(data, batch_size=6, collate_fn=model.collate)
    steps = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(5):
        for batch in loader:
            loss = sum(model.losses(batch).values())
            steps.zero_grad()
            loss.backward()
            steps.step()
            losses.append(loss.item())
    assert losses[-1] < losses[0]
