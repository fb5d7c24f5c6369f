"""
1. A filter finds edges
=======================

A convolution lays a small table of numbers, the *kernel*, over every place of a picture, multiplies what lies
on top of each other, and writes down the sum. A 6x6 picture and a 3x3 kernel give 4x4 answers, because the
kernel fits into 6 - 3 + 1 = 4 places along each side.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_sample_image

from striate import ops

# %%
# The smallest edge
# -----------------
#
# The left half of this picture is bright, the right half is dark. The vertical kernel subtracts what lies on its
# right from what lies on its left, so it answers only where the two halves meet.

half = torch.tensor([[10.0, 10, 10, 0, 0, 0]] * 6)
vertical = ops.edge_kernel("prewitt", "vertical")
answer = ops.convolve(half[None, None], vertical[None, None], padding="valid")[0, 0]
print(answer)

fig, axes = plt.subplots(1, 3, figsize=(8, 3))
for axis, table, title in zip(axes, (half, vertical, answer), ("picture", "kernel", "answer"), strict=True):
    axis.imshow(table.numpy(), cmap="gray")
    for (row, column), value in zip(
        torch.cartesian_prod(*map(torch.arange, table.shape)).tolist(), table.flatten()
    ):
        axis.text(column, row, f"{value:g}", ha="center", va="center", color="tab:orange")
    axis.set(title=title, xticks=[], yticks=[])
fig.tight_layout()

# %%
# Three kernels of the textbooks
# ------------------------------
#
# Sobel gives the middle row more weight, which makes the answer steadier; Scharr gives it more still, so that the
# strength of an edge depends less on its direction.

for name in ("prewitt", "sobel", "scharr"):
    print(name, ops.edge_kernel(name, "vertical").int().tolist())

# %%
# A real picture
# --------------

photo = torch.from_numpy(load_sample_image("china.jpg").copy()).permute(2, 0, 1)
found = ops.edges(photo, kernel="scharr")

fig, axes = plt.subplots(2, 2, figsize=(9, 6.5))
axes[0, 0].imshow(photo.permute(1, 2, 0).numpy())
axes[0, 0].set_title("picture")
for axis, values, title in (
    (axes[0, 1], found.vertical.abs(), "vertical edges"),
    (axes[1, 0], found.horizontal.abs(), "horizontal edges"),
    (axes[1, 1], found.magnitude, "strength"),
):
    strength = values.mean(0)
    axis.imshow(strength.numpy(), cmap="gray_r", vmax=float(strength.quantile(0.99)))
    axis.set_title(title)
for axis in axes.flat:
    axis.axis("off")
fig.tight_layout()

# %%
# Two things are lost: the answer is smaller than the picture, and pixels in the corners took part only once while
# those in the middle took part nine times. The next page mends both.
