"""The last layer of a network alone, for features that were computed once."""

from torch import Tensor, nn

from striate.layers.backbone import Backbone
from striate.layers.sequence import sequence


class LastLayer(nn.Module):
    """Embeddings (N, D, 1, 1) -> scores (N, K), by the last layer of a network under its own name.

    Args:
        network: whose head ends in a linear layer, which is shared.
    """

    def __init__(self, network: Backbone) -> None:
        super().__init__()
        name, last = list(network.head.named_children())[-1]
        self.head = sequence(**{name: last})

    def forward(self, embeddings: Tensor) -> Tensor:
        """(N, D, 1, 1) -> (N, K)."""
        scores: Tensor = self.head(embeddings.flatten(1))
        return scores
