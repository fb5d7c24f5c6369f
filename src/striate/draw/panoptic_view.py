"""Answers to one picture beside each other, and what instances and classes say together.

+-----------+ +-----------+ +-----------+      a panel for each answer, as it is drawn alone; where one has
| mask_rcnn | | unet      | | panoptic  |      masks of objects and one has classes of pixels, both in one
+-----------+ +-----------+ +-----------+      picture: objects each in a color, stuff by class
"""

from collections.abc import Mapping

from PIL import Image

from striate.draw.image_grid import Picture
from striate.draw.mask_overlay import beside, segmented
from striate.draw.record_overlay import drawn
from striate.records import Detections, Record, Segmentation, panoptic

PANOPTIC = "panoptic"


def panoptic_view(image: Picture, things: Detections, stuff: Segmentation | None = None) -> Image.Image:
    """Objects each in a color of its own, other classes each in one, no pixel in two; a legend below.

    Args:
        image: as it was given.
        things: with masks, in its pixels. Of two that overlap the better score has the pixels.
        stuff: the classes of pixels; they get what no object has. None for objects alone.

    Raises:
        ShapeError: the objects have no masks, or the answers are of pictures of different sizes.
    """
    return segmented(image, panoptic(things, stuff).segmentation())


def answers_beside(image: Picture, answers: Mapping[str, Record]) -> Image.Image:
    """A panel for each answer with its name above it.

    Args:
        image: the picture that was answered.
        answers: by the name of who answered; of the first with masks and the first with classes of pixels
            there is a panoptic view, too.
    """
    panels = [(name, drawn(image, record)) for name, record in answers.items()]
    found = answers.values()
    things = next((one for one in found if isinstance(one, Detections) and one.masks is not None), None)
    stuff = next((one for one in found if isinstance(one, Segmentation)), None)
    if things is not None and stuff is not None:
        panels.append((PANOPTIC, panoptic_view(image, things, stuff)))
    return beside(panels)
