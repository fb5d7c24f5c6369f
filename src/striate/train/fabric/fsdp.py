"""Tensors that are cut in pieces over processes (FSDP), made whole for a file and cut again from one.

piece of rank 0 | piece of rank 1  --whole-->  all of it, on every rank  --spread-->  piece | piece
"""

import sys
from typing import TYPE_CHECKING, Any, TypeGuard

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

if TYPE_CHECKING:
    from torch.distributed.tensor import DTensor

PIECES = "torch.distributed.tensor"
"""The module of tensors in pieces. Its import is slow; who did not import it has no pieces."""


def _in_pieces(tensor: Tensor) -> "TypeGuard[DTensor]":
    module = sys.modules.get(PIECES)
    return module is not None and isinstance(tensor, module.DTensor)


def whole(state: Any) -> Any:
    """Copies of all tensors in nested lists and dictionaries, whole, on the CPU. All ranks must call it."""
    return tree_map(_whole, state)


def _whole(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    complete: Tensor = value.full_tensor().detach() if _in_pieces(value) else value.detach()
    return complete.clone() if complete.device.type == "cpu" else complete.cpu()


def own_piece(tensor: Tensor) -> Tensor:
    """What this process holds of a tensor."""
    return tensor.to_local() if _in_pieces(tensor) else tensor


def spread(complete: Tensor, like: Tensor) -> Tensor:
    """The tensor cut as another one is; unchanged if that is whole."""
    if not _in_pieces(like) or complete.shape != like.shape:
        return complete
    from torch.distributed.tensor import distribute_tensor  # late: it is loaded where there are pieces

    return distribute_tensor(complete.to(like.device), like.device_mesh, like.placements)


@torch.no_grad()
def overwrite(target: dict[str, Tensor], source: dict[str, Tensor]) -> None:
    """Give the tensors of ``target`` the values of whole tensors of the same names."""
    for name, tensor in target.items():
        tensor.copy_(spread(source[name], tensor))
