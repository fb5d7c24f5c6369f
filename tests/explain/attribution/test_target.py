"""Any number of any output can be explained: by an index, and the mean where the index leads to several."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from striate.errors import LabelError, SettingError, ShapeError
from striate.explain.attribution.methods import METHODS, explain
from striate.explain.attribution.target import TargetSelector, pick

POINTS = torch.arange(12.0).view(2, 3, 2)  # two images, three points, x and y
MAPS = torch.arange(16.0).view(2, 2, 2, 2)  # two images, two classes, 2 x 2 pixels


@pytest.mark.parametrize(
    ("output", "index", "expected"),
    [
        (POINTS, (2, 1), [5.0, 11.0]),
        (POINTS, (2,), [4.5, 10.5]),  # (4 + 5) / 2, (10 + 11) / 2
        (POINTS, (slice(0, 2), 0), [1.0, 7.0]),  # (0 + 2) / 2, (6 + 8) / 2
        (MAPS, (1, torch.tensor([[True, False], [False, True]])), [5.5, 13.5]),  # (4 + 7) / 2, (12 + 15) / 2
        (MAPS, ("dog", 0, 0), [4.0, 12.0]),
        ({"scores": 0, "points": [POINTS, POINTS + 1]}, ("points", 1, 0, 0), [1.0, 7.0]),
        (torch.tensor([3.0, 4.0]), (), [3.0, 4.0]),
    ],
)
def test_an_index_leads_to_numbers_of_every_output(output: Any, index: Any, expected: list[float]):
    assert pick(output, index, 2, ("cat", "dog")).tolist() == expected


@pytest.mark.parametrize(
    ("output", "index"),
    [
        (POINTS, (3, 0)), (POINTS, (0, 0, 0)), (POINTS, (None, "x")), (POINTS[:1], (0, 0)), (None, (1,)),
        ({"points": POINTS}, ("boxes", 1)), ({"points": POINTS}, ()), ([POINTS], ("points",)),
        (POINTS, (slice(3, 3),)), (MAPS, (0, torch.ones(5, 5, dtype=torch.bool))),
    ],
)  # fmt: skip
def test_an_index_that_leads_nowhere_is_named(output: Any, index: Any):
    with pytest.raises(ShapeError, match="of 2 images has no") as refused:
        pick(output, index, 2)
    assert str(refused.value).count("\n") == 2


def test_a_class_that_is_not_there_is_named():
    with pytest.raises(LabelError, match="no class 'cow'"):
        pick(MAPS, ("cow",), 2, ("cat", "dog"))


class Joints(nn.Module):
    """Pixels -> three points of two coordinates."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.last = nn.Conv2d(3, 4, 3), nn.Linear(4, 6)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.conv(x).relu().mean((2, 3))).view(-1, 3, 2)


@pytest.mark.parametrize("method", METHODS)
def test_one_coordinate_of_one_joint_is_explained_by_every_method(method: str):
    images = torch.rand(2, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    by_index = explain(Joints(), images, method, target=(2, 1))
    by_function = explain(Joints(), images, method, target=lambda output: output[:, 2, 1])
    assert torch.equal(by_index.values, by_function.values)
    assert by_index.targets == ("output[2, 1]",) * 2
    assert torch.equal(explain(Joints(), images, method, target="2,1").values, by_index.values)


def test_a_tuple_names_one_class_for_each_image_where_the_output_is_scores():
    selector = TargetSelector(nn.Identity(), (1, 0), 2)
    assert selector(torch.tensor([[1.0, 2.0], [3.0, 4.0]])).tolist() == [2.0, 3.0]
    assert selector.numbers == [1, 0]
    with pytest.raises(ShapeError, match="3 targets for 2 images"):
        TargetSelector(nn.Identity(), (1, 0, 1), 2)(torch.ones(2, 2))


def test_a_target_is_named_where_the_numbers_are_no_classes():
    model = nn.Identity()
    model.classes, model.output_names = ("nose",), ("nose.x", "nose.y", "nose.visible")
    with pytest.raises(SettingError, match="gives 3 numbers, of which the highest is no answer") as refused:
        TargetSelector(model, None, 1)(torch.ones(1, 3))
    assert refused.value.expected == "one of: nose.x, nose.y, nose.visible"
    with pytest.raises(LabelError, match=r"several numbers\n.*nose.x or nose.y"):
        TargetSelector(model, "nose", 1)(torch.ones(1, 3))
    assert TargetSelector(model, "nose.y", 1)(torch.tensor([[1.0, 2.0, 3.0]])).tolist() == [2.0]


def test_a_class_that_is_written_like_an_index_is_a_class():
    model = nn.Identity()
    model.classes = ("0,1", "1,0")
    assert TargetSelector(model, "1,0", 2)(torch.tensor([[1.0, 2.0], [3.0, 4.0]])).tolist() == [2.0, 4.0]
