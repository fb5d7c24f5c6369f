"""Maps equal to captum's; guided backpropagation equal to a reference that sees every ReLU."""

from collections.abc import Callable
from functools import partial
from typing import Any

import captum.attr as captum
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torchvision import models

from striate.explain.attribution.gradcam import class_activation
from striate.explain.attribution.gradients import attribute
from striate.explain.attribution.methods import explain

TARGET = [1, 3]
CALM = {"init_weights": False}
NETWORKS: dict[str, dict[str, Any]] = {
    "resnet18": {},
    "googlenet": CALM,
    "mobilenet_v2": {},
    "squeezenet1_1": {},
    "shufflenet_v2_x0_5": {},
}
"""ReLUs reused and in place; as functions; ReLU6. ``benchmarks/explain_oracles.py`` asks twenty."""


class Mixed(nn.Module):
    """In place, as a method, as a clamp."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.second, self.last = nn.Conv2d(8, 8, 3, stride=2), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.second(torch.relu_(self.norm(self.first(x))))
        return self.last(x.clamp(min=0).mean((2, 3)))


class Guided(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor, top: float) -> Tensor:
        context.save_for_backward(x)
        context.top = top
        return x.clamp(0, top)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (x,) = context.saved_tensors
        return gradient.clamp(min=0) * ((x > 0) & (x < context.top)), None


class Reference(TorchFunctionMode):
    """Springenberg et al. 2015, for the forms in which these networks write a ReLU."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in (F.relu, torch.relu, torch.relu_):
            return Guided.apply(args[0], torch.inf)
        if func is torch.Tensor.clamp and kwargs == {"min": 0}:
            return Guided.apply(args[0], torch.inf)
        if func is F.hardtanh:  # ReLU6
            assert (kwargs["min_val"], kwargs["max_val"]) == (0, 6)
            return Guided.apply(args[0], 6.0)
        return func(*args, **kwargs)


def reference(model: nn.Module, images: Tensor) -> Tensor:
    pixels = images.clone().requires_grad_()
    with Reference():
        scores = model(pixels)[torch.arange(len(images)), TARGET]
    return torch.autograd.grad(scores.sum(), pixels)[0]


def furthest(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).detach().abs().max() / theirs.detach().abs().max())


@pytest.mark.parametrize("name", ["mixed", *NETWORKS])
@pytest.mark.filterwarnings("ignore:.*backward hooks.*:UserWarning", "ignore:Setting forward:UserWarning")
@pytest.mark.filterwarnings("ignore:Input Tensor:UserWarning")
def test_maps_are_those_of_captum(name: str) -> None:
    torch.manual_seed(0)
    model = Mixed() if name == "mixed" else models.get_model(name, weights=None, **NETWORKS[name])
    model.double().eval()
    side = 16 if name == "mixed" else 64
    images, target = torch.rand(2, 3, side, side, dtype=torch.float64), torch.tensor(TARGET)
    layer = str(explain(model, images, "gradcam", target=TARGET).layer)
    window, stride = side // 2, side // 4
    ours: dict[str, Callable[[], Tensor]] = {
        "saliency": lambda: explain(model, images, "saliency", target=TARGET).values,
        "gradient_x_input": lambda: explain(model, images, "gradient_x_input", target=TARGET).values,
        "integrated": lambda: explain(model, images, "integrated_gradients", target=TARGET, steps=4).values,
        "occlusion": lambda: (
            explain(model, images, "occlusion", target=TARGET, window=window, stride=stride).values
        ),
        "gradcam": lambda: attribute(model, images, TARGET, partial(class_activation, layer=layer))[0],
        "guided": lambda: explain(model, images, "guided_backprop", target=TARGET).values,
    }
    patch = {"sliding_window_shapes": (3, window, window), "strides": (3, stride, stride)}
    theirs = {
        "saliency": captum.Saliency(model).attribute(images, target=target, abs=False),
        "gradient_x_input": captum.InputXGradient(model).attribute(images, target=target),
        "integrated": captum.IntegratedGradients(model).attribute(images, target=target, n_steps=4),
        "occlusion": captum.Occlusion(model).attribute(images, target=target, **patch).mean(1),
        "gradcam": captum.LayerGradCam(model, model.get_submodule(layer))
        .attribute(images, target=target)
        .squeeze(1),
        "guided": reference(model, images),
    }
    errors = {method: furthest(made(), theirs[method]) for method, made in ours.items()}
    assert max(errors.values()) < 1e-6, errors
