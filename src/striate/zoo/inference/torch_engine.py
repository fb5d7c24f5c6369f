"""Prediction by PyTorch itself: batch norms folded, channels last, weights converted once.

    model --copy--> folded --> channels last --> its dtype once --> [compiled on CUDA] --> raw outputs

The twin that tests the OpenVINO engine, and what stands in for it. Autocast would convert the weights anew at
every call, which costs more than bf16 saves where there are many: VGG's linear layers.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from striate.tasks.model import TaskModel
from striate.tasks.raw_outputs import Raw
from striate.zoo.inference.fold_batch_norm import folded


def torch_engine(model: TaskModel[Any], precision: str) -> Callable[..., Raw]:
    """uint8 images -> what the model gives, in float32, from a copy on the model's device.

    Args:
        model: stays as it is. What is not in a layer, such as its mean and deviation, keeps its dtype.
        precision: ``exact`` keeps the dtype of the weights; ``bf16`` takes bfloat16, or float16 on a GPU that
            has no bfloat16.
    """
    device = model.device
    copy: nn.Module = folded(model, (model.preprocess.channels, *model.preprocess.size))
    copy = copy.to(memory_format=torch.channels_last)
    if precision != "exact":
        for layers in copy.children():
            layers.to(_half(device))
    run = torch.compile(copy) if device.type == "cuda" else copy

    def engine(images: Tensor, *given: Sequence[Tensor]) -> Raw:
        return tree_map(_in_float32, run(images.contiguous(memory_format=torch.channels_last), *given))

    return engine


def _in_float32(value: Any) -> Any:
    return value.float() if isinstance(value, Tensor) and value.is_floating_point() else value


def _half(device: torch.device) -> torch.dtype:
    """The 16 bits that the device computes with."""
    if device.type == "cuda" and not has_bf16():
        return torch.float16
    return torch.bfloat16


def has_bf16(accelerator: str = "auto") -> bool:
    """Whether the GPU, or without one the processor, multiplies bf16 numbers."""
    if accelerator == "mps":
        return False
    if accelerator != "cpu" and torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    able = torch.cpu.get_capabilities()
    return any(able.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
