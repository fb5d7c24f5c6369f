"""The page of mistakes: a gallery that can be filtered and ticked, and gives a list of corrections.

mistakes --suspects, then the largest losses, up to 400 cards--> one HTML file --ticked--> corrections.csv

The page runs one script, which its policy names by hash; it asks nobody for anything.
"""

import base64
import math
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from markupsafe import Markup
from PIL import Image

from striate.compare.mistakes import Mistakes
from striate.compare.unusual_pictures import ONE_THING
from striate.draw.heatmap import picture
from striate.draw.overlay import ANSWER, TRUTH, Overlay
from striate.errors import ImageError
from striate.files.atomic import write
from striate.report.inline_images import data_uri
from striate.report.templates import rendered, source, style
from striate.tasks.suspect import CLASS, IDENTITY, LABEL, LEAK, LOOSE, MISSING, NOTHING, OUTLIER, Suspect

MOST, ROOM = 400, 4_000_000
"""Cards, and letters of all pictures in them, at most: the page stays below 5 MB."""

SHOWN, DRAWN = 160, 320
"""Longer side of a picture on the page, and of one that boxes are drawn on, pixels."""

LABELS = 200
"""Classes that can be chosen on a card; of more the suggested one alone."""

UNSUSPECTED = "large loss"
SIZES = ((32, "up to 32"), (64, "up to 64"), (256, "up to 256"), (1024, "up to 1,024"))
"""Longer sides of pictures, pixels."""

LARGER = f"more than {SIZES[-1][0]:,}"

WORDS = {
    "relabel": "change the class to",
    "drop": "leave the picture out",
    "add-box": "add the box as",
    "move-box": "move the box, as",
    "remove-box": "remove the box",
}
ACTIONS = {
    LABEL: ("relabel", "drop"),
    IDENTITY: ("relabel", "drop"),
    MISSING: ("add-box", "drop"),
    LOOSE: ("move-box", "remove-box", "drop"),
    CLASS: ("relabel", "move-box", "remove-box", "drop"),
    NOTHING: ("remove-box", "drop"),
    LEAK: ("drop",),
    OUTLIER: ("drop",),
}
"""What can be done about each kind; about others the picture can be left out."""


@dataclass(frozen=True)
class Card:
    """A picture with what is likely wrong, or with a large loss. Fields are those of the template."""

    image: str
    kind: str
    suspected: bool
    score: str
    true: str
    predicted: str
    like: str
    loss: str
    picture: str
    classes: str
    size: str
    given: str
    suggested: str
    old: str
    box: str
    actions: tuple[str, ...]
    labelled: bool


def write_mistakes(found: Mistakes, path: str | Path) -> Path:
    """Write the page.

    Args:
        found: the mistakes.
        path: of the HTML file.

    Raises:
        RunError: it cannot be written.
    """
    text = page(found).encode("utf-8", "backslashreplace")
    return write(path, lambda file: file.write_bytes(text), (".html",))


def page(found: Mistakes) -> str:
    """The page as text."""
    made, script = list(cards(found)), source("mistakes_page.js").strip()
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    classes = found.parts[0].pictures.classes
    kinds = list(dict.fromkeys(card.kind for card in made))
    used = sorted({name for card in made for name in card.classes.split("\t") if name})
    sizes = [
        words
        for words in (*(words for _, words in SIZES), LARGER)
        if any(card.size == words for card in made)
    ]
    choices = [("kind", "Kind", kinds), ("class", "Class", used), ("size", "Longer side", sizes)]
    return rendered(
        "mistakes_page.html",
        style=style(),
        kind="mistakes",
        links=[("pictures", "Pictures")],
        name=Path(found.root).name or found.root,
        headline=found.headline(),
        seen=found.seen,
        shown=len(made),
        count=len(found),
        boxes=any(card.box or card.old for card in made),
        given_color=TRUTH,
        answer_color=ANSWER,
        choices=[choice for choice in choices if len(choice[2]) > 1],
        cards=made,
        words=WORDS,
        labels=classes if len(classes) <= LABELS else [],
        script=Markup(script),
        script_hash=f"sha256-{digest}",
    )


