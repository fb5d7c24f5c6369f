"""Prediction by PyTorch itself: batch norms folded, channels last, weights converted once.

    network --copy--> folded --> channels last --> its dtype once --> [compiled on CUDA] --> scores

The twin that tests the OpenVINO engine, and what stands in for it. Autocast would convert the weights anew at
every call, which costs more than bf16 saves where there are many: VGG's linear layers.
"""

import torch
from torch import Tensor, nn

from striate.tasks.classification.classifier import Classifier, Scores
from striate.zoo.inference.fold_batch_norm import folded


def torch_scores(model: Classifier, precision: str) -> Scores:
    """uint8 images -> float32 scores, from a copy of the network on the model's device.

    Args:
        model: stays as it is.
        precision: ``exact`` keeps the dtype of the weights; ``bf16`` takes bfloat16, or float16 on a GPU that
            has no bfloat16.
    """
    device = model.mean.device
    network: nn.Module = folded(model.network, (model.preprocess.channels, *model.preprocess.size))
    network = network.to(memory_format=torch.channels_last)
    dtype = None if precision == "exact" else _half(device)
    if dtype is not None:
        network = network.to(dtype)
    run = torch.compile(network) if device.type == "cuda" else network

    def scores(images: Tensor) -> Tensor:
        pixels = model.normalized(images.contiguous(memory_format=torch.channels_last))
        answered: Tensor = run(pixels if dtype is None else pixels.to(dtype))
        return answered.float()

    return scores


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
