"""How each operation of a network changes what its result sees, by the names of torch's inner operations.

convolution, pooling     windows slide over the last sides
matrix product           the shared side is summed
mean, sum, largest       the named sides are summed
permute, select, cat     sides move, go, and are joined
interpolation            steps become smaller
all others               same shape: each number sees what the numbers at its position see;
                         same count: a reshape; else it sees all
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from torch import Tensor

from striate.zoo.cost.receptive_field import Field, Run, join, merge

NEIGHBOURS = {"max_unpool": 0, "nearest": 0, "linear": 1, "bilinear": 1, "trilinear": 1, "bicubic": 3}
"""Units beside its own from which an interpolation reads."""


@dataclass(frozen=True)
class Call:
    """One operation that ran.

    Args:
        name: torch's inner name, without "aten" and overload.
        arguments: by their names in torch's schema.
        fields: what its inputs see, by the identity of the tensor; weights and constants are not in it.
        shape: of the result.
    """

    name: str
    arguments: dict[str, Any]
    fields: dict[int, Field]
    shape: tuple[int, ...]

    def field(self, argument: str) -> Field | None:
        """What one argument sees; None when it is no part of the image."""
        return self.fields.get(id(self.arguments.get(argument)))

    def per_axis(self, argument: str, axes: int, default: int = 1) -> list[int]:
        """A number for each axis of a window."""
        given = self.arguments.get(argument)
        values = [given] if isinstance(given, int) else list(given or [default])
        return values * axes if len(values) == 1 else values


def result_field(call: Call) -> Field:
    """What the first result of an operation sees, of which at least one input is part of the image."""
    rule = RULES.get(call.name)
    found = rule(call) if rule else None
    if found is None:
        found = _other(call)
    return found


def _convolution(call: Call) -> Field | None:
    field, weight = call.field("input"), call.arguments["weight"]
    if field is None:
        return None
    axes = weight.ndim - 2
    field = field.total([1], keep=True).put(1, field.plain(call.shape[1]))
    strides, dilations = call.per_axis("stride", axes), call.per_axis("dilation", axes)
    for axis in range(axes):
        reach, stride = (weight.shape[2 + axis] - 1) * dilations[axis], strides[axis]
        if call.arguments["transposed"]:  # a unit is fed by those below at most reach / stride apart
            field = field.window(2 + axis, reach // stride, 1 / stride, call.shape[2 + axis])
        else:
            field = field.window(2 + axis, reach, stride, call.shape[2 + axis])
    return field


def _pooling(call: Call) -> Field | None:
    field = call.field("self")
    if field is None:
        return None
    axes = len(call.arguments["kernel_size"])
    kernels, dilations = call.per_axis("kernel_size", axes), call.per_axis("dilation", axes)
    strides = call.per_axis("stride", axes) if call.arguments.get("stride") else kernels
    for axis in range(axes):
        side = len(call.shape) - axes + axis
        field = field.window(side, (kernels[axis] - 1) * dilations[axis], strides[axis], call.shape[side])
    return field


def _adaptive_pooling(call: Call) -> Field | None:
    """Bins with floor and ceil edges, as torch cuts them."""
    field, image = call.field("self"), call.arguments["self"]
    if field is None:
        return None
    axes = len(call.arguments["output_size"])
    for side in range(len(call.shape) - axes, len(call.shape)):
        n, bins = image.shape[side], call.shape[side]
        widest = max(ceil((i + 1) * n / bins) - floor(i * n / bins) for i in range(bins))
        field = field.window(side, widest - 1, n / bins, bins)
    return field


def _interpolation(call: Call) -> Field | None:
    source = "input" if "input" in call.arguments else "self"
    field, image = call.field(source), call.arguments[source]
    if field is None:
        return None
    kind = call.name.removeprefix("_").removeprefix("upsample_").rstrip("123d_a").replace("_exact", "")
    for side in range(2, len(call.shape)):
        n, count = image.shape[side], call.shape[side]
        reach = NEIGHBOURS.get(kind, 1) if n != count else 0
        if call.name.endswith("_aa") and n > count:  # antialiasing widens the filter
            reach = ceil((reach + 1) * n / count) - 1
        field = field.window(side, min(reach, n - 1), n / count, count)
    return field


def _index(call: Call) -> Field | None:
    """Rows and columns chosen at even distances; nearest interpolation arrives as this."""
    field, image = call.field("self"), call.arguments["self"]
    if field is None or len(call.shape) != image.ndim:
        return None
    for side, (n, count) in enumerate(zip(image.shape, call.shape, strict=True)):
        field = field.window(side, 0, n / count, count) if n != count else field
    return field


def _product(call: Call) -> Field | None:
    """(..., rows, shared) times (..., shared, columns)."""
    names = ("batch1", "batch2") if "batch1" in call.arguments else ("mat1", "mat2")
    left, right = call.field(names[0] if names[0] in call.arguments else "self"), call.field(names[1])
    last = len(call.shape) - 1
    parts = []
    if left is not None:
        parts.append(left.total([last], keep=True))
    if right is not None:
        parts.append(right.total([last - 1], keep=True))
    if call.field("self") is not None and names[0] in call.arguments:  # addmm: a data-dependent summand
        parts.append(join([call.fields[id(call.arguments["self"])]], call.shape))
    return join(parts, call.shape) if parts else None


def _attention(call: Call) -> Field | None:
    """Every query sees every key and its value."""
    query, rest = call.field("query"), [call.field("key"), call.field("value")]
    seen = [field.total([-2], keep=True) for field in rest if field is not None]
    fields = [*([query.total([-1], keep=True)] if query is not None else []), *seen]
    return join(fields, call.shape) if fields else None


def _reduction(call: Call) -> Field | None:
    """A sum, a mean, a largest value over some sides, or over all."""
    field = call.field("self")
    if field is None:
        return None
    dim = call.arguments.get("dim")
    sides = [dim] if isinstance(dim, int) else list(dim or range(len(field.sides)))
    return field.total(sides, keep=bool(call.arguments.get("keepdim")))


def _permute(call: Call) -> Field | None:
    field = call.field("self")
    return field and field.permute([side % len(field.sides) for side in call.arguments["dims"]])


def _transpose(call: Call) -> Field | None:
    field = call.field("self")
    if field is None:
        return None
    order = list(range(len(field.sides)))
    a, b = (call.arguments.get(name, default) for name, default in (("dim0", 0), ("dim1", len(order) - 1)))
    order[a], order[b] = order[b], order[a]
    return field.permute(order)


def _select(call: Call) -> Field | None:
    field = call.field("self")
    if field is None:
        return None
    gone = call.arguments.get("dim", 0) % len(field.sides)
    return field.permute([side for side in range(len(field.sides)) if side != gone])


def _slice(call: Call) -> Field | None:
    field, step = call.field("self"), call.arguments.get("step", 1)
    if field is None:
        return None
    side = call.arguments.get("dim", 0) % len(field.sides)
    return field.resize(call.shape) if step == 1 else field.window(side, 0, step, call.shape[side])


def _concatenation(call: Call) -> Field | None:
    """The side along which parts are joined spans the widest of them."""
    tensors, dim = call.arguments["tensors"], call.arguments.get("dim", 0)
    side = dim % len(call.shape)
    fields = [call.fields[id(tensor)] for tensor in tensors if id(tensor) in call.fields]
    joined = join([field.put(side, field.plain(call.shape[side])) for field in fields], call.shape)
    spans = [merge(field.sides[side], field.axes).spans for field in fields]
    steps = (max(pixels) / max(call.shape[side] - 1, 1) for pixels in zip(*spans, strict=True))
    return joined.put(side, Run(call.shape[side], tuple(steps)))


def _pixel_shuffle(call: Call) -> Field | None:
    field, factor = call.field("self"), call.arguments.get("upscale_factor", 1)
    if field is None:
        return None
    fine = field.put(1, field.plain(call.shape[1]))
    return fine.window(2, 0, 1 / factor, call.shape[2]).window(3, 0, 1 / factor, call.shape[3])


def _pixel_unshuffle(call: Call) -> Field | None:
    field, factor = call.field("self"), call.arguments.get("downscale_factor", 1)
    if field is None:
        return None
    rows, columns = (Run(factor, field.window(side, 0, 1, factor).sides[side][0].steps) for side in (2, 3))
    coarse = field.put(1, *field.sides[1], rows, columns)
    return coarse.window(2, 0, factor, call.shape[2]).window(3, 0, factor, call.shape[3])


def _other(call: Call) -> Field:
    """Point by point, a reshape, padding, or something of which nothing is known."""
    fields = list(call.fields.values())
    shapes = [tuple(tensor.shape) for tensor in tensors_in(call.arguments) if id(tensor) in call.fields]
    if _broadcasts(shapes, call.shape):
        return join(fields, call.shape)
    if len(fields) == 1 and call.name in RESHAPES:
        return fields[0].reshape(call.shape)
    if len(fields) == 1 and len(shapes[0]) == len(call.shape) and call.name in RESIZING:
        return fields[0].resize(call.shape)
    whole = [field.all_of_it(call.shape) for field in fields]
    return join(whole, call.shape)


def _broadcasts(shapes: Sequence[tuple[int, ...]], shape: tuple[int, ...]) -> bool:
    """Whether every shape stretches to the result's."""
    return all(
        len(one) <= len(shape) and all(a in (1, b) for a, b in zip(one[::-1], shape[::-1], strict=False))
        for one in shapes
    )


