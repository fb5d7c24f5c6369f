"""The weights that come with striate: two small networks learned from generated pictures; none is fetched.

    --weights striate   striate.safetensors   ResNet-18 with 0.35 of its width, to learn on from
    stylize, texture    painter.safetensors   stem and two stages of a ResNet-20, whose maps keep every pixel

The pictures are drawn by ``benchmarks/generated_pictures.py``, so the files have the licence of striate. What
they are and what they are worth: docs/en/weights.md.
"""

from pathlib import Path

SHIPPED = "striate"
"""The word for these weights, in the place of a path."""

NETWORK, PAINTER = "resnet18", "resnet20"
"""The networks that learned them, by their names; their arguments are in the files."""

FILE, PAINTER_FILE = (Path(__file__).with_name(f"{name}.safetensors") for name in ("striate", "painter"))

STAGES = 2
"""Stages of the painter that are kept: painting looks no deeper."""

SHA256 = {
    FILE: "713308877717d6802b5aae7439b406a16a77655cb33c7e1b4848f2c27492f5bd",
    PAINTER_FILE: "f4093ebcfd17bab2779feac28e7cd2df1b597d5a7c839806059bf6d4bfd43433",
}
"""Of the files, hexadecimal; a test compares them."""
