"""What R-CNN and SPPnet say of a region: a support vector machine for each class, and a ridge regression.

    pooled --body--> (R, D) --linear--> scores (R, 1 + K)              while the network learns
                            `-machines--> margins, in their place      when they are fitted
                            `-ridge--> offsets (R, (1 + K) * 4)        zeros until it is fitted

Girshick, Donahue, Darrell, Malik 2014, section 2.3. https://arxiv.org/abs/1311.2524
"""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.tasks.detection.parts.region_head import RegionHead
from striate.tasks.detection.parts.region_sampling import Drawn


@final
class MachinesAndRidge(RegionHead):
    """A body with a linear layer that it learns by, and what is fitted to its features.

    The loss is that of the classes alone: boxes are not learned by descent.

    Args:
        body: pooled regions -> (R, D).
        width: D.
        classes: K.
    """

    machine_weight: Tensor
    machine_bias: Tensor
    ridge_weight: Tensor
    ridge_bias: Tensor
    fitted: Tensor

    def __init__(self, body: nn.Module, width: int, classes: int) -> None:
        super().__init__((1.0, 1.0, 1.0, 1.0))
        self.body, self.scores = body, nn.Linear(width, 1 + classes)
        self.register_buffer("machine_weight", torch.zeros(classes, width))
        self.register_buffer("machine_bias", torch.zeros(classes))
        self.register_buffer("ridge_weight", torch.zeros(classes, 4, width))
        self.register_buffer("ridge_bias", torch.zeros(classes, 4))
        self.register_buffer("fitted", torch.zeros(2, dtype=torch.bool))

    @property
    def cautions(self) -> tuple[str, ...]:
        """What of it is not fitted yet."""
        machines, ridge = self.fitted.tolist()
        if machines and ridge:
            return ()
        scores = "boxes are the proposals as they are" if machines else "scores are those of its linear layer"
        missing = "regression is" if machines else "support vector machines are"
        return (f"the {missing} not fitted yet: {scores}; striate train --resume --out RUN goes on",)

    def seen(self, pooled: Tensor) -> Tensor:
        """Pooled regions -> features (R, D)."""
        features: Tensor = self.body(pooled).flatten(1)
        return features

    def forward(self, pooled: Tensor) -> dict[str, Tensor]:
        """Pooled regions -> scores, or margins behind a column of zeros, and offsets."""
        features = self.seen(pooled)
        margins = F.pad(F.linear(features, self.machine_weight, self.machine_bias), (1, 0))
        moves = F.linear(features, self.ridge_weight.flatten(0, 1), self.ridge_bias.flatten())
        return {
            "scores": torch.where(self.fitted[0], margins, self.scores(features)),
            "offsets": F.pad(moves, (4, 0)),
        }

    def probabilities(self, scores: Tensor) -> Tensor:
        """Raw scores (..., 1 + K) -> (..., K), 0..1; of a margin its sigmoid, which keeps the order."""
        return torch.where(self.fitted[0], scores[..., 1:].sigmoid(), scores.softmax(-1)[..., 1:])

    def losses(self, raw: dict[str, Tensor], regions: Tensor, drawn: Drawn) -> dict[str, Tensor]:
        """The sum of one image."""
        return {"class": F.cross_entropy(raw["scores"].float()[drawn.rows], drawn.labels, reduction="sum")}
