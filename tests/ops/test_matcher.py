"""Which object an anchor learns."""

import pytest
import torch
from torch import Tensor
from torchvision.models.detection._utils import Matcher, SSDMatcher

from striate.errors import SettingError, ShapeError
from striate.ops.matcher import BACKGROUND, IGNORED, match, match_simota, match_ssd


def quality(objects: int, anchors: int, seed: int) -> Tensor:
    return torch.rand(objects, anchors, generator=torch.Generator().manual_seed(seed))


def test_thresholds_belong_to_the_upper_side() -> None:
    found = match(torch.tensor([[0.7, 0.69, 0.3, 0.29]]), 0.7, 0.3)
    assert found.tolist() == [0, IGNORED, IGNORED, BACKGROUND]


def test_the_best_anchors_of_an_object_are_matched_below_the_threshold() -> None:
    table = torch.tensor([[0.2, 0.2, 0.1, 0.0], [0.9, 0.1, 0.0, 0.0]])
    assert match(table, 0.7, 0.3, best_of_each=True).tolist() == [1, 0, BACKGROUND, BACKGROUND]
    # An object that nothing touches takes nothing; torchvision would match all four anchors.
    assert match(torch.zeros(1, 4), 0.7, 0.3, best_of_each=True).tolist() == [BACKGROUND] * 4


@pytest.mark.parametrize("best_of_each", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_equal_to_torchvision(best_of_each: bool, seed: int) -> None:
    table = quality(6, 80, seed) * 0.8
    expected = Matcher(0.7, 0.3, best_of_each)(table)
    assert torch.equal(match(table, 0.7, 0.3, best_of_each=best_of_each), expected)


def test_ssd_gives_every_object_a_box_of_its_own() -> None:
    # Both objects like box 0 best: object 1 gets it, object 0 its next best, box 1, though 0.3 is little.
    assert match_ssd(torch.tensor([[0.6, 0.3, 0.2], [0.9, 0.4, 0.1]])).tolist() == [1, 0, BACKGROUND]
    assert match_ssd(torch.tensor([[0.5, 0.5], [0.5, 0.5]])).tolist() == [0, 1]
    assert match_ssd(torch.zeros(2, 3)).tolist() == [BACKGROUND] * 3


def one_each_slowly(table: Tensor) -> dict[int, int]:
    """Pairs by falling quality, each row and column once."""
    left, found = table.clone(), {}
    while left.numel() and left.max() > 0:
        row, column = divmod(int(left.argmax()), left.shape[1])
        found[column] = row
        left[row], left[:, column] = 0, 0
    return found


@pytest.mark.parametrize("seed", range(20))
def test_ssd_pairs_by_falling_quality(seed: int) -> None:
    table = quality(12, 15, seed) ** 3
    found = match_ssd(table, 2.0)  # only the boxes that an object took
    assert {c: int(r) for c, r in enumerate(found) if r >= 0} == one_each_slowly(table)


def test_ssd_is_torchvisions_where_no_two_objects_want_one_box() -> None:
    table = quality(4, 200, 9)
    assert len(set(table.argmax(dim=1).tolist())) == 4
    assert torch.equal(match_ssd(table, 0.5), SSDMatcher(0.5)(table))


def test_simota_counts_by_overlap() -> None:
    # The IoUs of object 0 add up to 2.1: it takes its two cheapest; those of object 1 to 1.2: one.
    ious = torch.tensor([[0.9, 0.6], [0.8, 0.3], [0.4, 0.3]])
    costs = torch.tensor([[0.1, 0.05], [0.2, 0.3], [0.3, 0.9]])
    assert match_simota(costs, ious).tolist() == [1, 0, BACKGROUND]
    assert match_simota(torch.zeros(3, 0), torch.zeros(3, 0)).tolist() == [BACKGROUND] * 3


def test_nothing() -> None:
    assert match(torch.zeros(0, 3), 0.7, 0.3, best_of_each=True).tolist() == [BACKGROUND] * 3
    assert match(torch.zeros(3, 0), 0.7, 0.3).tolist() == []
    assert match_ssd(torch.zeros(0, 3)).tolist() == [BACKGROUND] * 3
    assert match_ssd(torch.zeros(2, 0)).tolist() == []


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(SettingError, match=r"low is 0\.7, high 0\.3"):
        match(torch.zeros(1, 1), 0.3, 0.7)
    with pytest.raises(ShapeError, match=r"quality is \(3,\)"):
        match_ssd(torch.zeros(3))
    with pytest.raises(ShapeError, match="costs are"):
        match_simota(torch.zeros(3, 2), torch.zeros(2, 3))
