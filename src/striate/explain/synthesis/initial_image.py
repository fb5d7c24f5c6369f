"""What a picture begins as: a picture of the user's as the network sees it, or nothing of the right shape."""

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from striate.data.inputs import Input, image_of
from striate.errors import SettingError, ShapeError
from striate.explain.attribution.supported import require_module
from striate.zoo.save_load import load
from striate.zoo.weights.pretrained import is_ready, ready

Model = nn.Module | str | Path
"""A module, a saved file, the folder of a run, or the name of a network with published weights."""

Shape = tuple[int, int, int]


def open_model(model: Model) -> nn.Module:
    """The model itself.

    Raises:
        ModelFileError: there is no such file, or it is no model.
        SettingError: it is no module.
    """
    if not isinstance(model, str | Path):
        return require_module(model)
    if is_ready(model):
        return ready(str(model))
    path = Path(model)
    return load(path / "model.safetensors" if path.is_dir() else path)


def model_input(model: nn.Module, image: Input) -> Tensor:
    """uint8 (1, C, H, W): a picture in the size and the channels that a classifier sees; else as it is.

    Raises:
        ImageError: the file cannot be read.
        ShapeError: it is no picture.
    """
    preprocess = getattr(model, "preprocess", None)
    if preprocess is None:
        return image_of(image)[None]
    seen: Tensor = preprocess(image_of(image))
    return seen[None]


def input_shape(model: nn.Module) -> Shape:
    """(C, H, W) of the pictures that a model sees.

    Raises:
        SettingError: it does not say.
    """
    preprocess: Any = getattr(model, "preprocess", None)
    if preprocess is not None:
        return preprocess.channels, *preprocess.size
    size: Any = getattr(model, "input_size", None)
    if size is not None:
        return int(getattr(model, "input_channels", 3)), *size
    raise SettingError(
        f"{type(model).__name__} does not say how large its pictures are",
        "a picture to start from, or its shape (C, H, W)",
        "start=(3, 224, 224)",
    )


def require_shape(shape: tuple[int, ...]) -> Shape:
    """The shape (C, H, W) of one picture.

    Raises:
        ShapeError: it is none.
    """
    if len(shape) != 3 or shape[0] not in (1, 3) or min(shape) < 1:
        raise ShapeError(f"the shape is {tuple(shape)}", "(1 or 3, H, W)", "start=(3, 224, 224)")
    channels, height, width = shape
    return channels, height, width
