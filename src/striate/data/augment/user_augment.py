"""An augmentation of somebody's own: a function of a sample or of a picture, or torchvision's v2 transforms.

    Sample -> Sample            what is known of the picture is moved by the function
    picture -> picture          uint8 (C, H, W); classes stay what they are, places must stay where they are
    transforms.v2               boxes and masks go with the picture as tv_tensors

It sees pictures as the network will, one at a time, and its random numbers (torch, numpy, random) are those
of the seed and the step. A picture of another size is scaled back, and places with it.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from inspect import signature
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from striate.data.preprocess import resize
from striate.data.python_data.item_pictures import picture_of
from striate.errors import ImageError, SettingError, StriateError
from striate.files.regular import reason_of
from striate.records import Batch, BitMasks, BoxTargets, MaskCrops, MaskTargets, Sample, Targets
from striate.records.affine import scaling

Kind = Literal["sample", "picture", "torchvision"]
WORDS: dict[str, Kind] = {
    "Sample": "sample",
    "sample": "sample",
    **dict.fromkeys(("Tensor", "image", "img", "picture"), "picture"),
}
"""Annotations and names of parameters that say what a function takes."""

ASKED = 16
"""How often a function that does not say so is asked whether it takes samples."""

EXPECTED = (
    "a function of a Sample or of a picture uint8 (C, H, W), or a transform of torchvision.transforms.v2"
)


class UserAugment:
    """An augmentation of somebody's own.

    Args:
        function: as above; which of the three is found by calling it.
        name: for messages.
        example: a picture of the data, with what is known of it.

    Raises:
        SettingError: it takes neither a sample nor a picture, or gives none back.
    """

    def __init__(self, function: Callable[[Any], Any], name: str, example: Sample) -> None:
        self.function, self.name = function, name
        self.spatial = example.targets is not None and example.targets.spatial
        with seeded(0), torch.random.fork_rng(devices=[]):
            self.kind = self._kind(example)
            self.one(example)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know."""
        if self.kind != "picture" or not self.spatial:
            return ()
        return (f"augment {self.name} changes pictures alone: everything must stay in its place",)

    def _kind(self, example: Sample) -> Kind:
        """What the function takes."""
        from torchvision.transforms import v2  # late: it takes a second

        if isinstance(self.function, v2.MixUp | v2.CutMix):
            word = self.name.lower()
            wrong = f"augment is {self.name}, which mixes the pictures of a batch"
            raise SettingError(wrong, "a change of one picture", f"{word}=0.2 in the place of augment=")
        if isinstance(self.function, v2.Transform):
            return "torchvision"
        said = _said(self.function)
        if said is not None:
            return said
        try:
            some = [self.function(example) for _ in range(ASKED)]  # it may do nothing now and then
        except Exception:  # it takes pictures, or it fails with these, too, which is told then
            return "picture"
        return "sample" if all(isinstance(one, Sample) for one in some) else "picture"

    def on(self, batch: Batch, generator: torch.Generator) -> Batch:
        """A changed copy of every picture of a batch, uint8 as they were, with its targets.

        Args:
            batch: images and targets on one device.
            generator: of the seed of this batch.

        Raises:
            SettingError: the function fails, or gives no picture with the same channels.
        """
        if not len(batch):
            return batch
        device, sizes = batch.images.device, batch.sizes.tolist()
        seed = int(torch.randint(2**31, (1,), generator=generator))
        images, targets = batch.images.cpu().clone(), list[Targets]()
        with seeded(seed):
            for number, (height, width) in enumerate(sizes):
                known = batch.targets.to(torch.device("cpu")).row(number)
                image = images[number, :, :height, :width].clone()
                changed = self.one(Sample(image, known, f"picture {int(batch.indices[number])}"))
                images[number, :, :height, :width] = changed.image
                assert changed.targets is not None
                targets.append(changed.targets)
        joined = targets[0].joined(targets[1:])
        return replace(batch, images=images.to(device), targets=joined.to(device))

    def one(self, sample: Sample) -> Sample:
        """A changed copy of a picture, as large as it was, with its targets.

        Raises:
            SettingError: as ``on``.
        """
        call = {"sample": self._on_sample, "picture": self._on_picture, "torchvision": self._on_tensors}
        try:
            changed = call[self.kind](sample)
        except StriateError:
            raise
        except Exception as reason:  # of somebody's own code
            wrong = (
                f"augment {self.name} failed on {sample.source}: {type(reason).__name__}: {reason_of(reason)}"
            )
            raise SettingError(wrong, EXPECTED, "call it with a picture of the data") from reason
        return self._fitted(changed, sample)

    def _on_sample(self, sample: Sample) -> Sample:
        found = self.function(sample)
        if not isinstance(found, Sample) or type(found.targets) is not type(sample.targets):
            targets = getattr(found, "targets", None)
            given = type(targets if isinstance(found, Sample) else found).__name__
            wrong = f"augment {self.name} gives {given} for {sample.source}"
            raise SettingError(
                wrong, "a Sample with targets of the same kind", "dataclasses.replace(sample, ...)"
            )
        return found

    def _on_picture(self, sample: Sample) -> Sample:
        return replace(sample, image=self._picture(self.function(sample.image), sample))

    def _picture(self, given: Any, sample: Sample) -> Tensor:
        """uint8 (C, H, W) of what the function gave.

        Raises:
            SettingError: it is no picture.
        """
        try:
            return picture_of(given, sample.source)
        except ImageError as reason:
            wrong = f"augment {self.name}: {reason.wrong}"
            expected = "a picture, uint8 or floats 0..1: a tensor (C, H, W) or an array (H, W, C)"
            raise SettingError(wrong, expected, _picture_advice(given)) from reason

    def _on_tensors(self, sample: Sample) -> Sample:
        """By torchvision, with boxes and masks as tv_tensors."""
        from torchvision import tv_tensors

        height, width = sample.image.shape[1:]
        given: dict[str, Any] = {"image": tv_tensors.Image(sample.image)}
        known = sample.targets
        if isinstance(known, MaskTargets):
            given["masks"] = tv_tensors.Mask(known.masks)
        if isinstance(known, BoxTargets):
            given["boxes"] = tv_tensors.BoundingBoxes(known.boxes, format="XYXY", canvas_size=(height, width))
            given["labels"] = torch.arange(len(known.boxes))
            if known.masks is not None:
                given["masks"] = tv_tensors.Mask(BitMasks(known.masks).pasted().to(torch.uint8))
        unmoved = isinstance(known, BoxTargets) and (known.joints is not None or known.proposals is not None)
        if known is not None and known.spatial and (len(given) == 1 or unmoved):
            raise SettingError(
                f"augment {self.name} is torchvision's, and the data have points or proposals",
                "data with classes, boxes or masks; it would not exchange left and right",
                "a function of a Sample, which moves sample.targets by .moved(affine, size)",
            )
        found = self.function(given)
        image = self._picture(found["image"].as_subclass(Tensor), sample)
        return replace(
            sample, image=image, targets=_targets_of(found, known, (image.shape[1], image.shape[2]))
        )

    def _fitted(self, changed: Sample, sample: Sample) -> Sample:
        """The size of before, and the channels."""
        image, targets, before = changed.image, changed.targets, sample.image.shape
        if len(image) != before[0]:
            wrong = f"augment {self.name} gives {len(image)} channels for {before[0]} of {sample.source}"
            raise SettingError(wrong, "as many as before", "the conversion in the data set, for all pictures")
        size = (image.shape[1], image.shape[2])
        spatial = targets is not None and targets.spatial
        masks = tuple(targets.masks.shape[1:]) if isinstance(targets, MaskTargets) else size
        if masks != size:
            wrong = f"augment {self.name} gives a picture {size} and a mask {masks} for {sample.source}"
            raise SettingError(wrong, "one size", "the same change for both")
        if size == tuple(before[1:]):
            return changed
        if spatial and self.kind == "picture":
            raise SettingError(
                f"augment {self.name} changes the size of {sample.source} from {before[1]}x{before[2]} to "
                f"{size[0]}x{size[1]}",
                "the same size, as nobody can tell where things went",
                "a function of a Sample, or a transform of torchvision.transforms.v2",
            )
        tall, wide = before[1], before[2]
        affine = scaling(wide / size[1], tall / size[0])[None]
        moved = targets.moved(affine, (tall, wide)) if targets is not None and spatial else targets
        return replace(changed, image=resize(image, (tall, wide)), targets=moved)


