"""Graphs that were built once, kept beside the model file that they were built from.

    model.safetensors
    model.openvino/float-3f9a51c07d2e/graph.xml graph.bin         exact and bf16: the graph is the same
                   int8-3f9a51c07d2e/graph.xml graph.bin

The name holds a digest of all that a graph was made of: weights, network, preprocessing, versions. A model
with other weights never meets the graph of an old one, which goes when a new one of its kind comes.
"""

import json
import os
import shutil
from dataclasses import asdict
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex
from typing import Any

import torch

from striate.tasks.classification.classifier import Classifier
from striate.zoo.inference.openvino_engine import openvino

GRAPH = "graph.xml"
DIGEST_BYTES = 12


def folder_of(path: Path) -> Path:
    """Where the graphs of a model file are.

    >>> folder_of(Path("runs/first/model.safetensors")).as_posix()
    'runs/first/model.openvino'
    """
    return path.with_suffix(".openvino")


def kind_of(precision: str) -> str:
    """``float`` or ``int8``: how the numbers of the graph are kept."""
    return "int8" if precision == "int8" else "float"


def digest(model: Classifier) -> str:
    """Hexadecimal: of weights, network, preprocessing, and the versions that make a graph of them."""
    said = {
        "network": [model.name, type(model.network).__name__, repr(sorted(model.arguments.items()))],
        "classes": model.classes,
        "preprocess": asdict(model.preprocess),
        "versions": [version("striate"), torch.__version__, version("openvino")],
    }
    found = blake2b(json.dumps(said).encode(), digest_size=DIGEST_BYTES)
    for name, tensor in model.network.state_dict().items():
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return found.hexdigest()


def read_graph(folder: Path, precision: str, mark: str) -> Any:
    """The graph of a digest; None if there is none that can be read."""
    path = folder / f"{kind_of(precision)}-{mark}" / GRAPH
    if not path.is_file():
        return None
    try:
        return openvino().Core().read_model(path)
    except RuntimeError:  # truncated, or of another version: it will be built again
        return None


def write_graph(graph: Any, folder: Path, precision: str, mark: str) -> bool:
    """Keep a graph, and drop the older ones of its kind; returns whether the folder could be written."""
    kind = kind_of(precision)
    place, beside = folder / f"{kind}-{mark}", folder / f".{token_hex(4)}"
    try:
        beside.mkdir(parents=True)
        openvino().save_model(graph, beside / GRAPH, compress_to_fp16=False)
        for old in folder.glob(f"{kind}-*"):
            shutil.rmtree(old, ignore_errors=True)
        os.replace(beside, place)
    except (OSError, RuntimeError):  # a folder of somebody else's, or a full disk
        shutil.rmtree(beside, ignore_errors=True)
        return False
    return True
