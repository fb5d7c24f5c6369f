"""
16. Two looks
=============

R-CNN cut every proposal out of the picture and showed it to a network: 2,000 times the same convolutions. All its
successors look at the picture once, and cut regions out of the *map*. This page takes a detector of two stages apart on
one photograph: R-FCN, which is all convolution.

It has learned this one photograph, moved and mirrored, for some seconds. So the page shows how the parts answer,
not how well such a detector sees: for that, ``striate train cells --model rfcn``.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.patches import Rectangle
from sklearn.datasets import load_sample_image

import striate
from striate import ops
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array
from striate.tasks.detection.proposer.window_proposals import WindowProposals

photo = np.ascontiguousarray(load_sample_image("flower.jpg")[3:427:2, ::2])
photo = photo[: photo.shape[0] // 16 * 16, : photo.shape[1] // 16 * 16]
flower = np.float32([[85, 42, 222, 178]])  # x1, y1, x2, y2, by eye
image = torch.from_numpy(photo).permute(2, 0, 1)[None]
size = (image.shape[2], image.shape[3])


def box(axis, corners, color="tab:orange", width=2.0):
    """Draw a box."""
    x1, y1, x2, y2 = [float(corner) for corner in corners]
    axis.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=color, linewidth=width))


# %%
# Windows
# -------
#
# The first detectors asked a classifier about every window. Small windows are many, and most show nothing:

windows = WindowProposals().propose(image[0]).boxes
sides = (windows[:, 2] - windows[:, 0]).maximum(windows[:, 3] - windows[:, 1])
fig, axes = plt.subplots(1, 3, figsize=(11, 2.9))
for axis, (least, most) in zip(axes, ((150, 250), (70, 80), (30, 40)), strict=True):
    some = windows[(sides >= least) & (sides < most)]
    axis.imshow(photo)
    for corners in some[:: max(1, len(some) // 60)]:
        box(axis, corners, "white", 0.6)
    axis.set_title(f"{least} to {most} pixels: {len(some):,} windows")
    axis.axis("off")
fig.tight_layout()
print(f"{len(windows):,} windows of all sizes")

# %%
# A detector that knows one flower
# --------------------------------

copies = 800
known = BoxAnnotations(
    np.repeat(flower, copies, 0), np.zeros(copies, np.int32), np.arange(1, copies + 1), ("flower",)
)
data = Dataset(Array(photo[None], "flower"), known, np.zeros(copies, np.int64))
with tempfile.TemporaryDirectory() as folder:
    run = striate.train(
        Splits({"train": data, "val": data.subset(np.arange(1))}, "npz", Path(folder)),
        model="rfcn",
        arguments={"width": 0.25, "channels": 48, "anchors": 1, "proposals": 100},
        size=size,
        epochs=1,
        batch=4,
        lr=0.01,
        ema=0.9,
        augment="mirror,shift=0.2,edge=black",
        out=f"{folder}/run",
    )
model = run.model
network = model.detection
with torch.no_grad():
    seen = model.normalized(image)
    maps = network.features(seen)
    first = network.first(seen, maps)
    layout = network.layout(size)
    regions = network.first.propose(first, layout)[0]
print(f"{size[0]} x {size[1]} pixels --> a map of {layout.grids[0]} cells --> {len(regions)} regions")

# %%
# First look: is there something?
# -------------------------------
#
# At each cell of the map stand boxes of the sizes that objects of the training pictures have, the *anchors*; here one, as
# all pictures show the same flower. Each gets a number: is there an object near this box? The best boxes, moved towards
# the object, are the proposals.

objectness = first["objectness"].view(*layout.grids[0], -1).sigmoid()
fig, axes = plt.subplots(1, 3, figsize=(11, 2.9))
axes[0].imshow(photo)
anchors = network.first.priors(layout).boxes.view(*layout.grids[0], -1, 4)
row, column = layout.grids[0][0] // 2, layout.grids[0][1] // 2
for corners in anchors[row, column]:
    box(axes[0], corners, "white", 1.2)
axes[0].set_title("the anchor of one cell")
shown = axes[1].imshow(objectness.amax(2), vmin=0, vmax=1)
axes[1].set_title("objectness of every cell")
fig.colorbar(shown, ax=axes[1], shrink=0.8)
axes[2].imshow(photo)
for corners in regions[:15].flip(0):
    box(axes[2], corners, "white", 0.8)
box(axes[2], regions[0])
axes[2].set_title("the best 15 regions")
for axis in axes:
    axis.axis("off")
fig.tight_layout()

# %%
# Pooling a region, cell by cell
# ------------------------------
#
# Regions have all sizes; a layer that follows wants one. *RoI pooling* divides the region into 7 x 7 bins and keeps
# the largest number of each. Its edges are rounded to whole cells of the map, so that bins differ in size. *RoI align*
# rounds nothing: it takes the mean of points between cells.

stride = network.features.strides[0]
channel = int(maps[0][0].amax((1, 2)).argmax())
one_map = maps[0][:, channel : channel + 1]
region = torch.from_numpy(flower)
pooled = ops.roi_pool(one_map, [region], 7, 1 / stride)[0, 0]
aligned = ops.roi_align(one_map, [region], 7, 1 / stride, aligned=True)[0, 0]
fig, axes = plt.subplots(1, 3, figsize=(11, 3.2))
axes[0].imshow(one_map[0, 0])
left, top, right, bottom = (region[0] / stride).round().int().tolist()
for bin_row in range(7):
    for bin_column in range(7):
        x1 = left + bin_column * (right - left + 1) // 7
        y1 = top + bin_row * (bottom - top + 1) // 7
        x2 = left + -(-(bin_column + 1) * (right - left + 1) // 7)
        y2 = top + -(-(bin_row + 1) * (bottom - top + 1) // 7)
        box(axes[0], (x1 - 0.5, y1 - 0.5, x2 - 0.5, y2 - 0.5), "white", 0.7)
axes[0].set_title("one channel, and the bins of the flower")
for axis, values, title in zip(axes[1:], (pooled, aligned), ("RoI pooling", "RoI align"), strict=True):
    axis.imshow(values, vmin=float(one_map.min()), vmax=float(one_map.max()))
    axis.set_title(title)
for axis in axes:
    axis.set_xticks([])
    axis.set_yticks([])
fig.tight_layout()

# %%
# The second look: nine maps vote
# -------------------------------
#
# Fast and Faster R-CNN send the bins through two fully connected layers, for every region. R-FCN has none: each of its
# 3 x 3 bins looks at a map of its own. One says "here is the upper left of a flower", another "here is its lower
# right". If a region fits, all nine agree; if it is shifted, their answers no longer meet.

bins = network.pool.bins
with torch.no_grad():
    scores = network.pool.scores(maps[0]).view(2, bins, bins, *layout.grids[0])
ahead = scores[1] - scores[0]
most = float(ahead.abs().max())
fig, axes = plt.subplots(3, 3, figsize=(7, 5.6))
for place, axis in enumerate(axes.flat):
    axis.imshow(ahead[place // 3, place % 3], vmin=-most, vmax=most, cmap="RdBu_r")
    box(axis, flower[0] / stride - 0.5, "black", 1.2)
    x, y = flower[0, :2] + (flower[0, 2:] - flower[0, :2]) * np.float32([place % 3, place // 3]) / 3
    box(axis, np.array([x, y, *(np.array([x, y]) + (flower[0, 2:] - flower[0, :2]) / 3)]) / stride - 0.5)
    axis.axis("off")
fig.suptitle("flower against background, as each bin sees it")
fig.tight_layout()

shifted = torch.from_numpy(flower + np.float32([60, 40, 60, 40]))
with torch.no_grad():
    for name, asked in (("fits", region), ("shifted by 60 and 40 pixels", shifted)):
        votes = network.pool(maps, [asked])[0]
        odds = (votes[1] - votes[0]).mean().sigmoid()
        print(f"a region that {name if name == 'fits' else 'is ' + name}: {float(odds):.2f} flower")

# %%
# One box for one object
# ----------------------
#
# Many regions see the same flower. *Suppression* keeps the best one, drops all that overlap it by more than half, and
# goes on with what is left.

with torch.no_grad():
    found = network.candidates(model(image), size)
likely = found.scores[0, :, 0] > 0.6
boxes, odds = found.boxes[0, likely].view(-1, 4), found.scores[0, likely, 0]
kept = ops.nms(boxes, odds, 0.5)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2))
for axis, some, title in zip(axes, (boxes, boxes[kept]), ("before", "after"), strict=True):
    axis.imshow(photo)
    for corners in some:
        box(axis, corners, width=0.9 if title == "before" else 2.5)
    axis.set_title(f"{title}: {len(some)} {'box' if len(some) == 1 else 'boxes'} above 0.6")
    axis.axis("off")
fig.tight_layout()
