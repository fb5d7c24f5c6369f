"""The filters of a network's first layer as small pictures: what it looks for before it knows anything.

Krizhevsky, Sutskever, Hinton 2012, figure 3.

weights (F, C, f, f) --each scaled to 0..1--> F pictures; with other than 1 or 3 channels one for each channel
"""

from torch import Tensor, nn

from striate.errors import SettingError


def filters(model: nn.Module, layer: str | None = None) -> tuple[Tensor, Tensor]:
    """The weights (F, C, f, f) of a convolution, and what they look like, float 0..1 of the same shape.

    Args:
        model: stays as it is.
        layer: dotted name of a convolution; None takes the first.

    Raises:
        SettingError: the layer is no convolution, or the model has none.
    """
    found = _first(model) if layer is None else model.get_submodule(layer)
    if not isinstance(found, nn.Conv2d):
        wrong = (
            f"{type(model).__name__} has no convolution" if layer is None else f"{layer!r} is no convolution"
        )
        raise SettingError(
            wrong, "a convolution, whose weights are pictures", "leave layer out for the first one"
        )
    weights = found.weight.detach().float().cpu().clone()
    if not bool(weights.isfinite().all()):
        raise SettingError(
            f"the weights of {layer or 'the first convolution'!r} are not finite",
            "finite numbers",
            "weights that were trained with a smaller learning rate",
        )
    if weights.shape[1] not in (1, 3):
        weights = weights.flatten(0, 1).unsqueeze(1)
    low, high = weights.amin((1, 2, 3), keepdim=True), weights.amax((1, 2, 3), keepdim=True)
    return weights, (weights - low) / (high - low).clamp(min=1e-12)


def _first(model: nn.Module) -> nn.Module | None:
    return next((part for part in model.modules() if isinstance(part, nn.Conv2d)), None)
