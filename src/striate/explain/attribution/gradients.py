"""A network is asked with gradients, again and again, and stays as it is.

    images --uint8 / 255--> pixels --detached copy of the model--> output --TargetSelector--> scores (N,)

The copy shares the numbers of the weights and nothing else, so hooks, modes and statistics are its own: the
model itself is never written to, and several threads may explain it at once.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from striate.errors import SettingError, ShapeError
from striate.explain.attribution.ignored_warnings import ignoring_missing_kernels
from striate.explain.attribution.layer_names import require_layer
from striate.explain.attribution.supported import require_dense, require_module
from striate.explain.attribution.target import Target, TargetSelector, finite
from striate.layers.detached_copy import detached_copy
from striate.tasks.model import TaskModel

At = Literal["output", "input"]
"""What a layer gives, or what it is given."""

BATCH = 64
"""Images that go through a network at once, at most."""

PIXELS = 16 * 224 * 224
"""Pixels that go through a network at once on a processor: smaller maps are quicker to write and to read
again, and less is kept for the way back (benchmarks/explain_speed.py)."""


class Probe:
    """A model that can be asked.

    Args:
        model: any module; it may be frozen, in training mode, or made in inference mode.

    Raises:
        SettingError: it is no module, or a traced, scripted or exported program.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = require_module(model)
        self._copy = detached_copy(model)
        self._tensors = [*self._copy.parameters(), *self._copy.buffers()]

    @property
    def network(self) -> nn.Module:
        """What sees the pixels: of a classifier the network inside."""
        return self.model.network if isinstance(self.model, TaskModel) else self.model

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(iter(self._tensors), torch.empty(0)).device

    def pixels(self, images: Tensor) -> Tensor:
        """A copy of the images as floats like the model's, where the model is; uint8 becomes 0..1."""
        dtype = images.dtype if images.is_floating_point() else torch.get_default_dtype()
        floats = (tensor for tensor in self._tensors if tensor.is_floating_point())
        first = next(floats, torch.empty(0, dtype=dtype, device=images.device))
        pixels = images.detach().to(first.device, first.dtype)
        return pixels.clone() if images.is_floating_point() else pixels / 255

    def __call__(self, pixels: Tensor) -> Any:
        """The output for pixels that may ask for gradients.

        Raises:
            ShapeError: the model does not take such pixels.
        """
        try:
            return self._copy(pixels.clone())  # the first layer may work in place, which a leaf refuses
        except (RuntimeError, ValueError) as reason:
            raise ShapeError(
                f"{type(self.model).__name__} fails on pixels {tuple(pixels.shape)}: {first_line(reason)}",
                "pixels that the model takes, and memory for them",
                "call model(pixels) to see where; pictures of another size, or fewer channels",
            ) from reason

    def layer(self, name: str) -> nn.Module:
        """A layer of the copy by its dotted name.

        Raises:
            SettingError: there is no such layer.
        """
        return self._copy.get_submodule(require_layer(self.model, name))

    def layers(self) -> Iterator[tuple[str, nn.Module]]:
        """Every layer of the copy with its dotted name, the whole model left out."""
        return ((name, layer) for name, layer in self._copy.named_modules() if name)

    @contextmanager
    def watching(
        self, layers: Sequence[str], at: At = "output", *, begin: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Inside, every call leaves what these layers gave, by name; a layer used twice counts last.

        Args:
            layers: dotted names.
            at: whether what they give or what they are given is kept.
            begin: gradients begin there, so that nothing is kept of what comes before.

        Raises:
            SettingError: there is no such layer, or no such side of it.
        """
        if at not in get_args(At):
            raise SettingError(f"at is {at!r}", "output or input", "leave it out")
        seen: dict[str, Any] = {}
        handles = []
        try:
            for name in layers:
                layer, keep = self.layer(name), _keeper(seen, name, begin=begin)
                handles.append(
                    layer.register_forward_hook(lambda _, given, output, keep=keep: keep(output))
                    if at == "output"
                    else layer.register_forward_pre_hook(lambda _, given, keep=keep: _first(given, keep))
                )
            yield seen
        finally:
            for handle in handles:
                handle.remove()


Attribute = Callable[[Probe, Tensor, TargetSelector], Tensor]
"""(the probe, pixels (N, C, H, W), the selector) -> values, one row for each image."""


def attribute(
    model: nn.Module, images: Tensor, target: Target, method: Attribute, batch: int | None = None
) -> tuple[Tensor, list[int]]:
    """The values of a method for all images, some at a time, and the numbers of the explained classes.

    Args:
        model: stays as it is.
        images: (N, ...), of any rank that the model takes.
        target: see ``Target``.
        method: what is measured.
        batch: images at once; None takes as many as are quick, and ``BATCH`` for a target function.

    Raises:
        LabelError: there is no such class.
        ShapeError: targets, output or gradients are not as the method needs them.
    """
    selector = TargetSelector(model, target, len(require_dense(images)))
    values, numbers = [], []
    with torch.inference_mode(False), torch.enable_grad():
        probe = Probe(model)
        batch = batch or (BATCH if callable(target) else quick_batch(images, probe.device))
        with probe.watching(selector.layers) as selector.seen:
            for start in range(0, len(images), batch):
                part = selector.part(start, start + batch)
                found = finite(method(probe, probe.pixels(images[start : start + batch]), part))
                values.append(found.detach().to(images.device))
                numbers += part.numbers
    return (torch.cat(values) if values else torch.empty(images.shape, device=images.device)), numbers


def quick_batch(images: Tensor, device: torch.device) -> int:
    """How many of these images go through a network at once.

    >>> [quick_batch(torch.empty(64, 3, side, side), torch.device("cpu")) for side in (32, 224, 4000)]
    [64, 16, 1]
    """
    if images.ndim < 4 or device.type != "cpu":
        return BATCH
    return max(1, min(BATCH, PIXELS // max(images.shape[2:].numel(), 1)))


def settle(probe: Probe, pixels: Tensor, selector: TargetSelector) -> None:
    """Let the model choose at the images themselves, before a method asks it about others."""
    if selector.is_open:
        with torch.no_grad():
            selector(probe(pixels))


def gradients(scores: Tensor, by: Tensor) -> Tensor:
    """How much each number of ``by`` moves the sum of the scores; zero where it does not matter.

    Raises:
        ShapeError: there are no gradients at all, also where a part of the model, a quantized layer for
            example, stops them.
    """
    found = None
    if scores.requires_grad:
        try:
            with ignoring_missing_kernels():
                (found,) = torch.autograd.grad(scores.sum(), by, allow_unused=True)
        except RuntimeError as reason:
            raise ShapeError(
                f"there is no way back from the scores: {first_line(reason)}",
                "a model of which model(pixels).sum().backward() succeeds",
                "inplace=False where it fails, or explain with occlusion",
            ) from reason
    if found is None:
        raise ShapeError(
            "the scores do not depend on the pixels by anything that has a gradient",
            "a model whose forward neither detaches nor rounds, and that is not quantized or exported",
            "take torch.no_grad, detach and argmax out of its forward, or explain with occlusion",
        )
    return found


def first_line(reason: Exception) -> str:
    """What an error of torch says, in one line."""
    return (str(reason).strip().splitlines() or [type(reason).__name__])[0]


def _keeper(seen: dict[str, Any], name: str, *, begin: bool) -> Callable[[Any], Any]:
    """Keeps what a layer gives; what follows gets a copy, which it may change in place."""

    def keep(given: Any) -> Any:
        if begin and isinstance(given, Tensor) and given.is_floating_point():
            given = given.detach().requires_grad_()
        seen[name] = given
        return given.clone() if isinstance(given, Tensor) else None

    return keep


def _first(given: tuple[Any, ...], keep: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """What a layer is given, with a copy of the first; None leaves it as it is."""
    copied = keep(given[0]) if given else None
    return None if copied is None else (copied, *given[1:])
