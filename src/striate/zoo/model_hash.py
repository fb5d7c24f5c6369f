"""One number for what a model computes: its weights, its preprocessing and its options.

Vectors of two models cannot be compared. A gallery keeps the hash, and refuses vectors of another model.
"""

import json
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import torch

from striate.tasks.model import TaskModel

TRAINING_ONLY = ("centres",)
"""Tensors that only the loss of a training reads."""


def model_hash(model: TaskModel[Any]) -> str:
    """64 hexadecimal digits, other ones when any weight, the preprocessing or an option is another.

    Where the file of the model lies, and on which device its weights are, changes nothing.
    """
    known = {"task": model.task, "preprocess": asdict(model.preprocess), "arguments": model.arguments}
    digest = sha256(json.dumps({**known, "network": model.name}, sort_keys=True, default=str).encode())
    for name, tensor in sorted(model.network.state_dict().items()):
        if name in TRAINING_ONLY:
            continue
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
