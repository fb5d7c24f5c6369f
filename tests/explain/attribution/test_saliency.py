"""Saliency is the gradient of a class score by pixel, and leaves no trace in the model."""

import copy

import pytest
import torch
from torch import Tensor, nn

from striate.data.preprocess import Preprocess
from striate.errors import LabelError, ShapeError
from striate.explain.attribution.gradients import attribute
from striate.explain.attribution.saliency import pixel_gradients, saliency
from striate.tasks.classification.classifier import Classifier


def linear(weights: list[list[float]]) -> nn.Sequential:
    layer = nn.Linear(len(weights[0]), len(weights))
    layer.weight.data = torch.tensor(weights)
    return nn.Sequential(nn.Flatten(), layer)


def convolutional() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3),
    )  # fmt: skip


def test_gradient_of_a_linear_model_is_the_row_of_its_class():
    model = linear([[1.0, -2.0, 3.0, 0.5], [-1.0, 4.0, 0.0, 2.0]])
    values = saliency(model, torch.rand(2, 1, 2, 2), target=[1, 0])
    assert values.flatten(1).tolist() == [[-1.0, 4.0, 0.0, 2.0], [1.0, -2.0, 3.0, 0.5]]


def test_published_example_of_one_minus_relu():
    # captum, tests/attr/test_saliency.py: f(x) = 1 - relu(1 - x); |f'| is 1 below x = 1, else 0
    class OneMinusRelu(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return (1 - torch.relu(1 - x)).flatten(1)

    points = torch.tensor([1.0, 2.0, 3.0, 0.0, -1.0, 7.0]).view(6, 1, 1, 1)
    assert saliency(OneMinusRelu(), points, target=0).abs().flatten().tolist() == [0, 0, 0, 1, 1, 0]


def test_classifier_counts_its_normalization():
    # p = pixel / 255, score = 3 (p - 0.5) / 0.25: it changes by 3 / 0.25 = 12 for one unit of p
    classes, seen = ("off", "on"), Preprocess((1, 1), 1, (0.5,), (0.25,))
    model = Classifier(linear([[0.0], [3.0]]), classes, seen)
    image = torch.full((1, 1, 1, 1), 200, dtype=torch.uint8)
    assert saliency(model, image, target="on").item() == 12.0


def test_none_explains_the_class_with_the_highest_score():
    model = linear([[1.0, 0.0], [0.0, 1.0]])
    model[1].bias.data.zero_()
    images = torch.tensor([[0.9, 0.1], [0.2, 0.8]]).view(2, 1, 1, 2)
    values, numbers = attribute(model, images, None, pixel_gradients)
    assert numbers == [0, 1]
    assert values.flatten(1).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_equals_autograd_on_a_whole_network_in_evaluation_mode():
    model, images = convolutional(), torch.rand(5, 3, 8, 8)
    twin, leaf = copy.deepcopy(model).eval(), images.clone().requires_grad_()
    twin(leaf)[:, 2].sum().backward()
    assert torch.equal(saliency(model, images, target=2), leaf.grad)


def test_batches_change_nothing():
    model, images = convolutional(), torch.rand(5, 3, 8, 8)
    whole = saliency(model, images)
    assert torch.allclose(saliency(model, images, batch=2), whole, atol=1e-7)
    alone = torch.cat([saliency(model, image[None]) for image in images])
    assert torch.allclose(alone, whole, atol=1e-7)


def state(model: nn.Module) -> list[object]:
    """All that could have been touched, as plain values."""
    tensors = [tensor.detach().clone().tolist() for tensor in model.state_dict().values()]
    flags = [weight.requires_grad for weight in model.parameters()]
    gradients = [None if weight.grad is None else weight.grad.tolist() for weight in model.parameters()]
    modes = [module.training for module in model.modules()]
    hooks = [len(module._forward_hooks) + len(module._backward_hooks) for module in model.modules()]
    places = [tensor.data_ptr() for tensor in (*model.parameters(), *model.buffers())]
    return [tensors, flags, gradients, modes, hooks, places]


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("failing", [True, False])
def test_model_is_untouched(frozen, failing):
    model = convolutional().train()
    model[1].eval()  # frozen statistics inside a model that trains
    model[1].running_mean.fill_(0.25)
    model[6].bias.grad = torch.ones(3)
    for weight in model.parameters():
        weight.requires_grad_(not frozen)
    before = state(model)
    if failing:
        with pytest.raises(LabelError):
            saliency(model, torch.rand(2, 3, 8, 8), target=99)
        with pytest.raises(ShapeError, match="fails on pixels"):
            saliency(model, torch.rand(2, 5, 8, 8))
    else:
        saliency(model, torch.rand(2, 3, 8, 8))
    assert state(model) == before


def test_statistics_that_move_in_evaluation_stay():
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("seen", torch.zeros(1))

        def forward(self, x: Tensor) -> Tensor:
            self.seen.add_(1)
            return x.flatten(1)

    model = Counting()
    saliency(model, torch.rand(1, 1, 2, 2))
    assert model.seen.item() == 0


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_works_where_gradients_are_off(context):
    with context():
        model, images = convolutional(), torch.rand(2, 3, 8, 8)
        values = saliency(model, images, target=1)
    assert torch.equal(values, saliency(copy.deepcopy(model), images.clone(), target=1))
    assert values.abs().sum() > 0


def test_first_layer_may_work_in_place():
    model = nn.Sequential(nn.ReLU(inplace=True), *linear([[2.0, 5.0]]))
    images = torch.tensor([[-1.0, 1.0]]).view(1, 1, 1, 2)
    assert saliency(model, images, target=0).flatten().tolist() == [0.0, 5.0]
    assert images.flatten().tolist() == [-1.0, 1.0]


def test_no_image_gives_no_value():
    assert saliency(convolutional(), torch.empty(0, 3, 8, 8)).shape == (0, 3, 8, 8)


def test_unknown_class_is_named():
    with pytest.raises(LabelError, match="there is no class 'cow'"):
        saliency(linear([[1.0]]), torch.rand(1, 1, 1, 1), target="cow")


def test_every_image_needs_its_target():
    with pytest.raises(ShapeError, match="there are 1 targets for 2 images"):
        saliency(linear([[1.0]]), torch.rand(2, 1, 1, 1), target=[0])


class Detached(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.detach().flatten(1)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (nn.Identity(), r"scores of the shape \(2, 1, 2, 2\)"),
        (nn.Sequential(nn.Flatten(0), nn.Unflatten(0, (1, -1))), r"scores of the shape \(1, 8\)"),
        (Detached(), "do not depend"),
    ],
)
def test_model_that_is_no_classifier_is_refused(network, message):
    with pytest.raises(ShapeError, match=message):
        saliency(network, torch.rand(2, 1, 2, 2))
