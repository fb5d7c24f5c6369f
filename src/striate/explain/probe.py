"""A network is asked with gradients, again and again, and stays as it is.

    images --uint8 / 255--> pixels --model with stand-ins for its tensors--> output --Choice--> scores (N,)

The stand-ins: weights that ask for no gradient, copies of statistics that may be written to. The model itself
lends its modules only; its mode is given back, whatever happens.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from striate.errors import SettingError, ShapeError
from striate.explain.layer_names import require_layer
from striate.explain.objectives import Objective, Reading
from striate.layers.mode import evaluating
from striate.records import class_number

Target = str | int | Sequence[str | int] | Tensor | Objective | Callable[[Any], Tensor] | None
"""A class for all images, one for each, an objective, a function of the output, or None for the model's own
answer."""

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
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        weights = {name: _ordinary(weight) for name, weight in model.named_parameters()}
        self._tensors = weights | {name: buffer.detach().clone() for name, buffer in model.named_buffers()}

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(iter(self._tensors.values()), torch.empty(0)).device

    def pixels(self, images: Tensor) -> Tensor:
        """A copy of the images as floats where the model is; uint8 becomes 0..1."""
        first = next(_floating(self._tensors), torch.empty(0, device=images.device))
        dtype = images.dtype if images.is_floating_point() else first.dtype
        pixels = images.detach().to(first.device, dtype)
        return pixels.clone() if images.is_floating_point() else pixels / 255

    def __call__(self, pixels: Tensor) -> Any:
        """The output for pixels that may ask for gradients."""
        with evaluating(self.model):
            # A clone: the first layer may work in place, which a tensor that asks for gradients refuses.
            return functional_call(self.model, self._tensors, (pixels.clone(),))

    def layer(self, name: str) -> nn.Module:
        """A layer by its dotted name.

        Raises:
            SettingError: there is no such layer.
        """
        return self.model.get_submodule(require_layer(self.model, name))

    @contextmanager
    def watching(
        self, layers: Sequence[str], at: At = "output", *, begin: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Inside, every call leaves what these layers gave, by name; a layer used twice counts last.

        Args:
            layers: dotted names.
            at: whether what they give or what they are given is kept.
            begin: gradients begin there, so that nothing is kept of what comes before.
        """
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


class Choice:
    """Which score of every image is explained.

    Args:
        model: its ``classes``, if it has them, are names that a target may use.
        target: see ``Target``.
        count: N images.

    Attributes:
        numbers: of the classes, once an output was seen; empty for a function.
        layers: that an objective reads.
        seen: what they gave.

    Raises:
        ShapeError: there are more or fewer targets than images.
    """

    def __init__(self, model: nn.Module, target: Target, count: int) -> None:
        self._names: Sequence[str] | None = getattr(model, "classes", None)
        self._function = target if callable(target) and not isinstance(target, Tensor) else None
        self._wanted = [None] * count if self._function else one_target_each(target, count)  # type: ignore[arg-type]
        self.numbers: list[int] = []
        self.layers = target.layers if isinstance(target, Objective) else ()
        self.seen: dict[str, Any] = {}

    @property
    def is_open(self) -> bool:
        """Whether the model's own answer must be known first."""
        return not self.numbers and None in self._wanted and self._function is None

    def part(self, start: int, end: int) -> "Choice":
        """The choice for some of the images."""
        part = object.__new__(Choice)
        part._names, part._function = self._names, self._function
        part._wanted, part.numbers = self._wanted[start:end], []
        part.layers, part.seen = self.layers, self.seen
        return part

    def __call__(self, output: Any) -> Tensor:
        """Output -> the explained scores (N,).

        Raises:
            LabelError: there is no such class.
            ShapeError: the output is not one row of scores for each image.
        """
        count = len(self._wanted)
        if isinstance(self._function, Objective):
            self._require_reached()
            output = Reading(output, dict(self.seen), self._names)
        if self._function is not None:
            return _one_each(self._function(output), count)
        scores = _rows(output, count)
        if not self.numbers:
            classes = self._names or [str(number) for number in range(scores.shape[1])]
            self.numbers = [
                best if name is None else class_number(classes, name)
                for name, best in zip(self._wanted, scores.argmax(1).tolist(), strict=True)
            ]
        return scores[torch.arange(count), self.numbers]

    def _require_reached(self) -> None:
        for name in self.layers:
            if name not in self.seen:
                raise never_reached(name)


