"""Stochastic depth: while learning, a residual block is left out for some of the images.

Huang, Sun, Liu, Sedra, Weinberger 2016, figure 2 and section 3. https://arxiv.org/abs/1603.09382

    x -+--> block --> kept? --(+)--> y       image 1: x + block(x) / (1 - p)
       |                       |             image 2: x
       '-----------------------'             image 3: x + block(x) / (1 - p)

The paper leaves a block out for the whole batch and scales afterwards, when the network is used; here every
image has its own draw, and what is kept is scaled while learning, so that a network in use has nothing to do.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import SettingError


class DropPath(nn.Module):
    """(N, ...) -> the same shape; while learning, images are zero with the probability, the others larger.

    Args:
        probability: of an image, from 0 to less than 1. The mean over all draws is the input.

    Raises:
        SettingError: the probability is not in that range.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        if not 0 <= probability < 1:
            raise SettingError(f"probability is {probability}", "from 0 to less than 1", "probability=0.2")
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        """Equation 2 of the paper, scaled by 1 / (1 - probability)."""
        if not self.training or self.probability == 0:
            return x
        ones = x.new_ones(x.shape[0], *(1,) * (x.ndim - 1))
        return x * F.dropout(ones, self.probability)

    def extra_repr(self) -> str:
        """What ``print`` shows of it."""
        return f"probability={self.probability:.3g}"
