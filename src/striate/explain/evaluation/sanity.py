"""Does a map depend on what the model has learned? With its layers shuffled from the top it must change.

Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim 2018, section 4. https://arxiv.org/abs/1810.03292

    trained:            conv1 conv2 conv3 fc  --> map     correlation 1
    cascading:          conv1 conv2 conv3 ??  --> map     falls
                        conv1 conv2 ????? ??  --> map     falls further, if the method is sound
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import torch
from torch import Tensor, nn

from striate.explain.evaluation.map_similarity import map_similarity

LIMIT = 0.5
"""A correlation above it says that the map hardly depends on the weights. The paper names no number."""

STEPS = 4
"""Places of the cascade: the last layer, then up to all of them."""


@dataclass(frozen=True)
class SanityCheck:
    """The outcome of the check.

    Args:
        layers: up to which the model was shuffled, from the top.
        correlations: the mean rank correlation of the maps with the true ones, -1..1.
    """

    layers: tuple[str, ...]
    correlations: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the cascade: what stays of the maps while the layers go, the upper ones first."""
        return fmean(self.correlations)

    @property
    def passed(self) -> bool:
        """The maps look otherwise with all layers shuffled, and on the mean of the way there."""
        return max(abs(self.correlations[-1]), abs(self.mean)) <= LIMIT

    def __str__(self) -> str:
        """The cascade, a line each."""
        rows = zip(self.layers, self.correlations, strict=True)
        lines = [f"shuffled from the top to {layer}: correlation {value:.2f}" for layer, value in rows]
        return "\n".join(
            [*lines, "the map depends on the weights" if self.passed else "the map hardly changes"]
        )


def sanity_check(
    model: nn.Module, maps: Sequence[Tensor], explain: Callable[[nn.Module], Sequence[Tensor]], seed: int = 0
) -> SanityCheck:
    """Shuffle the weights of a copy from the top, and compare its maps with the true ones.

    Args:
        model: stays as it is.
        maps: N signed maps (C, H, W) of the model.
        explain: gives them for a model.
        seed: of the shuffling.
    """
    copied = copy.deepcopy(model)
    names = [name for name, part in copied.named_modules() if isinstance(part, nn.Linear | nn.Conv2d)][::-1]
    stops = sorted({max(1, round(len(names) * step / STEPS)) for step in range(1, STEPS + 1)} | {1})
    generator = torch.Generator().manual_seed(seed)
    done, layers, correlations = 0, [], []
    for stop in stops:
        for name in names[done:stop]:
            _shuffle(copied.get_submodule(name), generator)
        done = stop
        layers.append(names[stop - 1])
        correlations.append(map_similarity(maps, explain(copied)).mean)
    return SanityCheck(tuple(layers), tuple(correlations))


@torch.no_grad()
def _shuffle(layer: nn.Module, generator: torch.Generator) -> None:
    """The numbers of each tensor in another order: same distribution, nothing learned."""
    for tensor in layer.parameters(recurse=False):
        order = torch.randperm(tensor.numel(), generator=generator).to(tensor.device)
        tensor.copy_(tensor.flatten()[order].view_as(tensor))