Attribute = Callable[[Probe, Tensor, Choice], Tensor]
"""(the probe, pixels (N, C, H, W), the choice) -> values, one row for each image."""


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
    choice = Choice(model, target, len(images))
    values, numbers = [], []
    with torch.inference_mode(False), torch.enable_grad():
        probe = Probe(model)
        batch = batch or (BATCH if callable(target) else quick_batch(images, probe.device))
        with probe.watching(choice.layers) as choice.seen:
            for start in range(0, len(images), batch):
                part = choice.part(start, start + batch)
                found = method(probe, probe.pixels(images[start : start + batch]), part)
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


def settle(probe: Probe, pixels: Tensor, choice: Choice) -> None:
    """Let the model choose at the images themselves, before a method asks it about others."""
    if choice.is_open:
        with torch.no_grad():
            choice(probe(pixels))


def gradients(scores: Tensor, by: Tensor) -> Tensor:
    """How much each number of ``by`` moves the sum of the scores; zero where it does not matter.

    Raises:
        ShapeError: there are no gradients at all.
    """
    if not scores.requires_grad:
        raise ShapeError(
            "the scores do not depend on the pixels by anything that has a gradient",
            "a model whose forward neither detaches nor rounds, and that is not quantized or exported",
            "take torch.no_grad, detach and argmax out of its forward, or explain with occlusion",
        )
    (found,) = torch.autograd.grad(scores.sum(), by, allow_unused=True)
    return torch.zeros_like(by) if found is None else found


def one_target_each(
    target: str | int | Sequence[str | int] | Tensor | None, count: int
) -> list[str | int | None]:
    """One class for each of ``count`` images, None where the model shall choose.

    >>> one_target_each("cat", 2)
    ['cat', 'cat']
    """
    if target is None or isinstance(target, str | int):
        return [target] * count
    targets = [name if isinstance(name, str) else int(name) for name in target]
    if len(targets) != count:
        raise ShapeError(
            f"there are {len(targets)} targets for {count} images",
            "one class for all images, or one for each",
            "leave target out for the class that the model predicts",
        )
    return [*targets]


def never_reached(layer: str) -> SettingError:
    """Nothing ran through the layer."""
    return SettingError(
        f"the layer {layer!r} was never reached",
        "a layer that the picture runs through",
        "another layer, as `striate summary` lists them",
    )


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


def _ordinary(tensor: Tensor) -> Tensor:
    """The same values for use in a gradient; a tensor made in inference mode must be copied for that."""
    return tensor.detach().clone() if tensor.is_inference() else tensor.detach()


def _floating(tensors: dict[str, Tensor]) -> Iterator[Tensor]:
    return (tensor for tensor in tensors.values() if tensor.is_floating_point())


def _one_each(scores: Any, count: int) -> Tensor:
    """What a target function gave: one number for each image, or one for all of them."""
    if not isinstance(scores, Tensor) or scores.shape not in ((), (count,)):
        given = f"the shape {tuple(scores.shape)}" if isinstance(scores, Tensor) else type(scores).__name__
        raise ShapeError(
            f"the target function gave {given} for {count} images",
            f"a tensor ({count},), one number for each image, or a single number",
            "target=lambda output: output[:, 3]",
        )
    return scores


def _rows(output: Any, count: int) -> Tensor:
    """Class scores (N, K)."""
    if isinstance(output, Tensor) and output.ndim == 2 and output.shape[0] == count and output.shape[1]:
        return output
    shape = (
        f"scores of the shape {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__
    )
    raise ShapeError(
        f"the model gives {shape} for {count} images",
        f"({count}, K), one row of class scores for each image",
        "explain a classifier, or say what is explained: target=lambda output: ...",
    )
