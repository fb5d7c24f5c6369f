"""
3. One layer of a convolutional network
=======================================

A colour picture has three channels, and so does every filter: a 6x6x3 picture under a 3x3x3 filter gives 4x4
answers. Two filters give 4x4x2. A bias is added to each, and a nonlinearity follows: that is a layer.
"""

import matplotlib.pyplot as plt
import torch

from striate import ops

# %%
# How many numbers does it learn?
# -------------------------------
#
# Ten filters of 3x3x3 learn (27 + 1) * 10 = 280 numbers, whatever the size of the picture. This is why a
# convolution overfits less than a fully connected layer: one detector of edges serves every place (*sharing*), and
# each answer depends on a few pixels only (*sparsity*).

print("parameters:", ops.conv_parameters(3, in_channels=3, out_channels=10))
print("fully connected, 6x6x3 -> 4x4x10:", f"{ops.linear_parameters(6 * 6 * 3, 4 * 4 * 10):,}")

# %%
# The same sum, three ways
# ------------------------
#
# The neuron at row i, column j of feature map k computes
#
# .. math::
#    z_{i,j,k} = b_k + \sum_u \sum_v \sum_{k'} x_{i',j',k'} \, w_{u,v,k',k}
#    \qquad i' = i s_h + u, \quad j' = j s_w + v
#
# Written as loops it is slow and plain; torch's kernel is fast; and since the sum is linear in x, it is a matrix.

torch.manual_seed(0)
x, weight, bias = torch.randn(1, 3, 6, 6), torch.randn(2, 3, 3, 3), torch.randn(2)
slow = ops.convolve_slowly(x, weight, bias)
fast = ops.convolve(x, weight, bias)
print("loops and torch differ by", float((slow - fast).abs().max()))

# %%
# In one dimension the matrix can be read. The kernel (x, y, z) = (1, 2, 3) slides over four numbers with one zero
# on each side: every row is the kernel, one step further. With stride 2 every second row is left.

kernel = torch.tensor([1.0, 2.0, 3.0])
matrices = {stride: ops.convolution_matrix(kernel, 4, stride, padding=1) for stride in (1, 2)}
fig, axes = plt.subplots(1, 2, figsize=(8, 3))
for axis, (stride, matrix) in zip(axes, matrices.items(), strict=True):
    axis.imshow(matrix.numpy(), cmap="Blues", vmin=0, vmax=4)
    for row, values in enumerate(matrix.tolist()):
        for column, value in enumerate(values):
            axis.text(column, row, f"{value:g}", ha="center", va="center", color="0.2" if value else "0.7")
    axis.set(title=f"stride {stride}", xticks=[], yticks=[])
fig.tight_layout()
