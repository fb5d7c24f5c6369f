"""Edges: small kernels that answer where the brightness changes from left to right, or from top to bottom.

Prewitt 1970; Sobel, Feldman 1968; Scharr 2000 (the weights 3, 10, 3).

    vertical edges          horizontal edges
    a   0  -a                a   b   a
    b   0  -b                0   0   0          (a, b) = (1, 1) Prewitt, (1, 2) Sobel, (3, 10) Scharr
    a   0  -a               -a  -b  -a

    bright on the left:      10 10 10  0  0  0                    0 30 30  0
    the response is          10 10 10  0  0  0   * vertical  =    0 30 30  0
    positive along the       ... 6 rows                           ... 4 rows
    edge, and zero where     10 10 10  0  0  0                    0 30 30  0
    nothing changes
"""

from math import prod
from typing import Literal, NamedTuple, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.errors import SettingError, ShapeError

EdgeKernel = Literal["prewitt", "sobel", "scharr"]
Direction = Literal["vertical", "horizontal"]

_SIDE_AND_MIDDLE = {"prewitt": (1.0, 1.0), "sobel": (1.0, 2.0), "scharr": (3.0, 10.0)}


class Edges(NamedTuple):
    """The two answers to "how much does it change here?", each as large as the other.

    Attributes:
        vertical: positive where it is brighter on the left than on the right.
        horizontal: positive where it is brighter above than below.
    """

    vertical: Tensor
    horizontal: Tensor

    @property
    def magnitude(self) -> Tensor:
        """The strength of the edge, whatever its direction.

        >>> Edges(torch.tensor([3.0]), torch.tensor([-4.0])).magnitude.tolist()
        [5.0]
        """
        strength: Tensor = torch.linalg.vector_norm(torch.stack(self), dim=0)
        return strength


def edge_kernel(name: EdgeKernel = "sobel", direction: Direction = "vertical") -> Tensor:
    """Give a kernel, float32 (3, 3), that finds edges of a direction.

    Raises:
        SettingError: the kernel or the direction has no such name.

    >>> edge_kernel("prewitt", "vertical").tolist()
    [[1.0, 0.0, -1.0], [1.0, 0.0, -1.0], [1.0, 0.0, -1.0]]
    >>> edge_kernel("scharr", "horizontal").tolist()
    [[3.0, 10.0, 3.0], [0.0, 0.0, 0.0], [-3.0, -10.0, -3.0]]
    """
    for what, value, names in (
        ("kernel", name, get_args(EdgeKernel)),
        ("direction", direction, get_args(Direction)),
    ):
        if value not in names:
            raise SettingError(f"the {what} is {value!r}", ", ".join(names), repr(names[0]))
    side, middle = _SIDE_AND_MIDDLE[name]
    vertical = torch.outer(torch.tensor([side, middle, side]), torch.tensor([1.0, 0.0, -1.0]))
    return vertical if direction == "vertical" else vertical.T.contiguous()


def edges(image: Tensor, kernel: EdgeKernel = "sobel") -> Edges:
    """Answer for each pixel, and each channel by itself, how much the brightness changes there.

    Args:
        image: (..., H, W) with H and W at least 3: a picture, a batch of them, or one plane; any real dtype.
            Integers are taken as they are: the responses to a uint8 picture are in its grey levels.
        kernel: "prewitt", "sobel" or "scharr".

    Returns:
        Two tensors (..., H - 2, W - 2), as nothing is padded; of the image's dtype if a float, else float32.

    Raises:
        ShapeError: the image is smaller than 3x3, has less than two axes, or is complex.
        SettingError: the kernel has no such name.

    >>> image = torch.tensor([10, 10, 10, 0, 0, 0], dtype=torch.uint8).expand(6, 6)
    >>> edges(image, "prewitt").vertical[0].tolist()
    [0.0, 30.0, 30.0, 0.0]
    """
    if image.dim() < 2 or min(image.shape[-2:]) < 3 or image.is_complex():
        raise ShapeError(
            f"image is {tuple(image.shape)} of {image.dtype}",
            "(..., H, W) of real numbers, H and W at least 3",
            "permute(2, 0, 1) for a picture whose channels come last",
        )
    x = image if image.is_floating_point() else image.float()
    pair = (
        torch.stack([edge_kernel(kernel, "vertical"), edge_kernel(kernel, "horizontal")]).unsqueeze(1).to(x)
    )
    planes = x.reshape(prod(x.shape[:-2]), 1, *x.shape[-2:])
    answers = F.conv2d(planes, pair).reshape(*x.shape[:-2], 2, x.shape[-2] - 2, x.shape[-1] - 2)
    return Edges(vertical=answers.select(-3, 0), horizontal=answers.select(-3, 1))
