"""A network with its classes and its preprocessing answers for pictures."""

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError
from striate.tasks.classification.classifier import Classifier

# Dark left half, bright right half: a network that scores (left, right) says 0 and 1 of it.
HALVES = torch.zeros(1, 1, 2, 4, dtype=torch.uint8)
HALVES[..., 2:] = 255


class Sides(nn.Module):
    """Scores: the mean of the left half and the mean of the right half."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.stack([half.mean((1, 2, 3)) for half in images.chunk(2, dim=3)], dim=1)


def classifier(views: str) -> Classifier:
    return Classifier(Sides(), ("left", "right"), Preprocess((2, 4), 1, (0.0,), (1.0,), tta=views))


def test_a_plain_answer_is_what_the_network_says() -> None:
    assert classifier("none").answer(HALVES).tolist() == [[0.0, 1.0]]


def test_mirrored_views_answer_with_the_mean_of_both_sides() -> None:  # (0, 1) and (1, 0)
    model = classifier("mirror")
    assert model.answer(HALVES).tolist() == [[0.5, 0.5]]
    assert model.predict(HALVES[0]).scores.tolist() == [0.5, 0.5]
    assert model(HALVES).tolist() == [[0.0, 1.0]]  # the network itself, as it is exported


def test_views_that_do_not_exist_are_refused() -> None:
    with pytest.raises(SettingError, match="tta is 'both'"):
        classifier("both")


class Flattened(nn.Module):
    """Scores: the sums of two channels, laid out flat in the way that wants one memory layout."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1, bias=False)
        nn.init.ones_(self.conv.weight)

    def forward(self, images: Tensor) -> Tensor:
        return self.conv(images).view(len(images), -1).unflatten(1, (2, -1)).sum(2)


def test_a_network_of_your_own_may_lay_its_maps_out_flat() -> None:  # 4 pixels of 3 channels, all 1
    model = Classifier(Flattened(), ("a", "b"), Preprocess((2, 2), 3, (0.0,) * 3, (1.0,) * 3))
    white = torch.full((3, 2, 2), 255, dtype=torch.uint8)
    assert model.answer(torch.stack([white, white])).tolist() == [[12.0, 12.0]] * 2


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_model_of_another_dtype_predicts_as_before_up_to_its_rounding(dtype):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 15 * 15, 2))
    model = Classifier(network, ("a", "b"), Preprocess((32, 32)))
    picture = torch.randint(256, (3, 40, 40), dtype=torch.uint8)
    before = model.predict(picture).scores
    for cast in (deepcopy(model).to(dtype), deepcopy(model)):
        cast.network.to(dtype)  # the second one as it comes from a file: its mean is still float32
        after = cast.predict(picture).scores
        assert torch.allclose(after, before, atol=0.02)


def test_scores_that_are_no_numbers_are_refused() -> None:
    class Broken(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.mean((1, 2, 3))[:, None].log() * torch.tensor([[1.0, 0.0]])

    model = Classifier(Broken(), ("a", "b"), Preprocess((2, 2), 1, (0.0,), (1.0,)))
    pictures = torch.zeros(2, 1, 2, 2, dtype=torch.uint8)
    pictures[0] = 9  # the logarithm of 0 is -inf, and -inf times 0 is no number
    with pytest.raises(ModelFileError, match="the scores became NaN"):
        model.predict(pictures)
