"""How near a picture is to another one: PSNR counts the errors, SSIM compares means, contrast and structure.

    PSNR   10 log10(peak^2 / mean squared error), decibels; infinite for equal pictures

           (2 mx my + C1) (2 sxy + C2)
    SSIM  -------------------------------------   means, deviations, covariance in a Gaussian window of 11x11
           (mx^2 + my^2 + C1) (sx^2 + sy^2 + C2)

Super-resolution is measured on the luma of both pictures, without ``factor`` pixels at each edge
(Dong, Loy, He, Tang 2016, section 4).

Wang, Bovik, Sheikh, Simoncelli 2004, equation 13, section III.B. https://doi.org/10.1109/TIP.2003.819861
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import SettingError, ShapeError

WINDOW, SIGMA = 11, 1.5
K1, K2 = 0.01, 0.03
STUDIO = (65.481, 128.553, 24.966)
"""ITU-R BT.601: luma of RGB 0..1, 16 for black and 235 for white."""


def psnr(image: Tensor, other: Tensor, peak: float = 1.0) -> Tensor:
    """Peak signal-to-noise ratio of each picture, decibels.

    Args:
        image: (N, C, H, W).
        other: of the same shape.
        peak: the largest value that a pixel can have, above 0: 1 or 255.

    Returns:
        float64 (N,).

    Raises:
        ShapeError: they are no batches of one shape.
        SettingError: the peak is not above 0.

    >>> psnr(torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.1)).round(decimals=4).tolist()
    [20.0]
    """
    _require(image, other, peak)
    errors = (image.double() - other.double()).square().flatten(1).mean(1)
    return 10 * torch.log10(peak**2 / errors)


def ssim(image: Tensor, other: Tensor, peak: float = 1.0) -> Tensor:
    """Structural similarity of each picture, -1..1; the mean over all windows inside it, and over channels.

    Args:
        image: (N, C, H, W), sides of 11 or more.
        other: of the same shape.
        peak: the largest value that a pixel can have, above 0.

    Returns:
        float64 (N,).

    Raises:
        ShapeError: they are no batches of one shape, or smaller than the window.
        SettingError: the peak is not above 0.

    >>> ssim(torch.zeros(1, 1, 11, 11), torch.ones(1, 1, 11, 11)).tolist()  # C1 / (1 + C1)
    [9.999000099990002e-05]
    """
    _require(image, other, peak, WINDOW)
    x, y = image.double(), other.double()
    mx, my = windowed(x), windowed(y)
    sxx, syy, sxy = windowed(x * x) - mx * mx, windowed(y * y) - my * my, windowed(x * y) - mx * my
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    above = (2 * mx * my + c1) * (2 * sxy + c2)
    return (above / ((mx * mx + my * my + c1) * (sxx + syy + c2))).flatten(1).mean(1)


def studio_luma(images: Tensor) -> Tensor:
    """RGB (N, 3, H, W), 0..1 -> (N, 1, H, W), 16/255 .. 235/255, on which super-resolution is measured.

    >>> [round(255 * studio_luma(torch.full((1, 3, 1, 1), value)).item(), 3) for value in (0.0, 1.0)]
    [16.0, 235.0]
    """
    if images.dim() != 4 or images.shape[1] != 3:
        raise ShapeError(f"images are {tuple(images.shape)}", "(N, 3, H, W)", "images.expand(-1, 3, -1, -1)")
    weights = images.new_tensor(STUDIO).view(1, 3, 1, 1)
    return ((images * weights).sum(1, keepdim=True) + 16) / 255


def windowed(x: Tensor) -> Tensor:
    """The mean of every Gaussian window inside of (N, C, H, W)."""
    taps = torch.arange(WINDOW, device=x.device, dtype=x.dtype) - WINDOW // 2
    taps = (-taps.square() / (2 * SIGMA**2)).exp()
    taps = (taps / taps.sum()).expand(x.shape[1], 1, 1, WINDOW)
    rows = F.conv2d(x, taps, groups=x.shape[1])
    return F.conv2d(rows, taps.transpose(2, 3), groups=x.shape[1])


def _require(image: Tensor, other: Tensor, peak: float, least: int = 1) -> None:
    """Two batches of one shape, with sides of ``least`` or more."""
    if image.shape != other.shape or image.dim() != 4 or min(image.shape[2:]) < least:
        raise ShapeError(
            f"the pictures are {tuple(image.shape)} and {tuple(other.shape)}",
            f"(N, C, H, W) both, sides of {least} or more",
            "image[None] for one picture",
        )
    if not peak > 0:
        raise SettingError(f"peak is {peak}", "above 0", "peak=255 for uint8 pictures")
