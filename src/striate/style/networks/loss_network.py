"""The network that costs are measured with, and the weights of its layers.

settings, network --> Encoder and Weights; the head of the network is dropped
"""

from striate.style.losses.losses import Weights
from striate.style.networks.encoder import Encoder
from striate.style.networks.feature_layers import FeatureLayers, encoder_of, layers_of
from striate.style.settings import Settings


def loss_network(
    settings: Settings, found: FeatureLayers, *, content: bool = True
) -> tuple[Encoder, Weights, tuple[str, ...]]:
    """The encoder, the weights of the costs, and what was decided.

    Args:
        settings: of the painting.
        found: the network.
        content: whether there is one; a texture has none.

    Raises:
        SettingError: there is no such layer or device.
    """
    kept, matched = layers_of(found.network, settings)
    kept = kept if content else {}
    weights = Weights(
        {name: weight * settings.content_weight for name, weight in kept.items()},
        {name: weight * settings.style_weight for name, weight in matched.items()},
        settings.variation_weight,
        settings.form,
        settings.variation,
    )
    return encoder_of(found, [*kept, *matched], settings), weights, found.notes
