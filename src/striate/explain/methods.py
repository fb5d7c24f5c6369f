"""The methods by name: pictures in, an ``Explanation`` out.

paths, arrays, PIL pictures, tensors --preprocess--> uint8 batch --method--> Explanation
"""

from collections.abc import Sequence

import torch

from striate.data.inputs import Input, input_batches
from striate.errors import SettingError
from striate.explain.explanation import Explanation, named
from striate.explain.saliency import Target, class_gradients
from striate.tasks.classifier import Classifier

METHODS = ("saliency",)


def explain(
    model: Classifier,
    images: Input | Sequence[Input],
    method: str = "saliency",
    *,
    layer: str | None = None,
    target: Target = None,
) -> Explanation:
    """Why did the model say so?

    Args:
        model: a classifier; it is not changed.
        images: what ``model.predict`` takes: one picture or several.
        method: ``saliency``, the gradient of the class score by pixel.
        layer: the layer that a method looks at; saliency looks at the pixels and takes none.
        target: class name or number, or one for each picture; None explains the predicted class.

    Returns:
        one explanation of all pictures, in the order given.

    Raises:
        SettingError: there is no such method, or it takes no layer.
        LabelError: there is no such class.
        ImageError: a file cannot be read.
        ShapeError: no picture at all.
    """
    if method not in METHODS:
        raise SettingError(f"there is no method {method!r}", "one of: " + ", ".join(METHODS), "leave it out")
    if layer is not None:
        raise SettingError(f"saliency was given the layer {layer!r}", "no layer", "leave layer out")
    pixels = _pixels(model, images)
    values, numbers = class_gradients(model, pixels, target)
    return Explanation(values, pixels, method, named(model.classes, numbers))


def _pixels(model: Classifier, images: Input | Sequence[Input]) -> torch.Tensor:
    """uint8 (N, C, H, W) as the network sees them, on the CPU."""
    if isinstance(images, torch.Tensor) and images.ndim == 4:
        images = list(images)
    inputs = images if isinstance(images, Sequence) and not isinstance(images, str) else [images]
    batches = list(input_batches(inputs, model.preprocess, batch=64))
    channels, size = model.preprocess.channels, model.preprocess.size
    return torch.cat(batches) if batches else torch.empty(0, channels, *size, dtype=torch.uint8)
