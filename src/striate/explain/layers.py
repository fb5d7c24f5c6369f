"""The layers of a model by name, the one to look at when none is named, and what they give.

"stages.2" --> the module           "stages.2.convv1" --> the three nearest names
"""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import SettingError
from striate.explain.probe import Probe


def require_layer(model: nn.Module, name: str) -> str:
    """The whole dotted name of a layer; its end is enough where no other layer ends so.

    Raises:
        SettingError: there is no such layer; the three nearest names are told.
    """
    names = [one for one, _ in model.named_modules() if one]
    ends = [one for one in names if one.endswith(f".{name}")]
    if name in names or len(ends) == 1:
        return name if name in names else ends[0]
    near = get_close_matches(name, ends or names, 3, cutoff=0)
    raise SettingError(
        f"{type(model).__name__} has {'several layers' if ends else 'no layer'} {name!r}",
        "a dotted name, as `striate summary` lists them",
        " or ".join(near) or "a model with layers",
    )


def as_map(seen: dict[str, Any], name: str) -> Tensor:
    """What a layer gave, (N, C', H', W').

    Raises:
        SettingError: it did not run, or gave no maps.
    """
    if name not in seen:
        raise SettingError(
            f"the layer {name!r} was never reached",
            "a layer that the picture runs through",
            "leave layer out",
        )
    given = seen[name]
    if not isinstance(given, Tensor) or given.ndim != 4:
        shape = f"the shape {tuple(given.shape)}" if isinstance(given, Tensor) else type(given).__name__
        raise SettingError(
            f"the layer {name!r} gives {shape}", "maps (N, C, H, W)", "a convolution, or leave layer out"
        )
    return given


def recommended(model: nn.Module, images: Tensor) -> str:
    """The last module that gives maps of more than one pixel: what Grad-CAM looks at when no layer is named.

    Raises:
        SettingError: no module gives maps.
    """
    names = [name for name, module in model.named_modules() if name]
    order: list[str] = []
    handles = []
    try:
        for name in names:
            handles.append(model.get_submodule(name).register_forward_hook(_recorder(order, name)))
        with torch.no_grad():
            probe = Probe(model)
            probe(probe.pixels(images[:1]))
    finally:
        for handle in handles:
            handle.remove()
    if not order:
        raise SettingError(
            f"{type(model).__name__} has no layer that gives maps",
            "a convolutional network",
            "the method saliency",
        )
    return order[-1]


def activations(
    model: nn.Module, images: Tensor, layers: Sequence[str], batch: int = 64
) -> dict[str, Tensor]:
    """What layers give for images: {name: (N, ...)}, on the CPU; the model stays as it is.

    Raises:
        SettingError: there is no such layer, or it was never reached.
    """
    layers = [require_layer(model, name) for name in layers]
    probe = Probe(model)
    kept: dict[str, list[Tensor]] = {name: [] for name in layers}
    with torch.no_grad():
        for start in range(0, len(images), batch):
            with probe.watching(layers) as seen:
                probe(probe.pixels(images[start : start + batch]))
            for name in layers:
                if name not in seen:
                    as_map(seen, name)
                kept[name].append(seen[name].detach().cpu())
    return {name: torch.cat(parts) for name, parts in kept.items()}


def _recorder(order: list[str], name: str) -> Any:
    """A hook that writes down the layer if it gives maps."""

    def record(module: nn.Module, inputs: Any, output: Any) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and max(output.shape[2:]) > 1:
            order.append(name)

    return record
