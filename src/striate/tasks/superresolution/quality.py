"""How near enlarged pictures are to the true ones, beside what bicubic interpolation gives: PSNR and SSIM.

Measured as published results are: on the luma of ITU-R BT.601, in the levels of a file of 8 bits, without
``by`` pixels at each edge (Dong, Loy, He, Tang 2016, section 4, https://arxiv.org/abs/1501.00092); of grey
pictures the grey itself. ``psnr_rgb`` is that of all three channels. Equal pictures, of which PSNR is
infinite, count as ``EQUAL`` decibels.
"""

from collections.abc import Callable, Iterator
from typing import ClassVar, Self, final

import torch
from torch import Tensor

from striate.ops import psnr, ssim, studio_luma
from striate.ops.bicubic import enlarged
from striate.records import Batch, PictureTargets
from striate.tasks.metric import Metric, PlainMetrics, Primary
from striate.tasks.raw_outputs import Raw
from striate.tasks.superresolution.picture_tiles import levels

PSNR: Primary = Primary("psnr", share=False)
NAMES = ("psnr", "ssim", "psnr_rgb", "bicubic_psnr", "bicubic_ssim")
EQUAL = 100.0
"""Decibels."""

LEAST = 11
"""Pixels of a side that SSIM asks for."""


@final
class QualityMetric(Metric):
    """PSNR and SSIM of each picture, and of bicubic interpolation of the same.

    Args:
        by: factor of both sides.
        losses: raw and a batch -> (N,), the loss of each picture.
    """

    primary: ClassVar[Primary] = PSNR

    def __init__(self, by: int, losses: Callable[[Raw, Batch], Tensor]) -> None:
        self.by, self._losses = by, losses
        self.rows = [torch.empty(0, len(NAMES), dtype=torch.float64)]
        self.lost = [torch.empty(0)]

    def update(self, raw: Raw, batch: Batch) -> None:
        """Compare what the model gave with the true pictures."""
        self.rows += [self._row(*three)[None] for three in self._pictures(raw, batch)]
        self.lost.append(self._losses(raw, batch).float())

    def _pictures(self, raw: Raw, batch: Batch) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Of each picture what the model gave, the true one, and the small one, uint8 (1, C, H, W)."""
        assert isinstance(batch.targets, PictureTargets)
        true = batch.targets.pictures
        for row, (height, width) in enumerate(batch.sizes.tolist()):
            tall, wide = self.by * height, self.by * width
            found = levels(raw[row : row + 1, :, :tall, :wide])
            yield found, true[row : row + 1, :, :tall, :wide], batch.images[row : row + 1, :, :height, :width]

    def _row(self, found: Tensor, true: Tensor, small: Tensor) -> Tensor:
        plain = enlarged(small, self.by)
        grey = true.shape[1] == 1 or bool((true == true[:, :1]).all())
        one, other, other_plain = (self._measured(picture, grey=grey) for picture in (true, found, plain))
        values = [psnr(other, one), similar(other, one), psnr(self._inner(found), self._inner(true), 255.0)]
        values += [psnr(other_plain, one), similar(other_plain, one)]
        row = torch.cat(values)
        row[[0, 2, 3]] = row[[0, 2, 3]].clamp(max=EQUAL)
        return row

    def _measured(self, picture: Tensor, *, grey: bool) -> Tensor:
        """uint8 (1, C, H, W) -> luma (1, 1, h, w) without the edges."""
        pixels = self._inner(picture).double() / 255
        return pixels[:, :1] if grey else studio_luma(pixels)

    def _inner(self, picture: Tensor) -> Tensor:
        """Without ``by`` pixels at each edge, unless too little would be left."""
        height, width = picture.shape[2:]
        if min(height, width) - 2 * self.by < LEAST:
            return picture
        return picture[:, :, self.by : height - self.by, self.by : width - self.by]

    def merge(self, other: Self) -> None:
        """What another process measured."""
        self.rows += other.rows
        self.lost += other.lost

    def compute(self) -> PlainMetrics:
        """The means over all pictures, and how far PSNR lies above bicubic interpolation."""
        rows = torch.cat(self.rows)
        means = {name: mean_of_known(column) for name, column in zip(NAMES, rows.T, strict=True)}
        gain = mean_of_known(rows[:, 0] - rows[:, 3])
        others = {name: means[name] for name in NAMES[1:]}
        return PlainMetrics.of(PSNR, rows[:, 0], **{"psnr_above_bicubic": gain, **others})

    def losses(self) -> Tensor:
        """(N,), the mean differences of the pixels of each picture."""
        return torch.cat(self.lost)

    def answers(self) -> list[str]:
        """PSNR, and that of bicubic interpolation."""
        rows = torch.cat(self.rows).tolist()
        return [f"{row[0]:.2f} dB, bicubic {row[3]:.2f} dB" for row in rows]


def similar(image: Tensor, other: Tensor) -> Tensor:
    """SSIM (1,); NaN of pictures that are smaller than its window."""
    if min(image.shape[2:]) < LEAST:
        return torch.full((1,), torch.nan, dtype=torch.float64)
    return ssim(image, other)


def mean_of_known(values: Tensor) -> float | None:
    """The mean without NaN; None of nothing.

    >>> mean_of_known(torch.tensor([1.0, float("nan"), 2.0])), mean_of_known(torch.empty(0))
    (1.5, None)
    """
    known = values[~values.isnan()]
    return known.double().mean().item() if len(known) else None
