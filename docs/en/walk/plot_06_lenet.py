"""
6. A whole network as a table: LeNet-5
======================================

Convolution, pooling, convolution, pooling, and three fully connected layers: this network read the cheques of the
1990s, and most networks since have its shape. The table says what comes out of every layer and what it costs.
"""

import matplotlib.pyplot as plt
import torch

import striate
from striate import ops

lenet = striate.create("lenet5", classes=10, in_channels=3)
table = striate.summary(lenet, (3, 32, 32))
print(table)

# %%
# *Activation* is what the layer hands on, height x width x channels, and *size* is how many numbers that is.
# *Parameters* are learned. *Sees* is the receptive field of page 2: after the second pooling a unit has seen 16
# of the 32 pixels of a side, and the fully connected layers see the whole picture.
#
# Two habits can be read from the columns. Height and width shrink while the channels grow: less *where*, more *what*.
# And the activations shrink slowly, without a sudden narrow place where news would be lost.
#
# Where the numbers are
# ---------------------
#
# The convolutions hold most of the activations, the fully connected layers nearly all of the parameters. Memory
# during training follows the left picture, the size of the saved file the right one.

layers = [row for row in table.rows if row.name != "Input"]
names = [row.name for row in layers]
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
for axis, numbers, title in (
    (axes[0], [row.size for row in layers], "activations"),
    (axes[1], [row.parameters for row in layers], "parameters"),
):
    drawn = axis.barh(names, numbers, color=4 * ["#0072b2"] + 3 * ["#d55e00"])
    axis.bar_label(drawn, labels=[f"{number:,}" for number in numbers], padding=3)
    axis.set(title=title, xticks=[], xlim=(0, 1.25 * max(numbers)))
    axis.spines[["top", "right", "bottom"]].set_visible(False)
axes[0].invert_yaxis()
fig.tight_layout()

# %%
# Why convolutions are cheap
# --------------------------
#
# The first layer makes 4,704 numbers from 3,072. If every output had its own weight for every input, that layer
# alone would need more than fourteen million parameters. It needs 456, for two reasons: a filter is *shared* by all
# places, and it is *sparse*, as each output looks at 5x5 pixels only.

inputs, outputs = table.rows[0].size, table.rows[1].size
print(f"fully connected:         {ops.linear_parameters(inputs, outputs):>12,}")
print(f"sparse, nothing shared:  {outputs * (5 * 5 * 3 + 1):>12,}")
print(f"sparse and shared:       {ops.conv_parameters(5, in_channels=3, out_channels=6):>12,}")

# %%
# 1998 and today
# --------------
#
# The network of 1998 squashed its activations with a scaled tanh and pooled by averages; today one takes ReLU and the
# maximum. Both change nothing in the table. They change learning: where tanh is flat, its slope is nearly zero and
# little of the error comes through; ReLU hands on all of it wherever the unit is on.

x = torch.linspace(-4, 4, 401, requires_grad=True)
curves = {"1998: 1.7159 tanh(2x/3)": 1.7159 * torch.tanh(2 * x / 3), "today: ReLU": torch.relu(x)}
fig, axes = plt.subplots(1, 2, figsize=(9, 3), sharex=True)
for color, (name, y) in zip(("#d55e00", "#0072b2"), curves.items(), strict=True):
    (slope,) = torch.autograd.grad(y.sum(), x)
    axes[0].plot(x.detach().numpy(), y.detach().numpy(), label=name, color=color)
    axes[1].plot(x.detach().numpy(), slope.numpy(), color=color)
axes[0].set(title="what comes out", ylim=(-2, 4))
axes[1].set(title="its slope: what comes back")
axes[0].legend(frameon=False)
fig.tight_layout()

# %%
# For grey digits both have 61,706 parameters. The paper counts 60,000, because three of its details are left out
# today: some filters of the second convolution saw only some of the six maps below, poolings had two learned numbers
# a map, and the last layer compared with drawings of the digits.

for name in ("lenet5_1998", "lenet5"):
    model = striate.create(name, classes=10, in_channels=1)
    print(f"{name:12}", f"{striate.summary(model, (1, 32, 32)).total.parameters:,}")
