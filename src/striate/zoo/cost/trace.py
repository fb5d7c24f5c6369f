"""A forward pass without numbers: every layer that ran, its shapes, parameters, multiplications and field.

    model --copy with shapes only--> forward(image of shapes only) --every inner operation--> steps

The copy's tensors are fake: they have a shape, a dtype and a device, and no storage. So the size of the model
does not matter, tensors made inside ``forward`` fit, and the model itself stays as it is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import chain
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode

from striate.errors import SettingError, ShapeError, StriateError
from striate.zoo.cost.op_rules import (
    ADAPTIVE,
    ATTENTIONS,
    INTERPOLATIONS,
    POOLINGS,
    PRODUCTS,
    REDUCTIONS,
    Call,
    result_field,
    tensors_in,
)
from striate.zoo.cost.receptive_field import Field, join


@dataclass
class Step:
    """One layer as it ran, for one image.

    Args:
        name: of the module in the model; of an operation without one, that of its weights or what is around.
        around: the module that holds it.
        kind: of the module, or the operation's name.
        call: the inner operation.
        sees: what its result sees.
        multiplications: for one image.
        parameters: names of those that were used here first.
        followers: kinds of the modules that used parameters on the result at once, such as BatchNorm2d.
    """

    name: str
    around: str
    kind: str
    call: Call
    sees: Field
    multiplications: int = 0
    parameters: list[str] = field(default_factory=list)
    followers: list[str] = field(default_factory=list)


def trace(model: nn.Module, input_size: Sequence[int]) -> list[Step]:
    """Run a model on one image of shapes only.

    Args:
        model: any; it is not changed.
        input_size: (C, *axes) of one image.

    Returns:
        the layers in the order in which they ran, as in evaluation.

    Raises:
        ShapeError: the model cannot take such an image.
        SettingError: the model cannot be run by shapes alone.
    """
    _require_shapes(model)
    with FakeTensorMode(allow_non_fake_inputs=True) as fake, torch.no_grad(), _plain_attention():
        shapes_only = _copy(model, fake).eval()
        tensors = chain(shapes_only.parameters(), shapes_only.buffers(), [torch.empty(0)])
        like = next(tensor for tensor in tensors if tensor.is_floating_point())
        image = torch.empty(1, *input_size, device=like.device, dtype=like.dtype)
        tracer = Tracer(shapes_only, image)
        try:
            with tracer:
                shapes_only(image)
        except StriateError:
            raise
        except (DataDependentOutputException, DynamicOutputShapeException) as error:
            raise SettingError(
                f"{type(model).__name__} decides by the values of the image ({error})",
                "a forward pass whose shapes follow from that of the image",
                "the part before the decision, summary(model.backbone, ...) for example",
            ) from error
        except Exception as error:
            raise ShapeError(
                f"{type(model).__name__} cannot take an image of {'x'.join(map(str, input_size))}: "
                + (str(error).splitlines() or [type(error).__name__])[0],
                "channels and sides that all its layers fit",
                "another input_size=(C, H, W)",
            ) from error
    return tracer.steps


def _require_shapes(model: nn.Module) -> None:
    """Refuse models whose weights have no shape yet, or whose code is out of reach."""
    expected = "a module in Python whose weights have their shapes"
    if any(is_lazy(parameter) for parameter in model.parameters()):
        raise SettingError(f"{type(model).__name__} has lazy layers", expected, "run it once on an image")
    if any(isinstance(module, torch.jit.ScriptModule) for module in model.modules()):
        raise SettingError(f"{type(model).__name__} is torch.jit's", expected, "the module it was made of")


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Attention layer by layer: the fused one hides its weights."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _copy(model: nn.Module, fake: FakeTensorMode) -> nn.Module:
    """The model with shapes instead of all its tensors, and without the user's hooks."""
    held = tensors_in([list(vars(module).values()) for module in model.modules()])
    tensors = {id(tensor): tensor for tensor in chain(model.parameters(), model.buffers(), held)}
    copy = deepcopy(model, {key: fake.from_tensor(tensor.detach()) for key, tensor in tensors.items()})
    for module in copy.modules():
        for hooks in (module._forward_hooks, module._forward_pre_hooks):
            for key, hook in list(hooks.items()):
                if not type(hook).__module__.startswith("torch.nn."):  # torch's own compute weights
                    del hooks[key]
    return copy


