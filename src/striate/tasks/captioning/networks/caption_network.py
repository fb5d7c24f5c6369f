"""A network that writes a sentence on a picture: a backbone, and a language model that reads its code first.

    images --> backbone without its last layer --> less the mean of all pictures, by their deviation
           --> code (N, D) --> LSTM: code, START, words --> words, END

Numbers of a last layer are positive and much alike for all pictures; as they are, they drive the recurrent
network to one state, and it says one sentence of every picture.

Vinyals, Toshev, Bengio, Erhan 2015, figure 3, https://arxiv.org/abs/1411.4555; the language model is that of
DenseCap, on any backbone.
"""

from collections.abc import Generator

import torch
from torch import Tensor, nn

from striate.layers.backbone import Backbone, require_backbone
from striate.layers.image_network import BACKBONE
from striate.tasks.captioning.language_model import LanguageModel


class CaptionNetwork(nn.Module):
    """(N, C, H, W) -> codes (N, D).

    Args:
        backbone: its last layer is taken away.
        width: of the language model.
    """

    def __init__(self, backbone: Backbone, width: int) -> None:
        super().__init__()
        code = backbone.remove_last_layer()
        self.backbone = backbone
        self.standard = nn.BatchNorm1d(code, affine=False)
        self.language = LanguageModel(code, width)

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) -> codes (N, D), float32."""
        return self._coded(self.backbone(images))

    def _coded(self, vectors: Tensor) -> Tensor:
        """Vectors (N, D) less what all pictures have in common; one alone has no spread of its own."""
        if not self.standard.training or len(vectors) > 1:
            codes: Tensor = self.standard(vectors.float())
            return codes
        self.standard.eval()
        try:
            return self._coded(vectors)
        finally:
            self.standard.train()

    def forward_in_parts(self, images: Tensor) -> Generator[str, None, Tensor]:
        """``forward``, which is the backbone; captions are written when the answer is decoded."""
        vectors = self.backbone(images)
        yield BACKBONE
        return self._coded(vectors)

    def caption_losses(self, images: Tensor, words: Tensor, owners: Tensor) -> Tensor:
        """(S,): minus the log-probability of each caption.

        Args:
            images: (N, C, H, W).
            words: int64 (S, T), of ``numbered``.
            owners: int64 (S,), the image that each caption is of.
        """
        return self.losses_of(self(images), words, owners)

    def losses_of(self, codes: Tensor, words: Tensor, owners: Tensor) -> Tensor:
        """``caption_losses``, of codes (N, D)."""
        own = codes.float()[owners]
        if not len(own):
            return own.sum(1)
        with torch.autocast(codes.device.type, enabled=False):
            return self.language.step_losses(own, words).sum(1)


def caption_network(network: nn.Module, width: int) -> CaptionNetwork:
    """A backbone with a language model; a network that has one stays as it is.

    Raises:
        SettingError: the network is neither.
    """
    if isinstance(network, CaptionNetwork):
        return network
    return CaptionNetwork(require_backbone(network), width)