def _picture_advice(given: Any) -> str:
    """What to try in place of what a function gave, which is no picture."""
    if given is None:
        return "return the changed picture: the function ends without return"
    if isinstance(given, np.ndarray) and given.ndim == 3 and given.shape[0] in (1, 3):
        return "torch.from_numpy(array) for an array (C, H, W); or array.transpose(1, 2, 0)"
    return "leave Normalize out"


def _targets_of(found: dict[str, Any], known: Targets | None, size: tuple[int, int]) -> Targets | None:
    """What is known of a picture that torchvision changed."""
    if isinstance(known, MaskTargets):
        return MaskTargets(found["masks"].as_subclass(Tensor).to(known.masks.dtype))
    if not isinstance(known, BoxTargets):
        return known
    kept = torch.zeros(len(known.boxes), dtype=torch.bool)
    kept[found["labels"]] = True
    boxes, left = found["boxes"].as_subclass(Tensor).float(), known.where(kept)
    masks = None if known.masks is None else MaskCrops.of(found["masks"].as_subclass(Tensor) > 0)
    here = torch.eye(2, 3)[None]
    return replace(left, boxes=boxes, masks=masks).moved(here, size)


def _said(function: Callable[[Any], Any]) -> Kind | None:
    """What the annotation or the name of the first parameter says that a function takes.

    >>> _said(lambda sample: sample), _said(lambda image: image), _said(lambda x: x)
    ('sample', 'picture', None)
    """
    try:
        first = next(iter(signature(function).parameters.values()))
    except (ValueError, TypeError, StopIteration):  # a function of C, or of nothing
        return None
    for word in (getattr(first.annotation, "__name__", str(first.annotation)), first.name):
        if word in WORDS:
            return WORDS[word]
    return None


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Random numbers of Python and numpy from a seed; afterwards they go on as before."""
    state, numbers = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numbers)
