import numpy as np
import pytest
import torch
from torch import Tensor, nn

from striate.backbones.lenet import lenet5
from striate.backbones.resnet_cifar import ResNetCifar
from striate.errors import SettingError, ShapeError
from striate.layers.backbone import Backbone


class Strided(Backbone):
    """Strides 4, 4, 8: a stem of two halvings, a stage that keeps the size, one that halves."""

    input_size, input_channels = (32, 48), 2

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(2, 5, 7, 2, 3), nn.MaxPool2d(3, 2, 1))
        self.stages = nn.Sequential(nn.Conv2d(5, 6, 3, padding=1), nn.Conv2d(6, 7, 2, 2))
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(4 * 6 * 7, 3))


def test_strides_are_measured_not_declared():
    assert Strided().strides == (4, 4, 8)
    assert Strided().channels == {4: 6, 8: 7}


def test_features_are_the_deepest_map_of_every_stride_and_lead_to_the_scores():
    network, images = Strided(), torch.rand(2, 2, 32, 48)
    maps = network.features(images)
    assert {stride: tuple(x.shape) for stride, x in maps.items()} == {4: (2, 6, 8, 12), 8: (2, 7, 4, 6)}
    assert torch.equal(network.head(maps[8]), network(images))


def test_valid_convolutions_do_not_disturb_the_measured_stride():  # 32 -> 28 -> 14 is 32 / 14 = 2.3
    assert lenet5().strides == (2, 4)


def test_the_dry_run_leaves_the_network_as_it_is():
    network = ResNetCifar(8, classes=2, in_channels=3).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert network.strides == (1, 1, 2, 4)
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_a_new_head_changes_the_last_layer_only():
    network = ResNetCifar(8, classes=10, in_channels=3).to(torch.float64)
    stem, images = network.stem.conv.weight.clone(), torch.rand(1, 3, 32, 32, dtype=torch.float64)
    network.replace_head(4)
    assert network(images).shape == (1, 4)
    assert torch.equal(network.stem.conv.weight, stem)


def test_a_head_needs_a_class():
    with pytest.raises(SettingError, match="classes is 0"):
        lenet5().replace_head(0)


@pytest.mark.parametrize("shape", [(2, 1, 28, 28), (2, 3, 32, 32), (2, 1, 36, 32)])
def test_a_picture_that_does_not_fit_is_refused_at_the_door(shape: tuple[int, ...]):
    with pytest.raises(ShapeError, match="1 channel, and sides of 32 to 35 pixels") as caught:
        lenet5()(torch.zeros(shape))
    assert "x".join(str(side) for side in shape) in caught.value.wrong
    assert "32x32" in caught.value.attempt


def test_every_map_reaches_back_to_the_image():
    images = torch.rand(1, 3, 20, 20, requires_grad=True)
    maps: dict[int, Tensor] = ResNetCifar(8, classes=2, in_channels=3).eval().features(images)
    (gradient,) = torch.autograd.grad(sum(x.sum() for x in maps.values()), images)
    assert gradient.abs().sum() > 0


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool])
def test_whole_numbers_are_refused_at_the_door_with_the_way_to_floats(dtype: torch.dtype):
    with pytest.raises(ShapeError, match=f"ResNetCifar was given images of {str(dtype)[6:]}") as caught:
        ResNetCifar(8, classes=2, in_channels=3)(torch.zeros(1, 3, 32, 32, dtype=dtype))
    assert "images.float() / 255" in caught.value.attempt


@pytest.mark.parametrize("classes", ["3", 2.0, True])
def test_a_number_of_classes_is_a_whole_number(classes: object):
    with pytest.raises(SettingError, match="expected: a whole number, 1 or more"):
        lenet5().replace_head(classes)


def test_a_picture_without_a_batch_is_told_so_with_its_whole_shape():
    with pytest.raises(ShapeError, match="shape 3x32x32, without a batch dimension") as caught:
        ResNetCifar(8, classes=2, in_channels=3)(torch.zeros(3, 32, 32))
    assert caught.value.expected == "(N, C, H, W): 3 channels, and sides of 1 pixel or more"
    assert "images[None]" in caught.value.attempt


def test_an_array_and_numbers_of_another_precision_are_refused_at_the_door():
    network = ResNetCifar(8, classes=2, in_channels=3)
    with pytest.raises(ShapeError, match="was given ndarray"):
        network(np.zeros((1, 3, 32, 32), np.float32))
    with pytest.raises(ShapeError, match="images of float64\n  expected: float32"):
        network(torch.zeros(1, 3, 32, 32, dtype=torch.float64))


@pytest.mark.parametrize(("name", "width"), [("nin_cifar", 192), ("resnet20", 64), ("lenet5", 84)])
def test_without_its_last_layer_a_network_gives_what_that_saw(name, width):
    from striate.zoo.networks import create

    network = create(name, 10, 1).eval()
    images = torch.rand(2, 1, 32, 32)
    scores, last = network(images), dict(network.head.named_children())["output"]
    assert network.remove_last_layer() == width
    vectors = network(images)
    assert vectors.shape == (2, width)
    if isinstance(last, nn.Linear):
        assert torch.allclose(last(vectors), scores, atol=1e-5)
