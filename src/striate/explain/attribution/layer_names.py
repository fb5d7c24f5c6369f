"""The layers of a model by name.

"stages.2"         --> "stages.2", or "network.stages.2" in a classifier
"stages.2.convv1"  --> the three nearest names, as the network has them
"""

from difflib import get_close_matches

from torch import nn

from striate.errors import SettingError


def require_layer(model: nn.Module, name: str) -> str:
    """The whole dotted name of a layer; its end is enough where no other layer ends so.

    Of a model with a ``network`` inside, names as the network has them go first.

    Raises:
        SettingError: there is no such layer; the three nearest names are told.

    >>> model = nn.Sequential()
    >>> model.network = nn.Sequential(nn.Identity())
    >>> require_layer(model, "0"), require_layer(model, "network.0")
    ('network.0', 'network.0')
    """
    names: list[str] = [one for one, _ in model.named_modules() if one]
    ends = [one for one in names if one.endswith(f".{name}")]
    for whole in (name, f"network.{name}"):
        if whole in names:
            return whole
    if len(ends) == 1:
        return ends[0]
    known = [one.removeprefix("network.") for one in ends or names]
    near = get_close_matches(name.removeprefix("network."), known, 3, cutoff=0)
    raise SettingError(
        f"{type(model).__name__} has {'several layers' if ends else 'no layer'} {name!r}",
        "a dotted name, as `striate summary` lists them",
        " or ".join(near) or "a model with layers",
    )


def never_reached(layer: str) -> SettingError:
    """Nothing ran through the layer."""
    return SettingError(
        f"the layer {layer!r} was never reached",
        "a layer that the picture runs through",
        "another layer, as `striate summary` lists them",
    )
