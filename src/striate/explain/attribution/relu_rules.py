"""Every ReLU of a network, whichever way it is written, with another rule for its gradient.

    forward:                    y = max(x, 0)
    backward, plain:            g where x > 0
              guided:           g where x > 0 and g > 0       Springenberg et al. 2015, figure 1
              deconvnet:        g where g > 0                 Zeiler, Fergus 2014, section 2.1

Nothing is hooked or replaced in the model: a mode of torch sees the calls while the network runs. Modules,
functions and methods, in place or not, clamps and thresholds at zero are all one ReLU; ReLU6 keeps its end.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

Rule = Literal["guided", "deconvnet"]

SIX = 6.0
IN_PLACE = {
    F.relu_,
    torch.relu_,
    Tensor.relu_,
    Tensor.clamp_,
    Tensor.clamp_min_,
    torch.threshold_,
    torch.clamp_,
}
ALWAYS = {F.relu, torch.relu, Tensor.relu, F.relu_, torch.relu_, Tensor.relu_}
CLAMPS = {torch.clamp, Tensor.clamp, torch.clip, Tensor.clip, Tensor.clamp_, torch.clamp_}
FLOORS = {torch.clamp_min, Tensor.clamp_min, Tensor.clamp_min_}
LARGER = {torch.maximum, Tensor.maximum, torch.max, Tensor.max}
THRESHOLDS = {F.threshold, torch.threshold_}
SIXES = {F.relu6}


class ReluMode(TorchFunctionMode):
    """While it is entered, the gradient of every ReLU follows the rule.

    Attributes:
        count: ReLUs that were met.
    """

    def __init__(self, rule: Rule) -> None:
        super().__init__()
        self.rule = rule
        self.count = 0

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Any call of torch; those that are ReLUs get the rule."""
        kwargs = kwargs or {}
        top = upper_end(func, args, kwargs)
        if top is None:
            return func(*args, **kwargs)
        self.count += 1
        x = args[0] if args else kwargs["input"]
        if func in IN_PLACE or kwargs.get("inplace") or (func in {F.relu, F.relu6} and True in args[1:]):
            return x.copy_(RuledRelu.apply(x.clone(), self.rule, top))
        return RuledRelu.apply(x, self.rule, top)


class RuledRelu(torch.autograd.Function):
    """max(x, 0), or no more than ``top``; backward by the rule."""

    @staticmethod
    def forward(context: Any, x: Tensor, rule: Rule, top: float) -> Tensor:
        """x of any shape -> the same shape."""
        context.rule = rule
        context.set_materialize_grads(False)  # no gradient is not a gradient of zeros
        context.save_for_backward((x > 0) & (x < top))
        return x.clamp(0, top)

    @staticmethod
    def backward(context: Any, gradient: Tensor | None) -> tuple[Tensor | None, None, None]:
        """The gradient that the rule lets through."""
        if gradient is None:
            return None, None, None
        passes = gradient > 0
        if context.rule == "guided":
            passes &= context.saved_tensors[0]
        return gradient * passes, None, None


def upper_end(func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> float | None:
    """Where a call that is a ReLU ends: infinity, or 6; None for any other call."""
    if func in ALWAYS:
        return torch.inf
    if func in SIXES:
        return SIX
    if func is F.hardtanh:
        ends = _argument(args, kwargs, 1, "min_val", -1.0), _argument(args, kwargs, 2, "max_val", 1.0)
        return SIX if ends == (0, SIX) else None
    if func in CLAMPS:
        low, high = _argument(args, kwargs, 1, "min"), _argument(args, kwargs, 2, "max")
        return {None: torch.inf, SIX: SIX}.get(high) if _is_zero(low) else None
    if func in FLOORS:
        return torch.inf if _is_zero(_argument(args, kwargs, 1, "min")) else None
    if func in LARGER:
        other = _argument(args, kwargs, 1, "other")
        return torch.inf if isinstance(other, Tensor) and _is_zero(other) else None
    if func in THRESHOLDS:
        zeros = _argument(args, kwargs, 1, "threshold"), _argument(args, kwargs, 2, "value")
        return torch.inf if all(map(_is_zero, zeros)) else None
    return None


def _argument(
    args: Sequence[Any], kwargs: dict[str, Any], position: int, name: str, default: Any = None
) -> Any:
    return args[position] if len(args) > position else kwargs.get(name, default)


def _is_zero(value: Any) -> bool:
    """The number zero, or a tensor of zeros."""
    if isinstance(value, Tensor):
        return not value.requires_grad and not bool(value.any())
    return isinstance(value, int | float) and value == 0
