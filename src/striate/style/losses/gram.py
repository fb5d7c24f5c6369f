"""What two maps of features have in common wherever they lie: Gram matrices, and how far two are apart.

    features (C, H, W)      G_ij = sum over positions of F_i F_j      (C, C)
      map i  . . * .
      map j  . * * .        large where i and j speak at the same positions; where that is, is forgotten

The authors divide in different ways, and say "style loss" for different numbers. Here each form has the name
of those it follows, with M = H W positions and d the difference of two Gram sums of maps of the same size:

    gatys          sum of d^2 / (4 C^2 M^2)     Gatys, Ecker, Bethge 2015, eq. 4. https://arxiv.org/abs/1508.06576
    johnson        sum of (d / (C M))^2         Johnson, Alahi, Fei-Fei 2016, eq. 3 and 4. https://arxiv.org/abs/1603.08155
    neural_style   mean of (d / (C M))^2        J. Johnson's program. https://github.com/jcjohnson/neural-style
    relative       sum of d^2 / sum of A^2      nobody: 1 means "as far from the style A as nothing at all"

Every form compares means over positions, d / M, so that pictures of two sizes can be compared.
"""

from typing import Any, Literal, get_args

import torch
from torch import Tensor

from striate.errors import SettingError
from striate.style.settings import Form

Division = Literal["gatys", "johnson", "lucid"]

SMALLEST = 1e-30
"""Keeps a style of nothing but zeros from dividing by zero."""


def gram(features: Tensor, following: Division = "gatys") -> Tensor:
    """The Gram matrix of every picture's features.

    Args:
        features: (N, C, H, W).
        following: ``gatys``, the sum over positions; ``johnson``, that divided by C H W; ``lucid``, by H W.

    Returns:
        float (N, C, C).

    Raises:
        SettingError: nobody of that name.

    >>> gram(torch.tensor([[[[1.0, 2.0]], [[0.0, 3.0]]]])).tolist()
    [[[5.0, 6.0], [6.0, 9.0]]]
    """
    channels, height, width = features.shape[1:]
    divisors = {"gatys": 1, "johnson": channels * height * width, "lucid": height * width}
    if following not in divisors:
        raise SettingError(f"following is {following!r}", ", ".join(get_args(Division)), "gatys")
    return weighted_sum(features) / divisors[following]


def weighted_sum(features: Tensor, positions: Tensor | None = None) -> Tensor:
    """Gram sums in which every position counts as much as it weighs.

    Args:
        features: (N, C, H, W), of any precision; the sums are made in 32 bits or more.
        positions: (1, 1, H, W), 0 or more; None weighs all by one.

    Returns:
        (N, C, C).

    Source: Gatys, Ecker, Bethge, Hertzmann, Shechtman 2017, eq. 5 and 6, for weights that are squares.
    https://arxiv.org/abs/1611.07865

    >>> weighted_sum(torch.tensor([[[[1.0, 2.0]]]]), torch.tensor([[[[1.0, 0.5]]]])).tolist()
    [[[3.0]]]
    """
    sums: Tensor = _GramSum.apply(features, positions)
    return sums


class _GramSum(torch.autograd.Function):
    """F^T W F by picture; backwards W F (g + g^T) in one product, in the precision of the features.

    Autograd would multiply twice, once for each F. Vectors are (N, positions, C): no copy of maps that are
    channels last.
    """

    @staticmethod
    def forward(context: Any, features: Tensor, positions: Tensor | None) -> Tensor:
        context.save_for_backward(features, positions)
        vectors = features.permute(0, 2, 3, 1).flatten(1, 2)
        full = vectors if vectors.dtype == torch.float64 else vectors.float()
        weighed = full if positions is None else full * positions.permute(0, 2, 3, 1).flatten(1, 2)
        return _product(full.transpose(1, 2), weighed)

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        features, positions = context.saved_tensors
        vectors = features.permute(0, 2, 3, 1).flatten(1, 2)
        turned = _product(vectors, (slopes[0] + slopes[0].transpose(1, 2)).to(vectors.dtype))
        height, width = features.shape[-2:]
        found = turned.view(len(turned), height, width, -1).permute(0, 3, 1, 2)
        return (found if positions is None else found * positions.to(found.dtype)), None


def _product(left: Tensor, right: Tensor) -> Tensor:
    """Of batches of matrices; one alone is multiplied as such, which is quicker on a CPU."""
    return (left[0] @ right[0])[None] if len(left) == 1 else left @ right


def style_cost(given: Tensor, wanted: Tensor, form: Form) -> Tensor:
    """How far Gram matrices are apart, a scalar: the mean over pictures.

    Args:
        given: (N, C, C), each divided by its number of positions (``lucid``).
        wanted: (C, C) or (N, C, C), likewise.
        form: see the head of this file.

    >>> given, wanted = torch.tensor([[[3.0, 0.0], [0.0, 1.0]]]), torch.eye(2)
    >>> [float(style_cost(given, wanted, form)) for form in ("gatys", "johnson", "neural_style", "relative")]
    [0.25, 1.0, 0.25, 2.0]
    """
    channels = given.shape[-1]
    squares = (given - wanted).square().sum((1, 2))
    if form == "gatys":
        return (squares / (4 * channels**2)).mean()
    if form == "johnson":
        return (squares / channels**2).mean()
    if form == "neural_style":
        return (squares / channels**4).mean()
    return (squares / wanted.square().sum((-2, -1)).clamp_min(SMALLEST)).mean()


def content_scale(wanted: Tensor, form: Form) -> float:
    """What the sum of squared differences from a content's features is multiplied with.

    Args:
        wanted: (1, C, H, W), features of the content.
        form: ``gatys`` takes half the sum, eq. 1; ``johnson``, eq. 2, and ``neural_style`` the mean;
            ``relative`` divides by the sum of the squares of the features.

    >>> content_scale(torch.full((1, 2, 1, 2), 2.0), "relative")
    0.0625
    """
    if form == "gatys":
        return 0.5
    if form == "relative":
        return 1.0 / max(float(wanted.float().square().sum()), SMALLEST)
    return 1.0 / wanted.numel()


def content_cost(features: Tensor, wanted: Tensor, form: Form) -> Tensor:
    """How far features are from those of a content, a scalar.

    Args:
        features: (1, C, H, W).
        wanted: (1, C, H, W).
        form: as in ``content_scale``.

    >>> float(content_cost(torch.zeros(1, 1, 1, 2), torch.tensor([[[[1.0, 3.0]]]]), "gatys"))
    5.0
    """
    full = features.dtype if features.dtype == torch.float64 else torch.float32
    return content_scale(wanted, form) * (features.to(full) - wanted.to(full)).square().sum()