def cards(found: Mistakes) -> Iterator[Card]:
    """What is shown, as far as there is room: suspects, then the pictures with the largest losses."""
    count, room = 0, ROOM
    for card in filter(None, _all_cards(found)):
        count, room = count + 1, room - len(card.image)
        if count > MOST or room < 0:
            return
        yield card


def _all_cards(found: Mistakes) -> Iterator[Card | None]:
    """A card for each suspect, of all kinds if they are many; then one for each other picture."""
    suspects = _in_turn(found.suspects)
    rows = {one.row for one in suspects}
    yield from (_card(found, one.row, one) for one in suspects)
    yield from (_card(found, row, None) for row in found.order() if row not in rows)


def _in_turn(suspects: tuple[Suspect, ...]) -> list[Suspect]:
    """The surest of each kind, then the second of each, and so on; kinds together in the end."""
    places, ranked = dict[str, int](), list[tuple[int, Suspect]]()
    for one in suspects:
        ranked.append((places.get(one.kind, 0), one))
        places[one.kind] = places.get(one.kind, 0) + 1
    chosen = {id(one) for _, one in sorted(ranked, key=lambda pair: pair[0])[:MOST]}
    return [one for one in suspects if id(one) in chosen]


def _card(found: Mistakes, row: int, suspect: Suspect | None) -> Card | None:
    """A card; None where the picture can no longer be read."""
    pictures, index = found.picture(row)
    try:
        image = picture(pictures.image(index))
    except ImageError:
        return None
    loss, known = float(found.losses[row]), found.task in ONE_THING
    given = suspect.given if suspect else found.truth(row) if known else ""
    answer = found.answers[row]
    suggested = suspect.suggested if suspect else answer if answer in pictures.classes else ""
    kind = suspect.kind if suspect else UNSUSPECTED
    actions = ACTIONS.get(kind, ("relabel", "drop") if known else ("drop",))
    boxes = suspect is not None and (suspect.box or suspect.given_box)
    named = boxes or kind == IDENTITY  # the answer to the picture says something else
    return Card(
        image=data_uri(_drawn(image, suspect), DRAWN) if boxes and suspect else data_uri(image, SHOWN),
        kind=kind,
        suspected=suspect is not None,
        score=f"{suspect.score:.2f}" if suspect else "",
        true=given if named else found.truth(row),
        predicted=suggested if named else answer,
        like="" if suspect is None or suspect.like is None else _path(found, suspect.like),
        loss="unknown" if math.isnan(loss) else f"{loss:.3g}",
        picture=_path(found, row),
        classes="\t".join(dict.fromkeys(name for name in (given, suggested) if name)),
        size=size_in_words(max(image.size)),
        given=given,
        suggested=suggested,
        old=_sides(suspect.given_box if suspect else None),
        box=_sides(suspect.box if suspect else None),
        actions=actions,
        labelled=actions[0] in ("relabel", "add-box", "move-box") and len(pictures.classes) <= LABELS,
    )


def _path(found: Mistakes, row: int) -> str:
    """The path of a picture inside the data."""
    pictures, index = found.picture(row)
    return pictures.store.relative(int(pictures.places[index])).replace("\\", "/")


def _drawn(image: Image.Image, suspect: Suspect) -> Image.Image:
    """The picture with the box of the data, and that of the answer."""
    scale = DRAWN / max(image.size)
    canvas = Overlay(image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale)))))
    for box, color, name in (
        (suspect.given_box, TRUTH, suspect.given),
        (suspect.box, ANSWER, suspect.suggested),
    ):
        if box:
            canvas.box([scale * side for side in box], color, name, below=color == ANSWER)
    return canvas.picture


def _sides(box: tuple[float, ...] | None) -> str:
    return " ".join(f"{side:.2f}" for side in box) if box else ""


def size_in_words(side: int) -> str:
    """A longer side in the words of the choice.

    >>> size_in_words(32), size_in_words(5000)
    ('up to 32', 'more than 1,024')
    """
    return next((words for limit, words in SIZES if side <= limit), LARGER)
