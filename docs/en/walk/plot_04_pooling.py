"""
4. Pooling keeps the news and drops the place
=============================================

A pooling layer has nothing to learn. It lays a window over the map and keeps one number of it: the largest (*was
this feature anywhere here?*) or the mean. With windows of 2 and steps of 2 every side is halved.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_sample_image

from striate import ops

table = torch.tensor([[1.0, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]])[None, None]
print("max pooling\n", ops.max_pool(table, 2)[0, 0])
print("average pooling\n", ops.avg_pool(table, 2)[0, 0])

# %%
# Over places, over everything, over channels
# -------------------------------------------
#
# *Global* average pooling keeps one number of every channel, and so turns maps of any size into a vector.
# *Depthwise* pooling takes the maximum over neighbouring channels instead of places: if they hold turned copies of
# one filter, the answer no longer cares how the object was turned.

maps = torch.rand(1, 6, 5, 7, generator=torch.Generator().manual_seed(0))
print("global average", tuple(ops.global_average_pool(maps).shape))
print("depthwise, pairs of channels", tuple(ops.depthwise_pool(maps, 2).shape))

# %%
# Spatial pyramid
# ---------------
#
# A fully connected layer wants one size. Pooling into 4x4, 2x2 and 1x1 bins, whatever the size of the map, gives
# 16 + 4 + 1 = 21 numbers a channel: a network can then look at pictures of any size.

for size in ((5, 7), (13, 13), (40, 31)):
    print(size, "->", tuple(ops.spatial_pyramid_pool(torch.rand(1, 6, *size)).shape))

# %%
# On a picture
# ------------

photo = torch.from_numpy(load_sample_image("flower.jpg").copy()).permute(2, 0, 1)[None] / 255
pooled = {"picture": photo, "max, 16x16": ops.max_pool(photo, 16), "average, 16x16": ops.avg_pool(photo, 16)}
fig, axes = plt.subplots(1, 3, figsize=(10, 3))
for axis, (title, values) in zip(axes, pooled.items(), strict=True):
    axis.imshow(values[0].permute(1, 2, 0).numpy())
    axis.set_title(title)
    axis.axis("off")
fig.tight_layout()
