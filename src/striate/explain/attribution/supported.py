"""Which models can be asked with gradients: modules of torch, not the programs that were made of them.

nn.Module --> yes        traced, scripted, exported, compiled for another engine --> what to do instead
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from striate.errors import SettingError, ShapeError


def require_module(model: Any) -> nn.Module:
    """The model, if it is a module whose layers can be seen.

    Raises:
        SettingError: it is something else, or a program that hides its layers.
    """
    if not isinstance(model, nn.Module):
        raise SettingError(
            f"the model is of the type {type(model).__name__}",
            "a torch.nn.Module",
            "the module that it was made from, or a file that striate.load reads",
        )
    kind = _program(model)
    if kind is not None:
        raise SettingError(
            f"the model is {kind}: its layers, ReLUs and modes cannot be seen",
            "the torch.nn.Module that it was made from",
            "build the network in Python and load its state_dict",
        )
    tensors = (*model.parameters(), *model.buffers())
    if any(isinstance(one, UninitializedParameter | UninitializedBuffer) for one in tensors):
        raise SettingError(
            f"{type(model).__name__} has layers whose weights have no shape yet",
            "a model that has seen a picture",
            "call model(images) once before",
        )
    if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        raise SettingError(
            f"the model is a {type(model).__name__}, which copies its network to other devices",
            "the network inside",
            "give model.module",
        )
    return model


def require_floats(model: nn.Module, images: Tensor) -> Tensor:
    """The images as they are, if they are floats: of a bare module nobody knows what its whole numbers mean.

    Raises:
        ShapeError: they are whole numbers.
    """
    if not images.is_floating_point():
        raise ShapeError(
            f"{type(model).__name__} was given {str(images.dtype).removeprefix('torch.')}",
            "floats, as the model was trained with",
            "images.float() / 255 for 0..1, or images.float() for 0..255",
        )
    return images


def require_dense(images: Tensor) -> Tensor:
    """The images as they are, if they are a tensor of plain numbers.

    Raises:
        ShapeError: they are none: sparse, quantized, complex, or without data.
    """
    plain = isinstance(images, Tensor) and images.layout == torch.strided and not images.is_quantized
    if not plain or images.is_complex() or images.is_meta:
        what = f"a tensor of {images.dtype}, {images.layout}" if isinstance(images, Tensor) else "no tensor"
        raise ShapeError(
            f"the images are {what}" + (", without data" if plain and images.is_meta else ""),
            "a dense tensor (N, C, H, W) of real numbers",
            "images.to_dense(), images.dequantize(), or numpy arrays by torch.from_numpy",
        )
    return images


def _program(model: nn.Module) -> str | None:
    """What kind of program a module is; None for a true one."""
    if isinstance(model, torch.jit.ScriptModule):
        return "a traced or scripted program"
    # torch.export gives modules whose own eval only raises
    return (
        "an exported program" if isinstance(model, torch.fx.GraphModule) and "eval" in vars(model) else None
    )
