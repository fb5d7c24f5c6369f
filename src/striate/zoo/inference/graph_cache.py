"""Graphs that were built once, kept so that the next process, or the next model with these weights, has them.

    ~/.cache/striate/graphs/float-3f9a51c07d2e/graph.xml graph.bin      exact and bf16: the graph is the same
    model.openvino/int8-3f9a51c07d2e/graph.xml graph.bin                beside model.safetensors

The name holds a digest of all that a graph was made of: weights, network, preprocessing, versions. A model
with other weights never meets the graph of an old one. Folders are written under a temporary name and
renamed, so that several processes may write the same graph at once. The cache keeps at most four gigabytes;
the graphs that were not used for the longest time go first.
"""

import json
import os
import shutil
import time
from dataclasses import asdict
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex
from typing import Any

import torch

from striate.tasks.model import TaskModel
from striate.zoo.inference.openvino_engine import core, openvino
from striate.zoo.weights.download import cache_folder

GRAPH = "graph.xml"
DIGEST_BYTES = 12
MOST_BYTES = 4 * 2**30
"""Of all graphs in the cache: some forty of ResNet-50."""

ABANDONED = 3600.0
"""Seconds after which a folder that was never renamed is a leftover of a process that was killed."""


def shared_folder() -> Path:
    """Where the graphs of all models are: ``graphs`` in the cache folder."""
    return cache_folder() / "graphs"


def folder_of(path: Path) -> Path:
    """Where the int8 graphs of a model file are.

    >>> folder_of(Path("runs/first/model.safetensors")).as_posix()
    'runs/first/model.openvino'
    """
    return path.with_suffix(".openvino")


def kind_of(precision: str) -> str:
    """``float`` or ``int8``: how the numbers of the graph are kept."""
    return "int8" if precision == "int8" else "float"


def digest(model: TaskModel[Any]) -> str:
    """Hexadecimal: of weights, network, preprocessing, and the versions that make a graph of them."""
    made_of = {
        "network": [model.name, type(model.network).__name__, repr(sorted(model.arguments.items()))],
        "classes": model.classes,
        "preprocess": asdict(model.preprocess),
        "versions": [version("striate"), torch.__version__, version("openvino")],
    }
    found = blake2b(json.dumps(made_of).encode(), digest_size=DIGEST_BYTES)
    for name, tensor in model.network.state_dict().items():
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return found.hexdigest()


def read_graph(folder: Path, precision: str, mark: str) -> Any:
    """The graph of a digest; None if there is none that can be read."""
    path = folder / f"{kind_of(precision)}-{mark}" / GRAPH
    try:
        if not path.is_file():
            return None
        graph = core().read_model(path)
    except (OSError, RuntimeError):  # truncated, of another version, or not ours to read: it is built again
        return None
    mark_as_used(path.parent)
    return graph


def mark_as_used(folder: Path) -> None:
    """Let the cache know that a graph was used now."""
    try:
        os.utime(folder)
    except OSError:  # a folder that may only be read
        return


def write_graph(graph: Any, folder: Path, precision: str, mark: str) -> bool:
    """Keep a graph; returns whether it is there now."""
    final, temporary = folder / f"{kind_of(precision)}-{mark}", folder / f".{token_hex(4)}"
    try:
        temporary.mkdir(parents=True)
        openvino().save_model(graph, temporary / GRAPH, compress_to_fp16=False)
        replace_folder(temporary, final)
        drop_old(folder, final)
    except (OSError, RuntimeError):  # a folder of somebody else's, or a full disk
        return False
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return True


def replace_folder(temporary: Path, final: Path) -> None:
    """Rename a folder; one that is there was written by another process, or is damaged, and makes way."""
    try:
        os.replace(temporary, final)
    except OSError:
        aside = final.with_name(f".{token_hex(4)}")
        os.replace(final, aside)
        shutil.rmtree(aside, ignore_errors=True)
        os.replace(temporary, final)


def drop_old(folder: Path, newest: Path) -> None:
    """Beside a model, the graphs of its kind that are not the newest; in the cache, what is too much."""
    if folder != shared_folder():
        kind = newest.name.partition("-")[0]
        for other in set(folder.glob(f"{kind}-*")) - {newest}:
            shutil.rmtree(other, ignore_errors=True)
        return
    for other in folder.glob(".*"):
        if age(other) > ABANDONED:
            shutil.rmtree(other, ignore_errors=True)
    left = MOST_BYTES
    for graph in sorted(folder.glob("*-*"), key=age):
        left -= sum(size(file) for file in graph.iterdir())
        if left < 0 and graph != newest:
            shutil.rmtree(graph, ignore_errors=True)


def age(path: Path) -> float:
    """Seconds since it was written or used; 0 if another process has just removed it."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def size(path: Path) -> int:
    """Bytes of a file; 0 if another process has just removed it."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
