"""Saliency: which pixels would change the score of a class most, if they changed a little?

Simonyan, Vedaldi, Zisserman 2014, section 3. https://arxiv.org/abs/1312.6034

    image I --network--> score of class c, before the softmax
          <--gradient--- w = dS_c / dI                         one signed number for each pixel and channel
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from striate.errors import ShapeError
from striate.layers.mode import evaluating
from striate.records import class_number

Target = str | int | Sequence[str | int] | Tensor | None


def saliency(model: nn.Module, images: Tensor, target: Target = None, *, batch: int = 64) -> Tensor:
    """The gradient of one class score of every image by its pixels.

    The model is as it was afterwards: its weights, statistics, gradients, flags and modes. It may be frozen,
    in training mode, or called where gradients are switched off.

    Args:
        model: images (N, C, H, W) -> scores (N, K), before the softmax.
        images: uint8 0..255 or float 0..1 (N, C, H, W), in the size that the network sees.
        target: the class whose score is explained, by name or number; a sequence has one for each image;
            None takes the class with the highest score of each image.
        batch: images that go through the network at once.

    Returns:
        (N, C, H, W), signed, per unit of a pixel in 0..1, on the device of the images.

    Raises:
        LabelError: there is no such class.
        ShapeError: the model does not give one row of scores per image, its scores do not depend on the
            pixels, or there are more or fewer targets than images.

    Source: Simonyan, Vedaldi, Zisserman 2014, equation 5.

    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(2, 1, bias=False))
    >>> _ = network[1].weight.data.copy_(torch.tensor([[3.0, -4.0]]))
    >>> saliency(network, torch.rand(1, 1, 1, 2), target=0)
    tensor([[[[ 3., -4.]]]])
    """
    return class_gradients(model, images, target, batch=batch)[0]


def class_gradients(
    model: nn.Module, images: Tensor, target: Target = None, *, batch: int = 64
) -> tuple[Tensor, list[int]]:
    """The gradients of :func:`saliency`, and the number of the class that each one explains."""
    wanted = one_target_each(target, len(images))
    values, numbers = [torch.empty(0, *images.shape[1:], device=images.device)], []
    with torch.inference_mode(False), torch.enable_grad():
        for start in range(0, len(images), batch):
            part, named = images[start : start + batch], wanted[start : start + batch]
            gradients, explained = _gradients(model, part, named)
            values.append(gradients)
            numbers += explained
    return torch.cat(values[1:] or values), numbers


def one_target_each(target: Target, count: int) -> list[str | int | None]:
    """One class for each of ``count`` images, None where the model shall choose.

    >>> one_target_each("cat", 2)
    ['cat', 'cat']
    """
    if target is None or isinstance(target, str | int):
        return [target] * count
    targets = [name if isinstance(name, str) else int(name) for name in target]
    if len(targets) != count:
        raise ShapeError(
            f"there are {len(targets)} targets for {count} images",
            "one class for all images, or one for each",
            "leave target out for the class that the model predicts",
        )
    return [*targets]


def _gradients(model: nn.Module, images: Tensor, wanted: list[str | int | None]) -> tuple[Tensor, list[int]]:
    """Signed gradients (N, C, H, W) and class numbers of one batch."""
    tensors = _copies(model)
    pixels = _pixels(images, tensors).requires_grad_()
    with evaluating(model):
        # A clone, because the first layer may work in place, which a tensor that asks for gradients refuses.
        scores = functional_call(model, tensors, (pixels.clone(),))
    _check(scores, len(images))
    classes = getattr(model, "classes", None) or [str(number) for number in range(scores.shape[1])]
    numbers = [
        best if name is None else class_number(classes, name)
        for name, best in zip(wanted, scores.argmax(1).tolist(), strict=True)
    ]
    chosen = scores[torch.arange(len(numbers)), numbers]
    (gradients,) = torch.autograd.grad(chosen.sum(), pixels)
    return gradients.to(images.device), numbers


def _copies(model: nn.Module) -> dict[str, Tensor]:
    """Stand-ins: weights that ask for no gradient, and statistics that may be written to."""
    weights = {name: _ordinary(weight) for name, weight in model.named_parameters()}
    return weights | {name: buffer.detach().clone() for name, buffer in model.named_buffers()}


def _ordinary(tensor: Tensor) -> Tensor:
    """The same values for use in a gradient; a tensor made in inference mode must be copied for that."""
    return tensor.detach().clone() if tensor.is_inference() else tensor.detach()


def _pixels(images: Tensor, tensors: dict[str, Tensor]) -> Tensor:
    """A copy of the images as floats 0..1, where the model is."""
    first = next(_floating(tensors), torch.empty(0, device=images.device))
    pixels = images.detach().to(first.device, images.dtype if images.is_floating_point() else first.dtype)
    return pixels.clone() if images.is_floating_point() else pixels / 255


def _floating(tensors: dict[str, Tensor]) -> Iterator[Tensor]:
    return (tensor for tensor in tensors.values() if tensor.is_floating_point())


def _check(scores: Tensor, count: int) -> None:
    if scores.ndim != 2 or scores.shape[0] != count or not scores.shape[1]:
        raise ShapeError(
            f"the model gives scores of the shape {tuple(scores.shape)} for {count} images",
            f"({count}, K), one row of class scores for each image",
            "explain a classifier",
        )
    if not scores.requires_grad:
        raise ShapeError(
            "the scores do not depend on the pixels by anything that has a gradient",
            "a model whose forward neither detaches nor rounds",
            "take torch.no_grad, detach and argmax out of its forward",
        )
