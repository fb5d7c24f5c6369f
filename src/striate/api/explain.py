"""Look inside a network: why it answers, what its parts respond to, what its layers keep."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from striate.api.networks import Model, load
from striate.arguments import checked
from striate.data.inputs import Input
from striate.explain.attribution.explanation import Explanation
from striate.explain.attribution.methods import explain as explain_pictures
from striate.explain.attribution.target import Target
from striate.explain.evaluation.benchmark import benchmark_explanations
from striate.explain.synthesis.invert import invert
from striate.explain.synthesis.visualize import visualize

__all__ = ["benchmark_explanations", "explain", "invert", "visualize"]


@checked
def explain(
    model: Model | nn.Module,
    images: Input | Sequence[Input],
    method: str = "saliency",
    *,
    layer: str | Sequence[str] | None = None,
    target: Target = None,
    score_threshold: float | None = None,
    **options: Any,
) -> Explanation | tuple[Explanation, ...]:
    """Why did the model say so? The model is bit by bit the same afterwards.

    Args:
        model: a classifier, a saved file or the folder of a run; or any module, for a tensor of images.
        images: one picture or several, as for ``predict``; or a folder of them.
        method: ``saliency gradient_x_input smoothgrad integrated_gradients guided_backprop deconvnet gradcam
            guided_gradcam occlusion``, or ``activations``, ``filters``.
        layer: dotted name of the layer that a method looks at; several give as many explanations; the last
            one that gives maps when left out.
        target: class name or number, or one for each picture; the predicted class when left out; of a
            detector the number of an object that it finds on one picture, or a class, whose best object is
            meant; of a segmenter a class over its pixels, or over a box as ``"car@4,8,30,40"``; of a dense
            captioner also a word of a caption, ``"red"``, or of that of region 2, ``"red@2"``; an index
            into another output, as ``(3, 1)``; or a function of the model's output.
        score_threshold: 0..1, of a detector the least score of an object, as for ``predict``.
        options: of the method, such as ``samples`` and ``seed`` of smoothgrad.

    Raises:
        SettingError: there is no such method, layer or option, or the method needs a ReLU and there is none.
        LabelError: there is no such class.
        ImageError: a file cannot be read.
        ShapeError: targets, outputs or gradients are not what the method needs.
    """
    network = load(model) if isinstance(model, str | Path) else model
    return explain_pictures(
        network, images, method, layer=layer, target=target, score_threshold=score_threshold, **options
    )
