"""What torchvision and timm call the tensors of our networks, one file a family.

theirs("resnet50", "torchvision", "head.output.weight") --> "fc.weight"
"""

from striate.zoo.keys.twin import Rules, Source, Twin, translated

__all__ = ["TWINS", "Rules", "Source", "Twin", "theirs"]

TWINS: dict[str, Twin] = {}
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
