"""
5. Up again: unpooling and transposed convolution
=================================================

A network that answers for every pixel must get back the size that pooling took away. There are ways without
anything to learn, and one that learns.
"""

import matplotlib.pyplot as plt
import torch

from striate import ops

small = torch.tensor([[1.0, 2], [3, 4]])[None, None]

# %%
# Nearest, bed of nails, and remembered places
# --------------------------------------------
#
# *Nearest* repeats every number; a *bed of nails* puts it into the upper left corner and zeros around it. *Max
# unpooling* remembers where each maximum stood and puts the number back there.

source = torch.tensor([[1.0, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]])[None, None]
largest, places = ops.max_pool_with_places(source, 2)
ways = {
    "nearest": ops.nearest_unpool(small),
    "bed of nails": ops.bed_of_nails(small),
    "a map": source,
    "its maxima, put back": ops.max_unpool(largest, places, (4, 4)),
}
fig, axes = plt.subplots(1, 4, figsize=(10, 3))
for axis, (title, values) in zip(axes, ways.items(), strict=True):
    axis.imshow(values[0, 0].numpy(), cmap="Blues", vmin=0, vmax=10)
    for row, line in enumerate(values[0, 0].tolist()):
        for column, value in enumerate(line):
            axis.text(column, row, f"{value:g}", ha="center", va="center")
    axis.set(title=title, xticks=[], yticks=[])
fig.tight_layout()

# %%
# Transposed convolution
# ----------------------
#
# A convolution is a matrix X (page 3). Its transpose goes the other way: from few numbers to many. Every input
# number is a weight on a copy of the kernel, and where copies overlap they add up. With a kernel (1, 2, 3):

kernel = torch.tensor([1.0, 2.0, 3.0])
for stride, numbers in ((1, [1.0, 10.0, 100.0, 1000.0]), (2, [1.0, 10.0])):
    matrix = ops.convolution_matrix(kernel, 4, stride, padding=1)
    print(f"stride {stride}: {numbers} -> {(matrix.T @ torch.tensor(numbers)).tolist()}")

# %%
# It is not the inverse of a convolution (it does not give back the pixels), and with stride 1 it is a convolution
# again; with a larger stride no convolution does the same.
#
# The checkerboard
# ----------------
#
# A kernel of 3 with stride 2 overlaps at every second place, so a constant map comes out as a checkerboard. A
# kernel that the stride divides overlaps evenly, though its phases may still learn to differ; resizing first and
# then convolving has no phases at all.

constant = torch.ones(1, 1, 8, 8)
fig, axes = plt.subplots(1, 2, figsize=(7, 3.5))
for axis, size in zip(axes, (3, 4), strict=True):
    up = torch.nn.functional.conv_transpose2d(constant, torch.ones(1, 1, size, size), stride=2, padding=1)
    axis.imshow(up[0, 0].numpy(), cmap="gray", vmin=0)
    axis.set(title=f"kernel {size}x{size}, stride 2", xticks=[], yticks=[])
fig.tight_layout()
