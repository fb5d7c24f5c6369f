"""
15. Where could there be an object?
===================================

A classifier says what a picture shows; to find objects, it has to be shown parts of a picture. All windows of all
sizes are too many. *Selective search* looks at a few thousand boxes that are worth looking at: an object differs from
what is around it, in color, in texture, or because its parts fit into each other.
"""

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle
from sklearn.datasets import load_sample_image

from striate import ops
from striate.tasks.detection.proposer.window_proposals import WindowProposals

photo = torch.from_numpy(load_sample_image("flower.jpg").copy()).permute(2, 0, 1)
print(tuple(photo.shape))

# %%
# Pieces
# ------
#
# The pixels are a graph: an edge joins each pixel with its neighbours, and weighs as much as their colors differ. From
# the lightest edge on, two pieces become one if the edge between them is hardly heavier than those inside of them. A
# larger *k* gives larger pieces.

palette = torch.randint(40, 230, (20_000, 3), generator=torch.Generator().manual_seed(1))
fig, axes = plt.subplots(1, 3, figsize=(11, 2.8))
axes[0].imshow(photo.permute(1, 2, 0).numpy())
axes[0].set_title("picture")
for axis, k in zip(axes[1:], (100, 1000), strict=True):
    labels = ops.graph_segmentation(photo, k=k)
    axis.imshow(palette[labels].numpy())
    axis.set_title(f"k = {k}: {int(labels.max()) + 1} pieces")
for axis in axes:
    axis.axis("off")
fig.tight_layout()

# %%
# Grouping
# --------
#
# The two neighbours that are most alike become one region, again and again, until the whole picture is one. Alike means:
# common colors, common texture, small, and without a gap in the box around both. What two regions know of their colors
# is added, so that no pixel is looked at again.

labels = ops.graph_segmentation(photo, k=100)
regions = ops.group_regions(labels, photo, "ctsf")
fig, axes = plt.subplots(1, 3, figsize=(11, 2.8))
for axis, count in zip(axes, (100, 20, 5), strict=True):
    axis.imshow(palette[regions.labels_of(labels, count)].numpy())
    axis.set_title(f"{count} regions")
    axis.axis("off")
fig.tight_layout()

# %%
# Many groupings
# --------------
#
# No grouping is always right: red and green petals differ in hue and not in lightness, a car and its wheels belong
# together though they do not look alike. So several color spaces, sizes of pieces and similarities each give a
# grouping, and a box around every region of every grouping is a proposal. They are mixed: large regions come first,
# but not all of them. Windows take turns by size and shape, and know nothing of the picture.

windows = WindowProposals().propose(photo).boxes
fast, quality = ops.selective_search(photo), ops.selective_search(photo, "quality")
print(f"{len(windows):,} windows; {len(fast):,} boxes of 8 groupings; {len(quality):,} of 80")

flower = torch.tensor([[170.0, 87, 446, 359]])  # x1, y1, x2, y2 of the flower, by eye
fig, axes = plt.subplots(1, 3, figsize=(11, 3))
for axis, boxes, title in zip(
    axes, (windows, fast, quality), ("windows", "selective, fast", "selective, quality"), strict=True
):
    axis.imshow(photo.permute(1, 2, 0).numpy())
    overlap = ops.box_iou(boxes[:1000], flower)[:, 0]
    shown = [(box, "white", 0.6) for box in boxes[:40]] + [(boxes[overlap.argmax()], "tab:orange", 2.5)]
    for (x1, y1, x2, y2), color, width in ((box.tolist(), *style) for box, *style in shown):
        axis.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=color, linewidth=width))
    axis.set_title(f"{title}: best of 1,000, IoU {float(overlap.max()):.2f}")
    axis.axis("off")
fig.tight_layout()

# %%
# How many boxes?
# ---------------
#
# Each box costs time, each box that is missing costs objects. ``striate propose DATA --plot recall.png`` draws, for data
# whose objects are known, how many of them the first N boxes find.