class Tracer(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every inner operation of a forward pass and keeps the steps."""

    def __init__(self, model: nn.Module, image: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.model = model
        self.steps: list[Step] = []
        self.path: list[tuple[str, nn.Module]] = []
        self.alive: list[Tensor] = []
        self.fields: dict[int, Field] = {}
        self.written: dict[int, Field] = {}
        self.weights = {id(tensor): {name} for name, tensor in model.named_parameters()}
        self.steps_of: dict[int, Step] = {}
        self.counted: set[str] = set()
        self._remember(image, Field.of_image(image.shape))
        for name, module in model.named_modules():
            module.register_forward_pre_hook(lambda module, _, name=name: self.path.append((name, module)))
            module.register_forward_hook(lambda *_: self.path.pop() and None, always_call=True)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one operation, in parts where it has parts, and follow what goes in and out."""
        kwargs = kwargs or {}
        if func.namespace == "prim":  # asks a tensor for its device
            return func(*args, **kwargs)
        with self:
            result = func.decompose(*args, **kwargs)
        if result is not NotImplemented:
            return result
        result = func(*args, **kwargs)
        named = zip(func._schema.arguments, args, strict=False)
        arguments = {argument.name: value for argument, value in named} | kwargs
        self._follow(func._schema.name.split("::")[1], arguments, result)
        return result

    def _follow(self, name: str, arguments: dict[str, Any], result: Any) -> None:
        inputs, outputs = tensors_in(arguments), tensors_in(result)
        seen = {id(tensor): found for tensor in inputs if (found := self._field(tensor)) is not None}
        weights: set[str] = set().union(*(self.weights.get(id(tensor), ()) for tensor in inputs))
        for tensor in outputs if seen else ():
            call = Call(name.removesuffix("_"), arguments, seen, tuple(tensor.shape))
            found = result_field(call)
            if tensor is outputs[0]:
                self._step(call, found, weights, tensor)
            self._remember(tensor, found)
        for tensor in () if seen else outputs:
            self.weights.setdefault(id(tensor), set()).update(weights)
            self.alive.append(tensor)

    def _step(self, call: Call, found: Field, weights: set[str], result: Tensor) -> None:
        """A new step, or one more operation on the result of the last."""
        name, module = self.path[-1] if self.path else ("", self.model)
        fresh = sorted(weights - self.counted)
        kind = call.name if _has_parts(module) else type(module).__name__
        before = [self.steps_of.get(key) for key in call.fields]
        step = before[0] if len(before) == 1 else None
        if self._is_layer(call) or (fresh and (step is None or step.around != _around(name, module))):
            owner = min(weights).rpartition(".")[0].partition(".parametrizations")[0] if weights else name
            named = owner if _has_parts(module) else name
            step = Step(named, _around(name, module), kind, call, found, multiplications(call))
            self.steps.append(step)
        elif fresh and step is not None:
            step.followers.append(kind)
        if step is not None:
            step.parameters += fresh
            self.counted |= weights
            self.steps_of[id(result)] = step

    def _is_layer(self, call: Call) -> bool:
        """Whether an operation is a row of its own: it has weights, or changes the map."""
        if multiplications(call) or call.name in (*POOLINGS, *ADAPTIVE, *INTERPOLATIONS):
            return True
        if call.name in REDUCTIONS and (whole := call.field("self")) is not None:
            dim = call.arguments.get("dim") or range(len(whole.sides))
            return any(whole.moves(side) for side in ([dim] if isinstance(dim, int) else dim))
        return call.name == "cat" and len(call.arguments["tensors"]) > 1

    def _field(self, tensor: Tensor) -> Field | None:
        """What a tensor sees, also when only a part of its memory was written to."""
        own, written = self.fields.get(id(tensor)), self.written.get(tensor.untyped_storage()._cdata)
        if written is None:
            return own
        if own is not None:
            return join([own, replace(written, sides=())], tensor.shape)
        if len(written.sides) == tensor.ndim:
            return written.resize(tensor.shape)
        return written.all_of_it(tensor.shape)

    def _remember(self, tensor: Tensor, found: Field) -> None:
        self.alive.append(tensor)
        self.fields[id(tensor)] = found
        self.written[tensor.untyped_storage()._cdata] = found


def multiplications(call: Call) -> int:
    """Of convolutions, linear layers and the matrix products of attention; biases and sums cost none."""
    arguments, names = call.arguments, call.arguments.keys()
    if call.name == "convolution":
        positions = arguments["input"].shape if arguments["transposed"] else call.shape
        return int(positions[0] * arguments["weight"].numel() * prod(positions[2:]))
    if call.name in PRODUCTS:
        left = next(name for name in ("mat1", "batch1", "self") if name in names)
        return prod(call.shape) * int(arguments[left].shape[-1])
    if call.name in ATTENTIONS:  # queries with keys, and what comes out with values
        query, key = arguments["query"].shape, arguments["key"].shape
        return int(prod(query) * key[-2] + prod(call.shape) * key[-2])
    return 0


def _has_parts(module: nn.Module) -> bool:
    """Whether it holds other modules, so that what runs in it directly is an operation of its own."""
    return next(module.children(), None) is not None


def _around(name: str, module: nn.Module) -> str:
    """The module in whose ``forward`` an operation stands, or the one that holds the layer that it is."""
    return name if _has_parts(module) else name.rpartition(".")[0]
