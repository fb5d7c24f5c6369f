"""A picture in coordinates in which gradient steps make natural pictures: waves, and colors of their own.

    values --inverse Fourier: long waves have large shares--> color axes --> sigmoid --> pixels 0..1
             or pixels as they are                            or R, G, B

In natural pictures a frequency f has an amplitude of about 1 / f, and red, green and blue rise and fall
together; a step of gradient ascent that treats pixels and channels alike makes noise of single pixels and of
garish colors. Every part can be left out, and a picture can be put onto the canvas and taken from it again.

Source: Olah, Mordvintsev, Schubert 2017, "Preconditioning and Parameterization",
https://distill.pub/2017/feature-visualization/#preconditioning
"""

from typing import Literal

import torch
from torch import Tensor

from striate.data.augment.color_pca import ColorAxes

Space = Literal["pixels", "fourier"]

IMAGENET = ColorAxes(
    (0.2175, 0.0188, 0.0045),
    ((0.5675, 0.5808, 0.5836), (0.7192, -0.0045, -0.6948), (-0.4009, 0.8140, -0.4203)),
)
"""The color axes of ImageNet. Source: PCA lighting in datasets/imagenet.lua of
https://github.com/facebookarchive/fb.resnet.torch, with the largest entry of every vector positive."""

FAINT = 0.01
"""Standard deviation of the noise to begin with, in values; lucid's."""

LEAST = 1 / 512
"""Pixels of a picture are put onto the canvas at least half a grey level away from black and white,
which the sigmoid never reaches."""

LEAST_SHARE = 1e-4
"""Variance of a color axis, as a share of the largest, that it has at least: grey data have one axis."""


class ImageParameterization:
    """Pixels (N, C, H, W), 0..1, as a function of ``values``, which ask for gradients.

    Args:
        shape: (N, C, H, W).
        space: ``fourier``, or ``pixels``.
        colors: axes along which colors do not correlate; None for R, G, B, or for pictures that are not RGB.
        seed: of the faint noise to begin with.

    >>> canvas = ImageParameterization((1, 1, 4, 5), "fourier", None)
    >>> canvas.put(torch.full((1, 1, 4, 5), 0.25))
    >>> canvas.pixels().mean().item()
    0.25
    """

    def __init__(
        self, shape: tuple[int, ...], space: Space = "fourier", colors: ColorAxes | None = None, seed: int = 0
    ) -> None:
        count, channels, height, width = shape
        self.shape, self.space = shape, space
        self._mix = mixing(colors) if colors is not None and channels == 3 else torch.eye(channels)
        self._share = shares(height, width)
        half = (count, channels, height, width // 2 + 1, 2)
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(half if space == "fourier" else shape, generator=generator)
        self.values = (FAINT * noise).requires_grad_()

    def to(self, like: Tensor) -> "ImageParameterization":
        """The same canvas, with the type and on the device of a tensor."""
        self._mix, self._share = self._mix.to(like), self._share.to(like)
        self.values = self.values.detach().to(like).requires_grad_()
        return self

    def pixels(self) -> Tensor:
        """(N, C, H, W), 0..1."""
        x = self.values
        if self.space == "fourier":
            waves = torch.view_as_complex(x) * self._share
            x = torch.fft.irfft2(waves, s=self.shape[2:], norm="ortho")
        return torch.einsum("nihw,ic->nchw", x, self._mix).sigmoid()

    @torch.no_grad()
    def put(self, pixels: Tensor) -> None:
        """Replace the picture by another one, (N, C, H, W), 0..1."""
        x = pixels.clamp(LEAST, 1 - LEAST).logit()
        x = torch.einsum("nchw,ci->nihw", x, torch.linalg.inv(self._mix))
        if self.space == "fourier":
            x = torch.view_as_real(torch.fft.rfft2(x, norm="ortho") / self._share)
        self.values.copy_(x)


def mixing(colors: ColorAxes) -> Tensor:
    """(3, 3): row i is what one unit along axis i adds to R, G, B; the first axis has the length 1."""
    variances = torch.tensor(colors.values, dtype=torch.float64)
    relative = (variances / variances[0]).nan_to_num(0.0).clamp(min=LEAST_SHARE)
    return (relative.sqrt()[:, None] * torch.tensor(colors.vectors, dtype=torch.float64)).float()


def shares(height: int, width: int) -> Tensor:
    """(H, W // 2 + 1): 1 / frequency of every wave, in pixels; the mean color counts as the longest wave.

    >>> shares(4, 4)[0].tolist()
    [4.0, 4.0, 2.0]
    """
    down, right = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)
    return torch.hypot(down, right).clamp(min=1 / max(height, width)).reciprocal()
