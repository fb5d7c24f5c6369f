"""A second tree of modules over the same weights, so that one thread may hook it, run it and switch its mode.

model            first ---- weight       model and copy share the numbers of the weights;
                               |         modules, hooks, modes and buffers are the copy's alone
detached copy    first' --- weight'
"""

from copy import copy, deepcopy
from functools import partial
from types import CellType, FunctionType, MethodType
from typing import Any

import torch
from torch import Tensor, nn


def detached_copy(model: nn.Module) -> nn.Module:
    """A copy in evaluation mode whose weights share memory with the model's and ask for no gradients.

    Attributes that refer to modules, weights or buffers of the model, also in containers, methods, partial
    functions and closures, refer to those of the copy. All other attributes are shared.

    Args:
        model: any module. It stays as it is, also while the copy runs: what a forward keeps in attributes is
            kept in the copy.

    >>> layer = nn.Linear(1, 1)
    >>> same = detached_copy(layer)
    >>> same.weight.data_ptr() == layer.weight.data_ptr(), same.weight.requires_grad, same.training
    (True, False, False)
    """
    copies: dict[int, Any] = {}
    plain = [part for part in model.modules() if not isinstance(part, torch.jit.ScriptModule)]
    for part in model.modules():
        scripted = isinstance(part, torch.jit.ScriptModule)  # whose parts only torch itself can copy
        copies[id(part)] = deepcopy(part) if scripted else object.__new__(type(part))
    for part in plain:
        copies |= {id(weight): _detached(weight) for weight in part.parameters(recurse=False)}
        copies |= {id(buffer): buffer.detach().clone() for buffer in part.buffers(recurse=False)}
    for part in plain:
        copies[id(part)].__dict__ |= {name: _replaced(one, copies) for name, one in [*vars(part).items()]}
    made: nn.Module = copies[id(model)]
    return made.eval()


def _detached(weight: Tensor) -> Tensor:
    """The same numbers; a tensor of inference mode is copied, which alone makes it fit for gradients."""
    return weight.detach().clone() if weight.is_inference() else weight.detach()


def _replaced(value: Any, copies: dict[int, Any]) -> Any:
    """A value that refers to copies where it referred to what was copied; containers are new ones."""
    if id(value) in copies:
        return copies[id(value)]
    if type(value) is tuple:
        return tuple(_replaced(one, copies) for one in value)
    if isinstance(value, list | dict):
        made = copies[id(value)] = copy(value)  # noted before it is filled: it may hold itself
        for key, one in enumerate(value) if isinstance(value, list) else [*value.items()]:
            made[key] = _replaced(one, copies)
        return made
    if type(value) is partial:
        arguments = _replaced(value.args, copies), _replaced(value.keywords, copies)
        return partial(_replaced(value.func, copies), *arguments[0], **arguments[1])
    if isinstance(value, MethodType) and id(value.__self__) in copies:
        return MethodType(value.__func__, copies[id(value.__self__)])
    return _closed_over(value, copies) if isinstance(value, FunctionType) else value


def _closed_over(function: FunctionType, copies: dict[int, Any]) -> FunctionType:
    """The function with the copies of the modules and methods in its closure; itself without such ones."""
    cells = [_cell(cell, copies) for cell in function.__closure__ or ()]
    if all(new is old for new, old in zip(cells, function.__closure__ or (), strict=True)):
        return function
    made = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, tuple(cells)
    )
    made.__kwdefaults__ = function.__kwdefaults__
    made.__dict__ |= vars(function)
    return made


def _cell(cell: CellType, copies: dict[int, Any]) -> CellType:
    """A variable of a closure."""
    try:
        value = cell.cell_contents
    except ValueError:  # it has no value yet
        return cell
    owner = value.__self__ if isinstance(value, MethodType) else value
    return CellType(_replaced(value, copies)) if id(owner) in copies else cell
