"""SmoothGrad: the mean gradient of noisy copies of a picture, in which what is chance cancels out.

Smilkov, Thorat, Kim, Viegas, Wattenberg 2017. https://arxiv.org/abs/1706.03825

    image + noise 1 --> gradient --.
    image + noise 2 --> gradient --+--> mean
    image + noise n --> gradient --'
"""

import torch
from torch import Tensor

from striate.errors import SettingError
from striate.explain.attribution.gradients import Probe, settle
from striate.explain.attribution.saliency import pixel_gradients
from striate.explain.attribution.target import TargetSelector


def smoothgrad(
    probe: Probe,
    pixels: Tensor,
    selector: TargetSelector,
    *,
    samples: int = 25,
    noise: float = 0.15,
    seed: int = 0,
) -> Tensor:
    """The mean of the gradients of noisy copies, (N, C, H, W).

    Args:
        probe: the model.
        pixels: (N, C, H, W).
        selector: what is explained.
        samples: noisy copies; the paper takes 50 and sees little change beyond.
        noise: standard deviation, as a share of the range (largest - smallest value) of each picture;
            the paper takes 0.1 to 0.2.
        seed: of the noise; the same for every picture, wherever it stands in a batch.

    Raises:
        SettingError: there are no samples, or the noise is negative.
    """
    if samples < 1:
        raise SettingError(f"samples is {samples}", "1 or more", "leave samples out")
    if not noise >= 0:
        raise SettingError(f"noise is {noise}", "0 or more", "leave noise out")
    settle(probe, pixels, selector)
    flat = pixels.flatten(1)
    spread = noise * (flat.amax(1) - flat.amin(1)).view(-1, *[1] * (pixels.ndim - 1))
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros_like(pixels)
    for _ in range(samples):
        grain = torch.randn(pixels.shape[1:], generator=generator).to(pixels)
        total += pixel_gradients(probe, (pixels + spread * grain).detach(), selector)
    return total / samples
