from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from striate.errors import SettingError, ShapeError
from striate.layers.auxiliary import AssistedBackbone, Windows
from striate.layers.sequence import sequence


class Assisted(AssistedBackbone):
    """Doubles a map of one channel in two modules; head and auxiliary head give its mean, weighed."""

    input_size = (2, 2)
    input_channels = 1
    auxiliary_weight = 0.5
    names: ClassVar = ("first", "inception1a", "inception1b")

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Identity()
        doubles = {name: nn.Conv2d(1, 1, 1, bias=False) for name in self.names}
        self.stages = nn.Sequential(sequence(**doubles))
        self.head = sequence(mean=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), output=nn.Linear(1, 1))
        self.auxiliaries = nn.ModuleDict(
            {"1a": sequence(mean=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), output=nn.Linear(1, 1))}
        )
        for name, values in self.named_parameters():
            nn.init.constant_(values, 0.0 if name.endswith("bias") else 2.0)


def images() -> Tensor:
    return torch.tensor([[1.0, 3.0], [0.0, 0.0]]).view(1, 1, 2, 2)  # mean 1


def test_an_auxiliary_head_sees_the_module_of_its_name_and_nothing_after_it():
    losses = Assisted().training_scores(images())  # head 1 * 2 * 2 * 2 * 2, auxiliary head 1 * 2 * 2 * 2
    assert {name: (weight, scores.item()) for name, (weight, scores) in losses.items()} == {
        "cross_entropy": (1.0, 16.0),
        "auxiliary_1a": (0.5, 8.0),
    }


def test_the_network_answers_without_them():
    network = Assisted()
    with torch.no_grad():
        network.auxiliaries["1a"].output.weight.fill_(float("nan"))
    assert network(images()).item() == 16.0
    assert network.training_scores(images())["auxiliary_1a"][1].isnan()


def test_a_new_head_is_put_on_all_of_them():
    network = Assisted()
    network.replace_head(3)
    assert [scores.shape for _, scores in network.training_scores(images()).values()] == [(1, 3), (1, 3)]


def test_no_head_is_touched_where_the_number_of_classes_is_wrong():
    network = Assisted()
    with pytest.raises(SettingError, match="classes is 0"):
        network.replace_head(0)
    assert network.auxiliaries["1a"].output.out_features == 1


def test_images_are_looked_at_before_training_too():
    with pytest.raises(ShapeError, match="1 channel"):
        Assisted().training_scores(torch.rand(1, 3, 2, 2))


def test_windows_are_five_wide_and_three_apart():  # columns 0-4, 3-7, 6-10, 9-13: means 2, 5, 8, 11
    ramp = torch.arange(14.0).expand(1, 1, 14, 14)
    assert Windows(4)(ramp)[0, 0, 0].tolist() == [2.0, 5.0, 8.0, 11.0]


def test_small_maps_are_cut_into_as_many_bins_as_are_needed():
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)  # 8 < 5 + 3 * 3; bins of two columns
    assert Windows(4)(ramp)[0, 0, 0].tolist() == [0.5, 2.5, 4.5, 6.5]
