"""Auxiliary heads: small classifiers halfway up that help a deep network to learn, and then vanish.

Szegedy et al. 2014, section 5. https://arxiv.org/abs/1409.4842

    images --> ... --> 4a --> ... --> 4d --> ... --> head --> scores                    weight 1
                       |              |
                       |              `--> auxiliary head --> scores                    weight 0.3
                       `--> auxiliary head --> scores                                   weight 0.3

A network has them when it is built with ``auxiliary=True``. Only ``training_scores`` looks at them: what the
network answers is the same with and without.
"""

from itertools import chain

from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.backbone import Backbone, renew_last

WINDOW, STEP = 5, 3
"""Pixels: section 5 of the paper averages 5x5 windows, 3 apart."""


class AssistedBackbone(Backbone):
    """A backbone with auxiliary heads, or without: then ``auxiliaries`` is empty.

    Attributes:
        auxiliaries: {"4a": a head whose last layer gives scores}; it sees what the part "inception4a" of a
            stage gives.
        auxiliary_weight: of their losses, when that of the network's own scores is 1.
    """

    auxiliaries: nn.ModuleDict
    auxiliary_weight: float

    def training_scores(self, images: Tensor) -> dict[str, tuple[float, Tensor]]:
        """Images (N, C, H, W) -> {name of a loss: (its weight, scores (N, K))}, the network's own first."""
        self.require_images(images)
        x, assisted = self.stem(images), {}
        for name, part in chain.from_iterable(stage.named_children() for stage in self.stages):
            x = part(x)
            module = name.removeprefix("inception")
            if module in self.auxiliaries:
                assisted[f"auxiliary_{module}"] = (self.auxiliary_weight, self.auxiliaries[module](x))
        return {"cross_entropy": (1.0, self.head(x)), **assisted}

    def replace_head(self, classes: int) -> None:
        """Put new last layers, with weights yet to be learned, on the network and on its auxiliary heads."""
        super().replace_head(classes)
        for head in self.auxiliaries.values():
            renew_last(head, classes)


class Windows(nn.Module):
    """(N, C, H, W) -> means of 5x5 windows, 3 apart; of ``least`` x ``least`` bins where the map has fewer.

    Args:
        least: windows that the layers behind need along each side.

    >>> import torch
    >>> [tuple(Windows(4)(torch.rand(1, 2, side, side)).shape[2:]) for side in (14, 17, 3)]
    [(4, 4), (5, 5), (4, 4)]
    """

    def __init__(self, least: int) -> None:
        super().__init__()
        self.least = least

    def forward(self, x: Tensor) -> Tensor:
        """The means."""
        if min(x.shape[-2:]) < WINDOW + STEP * (self.least - 1):
            return F.adaptive_avg_pool2d(x, self.least)
        return F.avg_pool2d(x, WINDOW, STEP)
