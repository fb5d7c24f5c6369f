"""What torchvision and timm call the tensors of our networks, one file a family.

theirs("resnet50", "torchvision", "head.output.weight") --> "fc.weight"
"""

from striate.zoo.keys import alexnet, convnext, resnet, vgg
from striate.zoo.keys.twin import SOURCES, Rules, Source, Twin, translated

__all__ = ["SOURCES", "TWINS", "Rules", "Source", "Twin", "theirs"]

TWINS: dict[str, Twin] = {
    "alexnet": Twin(torchvision="alexnet", torchvision_rules=alexnet.TORCHVISION),
    **{name: Twin(name, name, convnext.TORCHVISION, convnext.TIMM) for name in convnext.NAMES},
    **{name: Twin(name, name, resnet.TORCHVISION, resnet.TIMM) for name in resnet.NAMES},
    **{name: Twin(timm=other, timm_rules=resnet.TIMM) for name, other in resnet.SE_NAMES.items()},
    **{name: Twin(name, name, vgg.TORCHVISION[name], vgg.TIMM[name]) for name in vgg.FEATURES},
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
