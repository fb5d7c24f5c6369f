"""Paint with a network: in the style of a picture, its texture, and by networks trained for one pass."""

from striate.style.networks.apply_style import apply_style
from striate.style.networks.train_style import train_style
from striate.style.painting.stylize import stylize
from striate.style.painting.texture import texture

__all__ = ["apply_style", "stylize", "texture", "train_style"]
