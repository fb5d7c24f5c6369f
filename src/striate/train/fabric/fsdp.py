"""Tensors that are cut in pieces over processes (FSDP), made whole for a file and cut again from one.

piece of rank 0 | piece of rank 1  --whole-->  all of it, on every rank  --spread-->  piece | piece
"""

from typing import Any

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.utils._pytree import tree_map


def whole(state: Any) -> Any:
    """Copies of all tensors in nested lists and dictionaries, whole, on the CPU. All ranks must call it."""
    return tree_map(_whole, state)


def _whole(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    complete: Tensor = value.full_tensor().detach() if isinstance(value, DTensor) else value.detach()
    return complete.clone() if complete.device.type == "cpu" else complete.cpu()


def own_piece(tensor: Tensor) -> Tensor:
    """What this process holds of a tensor."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def spread(complete: Tensor, like: Tensor) -> Tensor:
    """The tensor cut as another one is; unchanged if that is whole."""
    if not isinstance(like, DTensor) or complete.shape != like.shape:
        return complete
    return distribute_tensor(complete.to(like.device), like.device_mesh, like.placements)


@torch.no_grad()
def overwrite(target: dict[str, Tensor], source: dict[str, Tensor]) -> None:
    """Give the tensors of ``target`` the values of whole tensors of the same names."""
    for name, tensor in target.items():
        tensor.copy_(spread(source[name], tensor))
