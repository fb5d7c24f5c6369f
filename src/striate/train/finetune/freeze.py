"""Which layers learn and which stand still.

    layers, bottom to top:  1   2   3  ...  L-2  L-1  L         a layer has weights: convolution, linear
    head                    :   :   :        :    :   learns
    last:3                  :   :   :       learns ....
    all                    learns ......................
    branches                                              only what is above the last layer learns

A frozen layer is frozen with all that follows it up to the next one: its tensors need no gradient, and
norms, dropout and stochastic depth are in evaluation mode, so that running statistics stand still too.
Auxiliary heads go with the last layer. Where a task has branches of its own on a backbone, they are the last
layer, all together: none of them is any good before it has learned. The branches of a detector with two
stages, for masks, joints or captions, are above all layers: they can learn while the detector stands still.

Yosinski, Clune, Bengio, Lipson 2014, https://arxiv.org/abs/1411.1792, froze the lowest layers. Layers that
thaw one by one, and rates that fall from layer to layer: Howard, Ruder 2018, https://arxiv.org/abs/1801.06146.
"""

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from striate.errors import SettingError

AUXILIARIES, BRANCHES = "auxiliaries", "branches"


def layer_count(network: nn.Module) -> int:
    """L, the layers with weights from the images to the scores.

    >>> layer_count(nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8, 2)))
    2
    """
    trunk = _trunk(network)
    return sum(map(_is_layer, _upward(trunk))) + (trunk is not network)


def layer_numbers(network: nn.Module) -> dict[nn.Module, int]:
    """{module: number 0..L-1 of the layer that it is or follows}; -1 before the first one, L in branches."""
    numbers, number, trunk = dict[nn.Module, int](), -1, _trunk(network)
    for module in _upward(trunk):
        number += _is_layer(module)
        numbers[module] = number
    last = layer_count(network) - 1
    for name, child in trunk.named_children():
        if name == AUXILIARIES:
            numbers.update(dict.fromkeys(child.modules(), last))
    others = [module for module in network.modules() if module not in numbers]
    return numbers | dict.fromkeys(others, last) | dict.fromkeys(_above(network), last + 1)


def first_thawed(network: nn.Module, finetune: str) -> int:
    """The number, 0..L-1, of the lowest layer that learns; L for branches.

    Args:
        finetune: ``head``, ``last:K``, ``all`` or ``branches``.

    Raises:
        SettingError: there are fewer than K layers, or no branches.
    """
    count = layer_count(network)
    if finetune == BRANCHES:
        if not _above(network):
            wrong = "finetune is 'branches', and the network has none"
            expected = "a detector with two stages and masks, joints or captions: mask_rcnn, densecap"
            raise SettingError(wrong, expected, "finetune head")
        return count
    if finetune == "all":
        return 0
    thawed = 1 if finetune == "head" else int(finetune.removeprefix("last:"))
    if thawed > count:
        raise SettingError(
            f"finetune is {finetune!r}, and the network has {count} layers",
            f"last:1 to last:{count}",
            "finetune all, to train every layer",
        )
    return count - thawed


def thaw(network: nn.Module, first: int) -> None:
    """Let the layers from number ``first`` on learn, and those below stand still."""
    for module, number in layer_numbers(network).items():
        learns = number >= first
        module.training = learns
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(learns)


def thawing(network: nn.Module, first: int) -> list[int]:
    """The lowest layer that learns, step by step, when a network thaws from its top: the last layer, the rest
    of the head, then stage by stage, the stem at last.

    Args:
        first: the lowest layer that shall ever learn.
    """
    numbers, last = layer_numbers(network), layer_count(network) - 1
    trunk: Any = _trunk(network)
    parts = [trunk.stem, *trunk.stages, trunk.head]
    lowest = [
        min((numbers[layer] for layer in part.modules() if _is_layer(layer)), default=last) for part in parts
    ]
    starts = {max(number, first) for number in (last, *lowest)}
    return sorted(starts, reverse=True)


def layer_scales(network: nn.Module, decay: float) -> dict[Tensor, float]:
    """{parameter: factor of its learning rate}: 1 in the last layer, times ``decay`` for each below it."""
    last = layer_count(network) - 1
    return {
        parameter: decay ** (last - min(max(number, 0), last))
        for module, number in layer_numbers(network).items()
        for parameter in module.parameters(recurse=False)
    }


def _trunk(network: nn.Module) -> nn.Module:
    """The backbone of a network with branches; any other network itself."""
    trunk: nn.Module = getattr(network, "backbone", network)
    return trunk


def _above(network: nn.Module) -> list[nn.Module]:
    """All modules of the branches of a detector with two stages."""
    branches = getattr(network, BRANCHES, None)
    return [*branches.modules()] if isinstance(branches, nn.ModuleDict) and branches else []


def _is_layer(module: nn.Module) -> bool:
    return isinstance(module, _ConvNd | nn.Linear)


def _upward(network: nn.Module) -> Iterator[nn.Module]:
    """Every module once, in the order of the network, a whole after its parts; without auxiliary heads."""
    seen: set[nn.Module] = set()

    def parts(module: nn.Module) -> Iterator[nn.Module]:
        for name, child in module.named_children():
            if module is not network or name != AUXILIARIES:
                yield from parts(child)
        if module not in seen:
            seen.add(module)
            yield module

    return parts(network)
