"""Kernels in numba, for processors. Each has a plain tensor twin in ``ops`` that defines and tests it.

compile     how a kernel is compiled, kept in the user's cache folder, and run on several threads
buffers     the memory of large results, used again
overlap     the IoU of every box with every other
suppress    greedy non-maximum suppression, with a grid of the boxes that were kept
suppress_crowds    the same without sorting, for boxes that crowd on few objects: it comes first
roi         RoI align, RoI pool and position-sensitive pooling, with their gradients
segment     graph segmentation: weights of edges, their order, the union of pixels
region_features  boxes, histograms and neighbours of the pieces of a picture
group       hierarchical grouping of pieces
best_class  the class with the best score at every pixel
count_pairs pixels by true and guessed class
paste       soft masks stretched over their boxes
scan_lists  the nearest vectors to queries within lists of vectors
hsv_lab     pixels in other color spaces

Importing a module of this room imports numba: ``ops`` does so at the first call, never before.
"""

from typing import Literal

import torch
from torch import Tensor

Backend = Literal["numba", "torchvision", "plain"]


def backend_of(*tensors: Tensor) -> Backend:
    """Which implementation serves these tensors.

    "numba" on a processor; "torchvision" on CUDA, and while a graph is compiled or exported, as graphs know
    its operators; "plain", the tensor twin, on every other device.

    >>> backend_of(torch.zeros(1))
    'numba'
    """
    if torch.compiler.is_compiling():
        return "torchvision"
    kinds = {x.device.type for x in tensors}
    return "numba" if kinds == {"cpu"} else "torchvision" if kinds == {"cuda"} else "plain"
