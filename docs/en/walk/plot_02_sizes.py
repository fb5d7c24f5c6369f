"""
2. Padding, stride, and how large the answer is
===============================================

Putting :math:`p` rows of zeros around the picture gives the kernel more places; moving it in steps of :math:`s`
gives it fewer. For a side of :math:`n` pixels and a kernel of :math:`f`, the answer has

.. math:: \\left\\lfloor \\frac{n + 2p - f}{s} \\right\\rfloor + 1

places along that side: what does not fill a whole step is dropped.
"""

import matplotlib.pyplot as plt

from striate import ops

print("6 pixels, kernel 3            ->", ops.output_size(6, 3))
print("6 pixels, kernel 3, padding 1 ->", ops.output_size(6, 3, padding=1))
print("7 pixels, kernel 3, stride 2  ->", ops.output_size(7, 3, stride=2))
print("8 pixels, kernel 3, stride 2  ->", ops.output_size(8, 3, stride=2), "(rounded down)")

# %%
# Same and valid
# --------------
#
# *Valid* means no padding. *Same* means as much padding as keeps the size: (f - 1) / 2 on both sides when f is odd.
# An even kernel has no middle, so one side gets one row more: this is why kernels are odd.

for f in (3, 5, 7, 2, 4):
    print(f"kernel {f}: same padding (before, after) = {ops.same_padding(6, f)}")

# %%
# What one point has seen
# -----------------------
#
# A point of a deep layer depends on a patch of the picture, its *receptive field*. Every layer widens it by its
# kernel, counted in the steps of all strides before it. This is LeNet-5:

field = ops.ReceptiveField()
layers = [
    ("conv 5x5", 5, 1),
    ("pool 2x2", 2, 2),
    ("conv 5x5", 5, 1),
    ("pool 2x2", 2, 2),
    ("fully connected", 5, 1),
]
sizes, strides = [], []
for name, kernel, stride in layers:
    field = field.through(kernel, stride)
    sizes.append(field.size)
    strides.append(field.stride)
    print(f"{name:16} sees {field.size:2} pixels, and moves {field.stride} pixels a step")

fig, axis = plt.subplots(figsize=(7, 3))
axis.barh([f"{number + 1}. {name}" for number, (name, _, _) in enumerate(layers)], sizes, color="tab:blue")
for place, (size, stride) in enumerate(zip(sizes, strides, strict=True)):
    axis.text(size + 0.4, place, f"{size} px, stride {stride}", va="center")
axis.set(xlabel="receptive field, pixels", xlim=(0, 40))
axis.invert_yaxis()
fig.tight_layout()
