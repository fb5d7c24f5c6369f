"""The methods by name: pictures in, an ``Explanation`` out.

paths, arrays, PIL pictures, tensors --preprocess--> uint8 batch --method--> Explanation
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from inspect import signature
from os import PathLike, fspath
from os.path import isdir
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.data.inputs import Input, input_batches, one_or_many, with_names
from striate.data.picture_files import pictures_below
from striate.errors import SettingError, ShapeError
from striate.explain.attribution.caption_word_target import CaptionWordTarget, caption_word_target
from striate.explain.attribution.detection_target import detection_target
from striate.explain.attribution.explanation import Explanation, class_names, plane
from striate.explain.attribution.filters import filters
from striate.explain.attribution.gradcam import gradcam
from striate.explain.attribution.gradients import Probe, attribute, quick_batch
from striate.explain.attribution.guided_backprop import deconvnet, guided_backprop, guided_gradcam
from striate.explain.attribution.integrated_gradients import integrated_gradients
from striate.explain.attribution.layer_names import require_layer
from striate.explain.attribution.layers import activations, default_layer
from striate.explain.attribution.occlusion import occlusion
from striate.explain.attribution.region_target import region_target
from striate.explain.attribution.saliency import gradient_x_input, pixel_gradients
from striate.explain.attribution.smoothgrad import smoothgrad
from striate.explain.attribution.supported import require_dense, require_floats, require_module
from striate.explain.attribution.target import Target, in_words, is_index, names_of
from striate.explain.attribution.word_target import WordTarget, names_a_word, word_target
from striate.explain.evaluation.sanity import SanityCheck, sanity_check
from striate.tasks.captioning.captioner import Captioner
from striate.tasks.captioning.dense_captioner import DenseCaptioner
from striate.tasks.detection.object_detector import ObjectDetector
from striate.tasks.model import TaskModel
from striate.tasks.segmentation.segmenter import Segmenter
from striate.zoo.save_load import versions

METHODS: dict[str, Callable[..., Tensor]] = {
    "saliency": pixel_gradients,
    "gradient_x_input": gradient_x_input,
    "smoothgrad": smoothgrad,
    "integrated_gradients": integrated_gradients,
    "guided_backprop": guided_backprop,
    "deconvnet": deconvnet,
    "gradcam": gradcam,
    "guided_gradcam": guided_gradcam,
    "occlusion": occlusion,
}
"""What explains an answer."""

INSPECTIONS: dict[str, Callable[..., Any]] = {"activations": activations, "filters": filters}
"""What shows the inside of the network, whatever it answers."""

LARGEST = 2**31
"""Whole numbers of options stay below it."""

Explained = Explanation | tuple[Explanation, ...]


def explain(
    model: nn.Module,
    images: Input | Iterable[Input],
    method: str = "saliency",
    *,
    layer: str | Sequence[str] | None = None,
    target: Target = None,
    score_threshold: float | None = None,
    **options: Any,
) -> Explained:
    """Why did the model say so? The model is bit by bit the same afterwards.

    Args:
        model: a classifier; or any module, for a float tensor (N, C, H, W) or (N, ...) of what it takes.
        images: what ``model.predict`` takes: one picture or several; a folder stands for those below it.
        method: one of ``METHODS`` or ``INSPECTIONS``.
        layer: dotted name of the layer that a method looks at, or several for as many explanations; None
            takes the last layer that gives maps, whose name the result says.
        target: class name or number, or one for each picture; None explains the predicted class; of a
            detector the number of an object, or a class, for one picture: the best one is explained; of a
            segmenter a class over its pixels on one picture, or over a box as ``"box@4,8,30,40"``; of a
            dense captioner also a word of a caption, ``"red"``, or of region 2, ``"red@2"``; an
            objective such as ``channel("stages.2", 7)`` explains what a layer gives. Of outputs that are not
            (N, K), a tuple is an index: ``(3, 1)`` is one coordinate of one joint; a function of the model's
            output, of up to 64 pictures at once, gives one number for each picture.
        score_threshold: 0..1, of a detector the least score of an object; None for its own.
        options: of the method, such as ``samples`` and ``seed`` of smoothgrad.

    Returns:
        one explanation of all pictures, in the order given; of several layers a tuple of them.

    Raises:
        SettingError: there is no such method, layer or option, or the method needs a ReLU and there is none.
        LabelError: there is no such class.
        ImageError: a file cannot be read.
        ShapeError: targets, outputs or gradients are not what the method needs.
    """
    takes_layer = _require_method(method, options)
    require_module(model)
    if layer is not None and not takes_layer:
        raise SettingError(f"{method} was given the layer {layer!r}", "no layer", "leave layer out")
    pixels, sources = _pixels(model, images)
    if method != "filters":
        _require_some(pixels)
        target = _of_task(model, pixels, target, score_threshold)
    if not takes_layer:
        made = _one(model, pixels, method, None, target, options)
        return _noted(made, model, sources, predicted=target is None)
    if layer is None and method != "filters":
        layer = _default_layer(model, pixels)
    names = [layer] if layer is None or isinstance(layer, str) else _several(layer)
    predicted = target is None and method in METHODS
    every = [_one(model, pixels, method, name, target, options) for name in names]
    noted = tuple(_noted(one, model, sources, predicted=predicted) for one in every)
    return noted[0] if layer is None or isinstance(layer, str) else noted


def _of_task(model: nn.Module, pixels: Tensor, target: Target, score_threshold: float | None) -> Target:
    """Of a detector a number, a class or None stands for an object, of a segmenter for the pixels of a class.

    Of a dense captioner other words stand for words of its captions.

    Raises:
        SettingError: a threshold is given, and nothing has scores of objects.
    """
    if isinstance(model, DenseCaptioner) and names_a_word(target, model) and not is_index(target):
        return word_target(model, pixels, target, score_threshold)
    if isinstance(model, Captioner) and isinstance(target, str) and not target.isdecimal():
        return caption_word_target(model, pixels, target)
    if isinstance(model, ObjectDetector) and isinstance(target, str | int | None):
        return detection_target(model, pixels, target, score_threshold)
    if score_threshold is not None:
        wrong = f"score_threshold is {score_threshold}, and no object of a detector is explained"
        raise SettingError(wrong, "a detector, and an object or a class", "leave score_threshold out")
    if isinstance(model, Segmenter) and isinstance(target, str | int | None) and not is_index(target):
        return region_target(model, pixels, target)
    return target


def _require_method(method: str, options: dict[str, Any]) -> bool:
    """The method and its options exist; whether it looks at a layer.

    Raises:
        SettingError: they do not.
    """
    known = [*METHODS, *INSPECTIONS]
    if method not in known:
        near = get_close_matches(str(method), known, 3, cutoff=0)
        raise SettingError(f"there is no method {method!r}", "one of: " + ", ".join(known), " or ".join(near))
    takes = _options(METHODS.get(method, INSPECTIONS.get(method)))
    for name, value in options.items():
        if name == "layer" or name not in takes:
            expected = ", ".join(sorted(takes.keys() - {"layer"})) or "no options"
            raise SettingError(f"{method} has no option {name!r}", expected, f"leave {name} out")
        _require_kind(method, name, value, takes[name])
    return "layer" in takes


def _options(method: Any) -> dict[str, Any]:
    """The options of a method, by name, with their defaults; and ``layer``, if it takes one."""
    given = {"probe", "pixels", "selector", "model", "images", "batch"}
    parameters = signature(method).parameters.values()
    found = {"layer" if one.name == "layers" else one.name: one.default for one in parameters}
    return {name: default for name, default in found.items() if name not in given}


def _require_kind(method: str, name: str, value: Any, default: Any) -> None:
    """An option is of the kind of its default; one without a default counts pixels, of all sides or of each.

    Raises:
        SettingError: it is not.
    """
    if default is None:
        sides = value if isinstance(value, tuple | list) else (value,)
        fits, expected = value is None or all(map(_is_count, sides)), "a whole number, or (height, width)"
    else:
        expected = {int: "a whole number", float: "a number", bool: "True or False", str: "a word"}[
            type(default)
        ]
        kind = int | float if isinstance(default, float) else type(default)
        fits = isinstance(value, kind) and isinstance(value, bool) == isinstance(default, bool)
    if not fits or (isinstance(value, int) and abs(value) >= LARGEST):
        raise SettingError(f"{name} of {method} is {value!r}", expected, f"leave {name} out")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST


def _several(layers: Any) -> list[str]:
    """The names of layers.

    Raises:
        SettingError: there are none, or they are no names.
    """
    names = list(layers) if isinstance(layers, Sequence) else [layers]
    if not names or not all(isinstance(name, str) for name in names):
        wrong, expected = f"layer is {layers!r}", "a dotted name, or several, as `striate summary` lists them"
        raise SettingError(wrong, expected, "leave layer out")
    return names


def _one(
    model: nn.Module, pixels: Tensor, method: str, layer: str | None, target: Target, options: dict[str, Any]
) -> Explanation:
    """The explanation by one method, at one layer."""
    whole = None if layer is None else require_layer(model, layer)
    if method == "filters":
        weights, shown = filters(model, whole)
        labels = tuple(f"filter {number}" for number in range(1, len(weights) + 1))
        return Explanation(weights, shown, method, labels, layer, {}, versions())
    classes = names_of(model)
    if method == "activations":
        assert whole is not None
        (volume,) = activations(model, pixels, [whole], **options).values()
        return Explanation(volume, pixels, method, ("",) * len(pixels), layer, options, versions())
    own = options if whole is None else {**options, "layer": whole}
    values, numbers = attribute(model, pixels, target, partial(METHODS[method], **own))
    words = in_words(target)
    targets = class_names(classes, numbers) if len(numbers) == len(pixels) else (words,) * len(pixels)
    fixed: Target = numbers if len(numbers) == len(pixels) else target

    def maps(other: nn.Module) -> list[Tensor]:
        same = fixed.on(other) if isinstance(fixed, WordTarget | CaptionWordTarget) else fixed
        found = attribute(other, pixels, same, partial(METHODS[method], **own))[0]
        return [plane(one) for one in found]

    def rerun() -> SanityCheck:
        return sanity_check(model, [plane(one) for one in values], maps)

    reasons = tuple(_reason(one, method, name, layer) for one, name in zip(values, targets, strict=True))
    return Explanation(values, pixels, method, targets, layer, options, versions(), reasons, rerun=rerun)


def _reason(values: Tensor, method: str, target: str, layer: str | None) -> str | None:
    """Why a map is all zeros; None if it is not."""
    if values.any():
        return None
    if layer is not None:
        return f"no map of {layer} speaks for {target}: their weighted sum is nowhere above zero"
    if method == "occlusion":
        return f"the score of {target} is the same wherever the picture is covered"
    return f"the score of {target} does not change with any pixel: on every way to it a unit is shut"


def _default_layer(model: nn.Module, pixels: Tensor) -> str:
    """The last layer that gives maps; of one of our networks by the name that the network has for it.

    Of a detector the last one before its head, whose parts give scores and offsets apart; of one that looks
    twice the last one of its backbone, on which all maps depend that regions are taken from.
    """
    inside = ""
    if isinstance(model, ObjectDetector) and not model.detection.rows_stay:
        parts = model.named_modules()
        inside = next(name for name, part in parts if part is model.detection.backbone)
    before = "network.head" if isinstance(model, ObjectDetector) else ""
    name = default_layer(model, pixels, before, inside)
    return name.removeprefix("network.") if isinstance(model, TaskModel) else name


def _require_some(pixels: Tensor) -> None:
    """Refuse no pictures at all, which only filters need not see.

    Raises:
        ShapeError: there are none.
    """
    if not len(pixels):
        raise ShapeError("there are no pictures", "one picture or more", "name a picture")


def _pixels(model: nn.Module, images: Input | Iterable[Input]) -> tuple[Tensor, tuple[str, ...]]:
    """uint8 (N, C, H, W) as a classifier's network sees them, on the CPU, and their files.

    Folders stand for the pictures below them. Other models get their own tensor.
    """
    if not isinstance(model, TaskModel):
        return _own_tensor(model, images), ()
    names: list[str] = []
    inputs = with_names(_without_folders(one_or_many(images)[0]), names)
    batches = list(input_batches(inputs, model.preprocess, batch=64))
    channels, size = model.preprocess.channels, model.preprocess.size
    empty = torch.empty(0, channels, *size, dtype=torch.uint8)
    return torch.cat(batches) if batches else empty, tuple(names)


def _without_folders(images: Iterable[Input]) -> Iterator[Input]:
    """The pictures themselves, instead of every folder those below it."""
    for image in images:
        if isinstance(image, str | PathLike) and isdir(image):
            yield from pictures_below(fspath(image)).paths
        else:
            yield image


def _noted(made: Explanation, model: nn.Module, sources: tuple[str, ...], *, predicted: bool) -> Explanation:
    """An explanation of a classifier with the files of the pictures, the model's answers, and the truth.

    Args:
        made: so far.
        model: that was explained.
        sources: N files.
        predicted: whether the targets are the model's answers.
    """
    if not isinstance(model, TaskModel) or made.method == "filters":
        return made
    folders = [Path(source).parent.name for source in sources]
    return replace(
        made,
        sources=sources,
        answers=made.targets if predicted else _answers(model, made.images),
        truths=tuple(folder if folder in model.classes else "" for folder in folders),
    )


def _answers(model: TaskModel[Any], images: Tensor) -> tuple[str, ...]:
    """The names of the predicted classes; none where the model gives no scores (N, K)."""
    best: list[int] = []
    with torch.inference_mode(False), torch.no_grad():
        probe = Probe(model)
        step = quick_batch(images, probe.device)
        for start in range(0, len(images), step):
            scores = probe(probe.pixels(images[start : start + step]))
            if not isinstance(scores, Tensor) or scores.ndim != 2 or scores.shape[1] != len(model.classes):
                return ()
            best += scores.argmax(1).tolist()
    return class_names(model.classes, best)


def _own_tensor(model: nn.Module, images: Any) -> Tensor:
    """The tensor (N, ...) that a module of the user's takes.

    Raises:
        ShapeError: it is none, or one picture that is no batch.
    """
    if not isinstance(images, Tensor) or images.ndim < 2:
        raise ShapeError(
            f"{type(model).__name__} was given {type(images).__name__}",
            "a tensor (N, C, H, W) of what it takes, as its preprocessing is not known",
            "striate.tasks.classification.classifier.Classifier(network, classes, preprocess) takes pictures",
        )
    if images.ndim == 3 and any(isinstance(part, nn.Conv2d) for part in model.modules()):
        wrong = f"{type(model).__name__} was given the shape {tuple(images.shape)}"
        raise ShapeError(wrong, "a batch of pictures (N, C, H, W)", "images[None] for one picture")
    return require_floats(model, require_dense(images))
