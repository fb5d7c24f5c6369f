"""Answers about pictures: of whole pictures, of windows that slide over them, or of tiles."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, overload

from torch import nn

from striate.api.networks import Model, classifier_of
from striate.arguments import checked
from striate.data.inputs import Input
from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.convolutional import Convolutional
from striate.lazy_table import LazyTable
from striate.tasks.detection.proposer.given_boxes import named_proposer
from striate.tasks.detection.proposer.proposer import Proposer
from striate.tasks.detection.sliding_window import SlidingWindow
from striate.tasks.detection.sliding_window import convolutional as slid
from striate.tasks.model import TaskModel
from striate.tasks.tile_size import Tile

__all__ = ["convolutional", "predict"]

Predictor = Callable[[Any], Any]
"""Pictures, one or many -> their answers."""

TILED: LazyTable[Callable[..., Any]] = LazyTable(
    {
        **dict.fromkeys(
            ("detect", "instances", "dense_captions"), "striate.tasks.detection.tiles:predict_tiled"
        ),
        "segmentation": "striate.tasks.segmentation.mask_tiles:predict_tiled",
    }
)
"""By the task: what answers large pictures in tiles; called with the model, pictures and ``tile``."""

OF_WINDOWS = ("scales", "background", "windows")
"""Options of ``predict`` that belong to the windows; the others to their answers."""


@overload
def predict(model: Model, images: Input, **options: Any) -> Any: ...
@overload
def predict(model: Model, images: Iterable[Input], **options: Any) -> list[Any]: ...
@checked
def predict(
    model: Model,
    images: Input | Iterable[Input],
    *,
    slide: int | None = None,
    tile: Tile | None = None,
    **options: Any,
) -> Any:
    """Answer one picture, or a list of them: ``load(model).predict(images)``.

    Args:
        model: a model, the file or the run of one, or a name with published weights.
        images: as ``TaskModel.predict`` takes them.
        slide: pixels from one window to the next: a classifier is laid on every window of the picture, at
            several scales, and the answers are ``Detections``. ``scales=``, ``background=`` and ``windows=``
            are those of ``SlidingWindow``.
        tile: a detector or a segmenter sees the picture in tiles: ``auto`` as large as its images, or pixels,
            one side or (H, W). ``overlap=`` is the share of a tile that its neighbour shows too.
        options: of the task, such as ``score_threshold``, ``iou_threshold`` and ``top_k``; ``proposals`` of a
            detector with two stages, see ``Detector.giving``.

    Raises:
        SettingError: the model cannot do what is asked, or both ``slide`` and ``tile`` are.
        ModelFileError, ImageError, ShapeError: as ``load`` and ``TaskModel.predict``.
    """
    predictor, _ = predictor_of(classifier_of(model), slide, tile, options)
    return predictor(images)


def predictor_of(
    model: TaskModel[Any], slide: int | None, tile: Tile | None, options: dict[str, Any]
) -> tuple[Predictor, tuple[str, ...]]:
    """What answers pictures in the way that is asked for, and sentences that say how.

    Raises:
        SettingError: the model cannot do it, or both windows and tiles are asked for.
    """
    if slide is not None and tile is not None:
        raise SettingError("slide and tile are both given", "windows that slide, or tiles", "leave one out")
    if slide is not None:
        own = {name: value for name, value in options.items() if name in OF_WINDOWS}
        rest = {name: value for name, value in options.items() if name not in OF_WINDOWS}
        sliding = SlidingWindow(model, slide, **own)  # type: ignore[arg-type]
        return partial(sliding.predict, **rest), sliding.notes
    if tile is not None:
        if model.task not in TILED:
            expected = "a model for " + " or ".join(TILED)
            raise SettingError(f"the model is for {model.task}", expected, "leave tile out")
        return partial(TILED[model.task], model, tile=tile, **options), ()
    return partial(model.predict, **options), ()


def proposer_given(model: TaskModel[Any], proposals: Any) -> Proposer | None:
    """Who gives the model the boxes that it looks at; None for nobody.

    Raises:
        SettingError: the model takes none, or there is no such proposer.
        DataError: the file of proposals cannot be read.
    """
    if proposals is None:
        return None
    model.require_taking()
    return named_proposer(proposals)


@checked
def convolutional(model: Model | nn.Module, window: tuple[int, int] | None = None) -> Convolutional:
    """A classifier whose fully connected layers are convolutions: one pass has the scores of all windows.

    Args:
        model: a classifier, its file or its run, which takes uint8 images or floats 0..1; or a network, which
            takes what it takes.
        window: (H, W) of the images that it was made for, pixels; that of the model when left out.

    Returns:
        a module, images (N, C, H, W) -> scores (N, K, rows, columns); its ``stride``, ``windows`` and
        ``notes`` say where the windows are and why they differ from crops, if they do.

    Raises:
        SettingError: the network cannot slide, or nobody says how large its window is.
        ModelFileError: there is no such file, or it is none of ours.
    """
    network: nn.Module = classifier_of(model) if not isinstance(model, nn.Module) else model
    if window is None and isinstance(network, TaskModel):
        window = network.preprocess.size
    elif window is None and isinstance(network, Backbone):
        window = network.input_size
    elif window is None:
        wrong = f"the window of {type(network).__name__} is not known"
        raise SettingError(wrong, "(H, W), pixels", "window=(32, 32)")
    return slid(network, window)
