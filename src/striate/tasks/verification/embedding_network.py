"""A backbone whose last layer gives a vector for each picture, and what its loss learns beside.

    images --> backbone --> z (N, D) --> z / |z|                      all losses but one; Euclidean distance
                                 `-----> w * sigmoid(z)               Siamese: sum of absolute differences

    centres (K, D)   one for each identity of the training            cosine softmax
    w (D,), bias     of the weighted distance, w = softplus(v) >= 0   Siamese

Koch's weights may have any sign (2015, section 3.1). Here they are positive and multiplied into the vectors:
the distance of two vectors is then a distance, and whoever has the vectors needs no weights.
"""

from collections.abc import Generator
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.backbone import Backbone, require_backbone
from striate.layers.image_network import BACKBONE, HEAD

EmbeddingLoss = Literal["softmax", "cosine", "triplet", "contrastive", "siamese"]
LOSSES = get_args(EmbeddingLoss)

BIAS = 2.0
"""Of the Siamese distance at the start: equal pictures are the same with a chance of 88 %."""


class EmbeddingNetwork(nn.Module):
    """(N, C, H, W) -> vectors (N, D).

    Args:
        backbone: with a last layer of D outputs.
        loss: which parts are needed beside.
        identities: K, of the training.
    """

    def __init__(self, backbone: Backbone, loss: EmbeddingLoss, identities: int) -> None:
        super().__init__()
        self.backbone, self.siamese = backbone, loss == "siamese"
        dimensions = [one for one in backbone.head.modules() if isinstance(one, nn.Linear)][-1].out_features
        self.dimensions = dimensions
        if loss == "cosine":
            self.centres = nn.Parameter(torch.randn(identities, dimensions) * dimensions**-0.5)
        if self.siamese:
            self.weights = nn.Parameter(torch.zeros(dimensions))
            self.bias = nn.Parameter(torch.tensor(BIAS))

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) -> vectors (N, D), float32."""
        return self._vectors(self.backbone(images))

    def forward_in_parts(self, images: Tensor) -> Generator[str, None, Tensor]:
        """``forward``: the backbone, then the vectors."""
        numbers = self.backbone(images)
        yield BACKBONE
        vectors = self._vectors(numbers)
        yield HEAD
        return vectors

    def learning(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Vectors (N, D), and what else the loss needs: cosines (N, K) with the centres, or the bias."""
        vectors = self(images)
        if self.siamese:
            return vectors, self.bias.float()
        if hasattr(self, "centres"):
            return vectors, vectors @ F.normalize(self.centres.float(), dim=1).T
        return vectors, None

    def _vectors(self, numbers: Tensor) -> Tensor:
        wide = numbers.float()
        if self.siamese:
            return F.softplus(self.weights.float()) * wide.sigmoid()
        return F.normalize(wide, dim=1)


def embedding_network(network: nn.Module, loss: EmbeddingLoss, identities: int) -> EmbeddingNetwork:
    """A backbone that gives vectors; a network that does so already stays as it is.

    Raises:
        SettingError: the network is neither.
    """
    if isinstance(network, EmbeddingNetwork):
        return network
    return EmbeddingNetwork(require_backbone(network), loss, identities)
