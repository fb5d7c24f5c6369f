import pytest
import torch

from striate.backbones.lenet import LeNet5
from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError
from striate.zoo.build import build
from striate.zoo.networks import MODELS, create, models
from striate.zoo.save_load import save


def test_models_are_the_names_of_the_table():
    assert models() == list(MODELS)
    assert {"lenet5", "lenet5_1998", "resnet20", "resnet110", "plain_20", "plain_110"} <= set(models())


def test_create_gives_the_classes_and_channels_asked_for():
    network = create("lenet5", classes=3, in_channels=2)
    assert isinstance(network, LeNet5)
    assert network(torch.rand(1, 2, 32, 32)).shape == (1, 3)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("resnet2O", "resnet20"), ("LeNet5", "lenet5"), ("plain20", "plain_20"), ("resnet1000", "resnet110")],
)
def test_a_misspelt_name_is_answered_with_the_three_nearest(wrong: str, near: str):
    with pytest.raises(SettingError) as caught:
        create(wrong)
    tried = caught.value.attempt.split(" or ")
    assert near in tried
    assert len(tried) == 3
    assert set(tried) <= set(MODELS)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("resnet21", "resnet20 or resnet18 or resnet32"),
        ("ResNet-50d", "resnet50"),
        ("vgg17", "vgg16 or vgg19 or vgg13"),
        ("efficientnet_b9", "efficientnet_b7 or efficientnet_b6 or efficientnet_b5"),
    ],
)
def test_an_unknown_number_is_answered_with_the_nearest_numbers_of_its_family(wrong: str, near: str):
    with pytest.raises(SettingError) as caught:
        create(wrong)
    assert caught.value.attempt.startswith(near)


@pytest.mark.parametrize("numbers", [{"classes": 0}, {"classes": 2.5}, {"in_channels": -1}, {"classes": "9"}])
def test_numbers_out_of_range_are_refused(numbers):
    with pytest.raises(SettingError, match=next(iter(numbers))):
        create("lenet5", **numbers)


def test_weights_come_from_a_saved_model(tmp_path):
    model = build("lenet5", ["a", "b"], Preprocess((32, 32)))
    save(model, tmp_path / "model.safetensors")
    network = create("lenet5", classes=2, weights=tmp_path / "model.safetensors")
    assert torch.equal(network.head.output.weight, model.network.head.output.weight)


def test_weights_of_another_network_are_refused(tmp_path):
    save(build("lenet5", ["a", "b"], Preprocess((32, 32))), tmp_path / "model.safetensors")
    with pytest.raises(ModelFileError, match="is missing"):
        create("resnet20", classes=2, weights=tmp_path / "model.safetensors")
