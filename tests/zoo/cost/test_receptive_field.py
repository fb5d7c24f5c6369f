"""The algebra of fields against hand-worked examples and against the gradients of a real network."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from striate.ops.geometry import ReceptiveField
from striate.zoo.cost.receptive_field import Field, Run, join, merge
from striate.zoo.cost.trace import trace

IMAGE = Field.of_image((1, 3, 8, 6))


def steps(field: Field) -> list[list[tuple[int, tuple[float, ...]]]]:
    return [[(run.count, run.steps) for run in side] for side in field.sides]


def test_a_pixel_sees_itself():
    assert (IMAGE.size, IMAGE.seen, IMAGE.stride()) == ((1, 1), 1, 1)


def test_a_window_grows_the_field_by_its_reach_in_steps():  # 3 rows, every second: 1 + 2 * 1, then 3 + 2 * 2
    once = IMAGE.window(2, reach=2, factor=2, count=3)
    assert (once.size, steps(once)[2]) == ((3, 1), [(3, (2, 0))])
    assert once.window(2, reach=2, factor=2, count=1).size == (7, 1)


def test_windows_agree_with_the_receptive_field_of_a_chain():
    field, expected = IMAGE, ReceptiveField()
    for kernel, stride, dilation in [(5, 1, 1), (2, 2, 1), (3, 2, 2), (1, 1, 1), (4, 3, 1)]:
        field = field.window(3, (kernel - 1) * dilation, stride, 1)
        expected = expected.through(kernel, stride, dilation=dilation)
    assert (field.size[1], field.sides[3][0].steps[1]) == (expected.size, expected.stride)


def test_a_reshape_cuts_and_joins_runs():  # rows 8 = 4 windows of 2: a window is two rows further on
    windows = IMAGE.reshape((1, 3, 4, 2, 6))
    assert steps(windows)[2:4] == [[(4, (2, 0))], [(2, (1, 0))]]
    tokens = windows.reshape((1, 3, 48))
    assert steps(tokens)[2] == [(4, (2, 0)), (2, (1, 0)), (6, (0, 1))]
    assert steps(tokens.reshape((1, 3, 8, 6)))[2:] == [[(4, (2, 0)), (2, (1, 0))], [(6, (0, 1))]]


def test_a_cut_where_no_run_ends_still_spans_all():  # 8 * 6 = 3 * 16
    odd = IMAGE.reshape((1, 3, 3, 16))
    assert [run.count for side in odd.sides[2:] for run in side] == [3, 16]
    assert odd.total([2, 3], keep=False).fixed == (pytest.approx(8), pytest.approx(6))


def test_a_sum_over_windows_sees_one_window_and_a_sum_over_all_sees_all():
    windows = IMAGE.reshape((1, 3, 4, 2, 6))
    assert windows.total([3], keep=False).size == (2, 1)
    assert windows.total([2, 3, 4], keep=False).fixed == (8, 6)


def test_what_has_seen_all_does_not_grow_by_a_window():  # squeeze and excitation: 1x1 joined to 8x6
    joined = join([IMAGE, IMAGE.total([2, 3], keep=True)], (1, 3, 8, 6))
    after = joined.window(2, 2, 1, 8)
    assert (joined.seen, after.seen, after.size) == (8, 8, (3, 1))


def test_a_join_sees_what_the_larger_branch_sees():
    assert join([IMAGE, IMAGE.window(2, 4, 1, 8)], (1, 3, 8, 6)).size == (5, 1)


def test_merged_runs_keep_their_span():
    assert merge([Run(4, (2, 0)), Run(3, (0, 1))], 2).spans == pytest.approx((6, 2))


class Shuffled(nn.Module):
    """Pixel (un)shuffles: no convolution of a fixed table would know them."""

    def forward(self, x):
        x = F.conv2d(x, torch.ones(4, 1, 3, 3), padding=1)
        x = F.pixel_shuffle(x, 2)
        x = F.conv2d(x, torch.ones(1, 1, 3, 3), padding=1)
        return F.conv2d(F.pixel_unshuffle(x, 2), torch.ones(1, 4, 1, 1))


class Residual(nn.Module):
    """Two branches of different reach, joined by a sum and by a concatenation."""

    def forward(self, x):
        wide = F.conv2d(x, torch.ones(1, 1, 3, 5), padding=(1, 2))
        wide = F.conv2d(wide, torch.ones(1, 1, 3, 1), padding=(1, 0))
        x = torch.cat([x + wide, F.avg_pool2d(x, 3, 1, 1)], 1)
        return F.conv2d(x.mul_(2).relu_(), torch.ones(1, 2, 2, 2), stride=2)


class Subsampled(nn.Module):
    """Slices, padding by hand and writing into a new tensor."""

    def forward(self, x):
        x = F.pad(F.avg_pool2d(x, 2, 1)[:, :, ::2, ::2], (1, 1, 1, 1))
        y = torch.zeros(1, 2, *x.shape[2:])
        y[:, :1] = x
        return F.conv2d(y.permute(0, 1, 3, 2), torch.ones(1, 2, 3, 1))


class Windows(nn.Module):
    """Means of windows of 4 x 4, by a reshape."""

    def forward(self, x):
        n, c, h, w = x.shape
        return x.view(n, c, h // 4, 4, w // 4, 4).mean((3, 5))


class UpAndDown(nn.Module):
    """A transposed convolution, a dilated one, and nearest interpolation."""

    def forward(self, x):
        x = F.conv2d(x, torch.ones(1, 1, 3, 3), stride=2, padding=1)
        x = F.conv_transpose2d(x, torch.ones(1, 1, 4, 4), stride=2, padding=1)
        x = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2)
        return F.conv2d(x, torch.ones(1, 1, 3, 3), padding=2, dilation=2)


class Tokens(nn.Module):
    """Channels last and a product, as in networks without convolutions."""

    def forward(self, x):
        x = F.conv2d(x, torch.ones(2, 1, 4, 4), stride=4)
        return (x.flatten(2).transpose(1, 2) @ torch.ones(2, 3)).softmax(2).transpose(1, 2)


@pytest.mark.parametrize("network", [Shuffled, Residual, Subsampled, Windows, UpAndDown, Tokens])
def test_no_number_of_the_result_sees_more_than_its_field_and_one_sees_all_of_it(network):
    """With weights of one, the pixels that a unit sees are those with a gradient."""
    image = torch.rand(1, 1, 32, 32, dtype=torch.float32)
    image.requires_grad_()
    scores = network()(image * 1.0)
    widest = [0, 0]
    for place in range(0, scores.numel(), max(1, scores.numel() // 97)):
        (gradient,) = torch.autograd.grad(scores.flatten()[place], image, retain_graph=True)
        seen = gradient[0, 0].abs() > 0
        for axis in (0, 1):
            rows = seen.any(1 - axis).nonzero().flatten()
            widest[axis] = max(widest[axis], int(rows[-1] - rows[0]) + 1 if len(rows) else 0)
    assert last_field(network()).size == tuple(widest)


def last_field(network: nn.Module) -> Field:
    """What the result of a network without weights sees, through one more pointwise layer."""
    chain = nn.Sequential(network, Pointwise())
    return trace(chain, (1, 32, 32))[-1].sees


class Pointwise(nn.Module):
    """A layer of its own that mixes nothing, so that a step ends the chain."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return x * self.scale
