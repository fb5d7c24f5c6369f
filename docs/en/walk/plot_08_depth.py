"""
8. Why deep networks have shortcuts
===================================

Stack more layers and a network can compute more. Yet a plain network of 56 layers comes out *worse* than one of 20,
and worse on the training pictures already: it is not overfitting, it is harder to train. A residual network mends
this with one addition.
"""

import tempfile

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional as F

import striate
from striate.data.read_dataset import read

# %%
# One addition
# ------------
#
# A block of two layers takes :math:`a^{[l]}` and computes :math:`z^{[l+2]}`. A plain network hands on
# :math:`g(z^{[l+2]})`, where g is ReLU. A residual network adds what came in, around both layers:
#
# .. math:: a^{[l+2]} = g\left(z^{[l+2]} + a^{[l]}\right)
#
# If the weights and the bias of the last layer are zero, then z is zero and the block hands on its input, which is
# positive already: a block that has learned nothing does no harm. Here the last step of a block is a normalization, so
# its scale and shift play the part of W and b.

torch.manual_seed(0)
block = striate.create("resnet20", classes=10).stages[0][0].eval()
a = torch.rand(1, 16, 8, 8)
nn.init.zeros_(block.norm2.weight)
nn.init.zeros_(block.norm2.bias)
print("with zeros, the block is the identity:", torch.equal(block(a), F.relu(a)), torch.equal(F.relu(a), a))

# %%
# What reaches the first layers
# -----------------------------
#
# Before anything is learned, how long is the gradient of each layer's weights? Every plain block multiplies what comes
# back. With batch normalization, as here, the product grows with depth, until the first layers get gradients hundreds
# of thousands of times as long as those of the last; without normalization it often shrinks to nothing instead. Either
# way no single learning rate fits all layers. With shortcuts the error comes back through the additions unmultiplied,
# and all layers get gradients of similar length.

digits = read("digits")["train"]
images = torch.stack([digits.image(place) for place in range(128)]) / 255
labels = torch.from_numpy(digits.labels[:128])


def gradient_lengths(name: str) -> list[float]:
    """The length of the gradient of every convolution's weights, from the first to the last layer."""
    torch.manual_seed(0)
    network = striate.create(name, classes=10, in_channels=1)
    F.cross_entropy(network((images - images.mean()) / images.std()), labels).backward()
    return [float(weight.grad.norm()) for weight in network.parameters() if weight.ndim == 4]


fig, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
for axis, kind in zip(axes, ("plain_", "resnet"), strict=True):
    for color, depth in zip(("#56b4e9", "#0072b2", "#1c2733"), (20, 56, 110), strict=True):
        lengths = gradient_lengths(f"{kind}{depth}")
        axis.semilogy(range(1, len(lengths) + 1), lengths, color=color, label=f"{depth} layers")
        print(f"{kind.strip('_'):7} {depth:3} layers: first / last = {lengths[0] / lengths[-1]:,.1f}")
    axis.set(title="plain" if kind == "plain_" else "with shortcuts", xlabel="layer")
axes[0].set_ylabel("length of the gradient")
axes[0].legend(frameon=False)
fig.tight_layout()

# %%
# A short race
# ------------
#
# Both networks have the same 56 layers, the same number of parameters, the same first weights, and see the same digits
# in the same order, four times. Only the additions differ.


def losses_of(name: str) -> list[float]:
    """Train for four epochs; the training loss of each."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"epochs": 4, "size": "8", "augment": "none", "precision": "32"}
        run = striate.train("digits", model=name, out=folder, force=True, **settings)
    return [row["train_loss"] for row in run.history]


fig, axis = plt.subplots(figsize=(6, 3.2))
for name, color, title in (("plain_56", "#d55e00", "plain"), ("resnet56", "#0072b2", "with shortcuts")):
    losses = losses_of(name)
    axis.plot(range(1, 5), losses, "o-", color=color, label=title)
    print(f"{title:15}", " ".join(f"{loss:.2f}" for loss in losses))
axis.axhline(torch.tensor(10.0).log(), color="0.6", linestyle=":")
axis.text(4, 2.34, "guessing", ha="right", va="bottom", color="0.4")
axis.set(xlabel="epoch", ylabel="training loss", xticks=range(1, 5), ylim=(0, 2.7))
axis.legend(frameon=False, loc="center right")
fig.tight_layout()

# %%
# Four epochs on small digits are a sketch, not a proof: the plain network is still on its way. The page of figures has
# the same comparison on photographs, over twelve epochs: there the deeper residual network ends below the shallower one.
#
# He, Zhang, Ren and Sun (2016) found shortcuts, https://arxiv.org/abs/1512.03385. Yang and others (2019) show why
# gradients grow in plain networks with batch normalization, https://arxiv.org/abs/1902.08129.
