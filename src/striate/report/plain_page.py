"""The page of a task that has none of its own: its numbers, and its worst pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from markupsafe import Markup
from torch import Tensor

from striate.draw.heatmap import picture
from striate.formatting import words_of
from striate.report.inline_images import data_uri
from striate.report.section import Contents, Curve, Measured, Section, Tile
from striate.report.templates import rendered
from striate.tasks.metric import Metrics, Primary
from striate.train.run.headline import headline

SHOWN = 24


@dataclass(frozen=True)
class WorstPicture:
    """One picture that the model was bad at.

    Args:
        image: the picture, as data.
        value: how good the answer is, in words.
        source: the file it came from.
        predicted: what was answered, in words; "" where the picture shows it.
        true: what is known of it, in words; "" where the picture shows it.
    """

    image: str
    value: str
    source: str
    predicted: str = ""
    true: str = ""


def contents(primary: Primary) -> Contents:
    """What the page holds, for a task with such a primary number."""
    words, unit = words_of(primary.name), " (%)" if primary.share else ""
    curve = Curve(f"val_{primary.name}", f"Validation {words}{unit}", 100 if primary.share else 1)
    return Contents(curve, lead, tiles, before=(worst_pictures,), after=())


def lead(page: Measured) -> Markup:
    """The headline."""
    return Markup("{}.").format(headline(page.evaluation.metrics, page.run.split))


def tiles(page: Measured) -> list[Tile]:
    """The primary number, and the others."""
    return tiles_of(page.evaluation.metrics)


def tiles_of(metrics: Metrics) -> list[Tile]:
    """The primary number with its interval, and the others."""
    known = metrics.primary.range_text(metrics.interval)
    first = Tile(_title(metrics.primary.name), metrics.primary.text(), known and f"95 % interval {known}")
    return [first, *(Tile(_title(name), value) for name, value in metrics.others_in_words().items())]


def worst_pictures(page: Measured) -> Section:
    """The pictures with the worst primary number, with what is known of them and what was answered."""
    run, found = page.run, page.evaluation
    metrics, dataset, answers = found.metrics, page.splits[run.split], found.metric.answers()
    values = torch.empty(0) if metrics.per_image is None else metrics.per_image
    pictures = []
    for row in worst(values, metrics.primary):
        index = int(found.indices[row])
        sample = dataset[index]
        shown, value = run.model.preprocess(sample.image), metrics.primary.of(float(values[row])).text()
        known = dataset.annotations.words(index)
        pictures.append(WorstPicture(data_uri(picture(shown)), value, sample.source, answers[row], known))
    name = words_of(metrics.primary.name)
    how = f"Those with the worst {name}, as the network saw them."
    return worst_section(pictures, metrics.primary, how)


def worst_section(
    pictures: Sequence[WorstPicture], primary: Primary, how: str, *, large: bool = False, wide: bool = False
) -> Section:
    """The card of the worst pictures.

    Args:
        pictures: the worst one first.
        primary: what they are the worst by.
        how: they are chosen and shown, a sentence.
        large: whether there is something to see in them that small ones would not show.
        wide: whether each is several pictures beside each other.
    """
    name = words_of(primary.name)
    body = rendered("worst.html", pictures=pictures, name=name, how=how, large=large, wide=wide)
    return Section("worst", "Worst pictures", body)


def worst(per_image: Tensor, primary: Primary, count: int = SHOWN) -> list[int]:
    """Positions of the worst images, the worst first; of equal ones the first; NaN is left out.

    >>> import torch
    >>> worst(torch.tensor([0.5, float("nan"), 0.1]), Primary("overlap"))
    [2, 0]
    >>> worst(torch.tensor([0.5, float("nan"), 0.1]), Primary("error", higher_is_better=False))
    [0, 2]
    """
    known = (~per_image.isnan()).nonzero().flatten()
    order = per_image[known].sort(descending=not primary.higher_is_better, stable=True).indices[:count]
    return [int(position) for position in known[order]]


def _title(name: str) -> str:
    """A name as a heading; one with capital letters inside is spelled so.

    >>> _title("pixel_accuracy"), _title("mIoU")
    ('Pixel accuracy', 'mIoU')
    """
    words = words_of(name)
    return words if words[1:2].isupper() else words[:1].upper() + words[1:]
