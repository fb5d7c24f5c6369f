"""A reader runs the network as far as the last layer that is read, and takes its hooks away."""

import pytest
import torch
from torch import Tensor, nn

from striate.errors import SettingError, ShapeError
from striate.explain.attribution.gradients import Probe
from striate.explain.attribution.partial_forward import PartialForward


class Counted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.again, self.last = nn.Conv2d(1, 1, 1), nn.ReLU(), nn.Conv2d(1, 1, 1)
        self.unused = nn.Identity()
        self.ends: torch.Tensor = torch.zeros((), dtype=torch.int64)  # shared with copies of the module

    def forward(self, x: Tensor) -> Tensor:
        x = self.again(self.again(self.first(x)) - 0.1)
        x = self.last(x)
        self.ends.add_(1)
        return x


def hooks(model: nn.Module) -> int:
    return sum(len(part._forward_hooks) for part in model.modules())


def test_what_comes_behind_the_layer_does_not_run_a_second_time():
    model = Counted()
    read = PartialForward(Probe(model), ("first",))
    maps = [read(torch.rand(1, 1, 2, 2)).maps["first"] for _ in range(3)]
    assert (model.ends, len(maps)) == (1, 3)
    assert hooks(model) == 0


def test_of_a_layer_used_twice_the_last_time_counts_when_stopping_too():
    model = Counted()
    pixels = torch.rand(1, 1, 2, 2)
    read = PartialForward(Probe(model), ("again",))
    assert torch.equal(read(pixels).maps["again"], read(pixels).maps["again"])
    assert torch.equal(read(pixels).maps["again"], torch.relu(torch.relu(model.first(pixels)) - 0.1))


def test_the_output_is_there_when_it_is_needed():
    model = Counted()
    read = PartialForward(Probe(model), ("first",), output=True)
    for _ in range(2):
        assert torch.equal(read(torch.ones(1, 1, 1, 1)).output, model(torch.ones(1, 1, 1, 1)))


def test_a_layer_that_is_never_reached_or_does_not_exist_is_refused():
    with pytest.raises(SettingError, match="'unused' was never reached"):
        PartialForward(Probe(Counted()), ("unused",))(torch.rand(1, 1, 2, 2))
    with pytest.raises(SettingError, match="no layer 'frist'") as refused:
        PartialForward(Probe(Counted()), ("frist",))
    assert "first" in refused.value.attempt


def test_hooks_are_gone_after_an_error_too():
    model = Counted()
    with pytest.raises(ShapeError):
        PartialForward(Probe(model), ("first",))(torch.rand(1, 2, 2, 2))
    assert hooks(model) == 0
