"""How much every pixel matters: one number for each, whatever a method gave.

    a gradient  (N, C, H, W) --max over C of |.|--> (N, H, W)    its sign tells no importance
    a share     (N, C, H, W) ------sum over C-----> (N, H, W)     below zero: it speaks against the answer
    a map                              (N, H, W) as it is

Sources: the maximum is that of Simonyan, Vedaldi, Zisserman 2014, section 3.1, https://arxiv.org/abs/1312.6034;
shares add up to the score (Sundararajan, Taly, Yan 2017, proposition 1, https://arxiv.org/abs/1703.01365).
"""

from torch import Tensor

from striate.errors import ShapeError

SHARES = frozenset({"gradient_x_input", "integrated_gradients", "occlusion", "gradcam"})
"""The methods whose values say how much of a score is due to a pixel, so that their sign counts."""


def importance(values: Tensor) -> Tensor:
    """(N, H, W): the largest magnitude over the channels; a map without channels as it is.

    Raises:
        ShapeError: these are no maps.

    >>> import torch
    >>> importance(torch.tensor([[[[0.0, -2.0]], [[1.0, 1.0]]]]))
    tensor([[[1., 2.]]])
    """
    if values.ndim not in (3, 4):
        raise ShapeError(
            f"the maps are {tuple(values.shape)}",
            "(N, C, H, W) or (N, H, W)",
            "the .values of an explanation of pixels",
        )
    return values.abs().amax(1) if values.ndim == 4 else values


def ranking(method: str, values: Tensor) -> Tensor:
    """(N, H, W): by what the pixels of a method are put in order, the most important one highest.

    Raises:
        ShapeError: these are no maps.
    """
    return values.sum(1) if method in SHARES and values.ndim == 4 else importance(values)