def tensors_in(value: Any) -> list[Tensor]:
    """All tensors in arguments or results, however nested."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    nested = value if isinstance(value, list | tuple) else ()
    return [tensor for part in nested for tensor in tensors_in(part)]


POOLINGS = ("max_pool2d_with_indices", "max_pool3d_with_indices", "avg_pool1d", "avg_pool2d", "avg_pool3d")
ADAPTIVE_KINDS = ("_adaptive_avg_pool", "adaptive_avg_pool", "adaptive_max_pool")
ADAPTIVE = tuple(f"{kind}{axes}d" for kind in ADAPTIVE_KINDS for axes in (1, 2, 3))
UPSAMPLES = tuple(
    f"{exact}upsample_{kind}"
    for exact in ("", "_")
    for kind in (
        *("nearest1d", "nearest2d", "nearest3d", "nearest_exact1d", "nearest_exact2d", "nearest_exact3d"),
        *("linear1d", "bilinear2d", "trilinear3d", "bicubic2d", "bilinear2d_aa", "bicubic2d_aa"),
    )
)
INTERPOLATIONS = ("_unsafe_index", "max_unpool2d", "max_unpool3d", *UPSAMPLES)
PRODUCTS = ("mm", "addmm", "bmm", "baddbmm")
ATTENTIONS = tuple(
    f"_scaled_dot_product_{kind}"
    for kind in ("flash_attention_for_cpu", "flash_attention", "efficient_attention", "cudnn_attention")
)
REDUCTIONS = ("mean", "sum", "amax", "amin", "max", "min", "var", "std", "prod", "logsumexp", "any", "all")
RESHAPES = ("view", "_unsafe_view", "reshape", "_reshape_alias", "squeeze", "unsqueeze", "view_copy")
RESIZING = (
    *("constant_pad_nd", "split", "split_with_sizes", "unsafe_split", "narrow", "chunk"),
    *(f"{kind}_pad{axes}d" for kind in ("reflection", "replication") for axes in (1, 2, 3)),
)

RULES: dict[str, Callable[[Call], Field | None]] = {
    "convolution": _convolution,
    "permute": _permute,
    "transpose": _transpose,
    "t": _transpose,
    "select": _select,
    "unbind": _select,
    "slice": _slice,
    "cat": _concatenation,
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    **dict.fromkeys(POOLINGS, _pooling),
    **dict.fromkeys(ADAPTIVE, _adaptive_pooling),
    **dict.fromkeys(INTERPOLATIONS, _interpolation),
    **dict.fromkeys(("_unsafe_index", "index"), _index),
    **dict.fromkeys(PRODUCTS, _product),
    **dict.fromkeys(ATTENTIONS, _attention),
    **dict.fromkeys(REDUCTIONS, _reduction),
}
