"""What the tensors of a network are called in torchvision and timm, one file for a family of networks."""

from striate.zoo.weights.keys import (
    alexnet,
    convnext,
    efficientnet,
    googlenet,
    inception_resnet_v2,
    inception_v3,
    inverted,
    mobilenet,
    resnet,
    vgg,
    xception,
)
from striate.zoo.weights.keys.twin import SOURCES, Rules, Source, Twin, translated

__all__ = ["SOURCES", "TWINS", "Rules", "Source", "Twin", "theirs"]

TWINS: dict[str, Twin] = {
    "alexnet": Twin(torchvision="alexnet", torchvision_rules=alexnet.TORCHVISION),
    **{name: Twin(name, name, convnext.TORCHVISION, convnext.TIMM) for name in convnext.NAMES},
    **{
        name: Twin(name, name, efficientnet.TORCHVISION, inverted.TIMM, epsilon)
        for name, epsilon in efficientnet.EPSILONS.items()
    },
    "googlenet": Twin(torchvision="googlenet", torchvision_rules=googlenet.TORCHVISION),
    "inception_resnet_v2": Twin(timm="inception_resnet_v2", timm_rules=inception_resnet_v2.TIMM),
    "inception_v3": Twin("inception_v3", "inception_v3", inception_v3.TORCHVISION, inception_v3.TIMM),
    "mobilenet_v1": Twin(timm="mobilenetv1_100", timm_rules=mobilenet.V1_TIMM),
    "mobilenet_v2": Twin("mobilenet_v2", "mobilenetv2_100", mobilenet.V2_TORCHVISION, inverted.TIMM),
    **{
        name: Twin(
            name, other, mobilenet.V3_TORCHVISION[name], mobilenet.V3_TIMM[name], mobilenet.V3_TIMM_EPSILON
        )
        for name, other in mobilenet.V3_NAMES.items()
    },
    **{name: Twin(name, name, resnet.TORCHVISION, resnet.TIMM) for name in resnet.NAMES},
    **{name: Twin(timm=other, timm_rules=resnet.TIMM) for name, other in resnet.SE_NAMES.items()},
    **{name: Twin(name, name, vgg.TORCHVISION[name], vgg.TIMM[name]) for name in vgg.FEATURES},
    "xception": Twin(timm="legacy_xception", timm_rules=xception.TIMM),
}
"""By our names, those of ``striate.models()``."""


def theirs(name: str, source: Source, key: str) -> str:
    """The name of a tensor in another library.

    Args:
        name: of our network; it has a twin there.
        source: whose name it shall be.
        key: in our state dict.
    """
    twin = TWINS[name]
    return translated(key, twin.torchvision_rules if source == "torchvision" else twin.timm_rules)
