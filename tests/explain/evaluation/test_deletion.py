"""Deletion and insertion on linear models, whose curves are sums that can be written down."""

import pytest
import torch
from torch import Tensor, nn

from striate.data.preprocess import Preprocess
from striate.errors import SettingError, ShapeError
from striate.explain.evaluation.deletion import DeletionCurves, deletion, insertion
from striate.tasks.classification.classifier import Classifier


def linear(*rows: tuple[float, ...]) -> nn.Module:
    """One class for each row of weights."""
    layer = nn.Linear(len(rows[0]), len(rows), bias=False)
    layer.weight.data = torch.tensor(rows)
    return nn.Sequential(nn.Flatten(), layer)


def first(output: Tensor) -> Tensor:
    return output[:, 0]


FOUR = linear((4.0, 3.0, 2.0, 1.0))
ONES = torch.ones(1, 1, 2, 2)
BEST = torch.tensor([[[4.0, 3.0], [2.0, 1.0]]])


def test_the_example_of_four_pixels_has_its_closed_form():
    # f = 4 a + 3 b + 2 c + d at (1, 1, 1, 1). Gone one by one: 10, 6, 3, 1, 0, by trapezoids
    # (10/2 + 6 + 3 + 1 + 0/2) / 4 = 3.75, of 10: 0.375. Coming: 0, 4, 7, 9, 10 -> 6.25, 0.625.
    gone = deletion(FOUR, ONES, BEST, first, baseline="zero")
    come = insertion(FOUR, ONES, BEST, first, baseline="zero")
    assert gone.scores.tolist() == [[10, 6, 3, 1, 0]]
    assert come.scores.tolist() == [[0, 4, 7, 9, 10]]
    assert gone.shares.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert (gone.areas.item(), gone.normalised.item()) == (3.75, 0.375)
    assert (come.areas.item(), come.normalised.item()) == (6.25, 0.625)


def test_the_worst_order_swaps_both():
    gone = deletion(FOUR, ONES, -BEST, first, baseline="zero")
    come = insertion(FOUR, ONES, -BEST, first, baseline="zero")
    assert gone.scores.tolist() == [[10, 9, 7, 4, 0]]
    assert (gone.normalised.item(), come.normalised.item()) == (0.625, 0.375)


def test_every_picture_has_its_own_order_and_steps_cross_the_batches():
    # 70 pictures of 5 steps are 350 versions: more than one batch, whose ends lie within pictures.
    pictures = torch.arange(70.0).view(70, 1, 1, 1) * ONES
    orders = torch.stack([BEST[0] if place % 2 else -BEST[0] for place in range(70)])
    found = deletion(FOUR, pictures, orders, first, baseline="zero").scores
    for place in range(70):
        curve = [10, 6, 3, 1, 0] if place % 2 else [10, 9, 7, 4, 0]
        assert found[place].tolist() == [place * score for score in curve]


def test_fewer_steps_take_several_pixels_at_once():
    # two steps of two pixels: 10, 3, 0
    found = deletion(FOUR, ONES, BEST, first, steps=2, baseline="zero")
    assert found.scores.tolist() == [[10, 3, 0]]
    assert found.shares.tolist() == [0, 0.5, 1]


def test_a_class_is_followed_by_its_probability():
    # scores (a, 0) at a = ln 3: probability 3/4; without the pixel (0, 0): 1/2
    model, picture = linear((1.0,), (0.0,)), torch.full((1, 1, 1, 1), 3.0).log()
    found = deletion(model, picture, torch.ones(1, 1, 1), baseline="zero")
    assert found.scores[0].tolist() == pytest.approx([0.75, 0.5])
    assert found.whole.tolist() == pytest.approx([0.75])
    other = deletion(model, picture, torch.ones(1, 1, 1), target=1, baseline="zero")
    assert other.scores[0].tolist() == pytest.approx([0.25, 0.5])


