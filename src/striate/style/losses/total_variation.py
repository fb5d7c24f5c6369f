"""The cost of a rough picture: one of the forms of total variation, by its name, for each pixel.

picture (N, 3, H, W) --ops.variation: dx, dy at every pixel--> a sum --by pixel--> a number
"""

from collections.abc import Callable

from torch import Tensor

from striate.ops.total_variation import athalye, chollet, mahendran, rudin, tensorflow
from striate.style.settings import Variation

VARIATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "rudin": rudin,
    "mahendran": mahendran,
    "tensorflow": tensorflow,
    "chollet": chollet,
    "athalye": athalye,
}


def variation_cost(image: Tensor, form: Variation) -> Tensor:
    """Total variation by pixel, so that one weight means the same at every size.

    Args:
        image: (N, 3, H, W).
        form: a sum is divided by N H W; ``athalye`` is a mean already.

    >>> import torch
    >>> variation_cost(torch.tensor([[[[0.0, 3.0], [4.0, 3.0]]]]), "tensorflow").item()
    2.0
    """
    found = VARIATIONS[form](image)
    return found if form == "athalye" else found / (len(image) * image.shape[-2] * image.shape[-1])
