"""A network that is never changed, run no deeper than needed, and its maps by name.

    pixels 0..1 --(x - mean) / std--> stem --> stages ... --> the deepest layer asked for | no further
                                        |         |
                                        `---------+--> {layer: map}

It works on a copy whose weights ask for no gradients, in bf16 and channels last if that is quicker. Layers
are dotted names, or the last part of one where that is clear: relu4_2 is stages.2.relu4_2.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from difflib import get_close_matches
from functools import partial
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from striate.data.preprocess import LUMA
from striate.errors import SettingError, ShapeError
from striate.layers.backbone import GROWTH, Backbone
from striate.zoo.cost.trace import trace

REACH_SIDE = 1024
"""Pixels of the picture on which reaches are measured, by shapes alone."""


class Encoder(nn.Module):
    """(N, 3, H, W) pixels 0..1 -> {layer: (N, C', H', W')}.

    Args:
        network: any backbone; it stays as it is.
        layers: names of layers that give maps.
        mean: of the pixels that the weights expect, by channel.
        std: likewise.
        dtype: that the network computes with.

    Raises:
        SettingError: the network has no such layer, or it gives no maps.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        network: Backbone,
        layers: Sequence[str],
        mean: Sequence[float],
        std: Sequence[float],
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.trunk: Backbone = deepcopy(network, {id(network.head): nn.Identity()})
        self.layers = tuple(full_name(self.trunk, layer) for layer in layers)
        self.trunk.eval().requires_grad_(False).to(dtype).to(memory_format=torch.channels_last)
        self.dtype, self.channels = dtype, network.input_channels
        self.register_buffer("mean", torch.tensor(tuple(mean)).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(tuple(std)).view(1, -1, 1, 1))
        self._spare_memory()
        self.strides = self._strides()

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        """Pixels (N, 3, H, W), 0..1 -> the maps of the layers; nothing behind the deepest one runs."""
        if self.channels == 1:
            pixels = (pixels * pixels.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
        x = (pixels - self.mean) / self.std
        x = x.to(dtype=self.dtype, memory_format=torch.channels_last)
        with _watching(self.trunk, self.layers) as seen:
            for part in (self.trunk.stem, *self.trunk.stages):
                x = _through(part, x)
        return seen

    @property
    def deepest(self) -> int:
        """Pixels between the units of the deepest map."""
        return max(self.strides.values())

    def reach(self) -> int | None:
        """Pixels that a unit sees around its position, rounded up to whole strides; None for all of them."""
        seen = max(step.sees.seen for step in trace(self.float_copy(), (3, REACH_SIDE, REACH_SIDE)))
        if seen >= REACH_SIDE:
            return None
        return -(-int(seen / 2 + 1) // self.deepest) * self.deepest

    def float_copy(self) -> "Encoder":
        """The same in float32."""
        return deepcopy(self).float() if self.dtype != torch.float32 else self

    @property
    def outline(self) -> "Encoder":
        """The same with shapes and no numbers."""
        tensors = {
            id(tensor): tensor.detach().to("meta") for tensor in chain(self.parameters(), self.buffers())
        }
        return deepcopy(self, tensors)

    def kept_bytes(self, height: int, width: int) -> int:
        """Bytes that a step backwards needs of the way forwards beside the weights, by shapes alone."""
        outline = self.outline
        kept: dict[int, tuple[torch.UntypedStorage, int]] = {}

        weights = {tensor.untyped_storage()._cdata for tensor in outline.parameters()}

        def keep(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            if storage._cdata in weights:
                return tensor
            kept[storage._cdata] = storage, storage.nbytes()
            return tensor

        pixels = torch.empty(1, 3, height, width, device="meta", requires_grad=True)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            outline(pixels)
        return sum(size for _, size in kept.values())

    def _strides(self) -> dict[str, int]:
        """{layer: pixels between its units}."""
        height, width = self.trunk.input_size
        shapes = []
        for more in (0, GROWTH):
            pixels = torch.empty(1, 3, height + more, width + more, device="meta")
            shapes.append(self.outline(pixels))
        require_maps(self.layers, shapes[0])
        small, large = shapes
        return {name: GROWTH // (large[name].shape[-2] - small[name].shape[-2]) for name in self.layers}

    def _spare_memory(self) -> None:
        """ReLUs overwrite what they are given, unless it is a map that was asked for."""
        for module in self.trunk.modules():
            if not isinstance(module, nn.Sequential):
                continue
            before = ""
            for name, child in module.named_children():
                asked = any(layer.rpartition(".")[2] == before for layer in self.layers)
                if isinstance(child, nn.ReLU) and isinstance(module._modules.get(before), nn.Conv2d):
                    child.inplace = not asked
                before = name


def _through(part: nn.Module, maps: Tensor) -> Tensor:
    """Maps through a part of the network.

    Raises:
        ShapeError: they are smaller than its kernel.
    """
    try:
        result: Tensor = part(maps)
    except RuntimeError as reason:
        if "can't be greater than actual input size" not in str(reason):
            raise
        raise ShapeError(
            "the picture is smaller than what the network looks at, at this scale",
            "pictures with more pixels",
            "a larger picture or size, fewer scales, or layers that are not as deep",
        ) from reason
    return result


def full_name(network: nn.Module, layer: str) -> str:
    """The dotted name of a layer that is named by its end.

    Raises:
        SettingError: there is none, or several.
    """
    names: list[str] = [name for name, _ in network.named_modules() if name and not name.startswith("head")]
    if layer in names:
        return layer
    found = [name for name in names if name.endswith(f".{layer}")]
    if len(found) == 1:
        return found[0]
    near = found[:3] or get_close_matches(layer, names, 3, cutoff=0)
    what = f"{len(found)} layers that end in" if found else "no layer"
    raise SettingError(
        f"{type(network).__name__} has {what} {layer!r}",
        "a dotted name in its stem or its stages, as `striate summary` lists them",
        " or ".join(near) or "a network with layers",
    )


def require_maps(layers: Sequence[str], seen: dict[str, Any]) -> None:
    """Every layer ran and gave maps.

    Raises:
        SettingError: one did not.
    """
    for layer in layers:
        given = seen.get(layer)
        if not isinstance(given, Tensor) or given.ndim != 4:
            what = "never ran" if given is None else "gives no maps (N, C, H, W)"
            raise SettingError(
                f"the layer {layer!r} {what}", "a layer that gives maps", "a convolution, or a stage"
            )


# ---- how far the network runs


class _Enough(Exception):  # noqa: N818 - no error: ends the way forwards
    """Every layer was seen."""


@contextmanager
def _watching(network: nn.Module, layers: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What the layers give, from when it is full; what would run after the last of them does not."""
    seen: dict[str, Any] = {}

    def note(name: str, module: nn.Module, inputs: Any, output: Any) -> None:
        seen.setdefault(name, output)
        if len(seen) == len(set(layers)):
            raise _Enough

    hooks = [network.get_submodule(name).register_forward_hook(partial(note, name)) for name in layers]
    try:
        yield seen
    except _Enough:
        pass
    finally:
        for hook in hooks:
            hook.remove()
