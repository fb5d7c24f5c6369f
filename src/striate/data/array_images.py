"""Arrays and tensors as pictures: uint8, of one or three channels; all else is refused with advice."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import ShapeError

EXPECTED = "uint8: array (H, W) or (H, W, 3), tensor (1 or 3, H, W)"


def from_array(array: NDArray[Any]) -> Tensor:
    """uint8 (1 or 3, H, W) of a uint8 array (H, W) or (H, W, 1 or 3).

    Raises:
        ShapeError: it is something else.

    >>> from_array(np.zeros((4, 5), np.uint8)).shape
    torch.Size([1, 4, 5])
    """
    fits = array.ndim == 2 or (array.ndim == 3 and array.shape[-1] in (1, 3))
    if array.dtype != np.uint8 or not fits or not array.size:
        raise ShapeError(f"an image is {array.dtype} {array.shape}", EXPECTED, _array_advice(array))
    whole = np.array(array if array.ndim == 3 else array[..., None])  # may be read-only or run backwards
    return torch.from_numpy(whole).permute(2, 0, 1)


def from_tensor(tensor: Tensor) -> Tensor:
    """A uint8 tensor (1 or 3, H, W) as it is.

    Raises:
        ShapeError: it is something else.
    """
    dense = tensor.layout == torch.strided and tensor.device.type != "meta"
    fits = tensor.ndim == 3 and tensor.shape[0] in (1, 3) and tensor.numel() > 0
    if tensor.dtype != torch.uint8 or not fits or not dense:
        kind = "" if dense else " without pixels" if tensor.device.type == "meta" else " sparse"
        wrong = f"an image is{kind} {tensor.dtype} {tuple(tensor.shape)}"
        raise ShapeError(wrong, EXPECTED, _tensor_advice(tensor) if dense else "tensor.to_dense()")
    return tensor


def _array_advice(array: NDArray[Any]) -> str:
    if array.dtype.kind not in "buif" or not array.size:
        return "numpy.asarray(PIL.Image.open(path))"
    if array.dtype != np.uint8:
        return _depth_advice(
            "array", array.dtype.kind, float(np.min(array)), float(np.max(array)), "numpy.uint8"
        )
    shape = array.shape
    if array.ndim == 3 and shape[-1] in (2, 4):
        return "PIL.Image.fromarray(array), which is laid over white; or array[..., :3]"
    if array.ndim == 3 and shape[0] in (1, 3):
        return "array.transpose(1, 2, 0)"
    return "several pictures as list(array), each (H, W) or (H, W, 3)" if array.ndim >= 3 else EXPECTED


def _tensor_advice(tensor: Tensor) -> str:
    if tensor.dtype.is_complex or tensor.is_quantized or not tensor.numel():
        return "striate.data.decode.decode(path)"
    if tensor.dtype != torch.uint8:
        kind = "f" if tensor.is_floating_point() else "b" if tensor.dtype == torch.bool else "i"
        low, high = float(tensor.min()), float(tensor.max())
        return _depth_advice("tensor", kind, low, high, "torch.uint8")
    if tensor.ndim == 2:
        return "tensor[None]"
    if tensor.ndim == 3 and tensor.shape[-1] in (1, 3):
        return "tensor.permute(2, 0, 1)"
    if tensor.ndim == 3 and tensor.shape[0] == 4:
        return "tensor[:3], if the fourth channel is alpha"
    return "several pictures as a tensor (N, 1 or 3, H, W) or a list"


def _depth_advice(name: str, kind: str, low: float, high: float, target: str) -> str:
    """How values of another type become 0..255."""
    cast = f"astype({target})" if name == "array" else f"to({target})"
    if kind == "b":
        return f"{name}.{cast} * 255"
    if not (np.isfinite(low) and np.isfinite(high)):
        return f"replace what is NaN or infinite; then scale to 0..255 and {name}.{cast}"
    if low >= 0 and high <= 1.001 and kind == "f":
        return f"({name} * 255).round().{cast}"
    if low >= 0 and high <= 255.5:
        return f"{name}.round().{cast}" if kind == "f" else f"{name}.{cast}"
    if low >= 0 and kind != "f" and high <= 65535:
        return f"({name} // 257).{cast}, if 65535 is white"
    return f"undo the normalization, scale to 0..255 and {name}.{cast}"
