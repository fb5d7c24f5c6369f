"""Segmentation: which class every pixel of a picture has.

    images --> network --> scores (N, K, H, W) --the best class of every pixel--> Segmentation

Scores are interpolated to the pixels of the picture before the best class is taken, so that edges do not
become stairs where the network saw the picture smaller than it is.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.mask_annotations import MaskAnnotations
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError, ShapeError
from striate.layers.backbone import Backbone
from striate.layers.image_network import ImageNetwork
from striate.records import Batch, MaskTargets, Segmentation, Targets
from striate.tasks.model import TaskModel
from striate.tasks.raw_outputs import Raw
from striate.tasks.segmentation.mask_metric import MaskMetric
from striate.tasks.segmentation.networks.segmentation_network import SIDE
from striate.tasks.segmentation.networks.unet import UNet
from striate.tasks.segmentation.pixel_losses import losses_named, rare_class_weights
from striate.tasks.segmentation.upscaled import best_classes, best_of

MULTIPLE = 32
"""Sides that a network sees are multiples, when nobody says, so that it can halve them."""


@final
class Segmenter(TaskModel[Segmentation]):
    """A network that names the class of every pixel.

    Args:
        network: normalized images (N, C, H, W) -> scores (N, K, H, W); or a backbone, which becomes a U-Net.
        classes: K names.
        preprocess: what the network expects of a picture.
        pixel_loss: one of ``LOSSES``, or a sum as in ``cross_entropy+dice``.

    Raises:
        SettingError: there is no such loss.

    Attributes:
        balance: weights (K,) of the classes in the loss; None for equal ones.
    """

    task: ClassVar[str] = "segmentation"
    learns_from: ClassVar[tuple[type[Annotations], ...]] = (MaskAnnotations,)
    spatial: ClassVar[bool] = True
    usual_network: ClassVar[str | None] = "unet"
    usual_settings: ClassVar[Mapping[str, Any]] = {
        "optimizer": "adamw",
        "lr": 2e-3,
        "schedule": "cosine",
        "ema": 0.995,
        "balance": "weights",
        "augment": "mirror,shift=0.1,scale=0.3,color=0.2",
    }
    most_batch: ClassVar[int] = 8
    balance: Tensor | None

    def __init__(
        self,
        network: nn.Module,
        classes: Sequence[str],
        preprocess: Preprocess,
        *,
        pixel_loss: str = "cross_entropy",
    ) -> None:
        scoring = segmentation_network(network, len(classes))
        super().__init__(scoring, classes, preprocess, pixel_loss=pixel_loss)
        self.pixel_losses = losses_named(pixel_loss)
        self.guess_loss = math.log(max(len(self.classes), 1)) if "cross_entropy" in self.pixel_losses else 0.0
        self.register_buffer("balance", None, persistent=False)

    @classmethod
    def options_for(cls, annotations: Annotations, settings: Any) -> dict[str, Any]:
        """The loss."""
        return {"pixel_loss": settings.pixel_loss}

    @classmethod
    def size_for(cls, network: ImageNetwork, size: tuple[int, int]) -> tuple[int, int] | None:
        """The size of the network if it has one only, else with a longer side of 320 pixels at most."""
        if network.most_side is not None and network.least_side == network.most_side:
            return network.input_size
        factor = min(1.0, SIDE / max(size))
        height, width = (max(1, round(side * factor / MULTIPLE)) * MULTIPLE for side in size)
        return height, width

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """The losses of all pixels that count; 0 where none does."""
        return self._losses_of(scores_of(self(batch.images)), batch.targets)

    def sample_losses(self, batch: Batch) -> Tensor:
        """(N,): the sum of the losses of each image."""
        return self._loss_of(self(batch.images), batch)

    def _losses_of(self, scores: Tensor, targets: Targets) -> dict[str, Tensor]:
        """The losses of scores (N, K, H, W)."""
        assert isinstance(targets, MaskTargets)
        masks, ignored = targets.masks.to(scores.device), targets.ignored
        balance = None if self.balance is None else self.balance.to(scores.device)
        with torch.autocast(scores.device.type, enabled=False):  # losses are exact in any arithmetic
            given = (scores.float(), masks, balance, ignored)
            return {name: loss(*given) for name, loss in self.pixel_losses.items()}

    @torch.no_grad()
    def _loss_of(self, raw: Raw, batch: Batch) -> Tensor:
        """(N,): the loss of each image."""
        scores, targets = scores_of(raw), batch.targets
        images = zip(scores, targets.tensors()[0], strict=True)
        each = [[*self._losses_of(one[None], targets.like([mask[None]])).values()] for one, mask in images]
        return torch.stack([torch.stack(losses).sum() for losses in each]) if each else scores.new_zeros(0)

    def decode(self, raw: Raw, sizes: Tensor, **options: Any) -> list[Segmentation]:
        """Scores (N, K, H, W) -> a record for each image, without its padding.

        Raises:
            SettingError: an option was given; there is none.
            ModelFileError: the scores are NaN.
        """
        scores = self._sound(raw, options)
        best = best_of(scores, 1).cpu()
        pairs = zip(best, sizes.tolist(), strict=True)
        return [Segmentation.of(mask[:height, :width], self.classes) for mask, (height, width) in pairs]

    def records_of(
        self, raw: Raw, sizes: Tensor, own: Sequence[tuple[int, int]], **options: Any
    ) -> list[Segmentation]:
        """Records in the pixels of the pictures as they were given, of interpolated scores."""
        scores = self._sound(raw, options)
        affines = [self.preprocess.affine(size) for size in own]
        triples = zip(scores, affines, own, strict=True)
        masks = (best_classes(one, affine, size) for one, affine, size in triples)
        return [Segmentation.of(mask, self.classes) for mask in masks]

    def _sound(self, raw: Raw, options: Mapping[str, Any]) -> Tensor:
        if options:
            name = next(iter(options))
            raise SettingError(f"segmenters have no option {name!r}", "pictures alone", f"leave {name} out")
        scores = scores_of(raw).float()
        if not scores.sum().isfinite() and not scores.isfinite().all():  # a sum is 100 times as fast
            raise ModelFileError(
                "the scores became NaN or infinite",
                "weights with which the network computes numbers",
                "a model from before its training went wrong; for one of half precision, model.float()",
            )
        return scores

    def metric(self) -> MaskMetric:
        """Mean IoU."""
        return MaskMetric(self.classes, self._loss_of)

    def example_targets(self, count: int) -> MaskTargets:
        """Every image in stripes of all classes."""
        height, width = self.preprocess.size
        stripes = (torch.arange(height) % len(self.classes))[:, None].expand(count, height, width)
        return MaskTargets(stripes.to(torch.uint8 if len(self.classes) <= 255 else torch.int16).contiguous())

    def fit_to(self, data: Dataset, settings: Any) -> None:
        """Weights of rare classes, unless none are asked for."""
        if settings.balance != "weights":
            return
        pixels = torch.from_numpy(data.annotations.counts())
        self.balance = rare_class_weights(pixels)
        pairs = zip(self.classes, self.balance.tolist(), strict=True)
        listed = ", ".join(f"{name} {weight:.2g}" for name, weight in sorted(pairs, key=lambda one: one[1]))
        self.notes = (f"weights of the classes in the loss, by their share of the pixels: {listed}",)

    def mirrored(self, raw: Raw) -> Raw:
        """The scores from right to left."""
        return scores_of(raw).flip(-1)


def segmentation_network(network: nn.Module, classes: int) -> nn.Module:
    """A backbone with U-Net on it; anything else stays as it is."""
    return UNet(network, classes) if isinstance(network, Backbone) else network


def scores_of(raw: Raw) -> Tensor:
    """The scores (N, K, H, W) of a segmenter.

    Raises:
        ShapeError: the network gives something else.
    """
    if isinstance(raw, Tensor) and raw.ndim == 4:
        return raw
    given = f"a tensor {tuple(raw.shape)}" if isinstance(raw, Tensor) else "several tensors"
    raise ShapeError(f"the network gives {given}", "scores (N, K, H, W)", "a network for segmentation")
