"""What localizers and models of points share: a backbone with branches, and losses of each image.

image_losses(batch) -> {name: (N,)}  --mean of each--> losses     --sum of all--> sample_losses
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor

from striate.records import Batch, Record
from striate.tasks.model import TaskModel
from striate.tasks.regression.network import RegressionNetwork

R = TypeVar("R", bound=Record)


class RegressionModel(TaskModel[R], ABC):
    """A model whose network is a ``RegressionNetwork``."""

    spatial: ClassVar[bool] = True
    network_calls: ClassVar[tuple[str, ...]] = ("branches",)

    @classmethod
    def width(cls, classes: Sequence[str], **options: Any) -> int:
        """Of the last layer of a backbone, which is taken away."""
        return 1

    @property
    def branched(self) -> RegressionNetwork:
        """The network with its branches."""
        assert isinstance(self.network, RegressionNetwork)
        return self.network

    @abstractmethod
    def image_losses(self, batch: Batch) -> dict[str, Tensor]:
        """Every loss of each image, (N,)."""

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """The mean of each loss over the images."""
        return {name: values.mean() for name, values in self.image_losses(batch).items()}

    def sample_losses(self, batch: Batch) -> Tensor:
        """(N,): the sum of the losses of each image."""
        return torch.stack(list(self.image_losses(batch).values())).sum(0)
