"""A detector with two stages by OpenVINO: two graphs, and between them what no graph can say.

    images --graph--> maps, objectness, deltas --PyTorch, numba--> pooled regions --graph--> scores, offsets
           backbone, pyramid,                  proposals, NMS,                    head
           proposal network                    RoI align

Maps and bins pass from one to the other with the channels of a pixel side by side, as the kernels read them.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import torch
from torch import Tensor, nn

from striate.data.batches.padding import MULTIPLE
from striate.data.preprocess import Preprocess
from striate.layers.eval_mode import evaluating
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.model import TaskModel
from striate.tasks.raw_outputs import Raw
from striate.zoo.inference.openvino_engine import TRACING, Engine, compile_model, openvino

Run = Callable[[Tensor], list[Tensor]]


class FirstLook(nn.Module):
    """uint8 images (N, C, H, W) -> raw numbers of the first stage, then maps (N, H', W', C').

    Args:
        model: whose network has two stages.
    """

    def __init__(self, model: TaskModel[Any], network: TwoStage) -> None:
        super().__init__()
        self.model, self.network = model, network

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Images -> numbers."""
        seen = self.model.normalized(images)
        maps = self.network.features(seen)
        first = self.network.first(seen, maps)
        return (*first.values(), *(one.permute(0, 2, 3, 1) for one in maps))


class SecondLook(nn.Module):
    """Bins (R, P, P, C), or numbers (R, D) of regions -> what the head gives, in the order of its names."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, pooled: Tensor) -> tuple[Tensor, ...]:
        """Bins -> numbers."""
        found = self.head(pooled.permute(0, 3, 1, 2) if pooled.ndim == 4 else pooled)
        return tuple(found.values())


def engine_of_two_graphs(model: TaskModel[Any], precision: str) -> Engine:
    """uint8 images -> what the model gives.

    Args:
        model: in evaluation mode; it is kept, as regions are searched by it.
        precision: ``exact`` or ``bf16``.
    """
    network = model.network
    assert isinstance(network, TwoStage)
    channels, sides = model.preprocess.channels, not model.preprocess.one_size
    with torch.inference_mode(False), torch.no_grad(), evaluating(model):
        images = torch.zeros(2, channels, *_example_size(model.preprocess), dtype=torch.uint8)
        maps = network.features(model.normalized(images))
        first = list(network.first(model.normalized(images), maps))
        pooled = network.pool(maps, [torch.tensor([[0.0, 0, 16, 16]])] * 2)
        second = list(network.head(pooled))
        look = compiled_graph(FirstLook(model, network), images, precision, any_sides=sides)
        again = compiled_graph(SecondLook(network.head), channels_last(pooled), precision)

    def head(pooled: Tensor) -> dict[str, Tensor]:
        if not len(pooled):  # no graph is run for nothing
            return network.head(pooled)  # type: ignore[no-any-return]
        return dict(zip(second, again(channels_last(pooled)), strict=True))

    @torch.no_grad()
    def engine(images: Tensor, *given: Sequence[Tensor]) -> Raw:
        found = look(images)
        maps = [one.permute(0, 3, 1, 2) for one in found[len(first) :]]
        numbers = dict(zip(first, found, strict=False))
        return network.second_look(maps, numbers, (images.shape[2], images.shape[3]), head, *given)

    return engine


def _example_size(preprocess: Preprocess) -> tuple[int, int]:
    """(H, W) with which a graph is made; a small one where pictures keep sizes of their own."""
    return preprocess.size if preprocess.one_size else (8 * MULTIPLE, 12 * MULTIPLE)


def channels_last(pooled: Tensor) -> Tensor:
    """Bins (R, C, P, P) as (R, P, P, C), a view where they lie so; other numbers as they are."""
    return pooled.permute(0, 2, 3, 1) if pooled.ndim == 4 else pooled


def compiled_graph(module: nn.Module, example: Tensor, precision: str, *, any_sides: bool = False) -> Run:
    """A module as a graph on the processor, for any number of rows; several threads take turns.

    Args:
        module: what it does.
        example: of what it is given.
        precision: ``exact`` or ``bf16``.
        any_sides: whether images (N, C, H, W) have any sides that are multiples of 32.
    """
    free: dict[int, Any] = {0: torch.export.Dim("rows", min=1)}
    if any_sides:
        free |= {axis: MULTIPLE * torch.export.Dim(name, min=2) for axis, name in ((2, "high"), (3, "wide"))}
    with TRACING:
        program = torch.export.export(module, (example.contiguous(),), dynamic_shapes=(free,))
        graph = openvino().convert_model(program)
    graph.reshape([-1 if axis in free else side for axis, side in enumerate(example.shape)])
    request = compile_model(graph, precision, streams=1).create_infer_request()
    lock = Lock()

    def run(values: Tensor) -> list[Tensor]:
        with lock:
            found = request.infer([values.contiguous().numpy(force=True)])
            return [torch.from_numpy(found[number].copy()) for number in range(len(found))]

    return run
