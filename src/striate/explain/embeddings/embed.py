"""The vectors of pictures: what the last layer of a network sees of them, or any other layer, or the pixels.

pictures --> [ conv ] --> ... --> pooled, flat --> [ linear ] --> scores
                |                      |
        a layer by name:          the vectors, if no layer is named
        mean over H and W
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from striate.arguments import checked
from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset, Splits
from striate.data.inputs import Input, image_of, name_of, one_or_many
from striate.data.preprocess import Preprocess
from striate.data.trained_data import TrainedOn, as_trained
from striate.errors import DataError, SettingError, ShapeError
from striate.explain.attribution.gradients import Probe
from striate.explain.attribution.partial_forward import PartialForward
from striate.explain.embeddings.embeddings import UNKNOWN, Embeddings
from striate.explain.synthesis.initial_image import Model, open_model
from striate.layers.backbone import Backbone
from striate.layers.memory_format import fastest_format
from striate.tasks.verification.embedder import Embedder

PIXELS = "pixels"
"""The layer that is no layer: the picture as the network sees it."""

BATCH = 64
"""Pictures that go through the network at once."""

THUMBNAIL = 32
"""Longer side of the small pictures that are kept for maps, pixels."""

MOST_BYTES = 64 * 1024**2
"""Thumbnails of a data set are kept up to this size."""

Measure = Callable[[Tensor], Tensor]
Data = str | Path | Splits | Dataset | TorchDataset[Any] | DataLoader[Any] | Iterable[Input]


@checked
def embed(
    model: Model,
    data: Data,
    layer: str | None = None,
    *,
    split: str = "all",
    progress: Callable[[int, int], None] | None = None,
) -> Embeddings:
    """A vector for every picture. The model stays as it is.

    Args:
        model: a classifier, a saved file, or the folder of a run.
        data: a path as for ``striate.train``, splits, a data set, also of torch, or a list of pictures.
        layer: dotted name, whose maps are averaged over H and W; ``"pixels"`` for the pixels; what the last
            layer sees when left out, or the vectors of a model for verification.
        split: of a data set: ``train``, ``val``, ``test`` or ``all``.
        progress: called now and then with (pictures done, pictures in all).

    Returns:
        ``.values`` (N, D), ``.names``, ``.labels``, ``.classes``; ``.save("vectors.npz")``.

    Raises:
        SettingError: there is no such layer or split, or the model has no last linear layer.
        DataError: the data cannot be read, or there are none.
        ShapeError: the model does not give one vector for each picture, or numbers that are not finite.
    """
    network = open_model(model)
    preprocess = getattr(network, "preprocess", None)
    if not isinstance(preprocess, Preprocess):
        raise SettingError(
            f"{type(network).__name__} does not say how pictures are prepared for it",
            "a classifier of striate",
            "striate.tasks.classification.classifier.Classifier(network, classes, preprocess)",
        )
    parts = list(_datasets(data, split, getattr(network, "trained_on", None)))
    if not parts:
        data = list(one_or_many(data)[0])
    batches = _pictures(data, preprocess) if not parts else _all(parts, preprocess)
    count = len(data) if not parts else sum(map(len, parts))  # type: ignore[arg-type]
    values, shown = _measured(network, layer, batches, count, progress)
    if parts:
        names = tuple(part.name(index) for part in parts for index in range(len(part)))
        labels, classes = torch.from_numpy(np.concatenate([part.labels for part in parts])), parts[0].classes
    else:
        names = tuple(name_of(given) or str(index) for index, given in enumerate(data))  # type: ignore[arg-type]
        labels, classes = torch.full((count,), UNKNOWN), ()
    return Embeddings(values, names, labels, classes, layer or "the last layer", shown)


def _measured(
    network: nn.Module,
    layer: str | None,
    batches: Iterator[Tensor],
    count: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[Tensor, Tensor | None]:
    """Vectors (N, D) of all batches, and thumbnails if they are not too large."""
    rows, small, done = [], [], 0
    with torch.no_grad(), _measure(network, layer) as measure:
        for images in batches:
            rows.append(measure(images).float().cpu())
            small.append(thumbnails(images))
            done += len(images)
            if small[0][0].numel() * count > MOST_BYTES:
                small = small[:1]
            if progress is not None:
                progress(done, count)
    if not rows:
        raise DataError("there is no picture", "one picture or more", "check the path and the split")
    shown = torch.cat(small)
    return torch.cat(rows), shown if len(shown) == count else None


@contextmanager
def _measure(network: nn.Module, layer: str | None) -> Iterator[Measure]:
    """uint8 images (N, C, H, W) -> vectors (N, D), while it is entered."""
    if layer == PIXELS:
        yield lambda images: images.flatten(1) / 255
        return
    probe = Probe(network)
    if layer is None and isinstance(network, Embedder):
        yield lambda images: _flat(probe(_ready(probe, images)), len(images))
        return
    if layer is not None:
        read = PartialForward(probe, (layer,))
        yield lambda images: _flat(read(_ready(probe, images)).maps[layer], len(images))
        return
    last = last_linear(network)
    name = next(name for name, layer in network.named_modules() if layer is last)
    with probe.watching([name], "input") as seen:

        def measure(images: Tensor) -> Tensor:
            seen.clear()
            probe(_ready(probe, images))
            return _flat(seen.get(name), len(images))

        yield measure


def last_linear(network: nn.Module) -> nn.Module:
    """The layer that turns vectors into scores: the last of the head, else the last linear one.

    Raises:
        SettingError: there is none.
    """
    inner = getattr(network, "network", network)
    linear = [module for module in inner.modules() if isinstance(module, nn.Linear)]
    if isinstance(inner, Backbone) and len(inner.head):
        return inner.head[-1]
    if not linear:
        wrong = f"{type(inner).__name__} has no linear layer at its end"
        raise SettingError(wrong, "the name of a layer", "--layer NAME, as `striate summary` lists them")
    return linear[-1]


def thumbnails(images: Tensor) -> Tensor:
    """uint8 (N, C, H, W) with a longer side of ``THUMBNAIL`` pixels at most."""
    factor = THUMBNAIL / max(images.shape[2:])
    if factor >= 1:
        return images.clone()
    size = [max(1, round(side * factor)) for side in images.shape[2:]]
    return F.interpolate(images.float(), size=size, mode="area").round().to(torch.uint8)


def _ready(probe: Probe, images: Tensor) -> Tensor:
    return fastest_format(probe.network, probe.pixels(images))


def _flat(given: Any, count: int) -> Tensor:
    """What a layer gave as vectors (N, D): maps are averaged over their positions."""
    if isinstance(given, Tensor) and given.ndim == 4:
        given = given.mean((2, 3))
    if not isinstance(given, Tensor) or given.ndim != 2 or len(given) != count:
        shape = f"the shape {tuple(given.shape)}" if isinstance(given, Tensor) else type(given).__name__
        raise ShapeError(f"the layer gives {shape}", "maps (N, C, H, W) or vectors (N, D)", "another layer")
    return given.detach()


def _datasets(data: Data, split: str, trained_on: TrainedOn | None) -> Iterator[Dataset]:
    """The data sets that are meant, read as the training read its own; none for a list of pictures."""
    if isinstance(data, str | Path | TorchDataset | DataLoader):
        data, _ = as_trained(data, trained_on)
    if isinstance(data, Dataset):
        yield data
    elif isinstance(data, Splits):
        yield from data.values() if split == "all" else [data[split]]


def _all(parts: Sequence[Dataset], preprocess: Preprocess) -> Iterator[Tensor]:
    for part in parts:
        for batch in Loader(part, preprocess, BATCH).batches():
            yield batch.images


def _pictures(data: Any, preprocess: Preprocess) -> Iterator[Tensor]:
    for start in range(0, len(data), BATCH):
        part = data[start : start + BATCH]
        yield torch.stack([preprocess(image_of(given)) for given in part])
