"""What a person writes for --augment: the name of a recipe, or parts with strengths.

"auto"  "none"  "digits"  "light"  "alexnet"  "strong"  "boxes"  "ssd"  "mirror,crop=4,rotate=10,edge=black"
"mine.json" <-- {"mirror": 0.5, "crop": 4}             "mine.txt" <-- the same words, on lines of their own
"""

import json
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from striate.data.augment.augment import PARTS, Augment
from striate.errors import SettingError
from striate.files.regular import read_regular, reason_of

MOST_BYTES = 1_000_000
"""Of a file with a recipe."""

RECIPES = {
    "none": Augment(),
    # Handwriting: moved, turned, slanted and bent a little, never mirrored. Simard, Steinkraus, Platt 2003.
    "digits": Augment(shift=0.05, scale=0.1, rotate=10, shear=6, warp=1.25, edge="black"),
    # For small photographs: 4 pixels of 32. He, Zhang, Ren, Sun 2015, section 4.2.
    "light": Augment(mirror=0.5, crop=0.125),
    # Crops of 224 from 256, 16 pixels either way. Krizhevsky, Sutskever, Hinton 2012, section 4.1.
    "alexnet": Augment(mirror=0.5, crop=16 / 224, pca=0.1),
    # For few pictures and many epochs.
    "strong": Augment(mirror=0.5, crop=0.125, scale=0.2, rotate=15, shear=5, color=0.3, pca=0.1, erase=0.25),
    # For detectors: things a little larger or smaller, anywhere, in other light.
    "boxes": Augment(mirror=0.5, color=0.2, zoom=0.4, edge="black"),
    # Crops around boxes and pictures on black. Liu and others 2016 (SSD), sections 2.2 and 3.6.
    "ssd": Augment(mirror=0.5, color=0.4, hue=0.05, zoom_out=0.5, iou_crop=0.86, edge="black"),
}


def augmentation(text: str, *, grey: bool = False) -> Augment:
    """The augmentation that a text describes.

    Args:
        text: ``auto`` (``digits`` for grey pictures, ``light`` for others), a recipe's name, or parts
            separated by commas, each with ``=strength`` or with its usual one. A recipe may come first, to be
            changed by parts.
        grey: whether the pictures are grey; ``pca`` is left out then.

    Raises:
        SettingError: there is no such recipe or part, or a strength is out of range.

    >>> str(augmentation("mirror,crop=4,rotate=10")), str(augmentation("light,crop=2"))
    ('mirror=0.5,crop=4,rotate=10', 'mirror=0.5,crop=2')
    """
    words = [word.strip() for word in text.split(",")]
    if words[0] == "auto":
        words[0] = "digits" if grey else "light"
    base = RECIPES.get(words[0])
    settings = dict(map(_setting, words if base is None else words[1:]))
    if grey:
        settings["pca"] = 0.0
    return replace(base or Augment(), **settings)


def recipe_file(path: str | Path) -> str:
    """The text for ``augmentation`` that a file stands for; the file is not needed again.

    Args:
        path: a .json file with an object of parts and strengths, or a .txt file with the words of
            ``augmentation``, separated by commas or lines.

    Raises:
        SettingError: it cannot be read, is no such file, or describes no augmentation.
    """
    path = Path(path)
    expected = '{"mirror": 0.5, "crop": 4}' if path.suffix == ".json" else "mirror=0.5, crop=4"
    try:
        content = read_regular(path, MOST_BYTES).decode("utf-8")
        text = _from_json(content) if path.suffix == ".json" else ",".join(content.replace(",", "\n").split())
        augmentation(text or "none")
    except (OSError, ValueError, RecursionError) as reason:
        wrong = f"the recipe {path} cannot be read: {reason_of(reason)}"
        raise SettingError(wrong, expected, "--augment light, or write such a file") from reason
    except SettingError as reason:
        raise SettingError(f"the recipe {path}: {reason.wrong}", reason.expected, reason.attempt) from None
    return text or "none"


def _from_json(content: str) -> str:
    """``{"mirror": 0.5, "crop": 4}`` as ``mirror=0.5,crop=4``."""
    parts = json.loads(content)
    if not isinstance(parts, dict):
        raise ValueError("it holds no object")
    return ",".join(f"{name}={strength}" for name, strength in parts.items())


def _setting(word: str) -> tuple[str, Any]:
    """``rotate=10`` as ("rotate", 10.0), ``rotate`` with its usual strength."""
    name, _, strength = word.partition("=")
    if name == "edge":
        return name, strength
    if name not in PARTS:
        names = ("auto", *RECIPES, *PARTS, "edge")
        nearest = ", ".join(get_close_matches(name, names, n=3, cutoff=0))
        wrong = f"there is no augmentation {name!r}"
        raise SettingError(wrong, "one of: " + ", ".join(names), f"nearest: {nearest}")
    try:
        return name, float(strength or PARTS[name].usual)
    except ValueError:
        part = PARTS[name]
        wrong, expected = f"augmentation {name} is {strength!r}", f"0..{part.most:g}, {part.meaning}"
        raise SettingError(wrong, expected, f"{name}={part.usual:g}") from None
