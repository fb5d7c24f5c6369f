"""Two ways downhill: both arrive, neither leaves 0..1, one forgets what says nothing."""

import pytest
import torch
from torch import Tensor

from striate.style.painting.optimizers import FIRST, LBFGS, MOST, Adam, PixelOptimizer

WANTED = torch.tensor([0.2, 0.7, 0.4, 0.9])
STEEP = torch.tensor([1.0, 5.0, 20.0, 100.0])


def gradient(x: Tensor) -> Tensor:
    return STEEP * (x - WANTED)


@pytest.mark.parametrize(("descent", "steps"), [(LBFGS(), 40), (Adam(0.02), 400)])
def test_both_arrive_at_the_bottom_of_a_narrow_valley(descent: PixelOptimizer, steps: int) -> None:
    x = torch.full((4,), 0.5)
    for _ in range(steps):
        x = descent.move(x, gradient(x))
    assert torch.allclose(x, WANTED, atol=2e-3)


@pytest.mark.parametrize("descent", [LBFGS(), Adam(0.3)])
def test_no_move_leaves_the_range(descent: PixelOptimizer) -> None:
    x = torch.full((4,), 0.5)
    for _ in range(20):
        x = descent.move(x, x - torch.tensor([-3.0, 4.0, 2.0, -1.0]))
        assert x.min() >= 0
        assert x.max() <= 1
    assert x.tolist() == [0, 1, 1, 0]


def test_the_first_move_has_a_known_length_whatever_the_gradient() -> None:
    x = torch.full((4,), 0.5)
    for scale in (1e-9, 1e9):
        assert (LBFGS().move(x, scale * STEEP) - x).abs().mean().item() == pytest.approx(FIRST, rel=1e-4)


def test_no_move_is_longer_than_the_longest() -> None:
    descent, x = LBFGS(), torch.full((4,), 0.5)
    for slope in (1.0, 0.99, 0.98):  # hardly falling: Newton would go far
        moved = descent.move(x, torch.full((4,), slope))
        assert (moved - x).abs().mean().item() <= MOST + 1e-6
        x = moved


def test_a_gradient_of_zeros_moves_nothing() -> None:
    x = torch.full((4,), 0.5)
    for descent in (LBFGS(), Adam(0.1)):
        assert torch.equal(descent.move(x, torch.zeros(4)), x)


def test_a_change_against_the_move_is_forgotten() -> None:
    descent, x = LBFGS(), torch.full((4,), 0.5)
    x = descent.move(x, torch.ones(4))
    descent.move(x, torch.full((4,), 2.0))  # further down, yet steeper: no valley here
    assert not descent._pairs


def test_adam_takes_the_step_of_its_paper() -> None:
    # the first step is lr whatever the gradient; the second: m = 0.1 * 1 - 0.1 * 0.9 ... as in torch
    ours, x = Adam(0.01), torch.tensor([0.5, 0.5])
    theirs = torch.tensor([0.5, 0.5], requires_grad=True)
    optimizer = torch.optim.Adam([theirs], 0.01)
    for slope in ([1.0, -2.0], [0.5, 0.1], [-0.3, 0.2]):
        x = ours.move(x, torch.tensor(slope))
        theirs.grad = torch.tensor(slope)
        optimizer.step()
    assert torch.allclose(x, theirs.detach(), atol=1e-6)
