"""
7. Training: from noise to answers
==================================

A new network has random weights and guesses. Training shows it pictures in small batches. After each batch the loss
says how wrong the answers were, its gradient says in which direction every weight should move, and the optimizer moves
them a little. This page does it with 1,797 handwritten digits that ship inside scikit-learn.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

import striate
from striate.data.read_dataset import read

with tempfile.TemporaryDirectory() as folder:
    run = striate.train("digits", model="lenet5", epochs=12, out=folder, force=True)
    files = sorted(path.name for path in Path(folder).iterdir())
print(f"{run.metrics.accuracy:.1%} of {run.metrics.count} digits that the network never saw are right")

# %%
# What the run leaves behind
# --------------------------
#
# A run is a folder: the best model, every setting, the figures of each epoch, and a report to open in a browser.

print("\n".join(files))

# %%
# Three splits
# ------------
#
# The network learns from the *training* digits. After each epoch the *validation* digits say how good it is on
# pictures that it does not learn from, and the best epoch is kept. That choice makes the validation figure a little
# too good, so the figure to quote comes from the *test* digits, which are looked at once, at the end.
#
# The learning rate climbs for a quarter of the steps and then falls to nothing: large steps to get far, small ones to
# arrive. The training digits are turned, moved and bent at random, which makes them harder than the untouched
# validation digits. This is why the loss in validation can be the lower one.

epochs = [row["epoch"] for row in run.history]
fig, axes = plt.subplots(1, 3, figsize=(10, 3))
axes[0].plot(epochs, [row["train_loss"] for row in run.history], label="training", color="#0072b2")
axes[0].plot(epochs, [row["val_loss"] for row in run.history], label="validation", color="#d55e00")
axes[0].legend(frameon=False)
axes[1].plot(epochs, [100 * row["val_accuracy"] for row in run.history], color="#d55e00")
axes[2].plot(epochs, [row["lr"] for row in run.history], color="#66717f")
for axis, title in zip(axes, ("loss", "validation accuracy, %", "learning rate"), strict=True):
    axis.set(title=title, xlabel="epoch", ylim=(0, None), xticks=epochs[1::2])
fig.tight_layout()

# %%
# Which digit is taken for which
# ------------------------------
#
# Rows are the true digits, columns the predicted ones. What is right stands on the diagonal.

matrix = run.metrics.confusion.dense().numpy()
fig, axis = plt.subplots(figsize=(4.8, 4.8))
axis.imshow(matrix, cmap="Blues", vmax=45)
for row, counts in enumerate(matrix):
    for column, count in enumerate(counts):
        if count:
            axis.text(column, row, count, ha="center", va="center", color="white" if count > 25 else "0.2")
axis.set(xlabel="predicted", ylabel="true", xticks=range(10), yticks=range(10))
fig.tight_layout()

# %%
# Its answers, the least sure first
# ---------------------------------
#
# ``predict`` gives a probability for every class. Those that the network is unsure about are worth a look: some
# digits are unclear to a person too. Wrong answers are red.

test = read("digits")["test"]
answers = run.model.predict([test.image(place) for place in range(len(test))])
unsure = sorted(range(len(test)), key=lambda place: answers[place].score)[:12]
fig, axes = plt.subplots(2, 6, figsize=(9, 3.8))
for axis, place in zip(axes.flat, unsure, strict=True):
    answer, truth = answers[place], test.classes[test.labels[place]]
    axis.imshow(test.image(place)[0].numpy(), cmap="gray_r")
    axis.set_title(
        f"{answer.class_name}?  {answer.score:.0%}\nit is {truth}",
        fontsize=9,
        color="black" if answer.class_name == truth else "#c0392b",
    )
    axis.axis("off")
fig.tight_layout()
