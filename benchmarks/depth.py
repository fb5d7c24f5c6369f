"""Does depth hurt a plain network, and do shortcuts mend it? 20 and 44 layers, with and without.

Held equal: 45,000 JPEG-coded CIFAR-10 pictures, the recipe, the seed, the epochs, the order of the
pictures. He, Zhang, Ren and Sun 2015, section 4.2, on a short budget: at half the side, so that four
networks take minutes.

    python benchmarks/depth.py FOLDER     # one folder a class; writes docs/_static/depth.svg
"""

import argparse
import tempfile
from pathlib import Path

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

import striate
from striate.data.dataset import Splits
from striate.data.read_dataset import read

NETWORKS = ("plain_20", "plain_44", "resnet20", "resnet44")
COLORS = {"plain_20": "#e69f00", "plain_44": "#d55e00", "resnet20": "#56b4e9", "resnet44": "#0072b2"}
RECIPE = {"batch": 128, "lr": 0.1, "size": "16", "augment": "light", "seed": 0}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--picture", type=Path, default=Path("docs/_static/depth.svg"))
    asked = parser.parse_args()
    found = read(asked.folder)
    splits = Splits({"train": found["train"]}, found.format, found.root)
    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots()
    print(f"training loss after each of {asked.epochs} epochs, at {RECIPE['size']} pixels")
    for name in NETWORKS:
        with tempfile.TemporaryDirectory() as folder:
            run = striate.train(splits, model=name, epochs=asked.epochs, out=Path(folder) / "run", **RECIPE)
        losses = [row["train_loss"] for row in run.history]
        print(f"{name:9}", *(f"{loss:.3f}" for loss in losses), flush=True)
        axes.plot(range(1, len(losses) + 1), losses, color=COLORS[name], label=name.replace("_", "-"))
    axes.set(xlabel="epoch", ylabel="training loss")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(asked.picture)


if __name__ == "__main__":
    main()
