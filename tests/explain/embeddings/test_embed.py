"""Embedding: what the last layer sees, for every picture in its order, with the model as it was."""

import copy

import pytest
import torch
from torch import nn

from striate.data.preprocess import Preprocess
from striate.data.read_dataset import read
from striate.errors import DataError, SettingError, ShapeError
from striate.explain.embeddings.embed import embed, thumbnails
from striate.tasks.classification.classifier import Classifier
from striate.zoo.networks import create

SEEN = Preprocess((32, 32), 1, (0.5,), (0.5,))


@pytest.fixture(scope="module")
def model() -> Classifier:
    torch.manual_seed(0)
    return Classifier(create("lenet5", in_channels=1), [str(k) for k in range(10)], SEEN)


def test_the_vectors_are_what_the_backbone_hands_to_its_last_layer(model):
    test = read("digits")["test"].subset(range(70))
    before = copy.deepcopy(model.state_dict())
    found = embed(model, test)
    with torch.no_grad():
        pixels = torch.stack([SEEN(test.image(place)) for place in range(70)])
        expected = model.eval().network.embed(model.normalized(pixels))
    assert torch.allclose(found.values, expected, atol=1e-5)
    assert found.labels.tolist() == test.labels.tolist()
    assert found.names[3] == test.name(3)
    assert found.classes == test.classes
    assert found.thumbnails.shape == (70, 1, 32, 32)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())


def test_a_data_set_of_torch_is_read_as_for_a_training(model):
    test = read("digits")["test"].subset(range(6))

    class Digits(torch.utils.data.Dataset):
        classes = tuple(map(str, range(10)))

        def __len__(self):
            return 6

        def __getitem__(self, index):
            return test.image(index), int(test.labels[index])

    expected = embed(model, test)
    for data in (Digits(), torch.utils.data.DataLoader(Digits(), batch_size=4)):
        found = embed(model, data)
        order = [int(name.removeprefix("Digits[").rstrip("]")) for name in found.names]
        assert sorted(order) == list(range(6))
        assert torch.allclose(found.values, expected.values[order], atol=1e-5)
        assert found.labels.tolist() == expected.labels[order].tolist()


def test_a_layer_by_name_is_averaged_over_its_places_and_pixels_are_a_layer_too(model):
    pictures = [torch.randint(0, 256, (1, 32, 32), dtype=torch.uint8) for _ in range(3)]
    found = embed(model, pictures, "network.stem")
    with torch.no_grad():
        maps = model.eval().network.stem(model.normalized(torch.stack(pictures)))
    assert torch.allclose(found.values, maps.mean((2, 3)), atol=1e-5)
    pixels = embed(model, pictures, "pixels")
    assert torch.equal(pixels.values, torch.stack(pictures).flatten(1) / 255)
    assert found.names == ("0", "1", "2")
    assert found.labels.tolist() == [-1, -1, -1]


def test_any_network_with_a_last_linear_layer_will_do():
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    model = Classifier(network, ("a", "b"), Preprocess((4, 4)))
    grey = torch.full(
        (1, 1, 1), 255, dtype=torch.uint8
    )  # one grey pixel becomes 4x4 RGB; (1 - 0.5) / 0.5 = 1
    assert embed(model, [grey]).values.tolist() == [[1.0, 1.0, 1.0]]


def test_all_splits_follow_each_other(model):
    splits = read("digits")
    small = {name: part.subset(range(4)) for name, part in splits.items()}
    whole = embed(model, type(splits)(small, "digits", splits.root), "pixels")
    assert len(whole) == 4 * len(small)


def test_large_pictures_are_kept_small():
    assert thumbnails(torch.zeros(2, 3, 224, 112, dtype=torch.uint8)).shape == (2, 3, 32, 16)


def test_bad_input_is_refused_in_three_lines(model):
    picture = [torch.zeros(1, 32, 32, dtype=torch.uint8)]
    with pytest.raises(SettingError, match=r"no layer 'network\.stern'"):
        embed(model, picture, "network.stern")
    with pytest.raises(SettingError, match="does not say how pictures are prepared"):
        embed(nn.Linear(1, 1), picture)
    with pytest.raises(DataError, match="there is no picture"):
        embed(model, [])
    with pytest.raises(SettingError, match="has no split"):
        embed(model, read("digits"), split="left")
    with pytest.raises(SettingError, match="no linear layer"):
        embed(Classifier(nn.Conv2d(1, 2, 1), ("a", "b"), SEEN), picture)
    broken = copy.deepcopy(model)
    broken.network.stem[0].weight.data.fill_(torch.nan)
    with pytest.raises(ShapeError, match="not finite"):
        embed(broken, picture)