def test_the_class_of_the_whole_picture_is_followed_to_the_end():
    # the first pixel alone makes class 0, and without it class 1 wins: e / (e + 1), then 1 / (1 + e)
    model = linear((2.0, 0.0), (0.0, 1.0))
    found = deletion(model, torch.ones(1, 1, 1, 2), torch.tensor([[[1.0, 0.0]]]), baseline="zero", steps=2)
    e = torch.e
    assert found.scores[0].tolist() == pytest.approx([e / (e + 1), 1 / (1 + e), 1 / 2])


def test_what_takes_the_place_of_a_pixel():
    model, picture = linear((1.0, 1.0)), torch.tensor([[[[2.0, 4.0]]]])
    asked = (model, picture, torch.tensor([[[2.0, 1.0]]]), first)
    assert deletion(*asked, baseline="zero").scores.tolist() == [[6, 4, 0]]
    assert deletion(*asked, baseline="mean").scores.tolist() == [[6, 7, 6]]  # 3 and 4, 3 and 3
    assert deletion(*asked, baseline=torch.tensor([[[10.0]]])).scores.tolist() == [[6, 14, 20]]
    # blurred, a pixel of a plain picture stays what it is
    plain = deletion(model, torch.ones(1, 1, 1, 2), asked[2], first, baseline="blur").scores
    assert plain[0].tolist() == pytest.approx([2, 2, 2])


def test_the_mean_of_a_classifier_is_that_of_its_data():
    # 255 is 1.0; normalised by mean 0.25 and std 0.5 it is 1.5, and the mean itself is 0
    model = Classifier(linear((1.0, 1.0)), ["any"], Preprocess((1, 2), 1, (0.25,), (0.5,)))
    white = torch.full((1, 1, 1, 2), 255, dtype=torch.uint8)
    found = deletion(model, white, torch.tensor([[[2.0, 1.0]]]), first)
    assert found.scores.tolist() == [[3, 1.5, 0]]


def test_signed_gradients_are_ordered_by_magnitude():
    found = deletion(FOUR, ONES, torch.tensor([[[[-4.0, 3.0], [-2.0, 1.0]]]]), first, baseline="zero")
    assert found.scores.tolist() == [[10, 6, 3, 1, 0]]


def test_nothing_in_is_nothing_out():
    found = deletion(FOUR, torch.empty(0, 1, 2, 2), torch.empty(0, 2, 2))
    assert found.areas.shape == found.normalised.shape == (0,)


def test_the_model_stays_as_it_is():
    model = nn.Sequential(nn.BatchNorm2d(1), *FOUR).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    deletion(model, ONES.repeat(2, 1, 1, 1), BEST.repeat(2, 1, 1), first)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())


@pytest.mark.parametrize(
    ("error", "asked", "wrong"),
    [
        (SettingError, {"steps": 0}, "steps is 0"),
        (SettingError, {"baseline": "grey"}, "baseline is 'grey'"),
        (ShapeError, {"baseline": torch.ones(3, 2, 2)}, "the baseline is"),
        (ShapeError, {"values": torch.ones(1, 2, 3)}, r"the maps are \(1, 2, 3\)"),
        (ShapeError, {"values": torch.ones(2)}, r"the maps are \(2,\)"),
        (ShapeError, {"target": [0, 0]}, "2 targets"),
    ],
)
def test_what_does_not_belong_together_is_refused(error, asked, wrong):
    with pytest.raises(error, match=wrong):
        deletion(**{"model": FOUR, "images": ONES, "values": BEST, **asked})


def test_curves_are_averaged_by_trapezoids_of_any_width():
    # (1 + 0) / 2 over a quarter, 0 over the rest
    curves = DeletionCurves(torch.tensor([0, 0.25, 1]), torch.tensor([[1.0, 0, 0]]), torch.tensor([1.0]))
    assert curves.areas.tolist() == [0.125]
