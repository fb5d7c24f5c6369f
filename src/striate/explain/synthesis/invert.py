"""Inversion: which picture has the features that a layer gave? What comes back different, the layer had lost.

    image --> network up to a layer --> features --.
                                                   |  distance --> gradient --> picture --> ...
    noise --> network up to a layer --> features --'
                                     + variation of the picture

    minimize over x:   |F(x) - F(x0)|^2 / |F(x0)|^2  +  weight * total variation(x)

Mahendran, Vedaldi 2015, equations 1 to 4. https://arxiv.org/abs/1412.0035
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from PIL import Image
from torch import Tensor, nn

from striate.arguments import checked, checked_methods
from striate.data.inputs import Input
from striate.draw import image_grid as sheet
from striate.errors import SettingError
from striate.explain.attribution.archive import write_picture
from striate.explain.attribution.gradients import Probe, gradients
from striate.explain.attribution.one_line import one_line
from striate.explain.attribution.partial_forward import PartialForward
from striate.explain.synthesis.image_parameterization import ImageParameterization
from striate.explain.synthesis.initial_image import Model, model_input, open_model
from striate.explain.synthesis.regularizers import total_variation
from striate.layers.backbone import Backbone
from striate.layers.memory_format import fastest_format

Arithmetic = Literal["exact", "bf16"]

RATE = 0.3
"""First step of Adam on the values of the canvas; it falls to zero along a cosine."""


@checked_methods
@dataclass(frozen=True)
class Inversion:
    """What layers still know of a picture.

    Args:
        image: float32 (C, H, W), 0..1, as the network saw it.
        layers: L names.
        pictures: float32 (L, C, H, W), 0..1, made from the features of each layer alone.
        feature_distances: L numbers, ``|F(x) - F(x0)| / |F(x0)|``; near zero where the search succeeded.
        pixel_distances: L numbers, ``|x - x0| / |x0 - mean of x0|``; 0 is the picture itself, 1 a grey one.
        seed: of the noise to begin with.

    A small feature distance with a large pixel distance says that the layer cannot tell both pictures apart.
    """

    image: Tensor
    layers: tuple[str, ...]
    pictures: Tensor
    feature_distances: tuple[float, ...]
    pixel_distances: tuple[float, ...]
    seed: int

    def __repr__(self) -> str:
        return one_line(self)

    def strip(self, side: int = 128) -> Image.Image:
        """One picture: the image, then what is left of it layer by layer, with its distance in pixels."""
        told = zip(self.layers, self.pixel_distances, strict=True)
        captions = ["the picture", *(f"{layer.removeprefix('network.')}  {far:.2f}" for layer, far in told)]
        return sheet.grid([self.image, *self.pictures], captions, columns=len(captions), side=side)

    def save(self, path: str | Path) -> Path:
        """Write :meth:`strip`, beside and renamed.

        Raises:
            RunError: the path cannot be written to, or the ending names no picture format.
        """
        return write_picture(self.strip(), path)

    def to_dict(self) -> dict[str, Any]:
        """The distances of every layer, ready for JSON."""
        rows = zip(self.layers, self.feature_distances, self.pixel_distances, strict=True)
        return {
            layer: {"feature_distance": features, "pixel_distance": pixels}
            for layer, features, pixels in rows
        }


@checked
def invert(
    model: Model,
    image: Input,
    layers: str | Sequence[str] | None = None,
    *,
    steps: int = 400,
    variation: float = 0.3,
    seed: int = 0,
    arithmetic: Arithmetic = "exact",
) -> Inversion:
    """A picture made from the features of a layer alone, for each of some layers. The model stays as it is.

    Args:
        model: a module whose pictures are 0..1, a saved file, or the folder of a run.
        image: a picture.
        layers: dotted names, as ``striate summary`` lists them; several make a strip. When left out the stem,
            every stage and the head of one of our networks.
        steps: of gradient descent for each layer.
        variation: weight of the total variation, which chooses among pictures with the same features.
        seed: of the noise to begin with.
        arithmetic: ``bf16`` is faster on processors that have it; the distances are exact either way.

    Returns:
        ``.pictures``, ``.pixel_distances``, ``.feature_distances``, ``.strip()``.

    Raises:
        SettingError: there is no such layer, it is never reached, or its features are not numbers.
        ImageError: the file cannot be read.
        ShapeError: it is no picture, or there are no gradients.
    """
    if steps < 0 or not variation >= 0 or arithmetic not in get_args(Arithmetic):
        wrong = f"steps is {steps}, variation {variation}, arithmetic {arithmetic!r}"
        raise SettingError(wrong, "0 or more, 0 or more, exact or bf16", "leave them out")
    network = open_model(model)
    names = (layers,) if isinstance(layers, str) else tuple(depths(network) if layers is None else layers)
    if not names:
        raise SettingError("no layer was named", "one or more dotted names", "see `striate summary`")
    with torch.inference_mode(False), torch.enable_grad():
        probe = Probe(network)
        pixels = fastest_format(probe.network, probe.pixels(model_input(network, image)))
        readers = [PartialForward(probe, (name,)) for name in names]
        found = [_search(read, pixels, (steps, variation, seed), arithmetic) for read in readers]
        pictures = torch.cat(found)
        features = tuple(
            _distance(_features(r, x), _features(r, pixels)) for r, x in zip(readers, found, strict=True)
        )
    distances = tuple(_distance(x - pixels.mean(), pixels - pixels.mean()) for x in found)
    return Inversion(pixels[0].float().cpu(), names, pictures.float().cpu(), features, distances, seed)


def depths(model: nn.Module) -> list[str]:
    """Names of the stem, the stages and the head of a backbone, from shallow to deep; else none.

    >>> from striate.backbones.lenet import lenet5
    >>> depths(lenet5(1))
    ['stem', 'stages.0', 'head']
    """
    network = getattr(model, "network", model)
    return network.blocks() if isinstance(network, Backbone) else []


def _search(
    read: PartialForward, pixels: Tensor, settings: tuple[int, float, int], arithmetic: Arithmetic
) -> Tensor:
    """The picture (1, C, H, W) whose features come closest to those of ``pixels``."""
    steps, variation, seed = settings
    wanted = _features(read, pixels).detach()
    norm = wanted.square().sum()
    if not torch.isfinite(norm):
        raise SettingError(
            f"the features of {read.layers[0]!r} are not finite",
            "finite numbers",
            "look for numbers that are not finite in the weights of the model",
        )
    canvas = ImageParameterization(tuple(pixels.shape), "pixels", None, seed).to(pixels)
    adam = torch.optim.Adam([canvas.values], lr=RATE)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, max(1, steps))
    fast = torch.autocast(pixels.device.type, torch.bfloat16) if arithmetic == "bf16" else nullcontext()
    for _ in range(steps):
        x = canvas.pixels()
        with fast:
            features = _features(read, x)
        distance = (features.to(wanted) - wanted).square().sum() / norm.clamp(min=1e-12)
        canvas.values.grad = gradients(distance + variation * total_variation(x), canvas.values)
        adam.step()
        falling.step()
    return canvas.pixels().detach()


def _features(read: PartialForward, pixels: Tensor) -> Tensor:
    """What the one layer of a reader gives."""
    (name,) = read.layers
    given = read(pixels).maps[name]
    if not isinstance(given, Tensor):
        wrong = f"the layer {name!r} gives {type(given).__name__}"
        raise SettingError(wrong, "a tensor", "another layer, as `striate summary` lists them")
    return given


def _distance(found: Tensor, wanted: Tensor) -> float:
    """|found - wanted| / |wanted|; 0 where both are zero."""
    apart, whole = (found - wanted).detach().norm(), wanted.detach().norm()
    return float(apart / whole) if whole > 0 else float(apart)
