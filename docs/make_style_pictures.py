"""Paint the pictures of docs/en/style.md. They are kept in docs/_static/style; this makes them anew.

    python docs/make_style_pictures.py MODEL PICTURES [LEARNED]

MODEL is a ResNet-20 that learned CIFAR-10, made by ``striate train cifar --model resnet20``, because its
weights can be had without a download. PICTURES is a folder that holds golden_gate.jpg, hoovertowernight.jpg,
starry_night.jpg and the_scream.jpg, as examples/inputs of https://github.com/jcjohnson/neural-style (MIT).
LEARNED is a style that was learned from starry_night.jpg; with it only the picture of learned styles is made.
With the word striate for MODEL only the picture is made that the network that comes along paints.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import striate
from striate.style.image_io import pixels_of, to_bytes
from striate.zoo.weights.shipped import SHIPPED

PLACE = Path(__file__).parent / "_static" / "style"
SIZE, GAP = 320, 8
LAYERS = "stem=2,stages.0.0,stages.0.1,stages.0,stages.1"
KEPT: dict[str, Any] = {
    **{"size": SIZE, "scales": 3, "steps": 60, "variation_weight": 0.5},
    **{"style_layers": LAYERS, "content_layers": "stages.1", "style_weight": 100},
}


def find(folder: Path, name: str) -> Path:
    """A picture below a folder."""
    return next(folder.rglob(name))


def row(cells: list[Any], name: str) -> None:
    """Pictures beside each other, of one height, as one JPEG."""
    images = [Image.fromarray(to_bytes(pixels_of(cell, None)).permute(1, 2, 0).numpy()) for cell in cells]
    height = min(image.height for image in images)
    images = [image.resize((round(image.width * height / image.height), height)) for image in images]
    sheet = Image.new("RGB", (sum(image.width + GAP for image in images) - GAP, height), "white")
    left = 0
    for image in images:
        sheet.paste(image, (left, 0))
        left += image.width + GAP
    PLACE.mkdir(parents=True, exist_ok=True)
    sheet.save(PLACE / name, quality=82)
    print(PLACE / name)


def main() -> None:
    """Paint all rows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("learned", type=Path, nargs="?")
    asked = parser.parse_args()
    bridge, tower = (find(asked.pictures, name) for name in ("golden_gate.jpg", "hoovertowernight.jpg"))
    night, scream = (find(asked.pictures, name) for name in ("starry_night.jpg", "the_scream.jpg"))
    if str(asked.model) == SHIPPED:
        painted = [striate.stylize(bridge, one, weights=SHIPPED, size=SIZE).image for one in (night, scream)]
        row(painted, "shipped.jpg")
        return
    if asked.learned:
        painted = [striate.apply_style(path, asked.learned, size=SIZE) for path in (bridge, tower)]
        row([pixels(night), *(one.image for one in painted)], "learned.jpg")
        return

    def paint(content: Path, *styles: Path, **more: Any) -> Any:
        settings = {"network": asked.model, **KEPT, **more}
        return striate.stylize(content, list(styles), **settings).image

    row([pixels(bridge), pixels(night), paint(bridge, night)], "stylize.jpg")
    row(
        [paint(bridge, scream), paint(bridge, night, scream), paint(bridge, scream, colors="match")],
        "ways.jpg",
    )
    left = np.tile(np.linspace(255, 0, 64).astype(np.uint8), (48, 1))
    row([pixels(tower), paint(tower, night, scream, masks=[left, 255 - left])], "masks.jpg")
    texture = {name: value for name, value in KEPT.items() if not name.startswith("content")}
    row(
        [pixels(scream), striate.texture(scream, network=asked.model, **{**texture, "steps": 100}).image],
        "texture.jpg",
    )


def pixels(path: Path) -> Any:
    """A picture in the size of the paintings."""
    return to_bytes(pixels_of(path, SIZE))


if __name__ == "__main__":
    main()
