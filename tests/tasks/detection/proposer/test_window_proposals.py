"""Windows of several sizes and shapes."""

import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.tasks.detection.proposer.window_proposals import WindowProposals, in_turns


def picture(height: int, width: int) -> torch.Tensor:
    return torch.zeros(3, height, width, dtype=torch.uint8)


def test_a_square_has_the_windows_that_can_be_counted() -> None:
    # sides 32, 22.6 -> 23, 16; steps 32/2, 23/2 -> 12 (banker's 11.5 -> 12), 8: 1 + 1 + 3 x 3
    found = WindowProposals(smallest=0.5, ratios=(1,), step=0.5).propose(picture(32, 32))
    sides = (found.boxes[:, 2] - found.boxes[:, 0]).tolist()
    assert {side: sides.count(side) for side in set(sides)} == {32: 1, 23: 1, 16: 9}
    assert sides[:4] == [32, 23, 16, 16]  # the sizes take turns
    assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (10, 5000), (7, 3), (480, 640)])
def test_every_window_lies_inside_and_the_whole_picture_is_the_first(size: tuple[int, int]) -> None:
    boxes = WindowProposals().propose(picture(*size)).boxes
    assert boxes[0].tolist() == [0, 0, size[1], size[0]]
    assert bool((boxes[:, :2] >= 0).all() and (boxes[:, 2:] > boxes[:, :2]).all())
    assert float(boxes[:, 2].max()) == size[1]
    assert float(boxes[:, 3].max()) == size[0]
    assert len(boxes) < 30_000


def test_the_same_picture_gets_the_same_windows_and_another_seed_another_order() -> None:
    first, again = (WindowProposals().propose(picture(60, 90)).boxes for _ in range(2))
    other = WindowProposals(seed=1).propose(picture(60, 90)).boxes
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert sorted(first.tolist()) == sorted(other.tolist())


def test_kinds_take_turns_until_one_ends() -> None:
    kinds = [torch.full((count, 4), float(value)) for value, count in ((1, 1), (2, 3), (3, 2))]
    assert in_turns(kinds)[:, 0].tolist() == [1, 2, 3, 2, 3, 2]


def test_wrong_arguments_and_pictures_are_refused() -> None:
    for arguments in ({"smallest": 0.0}, {"step": 0.0}, {"ratios": ()}, {"ratios": (0.0,)}):
        with pytest.raises(SettingError):
            WindowProposals(**arguments)
    with pytest.raises(ShapeError):
        WindowProposals().propose(torch.zeros(3, 8, 8))
