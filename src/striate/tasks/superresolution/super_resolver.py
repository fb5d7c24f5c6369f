"""Super-resolution: pictures with more pixels than they had.

    photograph --reduced by 2, 3 or 4--> small picture --network--> enlarged picture
         |                                                                |
         +------------------------- mean |difference| --------------------+

No labels are needed: the photographs are what the network shall answer. It learns from crops at full
resolution, and answers pictures of any size, tile by tile.

Loss: mean absolute difference of all channels (Zhao, Gallo, Frosio, Kautz 2017,
https://arxiv.org/abs/1511.08861).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.picture_annotations import PictureAnnotations
from striate.data.dataset import Dataset
from striate.data.inputs import Input, image_of, name_of
from striate.data.preprocess import Preprocess
from striate.errors import DataError, ModelFileError, SettingError, ShapeError
from striate.layers.eval_mode import evaluating
from striate.layers.image_network import ImageNetwork
from striate.ops.bicubic import multiples, reduced
from striate.records import Batch, PictureTargets, SuperResolution
from striate.tasks.model import BatchTransform, TaskModel
from striate.tasks.raw_outputs import Raw
from striate.tasks.superresolution.networks.superresolution_network import SuperResolutionNetwork
from striate.tasks.superresolution.picture_tiles import in_tiles, levels
from striate.tasks.superresolution.quality import QualityMetric
from striate.tasks.superresolution.training_crops import cropped, crops_each

SIDE, LEAST_SIDE = 48, 8
"""Pixels of a side of the small crops that are learned from (Lim et al. 2017, section 4.2), and at least."""


@final
class SuperResolver(TaskModel[SuperResolution]):
    """A network that enlarges pictures.

    Args:
        network: pixels 0..1 (N, C, H, W) -> pixels (N, C, by H, by W).
        classes: one name; there is nothing to choose from.
        preprocess: its size is that of the small crops of the training; pictures keep sizes of their own.

    Raises:
        SettingError: the network does not enlarge pictures.
    """

    task: ClassVar[str] = "superresolution"
    learns_from: ClassVar[tuple[type[Annotations], ...]] = (PictureAnnotations,)
    usual_network: ClassVar[str | None] = "edsr"
    usual_settings: ClassVar[Mapping[str, Any]] = {
        "optimizer": "adamw",
        "lr": 1e-3,
        "weight_decay": 0.0,
        "schedule": "cosine",
        "ema": 0.995,
        "augment": "mirror,flip",
        "epochs": 8,
    }
    most_batch: ClassVar[int] = 16
    evaluation_batch: ClassVar[int] = 1

    def __init__(self, network: nn.Module, classes: Sequence[str], preprocess: Preprocess) -> None:
        none, one = (0.0,) * preprocess.channels, (1.0,) * preprocess.channels
        whole = replace(preprocess, resize_mode="whole", crop_ratio=None, mean=none, std=one)
        super().__init__(require_enlarging(network), classes, whole)
        self.seed = 0

    @property
    def enlarging(self) -> SuperResolutionNetwork:
        """The network."""
        return require_enlarging(self.network)

    @property
    def by(self) -> int:
        """Factor of both sides."""
        return self.enlarging.by

    # ---- what it learns from

    @classmethod
    def size_for(cls, network: ImageNetwork, size: tuple[int, int]) -> tuple[int, int]:
        """Small crops of 48x48, or of what the photographs have.

        Raises:
            SettingError: the network does not enlarge pictures.
            DataError: the photographs are too small.
        """
        by = require_enlarging(network).by
        side = min(SIDE, min(size) // by)
        if side < LEAST_SIDE:
            least = LEAST_SIDE * by
            raise DataError(
                f"the photographs are {size[0]}x{size[1]} pixels (median)",
                f"{least}x{least} or more, to learn to enlarge by {by}",
                "larger photographs" + ("" if by == 2 else ", or by 2"),
            )
        return side, side

    def fit_to(self, data: Dataset, settings: Any) -> None:
        """The seed of the crops."""
        self.seed = settings.seed
        large = self.crop_size
        self.notes = (
            f"learns from crops of {large[0]}x{large[1]} pixels of the photographs, reduced by {self.by}",
        )

    @property
    def crop_size(self) -> tuple[int, int]:
        """(H, W) of the crops of photographs."""
        height, width = self.preprocess.size
        return self.by * height, self.by * width

    def prepared(self, data: Dataset) -> Dataset:
        """Crops of the photographs."""
        return cropped(data, self.crop_size, self.seed)

    @classmethod
    def pictures_an_epoch(cls, count: int) -> int:
        """Crops."""
        return count * crops_each(count)

    def view_in_training(self, preprocess: Preprocess) -> Preprocess:
        """Crops as they are."""
        return replace(self.preprocess, resize_mode="crop", size=self.crop_size)

    def transforms(self, settings: Any) -> BatchTransform | None:
        """Crops become small ones, after augmentation."""
        return lambda batch, generator, step: self.question(batch)

    def question(self, batch: Batch) -> Batch:
        """Photographs -> small pictures, whose targets are the photographs.

        Raises:
            ShapeError: a photograph is smaller than the factor.
        """
        if not len(batch):
            return batch
        if bool((batch.sizes < self.by).any()):
            height, width = batch.sizes.amin(0).tolist()
            raise ShapeError(
                f"a picture has {height}x{width} pixels, and cannot be reduced by {self.by}",
                f"sides of {self.by} pixels or more",
                "leave it out; striate check lists the sizes",
            )
        pictures = multiples(batch.images, self.by)
        sizes = batch.sizes // self.by
        return replace(
            batch, images=reduced(pictures, self.by), sizes=sizes, targets=PictureTargets(pictures)
        )

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """The mean absolute difference."""
        return {"difference": self._differences(self(batch.images), batch).mean()}

    def sample_losses(self, batch: Batch) -> Tensor:
        """(N,): that of each picture."""
        return self._loss_of(self(batch.images), batch)

    @torch.no_grad()
    def _loss_of(self, raw: Raw, batch: Batch) -> Tensor:
        return self._differences(raw, batch).flatten(1).mean(1)

    def _differences(self, raw: Raw, batch: Batch) -> Tensor:
        assert isinstance(batch.targets, PictureTargets)
        true = batch.targets.pictures.to(raw.device)
        apart: Tensor = raw.float() - (true if true.is_floating_point() else true / 255)
        return apart.abs()

    def example_targets(self, count: int) -> PictureTargets:
        """Grey pictures."""
        shape = (count, self.preprocess.channels, *self.crop_size)
        return PictureTargets(torch.full(shape, 127, dtype=torch.uint8))

    def metric(self) -> QualityMetric:
        """PSNR and SSIM, beside those of bicubic interpolation."""
        return QualityMetric(self.by, self._loss_of)

    # ---- what it answers

    def answer(self, images: Tensor, *given: Sequence[Tensor]) -> Raw:
        """Enlarged pictures, tile by tile where they are large."""
        return in_tiles(super().answer, images, self.by, self.enlarging.margin)

    def decode(self, raw: Raw, sizes: Tensor, **options: Any) -> list[SuperResolution]:
        """Pixels (N, C, H, W) -> a record for each picture, without padding.

        Raises:
            SettingError: an option was given; there is none.
            ModelFileError: the pixels are NaN.
        """
        refuse_options(options)
        pictures = zip(sound(raw).cpu(), (sizes * self.by).tolist(), strict=True)
        return [
            SuperResolution(levels(one[:, :height, :width]), self.by) for one, (height, width) in pictures
        ]

    def _predict(self, images: Iterable[Input], batch: int, options: dict[str, Any]) -> list[SuperResolution]:
        """One picture after the other: they are large, and differ in size."""
        refuse_options(options)
        with evaluating(self), torch.inference_mode():
            return [self._enlarged(given) for given in images]

    def _enlarged(self, given: Input) -> SuperResolution:
        image = self.preprocess(image_of(given))[None].to(self.device)
        finish = lambda raw: levels(sound(raw)).cpu()  # noqa: E731 - of one tile
        pixels = in_tiles(super().answer, image, self.by, self.enlarging.margin, finish=finish)
        return SuperResolution(pixels[0], self.by, name_of(given))

    def mirrored(self, raw: Raw) -> Raw:
        """The pixels from right to left."""
        return raw.flip(-1)


def require_enlarging(network: nn.Module) -> SuperResolutionNetwork:
    """The network, which enlarges pictures.

    Raises:
        SettingError: it is another one.
    """
    if isinstance(network, SuperResolutionNetwork):
        return network
    wrong = f"a {type(network).__name__} does not enlarge pictures"
    raise SettingError(
        wrong, "a network for super-resolution: edsr, espcn or resize_convolution", "model edsr"
    )


def sound(raw: Raw) -> Tensor:
    """The pixels as float32.

    Raises:
        ModelFileError: they are NaN or infinite.
    """
    pixels: Tensor = raw.float()
    if pixels.isfinite().all():
        return pixels
    raise ModelFileError(
        "the pixels became NaN or infinite",
        "weights with which the network computes numbers",
        "a model from before its training went wrong",
    )


def refuse_options(options: Mapping[str, Any]) -> None:
    """No options are known.

    Raises:
        SettingError: one was given.
    """
    if options:
        name = next(iter(options))
        wrong = f"models for super-resolution have no option {name!r}"
        raise SettingError(wrong, "pictures alone", f"leave {name} out")
