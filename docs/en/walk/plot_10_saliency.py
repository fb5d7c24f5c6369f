"""
10. What did it look at? Saliency
=================================

A network says *three*, but which pixels made it say so? Ask the gradient: how much would the score of *three* change
if this pixel changed a little? One pass back through the network answers for every pixel at once.
"""

import tempfile

import matplotlib.pyplot as plt
import torch

import striate
from striate.data.read_dataset import read

with tempfile.TemporaryDirectory() as folder:
    model = striate.train("digits", model="lenet5", epochs=12, out=folder, force=True).model

# %%
# The picture, its map, and both together
# ---------------------------------------
#
# Bright places matter. The network looks at the strokes and also at the empty places next to them: ink there would make
# another digit of it.

test = read("digits")["test"]
chosen = [next(place for place in range(len(test)) if test.labels[place] == label) for label in (0, 3, 4, 8)]
pictures = [test.image(place) for place in chosen]
found = striate.explain(model, pictures)

fig, axes = plt.subplots(3, 4, figsize=(7.4, 6))
for column, name in enumerate(found.targets):
    axes[0, column].imshow(found.images[column, 0].numpy(), cmap="gray")
    axes[0, column].set_title(f"said: {name}")
    axes[1, column].imshow(found.heat()[column])
    axes[2, column].imshow(found.overlay()[column])
for axis in axes.flat:
    axis.axis("off")
fig.tight_layout()

# %%
# It is a gradient
# ----------------
#
# Near a picture I the score of class c is almost a plane, and its slope is the map:
#
# .. math:: S_c(I + \Delta) \approx S_c(I) + w \cdot \Delta \qquad w = \frac{\partial S_c}{\partial I}
#
# So a small step along the map must raise the score by what the formula promises.

image = found.images[1:2] / 255
w = found.values[1:2]
step = 0.001 * w / w.norm()
label = model.classes.index(found.targets[1])
with torch.no_grad():
    raised = model.double()(image.double() + step)[0, label] - model(image.double())[0, label]
model.float()
print(f"promised {float((w * step).sum()):.6f}, and it rose by {float(raised):.6f}")

# %%
# Why not another class?
# ----------------------
#
# The map can be asked for any class. Here the signs are kept: more ink on red makes the picture more of that class in
# the network's eyes, and so does less ink on blue. A *4* becomes more of a *9* if it is closed at the top and its foot
# goes.

four = pictures[2]
fig, axes = plt.subplots(1, 4, figsize=(9, 2.7))
axes[0].imshow(striate.explain(model, four).images[0, 0].numpy(), cmap="gray")
axes[0].set_title("the picture")
for axis, target in zip(axes[1:], ("4", "9", "1"), strict=True):
    values = striate.explain(model, four, target=target).values[0, 0]
    limit = float(values.abs().max())
    axis.imshow(values.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
    axis.set_title(f"towards {target}")
for axis in axes.flat:
    axis.axis("off")
fig.tight_layout()

# %%
# A saliency map shows what a small change would do, which is not all that one means by *why*: a pixel that matters much
# but is already certain has a small slope. Maps of different methods disagree, and it is good to know what each one
# computes.
#
# Explaining leaves the model as it was: its weights, gradients and modes are untouched.
#
# Simonyan, Vedaldi and Zisserman (2014), https://arxiv.org/abs/1312.6034.
