"""Which models can be asked with gradients: modules of torch, not the programs that were made of them.

nn.Module --> yes        traced, scripted, exported, compiled for another engine --> what to do instead
"""

from typing import Any

import torch
from torch import nn

from striate.errors import SettingError


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
    return model


def _program(model: nn.Module) -> str | None:
    """What kind of program a module is; None for a true one."""
    if isinstance(model, torch.jit.ScriptModule):
        return "a traced or scripted program"
    # torch.export gives modules whose own eval only raises
    return (
        "an exported program" if isinstance(model, torch.fx.GraphModule) and "eval" in vars(model) else None
    )
