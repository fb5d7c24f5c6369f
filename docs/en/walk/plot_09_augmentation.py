"""
9. Augmentation: pictures that could have been
==============================================

A flower stays a flower when it is mirrored, moved, turned or lit differently. Showing a network such variants, new ones
in every epoch, is the cheapest way to have more data. The question to ask of each: would the label still be right? A
mirrored 3 is no digit, and a 6 turned upside down is a 9.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_sample_image

from striate.data.augment.augment_recipe import augmentation
from striate.data.dataset import Dataset
from striate.data.image_store import Array

photo = np.ascontiguousarray(load_sample_image("flower.jpg")[60:380:2, 180:500:2])
dataset = Dataset.whole(Array(photo[None], "flower"), [0], ["flower"])
image = dataset.image(0)[None]

# %%
# One at a time
# -------------
#
# Each is written as on the command line, ``--augment rotate=25``: the name and its strength. Most strengths are the
# most that can happen; the amount is drawn anew for every picture, so these are single draws.

parts = [
    "none",
    "mirror=1",
    "crop=30",
    "rotate=25",
    "shear=25",
    "scale=0.4",
    "warp=5",
    "color=0.6",
    "pca=1",
    "erase=60",
]
fig, axes = plt.subplots(2, 5, figsize=(10, 4.5))
for axis, text in zip(axes.flat, parts, strict=True):
    augment = augmentation(text).fitted(dataset)
    changed = augment(image, torch.Generator().manual_seed(5))
    axis.imshow(changed[0].permute(1, 2, 0).numpy())
    axis.set_title("as it is" if text == "none" else text)
    axis.axis("off")
fig.tight_layout()

# %%
# * ``mirror`` swaps left and right; ``crop`` moves the picture by whole pixels, and what comes in at the border is a
#   reflection.
# * ``rotate``, ``shear`` and ``scale`` bend the grid of pixels evenly, ``warp`` unevenly, as rubber. All of them
#   together cost one resampling, so nothing is blurred twice.
# * ``color`` changes brightness, contrast and saturation. ``erase`` covers a square, so that no single part of the
#   picture becomes the only clue.
#
# PCA color
# ---------
#
# ``pca`` asks the data how its light varies. The colors of all pixels form a cloud; its longest axis is the change that
# the pictures themselves show most, here from dark to bright. Light is added along the axes, much along the long one
# and little along the short ones, the same for all pixels of a picture (Krizhevsky, Sutskever, Hinton 2012).

axes_of_color = augmentation("pca=0.5").fitted(dataset).axes
for value, (red, green, blue) in zip(axes_of_color.values, axes_of_color.vectors, strict=True):
    print(f"deviation {value**0.5:.3f} along red {red:+.2f}, green {green:+.2f}, blue {blue:+.2f}")

# %%
# A recipe
# --------
#
# Recipes are combinations with a name. This is what ``strong`` makes of one picture; ``striate check DATA --augment 12
# --recipe strong`` draws such a sheet of your own data, and looking at it before a long training is time well spent.

strong = augmentation("strong").fitted(dataset)
print(strong)
variants = strong(image.repeat(12, 1, 1, 1), torch.Generator().manual_seed(0))
fig, axes = plt.subplots(2, 6, figsize=(10, 3.5))
for axis, variant in zip(axes.flat, variants, strict=True):
    axis.imshow(variant.permute(1, 2, 0).numpy())
    axis.axis("off")
fig.tight_layout()
