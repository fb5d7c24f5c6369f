"""Are maps those of captum, and is the guided gradient that of every ReLU? Twenty networks of torchvision.

Held equal: the network with its random weights in float64 and evaluation mode, two random pictures, the
classes, the layer of Grad-CAM (the one that striate recommends), the windows of occlusion, the steps of
integrated gradients. Guided backpropagation and the deconvnet are compared with a reference of this file
that is put in the place of torch's ReLUs while the network runs: captum's hooks see ReLU modules only,
and its answer on networks with functional ReLUs is another one. Numbers are the largest distance as a
share of the largest value.

    python benchmarks/explain_oracles.py [--networks resnet18,googlenet]
"""

import argparse
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import captum.attr as captum
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision import models

from striate.errors import SettingError
from striate.explain.attribution.methods import explain

CALM = {"init_weights": False}  # a truncated normal for every weight takes minutes
NETWORKS: dict[str, dict[str, Any]] = {
    "alexnet": {}, "vgg11": {}, "vgg13_bn": {}, "resnet18": {}, "resnet50": {}, "resnext50_32x4d": {},
    "wide_resnet50_2": {}, "squeezenet1_0": {}, "squeezenet1_1": {}, "densenet121": {}, "googlenet": CALM,
    "inception_v3": CALM, "mobilenet_v2": {}, "mobilenet_v3_small": {}, "mobilenet_v3_large": {},
    "shufflenet_v2_x0_5": {}, "mnasnet0_5": {}, "efficientnet_b0": {}, "regnet_y_400mf": {},
    "convnext_tiny": {},
}  # fmt: skip
SIDES = {"inception_v3": 80}
SIDE = 64
CLASSES = [1, 3]
STEPS = 5
ALLOWED = 1e-6


class Rule(torch.autograd.Function):
    """max(x, 0) up to ``top``, backwards as Springenberg et al. 2015, or as Zeiler and Fergus 2014."""

    @staticmethod
    def forward(context: Any, x: Tensor, top: float, guided: bool) -> Tensor:
        context.save_for_backward(x)
        context.top, context.guided = top, guided
        return x.clamp(0, top)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (x,) = context.saved_tensors
        climbing = gradient.clamp(min=0)
        return climbing * ((x > 0) & (x < context.top)) if context.guided else climbing, None, None


@contextmanager
def patched(guided: bool) -> Iterator[None]:
    """Every way in which these networks write a ReLU calls ``Rule`` inside."""

    def relu(x: Tensor, inplace: bool = False) -> Tensor:
        found = Rule.apply(x.clone() if inplace else x, torch.inf, guided)
        return x.copy_(found) if inplace else found

    def hardtanh(x: Tensor, low: float = -1.0, high: float = 1.0, inplace: bool = False) -> Tensor:
        assert (low, high) == (0, 6), "only ReLU6 is known here"
        found = Rule.apply(x.clone() if inplace else x, 6.0, guided)
        return x.copy_(found) if inplace else found

    def in_place(x: Tensor) -> Tensor:
        return relu(x, inplace=True)

    changes = [(F, "relu", relu), (torch, "relu", relu), (F, "hardtanh", hardtanh), (Tensor, "relu", relu)]
    changes += [(F, "relu_", in_place), (torch, "relu_", in_place), (Tensor, "relu_", in_place)]
    kept = [getattr(place, name) for place, name, _ in changes]
    try:
        for place, name, ours in changes:
            setattr(place, name, ours)
        yield
    finally:
        for (place, name, _), theirs in zip(changes, kept, strict=True):
            setattr(place, name, theirs)


def reference(model: nn.Module, images: Tensor, guided: bool) -> Tensor:
    """The gradient by the rule for every ReLU."""
    pixels = images.clone().requires_grad_()
    with patched(guided):
        scores = model(pixels.clone())[torch.arange(len(images)), CLASSES]
    return torch.autograd.grad(scores.sum(), pixels)[0]


def oracles(model: nn.Module, images: Tensor, layer: str) -> dict[str, Callable[[], Tensor]]:
    """The maps of others by the names of our methods."""
    target = torch.tensor(CLASSES)
    window, stride = images.shape[-1] // 2, images.shape[-1] // 4
    patch = {"sliding_window_shapes": (3, window, window), "strides": (3, stride, stride)}
    cam = captum.LayerGradCam(model, model.get_submodule(layer))
    return {
        "saliency": lambda: captum.Saliency(model).attribute(images, target=target, abs=False),
        "gradient_x_input": lambda: captum.InputXGradient(model).attribute(images, target=target),
        "integrated_gradients": lambda: captum.IntegratedGradients(model).attribute(
            images, target=target, n_steps=STEPS
        ),
        "gradcam": lambda: cam.attribute(images, target=target).squeeze(1),
        "occlusion": lambda: captum.Occlusion(model).attribute(images, target=target, **patch).mean(1),
        "guided_backprop": lambda: reference(model, images, guided=True),
        "deconvnet": lambda: reference(model, images, guided=False),
    }


def distances(name: str) -> dict[str, float | None]:
    """By method; None where a network without ReLU is refused."""
    torch.manual_seed(0)
    model = models.get_model(name, weights=None, **NETWORKS[name]).double().eval()
    side = SIDES.get(name, SIDE)
    images = torch.rand(2, 3, side, side, dtype=torch.float64)
    layer = str(explain(model, images, "gradcam", target=CLASSES).layer)
    options: dict[str, dict[str, Any]] = {
        "integrated_gradients": {"steps": STEPS},
        "gradcam": {"layer": layer, "relu": False, "upsample": "none"},
        "occlusion": {"window": side // 2, "stride": side // 4},
    }
    found: dict[str, float | None] = {}
    for method, theirs in oracles(model, images, layer).items():
        try:
            ours = explain(model, images, method, target=CLASSES, **options.get(method, {})).values
        except SettingError:
            found[method] = None
            continue
        wanted = theirs().detach()
        found[method] = float((ours - wanted).abs().max() / wanted.abs().max())
    return found


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")  # captum's, about hooks and gradients of the input
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--networks", default=",".join(NETWORKS))
    names = parser.parse_args().networks.split(",")
    worst, compared = 0.0, 0
    for name in names:
        row = distances(name)
        told = [f"{method} {'no ReLU' if far is None else f'{far:.0e}'}" for method, far in row.items()]
        print(f"{name:20}", ", ".join(told), flush=True)
        known = [far for far in row.values() if far is not None]
        worst, compared = max(worst, *known), compared + len(known)
    verdict = "met" if worst <= ALLOWED else "not met"
    print(f"{compared} comparisons on {len(names)} networks, the worst {worst:.1e}: {verdict}")


if __name__ == "__main__":
    main()
