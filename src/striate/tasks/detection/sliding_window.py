"""Sliding windows: a classifier says of every window what it shows, and the best windows are the answer.

    picture --scales--> 1, 0.71, 0.5, ... --windows, a stride apart--> class and score of each
            --threshold, NMS over all scales, top k--> Detections

The windows of a small picture are large ones of the picture as given: each scale finds things of one size. A
network whose windows are equal to crops goes over a whole scale in one pass (``layers.convolutional``); any
other sees the crops in batches, so that its answer is the one that ``predict`` gives for the crop.

Source: Sermanet et al. 2014 (OverFeat), section 4. https://arxiv.org/abs/1312.6229
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.inputs import Input, image_of, name_of, one_or_many
from striate.data.preprocess import match_channels, resize
from striate.errors import SettingError
from striate.layers.convolutional import Convolutional
from striate.layers.eval_mode import evaluating
from striate.layers.sequence import sequence
from striate.ops.boxes import clip_boxes_to_image
from striate.ops.nms import batched_nms
from striate.records import Detections
from striate.tasks.classification.classifier import Classifier, scores_of
from striate.tasks.detection.parts.finish import Finish
from striate.tasks.model import TaskModel

Windows = Literal["auto", "crops", "convolutional"]

SCALE_STEP = 0.5**0.5
"""Two scales halve the sides."""

AT_ONCE = 64
"""Crops that go through the network together."""


class Normalized(nn.Module):
    """uint8 or float 0..1 images -> what the network of a model sees of them."""

    mean: Tensor
    std: Tensor

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.register_buffer("mean", model.mean.detach().clone())
        self.register_buffer("std", model.std.detach().clone())

    def forward(self, images: Tensor) -> Tensor:
        """The same shape."""
        pixels = images if images.is_floating_point() else images / 255
        return (pixels - self.mean) / self.std


def convolutional(model: nn.Module, window: tuple[int, int]) -> Convolutional:
    """A classifier whose scores slide; images as the model takes them: of a ``Classifier`` uint8 or 0..1.

    Raises:
        SettingError: the network cannot slide, or the model is no classifier.
    """
    if isinstance(model, TaskModel) and not isinstance(model, Classifier):
        raise SettingError(f"the model is for {model.task}", "a classifier, or a network", "a classifier")
    if not isinstance(model, Classifier):
        return Convolutional(model, window)
    made = Convolutional(sequence(normalize=Normalized(model), network=model.network), window)
    return made.to(model.device)


class SlidingWindow:
    """A classifier that finds objects: any number of them in a picture, where its window shows one.

    Args:
        classifier: tells apart what a window shows. Its window is the size that it was trained on.
        stride: pixels from one window to the next, at every scale; the network's own when left out.
        scales: sides of the picture in which windows are laid, in sides as given; when left out 1, 0.71, 0.5,
            ... as far as a window fits.
        background: a class that is no object.
        windows: how they are calculated: ``crops``, one by one; ``convolutional``, all in one pass; ``auto``
        in
            one pass where that gives the same scores.

    Attributes:
        notes: sentences that say how windows are calculated, and why.

    Raises:
        SettingError: the stride or a scale is not above 0, there is no such class, or the network cannot do
        it.
    """

    def __init__(
        self,
        classifier: Classifier,
        stride: int | None = None,
        scales: Sequence[float] | None = None,
        *,
        background: str | None = None,
        windows: Windows = "auto",
    ) -> None:
        require_arguments(classifier, stride, scales, background, windows)
        self.classifier, self.scales, self.background = classifier, scales, background
        self.window = classifier.preprocess.size
        self.sliding, self.notes = chosen_way(classifier, stride, windows)
        own = self.sliding.stride if self.sliding else None
        self.stride = (stride, stride) if stride else own or default_stride(classifier)

    def predict(
        self,
        images: Input | Iterable[Input],
        *,
        score_threshold: float = 0.5,
        iou_threshold: float = 0.3,
        top_k: int = 100,
    ) -> Detections | list[Detections]:
        """The objects of one picture, or of many.

        Args:
            images: as ``TaskModel.predict`` takes them.
            score_threshold: 0..1, the least probability of a class.
            iou_threshold: 0..1; of windows of one class that overlap by more the better one is kept.
            top_k: objects at most.

        Returns:
            boxes are the windows, in the pixels of the pictures, clipped to them.

        Raises:
            ImageError, ShapeError, SettingError: as ``TaskModel.predict``.
        """
        Finish(score_threshold=score_threshold, iou_threshold=iou_threshold, top_k=top_k)  # checks them
        pictures, alone = one_or_many(images)
        found = [self._detections(one, score_threshold, iou_threshold, top_k) for one in pictures]
        return found[0] if alone else found

    @torch.inference_mode()
    def _detections(
        self, given: Input, score_threshold: float, iou_threshold: float, top_k: int
    ) -> Detections:
        classes = self.classifier.classes
        image = match_channels(image_of(given), self.classifier.preprocess.channels)
        boxes, scores, labels = [], [], []
        for windows, likely in self.answers(image):
            if self.background is not None:
                likely[:, classes.index(self.background)] = -1
            best, label = likely.max(1)
            sure = best >= score_threshold
            boxes.append(windows[sure])
            scores.append(best[sure])
            labels.append(label[sure])
        places, probabilities, numbers = torch.cat(boxes), torch.cat(scores), torch.cat(labels)
        kept = batched_nms(places, probabilities, numbers, iou_threshold)[:top_k]
        return Detections(places[kept], probabilities[kept], numbers[kept], classes, source=name_of(given))

    def answers(self, image: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Windows (M, 4) of uint8 (C, H, W) in its own pixels, and probabilities (M, K), some at a time."""
        size = (image.shape[1], image.shape[2])
        for scale in self.scales or default_scales(size, self.window):
            small = resize(image, scaled_size(size, scale, self.window))
            ratio = torch.tensor([size[1] / small.shape[2], size[0] / small.shape[1]] * 2)
            for boxes, scores in self._scale(filled(small, self.window, self.stride)):
                yield clip_boxes_to_image(boxes * ratio, size), scores.float().softmax(1).cpu()

    def _scale(self, image: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Windows (M, 4) and scores (M, K) of uint8 (C, H, W), which windows fill."""
        boxes = window_boxes((image.shape[1], image.shape[2]), self.window, self.stride)
        if self.sliding is None:
            yield from self._crops(image, boxes)
        else:
            scores = self.sliding(image[None].to(self.classifier.device))
            step = [own // least for own, least in zip(self.stride, self.sliding.stride, strict=True)]
            yield boxes, scores[0, :, :: step[0], :: step[1]].flatten(1).T

    def _crops(self, image: Tensor, boxes: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        answer = self.classifier.answering(len(boxes))
        with evaluating(self.classifier):
            for part in torch.split(boxes, AT_ONCE):
                crops = [image[:, y1:y2, x1:x2] for x1, y1, x2, y2 in part.long().tolist()]
                yield part, scores_of(answer(torch.stack(crops).to(self.classifier.device)))


def chosen_way(
    classifier: Classifier, stride: int | None, windows: Windows
) -> tuple[Convolutional | None, tuple[str, ...]]:
    """The sliding network, or None for crops; and sentences that say so.

    Raises:
        SettingError: one pass was asked for, and the network or the stride does not allow it.
    """
    if windows == "crops":
        return None, ()
    try:
        sliding = convolutional(classifier, classifier.preprocess.size)
    except SettingError as error:
        if windows == "convolutional":
            raise
        return None, (f"crops one by one: {error.wrong}",)
    off = stride and any(stride % own for own in sliding.stride)
    if off:
        y, x = sliding.stride
        reason = f"stride is {stride}, and the network's windows are {y} and {x} pixels apart"
        if windows == "convolutional":
            raise SettingError(reason, f"a multiple of {max(y, x)}", f"stride={max(y, x)}")
        return None, (f"crops one by one: {reason}",)
    if windows == "auto" and not sliding.exact:
        return None, (f"crops one by one, which is exact; one pass would be {'; '.join(sliding.notes)}",)
    return sliding, ("all windows of a scale in one pass", *sliding.notes)


def default_stride(classifier: Classifier) -> tuple[int, int]:
    """A quarter of the window."""
    height, width = classifier.preprocess.size
    return max(1, height // 4), max(1, width // 4)


def default_scales(size: tuple[int, int], window: tuple[int, int]) -> list[float]:
    """1, 0.71, 0.5, ... as far as a window fits into a picture of (H, W) pixels; one scale if it is smaller.

    >>> [round(scale, 2) for scale in default_scales((64, 80), (32, 32))]
    [1.0, 0.71, 0.5]
    """
    least = max(have / want for have, want in zip(window, size, strict=True))
    scales, scale = [], 1.0
    while scale > least * 1.01:
        scales.append(scale)
        scale *= SCALE_STEP
    return [*scales, least]


def scaled_size(size: tuple[int, int], scale: float, window: tuple[int, int]) -> tuple[int, int]:
    """(H, W) of the picture at a scale, at least one window."""
    return max(window[0], round(size[0] * scale)), max(window[1], round(size[1] * scale))


def filled(image: Tensor, window: tuple[int, int], stride: tuple[int, int]) -> Tensor:
    """uint8 (C, H, W) with black at the right and below, so that windows reach its end.

    >>> tuple(filled(torch.zeros(3, 33, 40), (32, 32), (4, 8)).shape)
    (3, 36, 40)
    """
    missing = [
        -(side - least) % step for side, least, step in zip(image.shape[1:], window, stride, strict=True)
    ]
    return F.pad(image, (0, missing[1], 0, missing[0]))


def window_boxes(size: tuple[int, int], window: tuple[int, int], stride: tuple[int, int]) -> Tensor:
    """float32 (M, 4): the windows of a picture of (H, W) pixels, row by row.

    >>> window_boxes((4, 6), (4, 4), (2, 2)).tolist()
    [[0.0, 0.0, 4.0, 4.0], [2.0, 0.0, 6.0, 4.0]]
    """
    (height, width), (tall, wide), (y, x) = size, window, stride
    top, left = torch.arange(0, height - tall + 1, y), torch.arange(0, width - wide + 1, x)
    corners = torch.stack([left.repeat(len(top)), top.repeat_interleave(len(left))], dim=1)
    return torch.cat([corners, corners + torch.tensor([wide, tall])], dim=1).float()


def require_arguments(
    classifier: object,
    stride: int | None,
    scales: Sequence[float] | None,
    background: str | None,
    windows: str,
) -> None:
    """The arguments of ``SlidingWindow``.

    Raises:
        SettingError: one of them means nothing.
    """
    if not isinstance(classifier, Classifier):
        raise SettingError(
            f"the model is for {getattr(classifier, 'task', type(classifier).__name__)}",
            "a classifier, which says what a window shows",
            "leave slide out",
        )
    if stride is not None and stride < 1:
        raise SettingError(f"stride is {stride}", "1 or more pixels", "leave it out for the network's own")
    if scales is not None and not (scales and all(0 < scale <= 16 for scale in scales)):
        raise SettingError(f"scales are {list(scales)}", "numbers above 0, at most 16", "scales=[1, 0.5]")
    if background is not None and background not in classifier.classes:
        known = ", ".join(classifier.classes[:10])
        raise SettingError(f"there is no class {background!r}", f"one of: {known}", "leave background out")
    if windows not in get_args(Windows):
        raise SettingError(f"windows is {windows!r}", "auto, crops or convolutional", "leave it out")
