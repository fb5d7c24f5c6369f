"""
14. What has it learned? Dreams, inversions and maps
====================================================

A saliency map tells about one picture. Three other questions go to the network itself: which picture would it like
best, what does a layer still know of a picture, and which pictures are alike in its eyes?
"""

import tempfile

import matplotlib.pyplot as plt

import striate
from striate.data.read_dataset import read
from striate.explain.synthesis.image_prior import NATURAL, PLAIN
from striate.explain.synthesis.objectives import class_score

with tempfile.TemporaryDirectory() as folder:
    model = striate.train("digits", model="lenet5", epochs=12, out=folder, force=True).model

# %%
# Climbing up a score
# -------------------
#
# In training the picture stands still and the weights go down a slope. Here the weights stand still and the pixels go
# up: :math:`\arg\max_I \; S_c(I) - \lambda R(I)`. Without the regularizer R the network is certain of noise; with
# it, and with steps in waves instead of pixels, it draws.

digits = ("0", "3", "4", "8")
fig, axes = plt.subplots(2, 4, figsize=(7.4, 4))
for row, prior in zip(axes, (PLAIN, NATURAL)):
    for axis, digit in zip(row, digits):
        dream = striate.visualize(model, class_score(digit), prior=prior, steps=128)
        axis.imshow(dream.image[0], cmap="gray", vmin=0, vmax=1)
        axis.set_title(f"{digit}, score {dream.scores[1]:.0f}")
        axis.axis("off")
fig.suptitle("above without, below with a prior for natural pictures")
fig.tight_layout()

# %%
# What a layer has forgotten
# --------------------------
#
# Give only the features of a layer to somebody who searches for a picture with the same ones. What he finds differs
# from the original where the layer cannot tell them apart.

test = read("digits")["test"]
found = striate.invert(model, test.image(3))
fig, axes = plt.subplots(1, 4, figsize=(9, 2.6))
axes[0].imshow(found.image[0], cmap="gray", vmin=0, vmax=1)
axes[0].set_title("the picture")
for axis, picture, layer, far in zip(axes[1:], found.pictures, found.layers, found.pixel_distances):
    axis.imshow(picture[0], cmap="gray", vmin=0, vmax=1)
    axis.set_title(f"{layer.removeprefix('network.')}: {far:.2f}")
for axis in axes:
    axis.axis("off")
fig.tight_layout()

# %%
# The number is the distance in pixels, as a share of the distance from a grey picture. It grows with depth: the first
# maps still have the picture, the scores of ten classes do not.
#
# Who is near?
# ------------
#
# What the last layer sees of a picture is a vector. Digits of one class have near vectors, also where their pixels
# are far apart:

vectors = striate.embed(model, test)
pixels = striate.embed(model, test, "pixels")
for name, one in (("features", vectors), ("pixels", pixels)):
    same = striate.neighbours(one, k=5).same_label(one.labels)
    print(f"of the five nearest by {name}, {same:.1%} are the same digit")

# %%
# And on a plane, where t-SNE keeps who is near whom:

plane = striate.embedding_map(vectors)
fig, axis = plt.subplots(figsize=(8, 7))
axis.imshow(plane.picture(800))
axis.axis("off")
fig.tight_layout()

# %%
# Simonyan, Vedaldi and Zisserman (2014), https://arxiv.org/abs/1312.6034; Mahendran and Vedaldi (2015),
# https://arxiv.org/abs/1412.0035; van der Maaten and Hinton (2008), https://jmlr.org/papers/v9/vandermaaten08a.html.
