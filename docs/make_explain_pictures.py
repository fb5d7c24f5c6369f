"""The pictures of docs/en/explain.md: every method on three digits and three synthetic pictures, and a chart.

    python docs/make_explain_pictures.py     # writes docs/_static/explain_*.png, in a few minutes

The digits are those of scikit-learn, which a LeNet-5 learns here; synthetic pictures are made by the code.
"""

import tempfile
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import Tensor

import striate
from striate.data.read_dataset import read
from striate.draw.heatmap import enlarge, heat, picture
from striate.draw.image_grid import Picture, grid
from striate.explain.attribution.methods import METHODS
from striate.explain.evaluation.pixel_importance import ranking
from striate.explain.evaluation.synthetic_data import make_synthetic_data
from striate.explain.evaluation.toy_classifier import toy_classifier
from striate.tasks.classification.classifier import Classifier

PLACE = Path(__file__).parent / "_static"
SIDE = 150
BOX, POINT = "#ffffff", "#56b4e9"
SHOWN = (0, 3, 4)


def main() -> None:
    digits()
    model = toy_classifier()
    marks(model)
    striate.benchmark_explanations(model, make_synthetic_data(500, 1)).save(PLACE / "explain_judged.png")


def digits() -> None:
    """Three digits that a network never saw, and every method."""
    test = read("digits")["test"]
    with tempfile.TemporaryDirectory() as folder:
        model = striate.train("digits", model="lenet5", epochs=60, ema=0.995, out=folder, force=True).model
    images = [test.image(int((test.labels == label).nonzero()[0][0])) for label in SHOWN]
    found = [striate.explain(model, images, method) for method in METHODS]
    cells: list[Picture] = []
    captions: list[str] = []
    for number in range(len(images)):
        cells += [found[0].images[number], *(one.heat()[number] for one in found)]
        captions += [f"said: {found[0].targets[number]}", *METHODS]
    small(grid(cells, captions, columns=5, side=SIDE), "explain_digits.png")


def marks(model: Classifier) -> None:
    """Three synthetic pictures: the mark, what each method shows, and where it points."""
    synthetic = make_synthetic_data(8, 1)
    found = {
        name: striate.explain(model, synthetic.images, name, target=synthetic.labels) for name in METHODS
    }
    cells: list[Picture] = []
    captions: list[str] = []
    for number in range(3):
        image, mask = synthetic.images[number], synthetic.masks[number]
        cells += [boxed(picture(image), mask), boxed(heat(edges(image)), mask, edges(image)[0])]
        captions += [synthetic.classes[synthetic.labels[number]], "an edge detector"]
        for name, one in found.items():
            strongest = ranking(name, one.values)[number]
            cells.append(boxed(one.heat()[number], mask, strongest))
            captions.append(name)
        cells.append(Image.new("RGB", (SIDE, SIDE), "white"))
        captions.append("")
    small(grid(cells, captions, columns=6, side=SIDE), "explain_planted.png")


def edges(image: Tensor) -> Tensor:
    """(1, H, W): differences between neighbours, which know nothing of any network."""
    pixels = image.float()
    down = torch.nn.functional.pad(pixels.diff(dim=1), (0, 0, 0, 1)).abs()
    right = torch.nn.functional.pad(pixels.diff(dim=2), (0, 1)).abs()
    return (down + right).amax(0, keepdim=True)


def boxed(shown: Image.Image, mask: Tensor, strongest: Tensor | None = None) -> Image.Image:
    """A picture with the box of the mark, and a ring around the strongest pixel of a map."""
    shown = enlarge(shown.convert("RGB"), SIDE)
    scale, pen = SIDE / mask.shape[-1], ImageDraw.Draw(shown)
    rows, columns = mask.nonzero().unbind(1)
    corners = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    pen.rectangle(
        [int(corner) * scale - edge for corner, edge in zip(corners, (1, 1, 0, 0), strict=True)], outline=BOX
    )
    if strongest is not None:
        row, column = divmod(int(strongest.argmax()), mask.shape[-1])
        middle = (column + 0.5) * scale, (row + 0.5) * scale
        pen.ellipse([middle[0] - 6, middle[1] - 6, middle[0] + 6, middle[1] + 6], outline=POINT, width=3)
    return shown


def small(sheet: Image.Image, name: str) -> None:
    """Write a picture with 128 colors, which is enough for these."""
    sheet.quantize(128, dither=Image.Dither.NONE).save(PLACE / name, optimize=True)
    print(f"drawn: {PLACE / name} ({(PLACE / name).stat().st_size // 1024} KiB)", flush=True)


if __name__ == "__main__":
    main()
