"""What a detector looks at: a backbone, and the maps that are made of what it finds.

images (N, C, H, W) --backbone--> maps by stride --merged, or made smaller still--> the maps that are read
"""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from striate.errors import SettingError
from striate.layers.backbone import Backbone


class Features(nn.Module, ABC):
    """Images -> the maps that are looked at; a network sets its backbone.

    Attributes:
        backbone: the part whose weights other trainings can use.
    """

    backbone: Backbone

    @property
    def least_side(self) -> int:
        """Pixels of the smallest images that it can take."""
        return self.backbone.least_side

    @abstractmethod
    def forward(self, images: Tensor) -> list[Tensor]:
        """Images (N, C, H, W) -> maps, those with the smallest cells first."""


def require_map(backbone: Backbone, stride: int) -> None:
    """A backbone has a map of a stride.

    Raises:
        SettingError: it has not.
    """
    channels = backbone.channels
    if stride not in channels:
        raise SettingError(
            f"stride is {stride}, and {type(backbone).__name__} has no such map",
            "one of: " + ", ".join(map(str, channels)),
            f"stride={max(channels)}",
        )
