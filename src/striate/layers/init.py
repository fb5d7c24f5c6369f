"""The random weights that a network begins with.

He, Zhang, Ren, Sun 2015, section 2.2. https://arxiv.org/abs/1502.01852

    forward case    variance 2 / (k k C)     the maps keep their size on the way up
    backward case   variance 2 / (k k C')    the gradients keep theirs on the way down
"""

from torch import nn


def keep_gradients(network: nn.Module) -> None:
    """Draw the filters of every convolution by the backward case, and set their biases to 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def spread_scores(network: nn.Module, spread: float) -> None:
    """Draw the weights of every linear layer with that standard deviation, and set their biases to 0."""
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=spread)
            nn.init.zeros_(module.bias)
