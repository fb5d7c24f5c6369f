"""Pixels in other color spaces: hue, saturation and value; lightness and two opponent colors; shares of red.

All channels are 0..255. sRGB and its white point D65: IEC 61966-2-1.
"""

import numpy as np

from striate.ops.kernels.compile import Array, kernel, part

STEPS = 4096
"""Of the table of cube roots; between two of them it is a line, off by less than 1e-5."""
CURVE = 903.3 / 116
"""Slope of Lab's curve below 0.008856, where it is a line."""


def linear_light() -> Array:
    """float32 (256,): the light 0..1 of an sRGB value."""
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def lab_curve() -> Array:
    """float32 (STEPS + 2,): Lab's function of a share of light, 0..1."""
    share = np.arange(STEPS + 2) / STEPS
    curve: Array = np.where(share > 0.008856, np.cbrt(share), CURVE * share + 16 / 116).astype(np.float32)
    return curve


LIGHT, ROOT = linear_light(), lab_curve()


@kernel
def to_hsv(image: Array, out: Array) -> None:
    """Fill ``out`` (3, pixels), uint8, with hue (256 steps a turn), saturation and value of ``image``."""
    for p in range(image.shape[1]):
        r, g, b = np.int32(image[0, p]), np.int32(image[1, p]), np.int32(image[2, p])
        high, low = max(r, g, b), min(r, g, b)
        span = high - low
        out[2, p] = high
        out[1, p] = (255 * span + high // 2) // high if high else 0
        if span == 0:
            out[0, p] = 0
            continue
        if high == r:
            sixth = np.float32(g - b) / np.float32(span)
        elif high == g:
            sixth = np.float32(2) + np.float32(b - r) / np.float32(span)
        else:
            sixth = np.float32(4) + np.float32(r - g) / np.float32(span)
        out[0, p] = np.int32(np.floor(sixth * np.float32(256 / 6) + np.float32(0.5))) & 255


@kernel
def to_lab(image: Array, light: Array, root: Array, out: Array) -> None:
    """Fill ``out`` (3, pixels), uint8, with L * 2.55, a + 128 and b + 128 of ``image``."""
    for p in range(image.shape[1]):
        r, g, b = light[image[0, p]], light[image[1, p]], light[image[2, p]]
        x = (0.412453 * r + 0.357580 * g + 0.180423 * b) / 0.950456
        y = 0.212671 * r + 0.715160 * g + 0.072169 * b
        z = (0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.088754
        x, y, z = _curve(x, root), _curve(y, root), _curve(z, root)
        out[0, p] = np.uint8(min(max((116 * y - 16) * 2.55 + 0.5, 0), 255))
        out[1, p] = np.uint8(min(max(500 * (x - y) + 128.5, 0), 255))
        out[2, p] = np.uint8(min(max(200 * (y - z) + 128.5, 0), 255))


@kernel
def to_rgi(image: Array, out: Array) -> None:
    """Fill ``out`` (3, pixels), uint8, with the shares of red and green, and the intensity, of ``image``."""
    for p in range(image.shape[1]):
        r, g, b = np.int32(image[0, p]), np.int32(image[1, p]), np.int32(image[2, p])
        total = r + g + b
        out[0, p] = (255 * r + total // 2) // total if total else 85
        out[1, p] = (255 * g + total // 2) // total if total else 85
        out[2, p] = (total + 1) // 3


@part
def _curve(share: float, root: Array) -> float:
    """Lab's function of a share of light, between two values of the table."""
    at = min(max(share, 0.0), 1.0) * STEPS
    step = int(at)
    curve: float = root[step] + (at - step) * (root[step + 1] - root[step])
    return curve
