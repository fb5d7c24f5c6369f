"""The ground floor: pure functions on tensors, and the arithmetic of the layers that are made of them.

geometry         output size and receptive field of a layer     pool             many numbers become one
multiplications  parameters and multiplications of a layer      unpool           one number becomes many
conv             one convolution computed in three ways         normalize        response normalization
edges            hand-made kernels that find edges              total_variation  how rough an image is
intervals        the interval of a measured number, and of the difference of two models
points           errors of points: normalised distance, correct points (pck), correct limbs (pcp)
"""

from striate.ops.conv import convolution_matrix, convolve, convolve_by_matrix, convolve_slowly
from striate.ops.edges import Edges, edge_kernel, edges
from striate.ops.geometry import Padding, ReceptiveField, output_size, padding_sides, same_padding
from striate.ops.multiplications import (
    conv_multiplications,
    conv_parameters,
    linear_multiplications,
    linear_parameters,
)
from striate.ops.normalize import local_response_norm
from striate.ops.pool import (
    avg_pool,
    depthwise_pool,
    global_average_pool,
    max_pool,
    max_pool_with_places,
    spatial_pyramid_pool,
)
from striate.ops.unpool import bed_of_nails, max_unpool, nearest_unpool

__all__ = [
    "Edges",
    "Padding",
    "ReceptiveField",
    "avg_pool",
    "bed_of_nails",
    "conv_multiplications",
    "conv_parameters",
    "convolution_matrix",
    "convolve",
    "convolve_by_matrix",
    "convolve_slowly",
    "depthwise_pool",
    "edge_kernel",
    "edges",
    "global_average_pool",
    "linear_multiplications",
    "linear_parameters",
    "local_response_norm",
    "max_pool",
    "max_pool_with_places",
    "max_unpool",
    "nearest_unpool",
    "output_size",
    "padding_sides",
    "same_padding",
    "spatial_pyramid_pool",
]
