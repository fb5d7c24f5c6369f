"""A chain of parts that carry the names of the paper's figure.

images --> conv1 --> relu1 --> pool1 --> maps
"""

from collections import OrderedDict

from torch import nn


def sequence(**parts: nn.Module) -> nn.Sequential:
    """One module after the other, each under its name.

    >>> list(dict(sequence(conv1=nn.Conv2d(3, 6, 5), pool1=nn.MaxPool2d(2)).named_children()))
    ['conv1', 'pool1']
    """
    return nn.Sequential(OrderedDict(parts))
