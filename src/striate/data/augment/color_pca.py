"""The directions in which the colors of a data set vary, and light that varies along them.

Krizhevsky, Sutskever, Hinton 2012, section 4.1. The axes come from the data's own covariance; the constants
that are copied from one program to the next are those of ImageNet.

Every pixel of a picture gets sum_i alpha_i lambda_i p_i, alpha_i ~ N(0, 0.1). An eigenvalue lambda is the
square of a pixel value, so the effect depends on the unit; here white is 1, as in published programs. If C is
the covariance of the data, that of the added light is 0.1^2 C C.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.dataset import Dataset
from striate.errors import ShapeError

MOST_IMAGES = 1000  # some seconds for photographs; their variances are known to a few per cent long before

Rows = tuple[float, float, float]


@dataclass(frozen=True)
class ColorAxes:
    """Eigenvalues and eigenvectors of the covariance of RGB values in 0..1, largest first.

    Args:
        values: 3 eigenvalues, squares of pixel values.
        vectors: 3 rows of R, G, B, of length 1, one for each eigenvalue.
    """

    values: Rows
    vectors: tuple[Rows, Rows, Rows]

    def light(self, alpha: Tensor) -> Tensor:
        """(N, 3): what is added to R, G, B of every picture for alpha (N, 3), the strength along each axis.

        >>> axes = ColorAxes((0.04, 0.0, 0.0), ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
        >>> [round(value, 6) for value in axes.light(torch.tensor([[0.5, 1.0, 1.0]])).flatten().tolist()]
        [0.0, 0.02, 0.0]
        """
        return (alpha * alpha.new_tensor(self.values)) @ alpha.new_tensor(self.vectors)


def color_axes(images: Dataset | Tensor) -> ColorAxes:
    """The color axes of RGB pictures.

    Args:
        images: uint8 (N, 3, H, W), or a data set, of which at most 1,000 pictures, evenly spread, are read.
            Every picture counts the same, however large it is.

    Raises:
        ShapeError: the pictures are not RGB, or there are none.
    """
    chosen = np.linspace(0, len(images) - 1, min(len(images), MOST_IMAGES)).astype(int).tolist()
    if not chosen or _picture(images, 0).shape[0] != 3:
        raise ShapeError("the pictures have no color axes", "RGB pictures", "leave pca out of --augment")
    mean, square = torch.zeros(3, dtype=torch.float64), torch.zeros(3, 3, dtype=torch.float64)
    for index in chosen:
        colors = _picture(images, index).flatten(1).double() / 255
        mean += colors.mean(1) / len(chosen)
        square += colors @ colors.T / (colors.shape[1] * len(chosen))
    return axes_of((square - mean.outer(mean)).numpy())


def _picture(images: Dataset | Tensor, index: int) -> Tensor:
    return images[index].image if isinstance(images, Dataset) else images[index]


def axes_of(covariance: NDArray[np.float64]) -> ColorAxes:
    """The axes of a symmetric 3 x 3 matrix; every vector's largest entry is positive.

    >>> axes_of(np.diag([1.0, 3.0, 2.0])).values
    (3.0, 2.0, 1.0)
    """
    values, columns = np.linalg.eigh(covariance)
    rows = columns.T[::-1]
    largest = np.take_along_axis(rows, np.abs(rows).argmax(1)[:, None], axis=1)
    rows = rows * np.sign(largest)
    red, green, blue = (tuple(row) for row in rows.tolist())
    return ColorAxes(tuple(values[::-1].tolist()), (red, green, blue))
