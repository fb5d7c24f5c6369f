"""Every setting of a painting: its name, range, default and meaning. The one list.

flags of the terminal, keywords of stylize, texture and learn_style  <--  Settings, TrainStyleSettings
"""

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from striate.arguments import LARGEST, described, meant_number
from striate.errors import SettingError

Form = Literal["gatys", "johnson", "neural_style", "relative"]
Variation = Literal["rudin", "mahendran", "tensorflow", "chollet", "athalye"]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Layers = str | tuple[str, ...] | dict[str, float] | None

NUMBERS = {"int": "a whole number", "float": "a number"}
"""What pydantic calls them."""

LAYER = re.compile(r"([\w.]+)(?:=(\d+(?:\.\d+)?|\.\d+))?")


class NetworkSettings(BaseModel):
    """The network that costs are measured with, and their weights."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), allow_inf_nan=False)

    network: str = Field(
        "auto",
        description="a name, a model's .safetensors file or run; auto: VGG-19 if it was fetched, else "
        "the small network that comes along",
    )
    weights: str = Field("imagenet", description="its weights: imagenet, striate, random, or a file")
    content_layers: Layers = Field(
        None,
        description="layers whose maps shall stay, as in relu4_2 or relu3_2=0.5,relu4_2; by default chosen",
    )
    style_layers: Layers = Field(
        None, description="layers whose Gram matrices shall match, likewise; by default chosen"
    )
    content_weight: Weight = Field(1.0, description="of the content cost")
    style_weight: Weight = Field(10.0, description="of the style cost")
    variation_weight: Weight = Field(0.0, description="of the total variation")
    form: Form = Field("relative", description="how costs are divided, by whom one follows")
    variation: Variation = Field("mahendran", description="which total variation, by whom one follows")
    precision: Literal["auto", "bf16", "float32"] = Field(
        "auto", description="that the network computes with"
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where it computes")
    seed: int = Field(0, ge=0, description="of noise, of random weights and of the order of pictures")

    def __init__(self, **values: Any) -> None:
        for name in ("network", "weights"):
            if isinstance(values.get(name), os.PathLike):
                values[name] = os.fspath(values[name])
        try:
            super().__init__(**values)
        except ValidationError as reason:
            raise explained(reason, type(self)) from None
        for name, value in self:
            if isinstance(value, int) and abs(value) > LARGEST:
                raise SettingError(f"{name} is {value}", f"at most {LARGEST}", f"leave {name} out")
        for name in ("content_layers", "style_layers"):
            layer_weights(name, getattr(self, name))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return self.model_dump(mode="json")


class Settings(NetworkSettings):
    """How to paint. Fields may be left out; wrong values are a ``SettingError``.

    >>> Settings(steps=10).steps
    10
    """

    size: int = Field(512, ge=0, description="pixels of the longer side, if it is longer; 0 keeps it")
    steps: int = Field(200, ge=1, description="steps at every scale")
    scales: int = Field(1, ge=1, le=8, description="sizes from small to large, each twice the one before")
    start: Literal["content", "noise"] = Field("content", description="what the painting begins with")
    optimizer: Literal["lbfgs", "adam"] = Field("lbfgs", description="how pixels are moved")
    lr: float = Field(0.02, gt=0, allow_inf_nan=False, description="of adam, as a share of the range 0..1")
    colors: Literal["style", "luminance", "match"] = Field(
        "style",
        description="whose colors: style, those of the style; luminance, the content's, under a painted "
        "brightness; match, the content's, given to the style first",
    )
    tile: int | None = Field(
        None, ge=16, description="pixels of the tiles of a large picture; by default what fits the memory"
    )


class TrainStyleSettings(NetworkSettings):
    """How a fast style learns. Fields may be left out; wrong values are a ``SettingError``.

    >>> TrainStyleSettings().batch
    4
    """

    size: int = Field(256, ge=32, description="pixels of the sides of what is cut from the pictures")
    style_size: int = Field(256, ge=0, description="pixels of the longer side of the style; 0 keeps it")
    steps: int = Field(2000, ge=1, description="steps of the training")
    batch: int = Field(4, ge=1, description="pictures in a step")
    lr: float = Field(0.001, gt=0, allow_inf_nan=False, description="of adam")
    width: int = Field(32, ge=1, le=256, description="channels of the network's first convolution")
    blocks: int = Field(5, ge=1, le=32, description="residual blocks of the network")


def layer_weights(setting: str, layers: Layers) -> dict[str, float] | None:
    """{layer: weight}; weights that were left out are 1, and all are divided by their sum.

    Raises:
        SettingError: they are not written so.

    >>> layer_weights("style_layers", "relu1_1,relu2_1=3")
    {'relu1_1': 0.25, 'relu2_1': 0.75}
    """
    if layers is None:
        return None
    if isinstance(layers, Mapping):
        found = {name: float(weight) for name, weight in layers.items()}
    else:
        words = layers.split(",") if isinstance(layers, str) else layers
        matches = [LAYER.fullmatch(word.strip()) for word in words]
        found = {match[1]: float(match[2] or 1) for match in matches if match} if all(matches) else {}
    total = sum(found.values())
    if not 0 < total < float("inf") or min(found.values()) < 0:
        raise SettingError(
            f"{setting} is {layers!r}",
            "names with weights, as in relu1_1,relu2_1=0.5",
            f"leave {setting} out",
        )
    return {name: weight / total for name, weight in found.items()}


def explained(reason: ValidationError, kind: type[NetworkSettings]) -> SettingError:
    """The first of pydantic's complaints in three lines."""
    first = reason.errors()[0]
    name, value = str(first["loc"][0]) if first["loc"] else "settings", first["input"]
    fields = kind.model_fields
    if first["type"] == "extra_forbidden":
        near = get_close_matches(name, fields, n=3, cutoff=0)
        return SettingError(
            f"there is no setting {name!r}", "one of: " + ", ".join(fields), " or ".join(near)
        )
    message = first["msg"].removeprefix("Input should be ")
    expected = NUMBERS.get(first["type"].split("_")[0], message) if "pars" in first["type"] else message
    meant = meant_number(value)
    attempt = f"{name} {meant}" if meant else f"leave {name} out for {fields[name].default!r}"
    return SettingError(f"{name} is {described(value)}", expected, attempt)
