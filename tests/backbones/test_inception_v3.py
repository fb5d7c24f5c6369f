import pytest
import torch
from torch import nn

from striate.backbones.inception_v3 import InceptionV3, inception_17
from striate.errors import ShapeError


def on_meta(**arguments):
    with torch.device("meta"):
        return InceptionV3(**arguments).eval()


def test_the_maps_have_the_sizes_of_table_1():
    maps = on_meta().features(torch.empty(1, 3, 299, 299, device="meta"))
    assert {stride: tuple(x.shape[1:]) for stride, x in maps.items()} == {
        2: (64, 147, 147),
        4: (192, 71, 71),
        8: (288, 35, 35),
        16: (768, 17, 17),
        32: (2048, 8, 8),
    }


def test_seven_by_seven_in_two_steps_costs_two_sevenths():
    # from 128 to 128 channels: 2 * 7 * 128 * 128 against 49 * 128 * 128
    steps = inception_17(768, 128).double7[1:3]
    weights = sum(brick.conv.weight.numel() for brick in steps)
    assert weights / (49 * 128 * 128) == pytest.approx(2 / 7)


def test_75_pixels_are_the_least():  # 75 -> 37 -> 35 -> 35 -> 17 -> 17 -> 15 -> 7 -> 3 -> 1
    network = on_meta()
    assert network.features(torch.empty(1, 3, 75, 75, device="meta"))[32].shape == (1, 2048, 1, 1)
    with pytest.raises(ShapeError, match="75 pixels or more"):
        network(torch.empty(1, 3, 74, 80, device="meta"))


def test_the_auxiliary_head_has_the_published_parameters():
    # 768 * 128 + 256 + 25 * 128 * 768 + 1,536 + 769 * 1000 = 3,326,696
    counts = [
        sum(parameter.numel() for parameter in on_meta(auxiliary=wanted).parameters())
        for wanted in (False, True)
    ]
    assert counts == [23_834_568, 23_834_568 + 3_326_696]
    assert counts[1] == 27_161_264


def test_the_auxiliary_head_matters_in_training_scores_only():
    torch.manual_seed(0)
    network = InceptionV3(classes=5, auxiliary=True).eval()
    images = torch.rand(2, 3, 75, 75)
    with torch.no_grad():
        before = network(images)
        network.auxiliaries["6e"].output.bias.fill_(7.0)
        losses = network.training_scores(images)
        assert torch.equal(network(images), before)
    assert {name: weight for name, (weight, _) in losses.items()} == {
        "cross_entropy": 1.0,
        "auxiliary_6e": 0.4,
    }
    assert torch.equal(losses["cross_entropy"][1], before)
    assert losses["auxiliary_6e"][1].mean() > 6


def test_the_auxiliary_head_computes_what_that_of_torchvision_computes():
    from torchvision.models.inception import InceptionAux

    torch.manual_seed(0)
    ours = InceptionV3(classes=5, auxiliary=True).auxiliaries["6e"].eval()
    theirs = InceptionAux(768, 5).eval()
    for tensor, value in zip(theirs.state_dict().values(), ours.state_dict().values(), strict=True):
        tensor.copy_(value)
    images = torch.rand(2, 768, 17, 17)
    assert torch.allclose(ours(images), theirs(images), rtol=1e-5, atol=1e-6)


def test_a_new_head_replaces_that_of_the_auxiliary():
    network = on_meta(auxiliary=True)
    network.replace_head(7)
    losses = network.training_scores(torch.empty(2, 3, 299, 299, device="meta"))
    assert [tuple(scores.shape) for _, scores in losses.values()] == [(2, 7)] * 2


def test_all_norms_divide_by_the_same_epsilon():
    assert {m.eps for m in on_meta(auxiliary=True).modules() if isinstance(m, nn.BatchNorm2d)} == {1e-3}
