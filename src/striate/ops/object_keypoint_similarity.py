"""How near the joints of an answer lie to those of an object: 1 at the same places, near 0 far away.

mean over the labelled joints of exp(-d^2 / (2 area (2 sigma)^2)), d in pixels, area of the object

Source: https://cocodataset.org/#keypoints-eval
"""

from collections.abc import Sequence

import torch
from torch import Tensor

COCO_SIGMAS = (
    *(0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062),
    *(0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
)
"""How far off annotators are for COCO's 17 joints, as a share of the side of a person."""


def keypoint_similarity(
    guess: Tensor, truth: Tensor, visible: Tensor, areas: Tensor, sigmas: Sequence[float]
) -> Tensor:
    """OKS of every answer with every object.

    Args:
        guess: (M, J, 2), x and y, pixels.
        truth: (L, J, 2).
        visible: bool (L, J), the joints that are labelled.
        areas: (L,), square pixels.
        sigmas: J numbers.

    Returns:
        float64 (M, L), 0..1; 0 for an object without a labelled joint.

    >>> here = torch.tensor([[[3.0, 4.0]]])
    >>> seen, area = torch.ones(1, 1) > 0, torch.tensor([100.0])
    >>> found = keypoint_similarity(here + 1, here, seen, area, [0.05])  # exp(-2 / (2 * 100 * 0.1 ** 2))
    >>> round(found.item(), 6)
    0.367879
    """
    distance = (guess.double()[:, None] - truth.double()).square().sum(-1)
    spread = 2 * areas.double()[:, None] * (2 * torch.tensor(sigmas, dtype=torch.float64)).square()
    shares = torch.exp(-distance / spread.clamp(min=torch.finfo(torch.float64).eps)) * visible
    return shares.sum(-1) / visible.sum(-1).clamp(min=1)
