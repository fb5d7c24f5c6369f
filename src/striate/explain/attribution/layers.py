"""The layer to look at when none is named, and what layers give.

image --> [ conv ] --> [ conv ] --> [ pool ] --> [ linear ]
                           |
                 the last with maps of more than one pixel
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import SettingError
from striate.explain.attribution.gradients import At, Probe
from striate.explain.attribution.layer_names import never_reached


def as_map(seen: dict[str, Any], name: str) -> Tensor:
    """What a layer gave, (N, C', H', W').

    Raises:
        SettingError: it did not run, or gave no maps.
    """
    given = _tensor(seen, name)
    if given.ndim != 4:
        raise SettingError(
            f"the layer {name!r} gives the shape {tuple(given.shape)}",
            "maps (N, C, H, W)",
            "a convolution, or leave layer out",
        )
    return given


def _tensor(seen: dict[str, Any], name: str) -> Tensor:
    """What a layer gave, if it is a tensor."""
    if name not in seen:
        raise never_reached(name)
    given = seen[name]
    if not isinstance(given, Tensor):
        raise SettingError(
            f"the layer {name!r} gives {type(given).__name__}",
            "a tensor",
            "a convolution, or leave layer out",
        )
    return given.dequantize() if given.is_quantized else given


def default_layer(model: nn.Module, images: Tensor, before: str = "", inside: str = "") -> str:
    """The last module that gives maps of more than one pixel: what Grad-CAM looks at when no layer is named.

    Args:
        model: any module.
        images: one or more that it takes.
        before: dotted name of a module that is left out with all its parts.
        inside: dotted name of the module whose parts alone are looked at.

    Raises:
        SettingError: no module gives maps.
    """
    order: list[str] = []
    probe = Probe(model)
    for name, layer in probe.layers():
        left_out = before and f"{name}.".startswith(f"{before}.")
        if not left_out and (not inside or name.startswith(f"{inside}.")):
            layer.register_forward_hook(_recorder(order, name))
    with torch.no_grad():
        probe(probe.pixels(images[:1]))
    if not order:
        raise SettingError(
            f"{type(model).__name__} has no layer that gives maps",
            "a convolutional network, and a picture of which more than one pixel is left",
            "a larger picture, a layer by its name, or the method saliency",
        )
    return order[-1]


def activations(
    model: nn.Module, images: Tensor, layers: Sequence[str], batch: int = 64, at: At = "output"
) -> dict[str, Tensor]:
    """What layers give, or are given, for images: {name: (N, ...)}, on the CPU; the model stays as it is.

    Raises:
        SettingError: there is no such layer, or it was never reached.
    """
    probe = Probe(model)
    kept: dict[str, list[Tensor]] = {name: [] for name in layers}
    with torch.no_grad():
        for start in range(0, len(images), batch):
            with probe.watching(layers, at) as seen:
                probe(probe.pixels(images[start : start + batch]))
            for name in layers:
                kept[name].append(_tensor(seen, name).detach().cpu())
    return {name: torch.cat(parts) for name, parts in kept.items()}


def _recorder(order: list[str], name: str) -> Any:
    """A hook that writes down the layer if it gives maps."""

    def record(module: nn.Module, inputs: Any, output: Any) -> None:
        of_images = isinstance(output, Tensor) and output.ndim == 4 and len(output) == 1  # not of regions
        if of_images and max(output.shape[2:]) > 1:
            order.append(name)

    return record
