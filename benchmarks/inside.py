"""What do layers lose, and do features find alike what is alike? Inversion by depth, neighbours, maps.

Held equal: the pictures, their number, k = 5 and the seed. Inversion: steps and weights are the same for
every layer. Neighbours: the pictures are of the test or validation split, none was trained on.

    python benchmarks/inside.py LENET MNIST RESNET CIFAR    # runs of lenet5 and resnet20, and their data
    ... --pictures docs/_static                             # draws the documentation's pictures, too
"""

import argparse
import tempfile
from pathlib import Path
from statistics import mean

import numpy as np
from PIL import Image

import striate
from striate.data.dataset import Dataset, Splits
from striate.data.read_dataset import read
from striate.draw.image_grid import grid
from striate.explain.embeddings.embed import PIXELS
from striate.explain.embeddings.similar_images import SimilarImages, similar_images
from striate.explain.synthesis.image_prior import NATURAL, PLAIN
from striate.explain.synthesis.initial_image import open_model
from striate.explain.synthesis.objectives import class_score

COUNT = 2000
INVERTED = 8
K = 5


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("lenet", "mnist", "resnet", "cifar"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--pictures", type=Path)
    asked = parser.parse_args()
    for name, run, folder in (
        ("LeNet-5", asked.lenet, asked.mnist),
        ("ResNet-20", asked.resnet, asked.cifar),
    ):
        part = unseen(read(folder))
        inversion(name, run, part)
        near(name, run, part)
    if asked.pictures:
        draw(asked.lenet, asked.resnet, asked.pictures)


def unseen(splits: Splits) -> Dataset:
    """2,000 pictures, evenly spread, that were not trained on."""
    part = splits["test" if "test" in splits else "val"]
    return part.subset(np.linspace(0, len(part) - 1, COUNT).astype(int))


def inversion(name: str, run: Path, part: Dataset) -> None:
    """Mean distances of some pictures from what is made from each layer's features."""
    model = open_model(run)
    chosen = np.linspace(0, len(part) - 1, INVERTED).astype(int)
    found = [striate.invert(model, part.image(int(place))) for place in chosen]
    print(f"{name}: inversion of {INVERTED} pictures, mean distance in pixels (in features)")
    for number, layer in enumerate(found[0].layers):
        pixels = mean(one.pixel_distances[number] for one in found)
        features = mean(one.feature_distances[number] for one in found)
        print(f"  {layer:20} {pixels:.3f} ({features:.3f})", flush=True)


def near(name: str, run: Path, part: Dataset) -> None:
    """How many of the nearest five share the class: in features, pixels, and on t-SNE maps of both."""
    model = open_model(run)
    labels = None
    for space, layer in (("features", None), ("pixels", PIXELS)):
        vectors = striate.embed(model, part, layer)
        labels = vectors.labels
        high = striate.neighbours(vectors, k=K).same_label(labels)
        flat = striate.neighbours(striate.embedding_map(vectors).points, k=K).same_label(labels)
        plane = striate.neighbours(striate.embedding_map(vectors, method="pca").points, k=K).same_label(
            labels
        )
        print(
            f"{name}: of {COUNT} pictures, the nearest {K} with the same class by {space}: {high:.3f}", end=""
        )
        print(f", on their t-SNE map {flat:.3f}, on their PCA map {plane:.3f}", flush=True)


def draw(lenet: Path, resnet: Path, folder: Path) -> None:
    """The pictures of docs/en/inside.md."""
    small(priors(open_model(lenet)), folder / "inside_digits.png")
    small(priors(open_model(resnet)), folder / "inside_cifar.png")
    small(striate.invert(resnet, flower()).strip(112), folder / "inside_inverted.png")
    digits = read("digits")
    with tempfile.TemporaryDirectory() as place:
        reader = striate.train("digits", model="lenet5", epochs=12, out=place, force=True).model
    whole = striate.embedding_map(digits, reader)
    small(whole.picture(1000), folder / "inside_map.png")
    some = similar_images(reader, digits["test"], k=6)
    small(some.sheet(disputed(some), side=64), folder / "inside_neighbours.png")


def disputed(found: SimilarImages) -> list[int]:
    """Four pictures whose neighbours by features share their class and those by pixels least."""
    labels = found.vectors.labels
    shares = [
        (labels[near.indices] == labels[:, None]).float().mean(1)
        for near in (found.by_pixels, found.by_features)
    ]
    return (shares[0] - shares[1]).argsort()[:4].tolist()


def priors(model: object) -> Image.Image:
    """Two rows: what classes like best, without and with a prior for natural pictures."""
    names = getattr(model, "classes", ())[:10]
    rows = [
        striate.visualize(model, class_score(name), prior=prior)
        for prior in (PLAIN, NATURAL)
        for name in names
    ]
    captions = [f"{one.objective.removeprefix('class ')}: {one.scores[1]:.0f}" for one in rows]
    return grid([one.image for one in rows], captions, columns=len(names), side=84)


def flower() -> Image.Image:
    """The middle of a photograph that comes with scikit-learn."""
    from sklearn.datasets import load_sample_image

    return Image.fromarray(load_sample_image("flower.jpg")[20:400, 130:510])


def small(picture: Image.Image, path: Path) -> None:
    """Write a picture with 64 colors, which is enough for these."""
    picture.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"drawn: {path} ({path.stat().st_size // 1024} KiB)", flush=True)


if __name__ == "__main__":
    main()
