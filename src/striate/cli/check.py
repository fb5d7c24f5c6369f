"""``striate check``: what is wrong with a data set, by file name; and what augmentation does to a picture."""

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import striate
from striate.cli.console import err, hushed, print_json
from striate.cli.console import out as stdout
from striate.cli.flags import Data, Format, Json
from striate.cli.pictures import save as save_picture
from striate.cli.pictures import save_figure
from striate.cli.progress import Counting
from striate.data.checks.findings import KINDS
from striate.errors import SettingError
from striate.files.atomic import PICTURES, PLOTS, writable
from striate.formatting import plural
from striate.train.run.settings import Settings
from striate.zoo.network_arguments import written

if TYPE_CHECKING:
    from striate.data.checks.check import CheckReport
    from striate.data.checks.detector_fit import DetectorFit
    from striate.data.checks.findings import Finding

SHOWN = 10
"""Findings of one kind that are listed for people."""

DRAWN = 20
"""Classes that are drawn, those that priors cover least."""

WORDS = {"refuse": "stops training", "warn": "look at", "info": "to know"}


def check(
    data: Data,
    format: Format = None,
    task: Annotated[
        str | None, typer.Option(metavar="NAME", help="What shall be learned, as in train.")
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Of a table: which pictures belong together, as in train."),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(metavar="NAMES|FILE", help="Of masks: what their values mean, as in train."),
    ] = None,
    augment: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=1000, help="Draw one sample N times, augmented.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The augmentation to draw, as in train.")
    ] = None,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to draw it.")] = "augmented.png",
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", help="A detector: does it suit the boxes? A saved model: wrong labels?"
        ),
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="PIXELS", help="With --model: what it sees, as in train.")
    ] = None,
    set: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="With --model: arguments of the detector, as in train."),
    ] = None,
    plot: Annotated[
        str | None, typer.Option(metavar="FILE", help="With --model: draw what its priors cover.")
    ] = None,
    json: Json = False,
) -> None:
    """Read a data set once and list, by file name, what is wrong, odd or worth knowing.

    Ends with 2 if training would refuse the data. With --augment N: draw what augmentation does instead.
    """
    if augment is not None:
        draw_augmented(data, format, classes, augment, recipe, out)
        return
    if plot is not None:
        require_plot(plot, model)
    with Counting("looking at pictures") as progress, hushed():
        about = {"task": task, "group": group, "classes": classes, "model": model, "size": size}
        reading = progress.of("reading annotations, bytes")
        own = written(set or [])
        report = striate.check(data, format, **about, arguments=own, progress=progress, reading=reading)
    if plot is not None:
        if report.fit is None:
            raise SettingError(f"--plot draws priors, and {model} has none", "a detector", "--model yolo")
        draw_coverage(report.fit, plot)
    if json:
        print_json(report.to_dict())
    else:
        show_facts(report)
        show_findings(report.findings)
    if report.blocking():
        raise typer.Exit(2)


def show_facts(report: "CheckReport") -> None:
    """What the data are: counts by split, sizes, colors."""
    console, facts = stdout(), report.facts
    for sentence in report.notes:
        console.print(sentence)
    parts = ", ".join(f"{name} {count:,}" for name, count in facts["splits"].items())
    console.print(
        f"{plural(facts['pictures'], 'picture')} ({parts}), {plural(len(facts['classes']), facts['noun'])}"
    )
    if facts["width"]:
        sides = [f"{facts[side]['min']}..{facts[side]['max']}" for side in ("height", "width")]
        modes = ", ".join(f"{mode} {count:,}" for mode, count in facts["modes"].items())
        shown = "grey" if facts["grey"] else "color"
        console.print(f"{shown}; height {sides[0]}, width {sides[1]} pixels; modes {modes}")
        mean, std = (" ".join(f"{value:.3f}" for value in facts[name]) for name in ("mean", "std"))
        console.print(f"mean {mean}, standard deviation {std} (red, green, blue, 0..1)")
    for sentence in report.fit.sentences() if report.fit else ():
        console.print(sentence)


def require_plot(plot: str, model: str | None) -> None:
    """A file that can be drawn, and a model whose priors are drawn.

    Raises:
        SettingError: no model is named.
        RunError: the file cannot be written.
    """
    if model is None:
        raise SettingError(f"--plot {plot} draws the priors of a model", "--model with it", "--model yolo")
    writable(plot, PLOTS)


def draw_coverage(fit: "DetectorFit", plot: str) -> None:
    """One bar for each size and class: the share of boxes that a prior covers."""
    from striate.data.checks.prior_fit import OVERLAP  # late: it needs torch
    from striate.draw.charts import bars

    shares = [*fit.sizes, *fit.classes[:DRAWN]]
    names = [f"{one.name}: {one.boxes:,}" for one in shares]
    title = f"% of boxes with a prior (IoU > {OVERLAP:g})"
    save_figure(bars([round(100 * one.share, 1) for one in shares], names, title), Path(plot))
    err().print(f"drawn: {plot}")


def show_findings(findings: "tuple[Finding, ...]") -> None:
    """The findings by severity and kind, the gravest first."""
    console, order = stdout(), list(WORDS)
    kinds = list(KINDS)
    ranked = sorted(findings, key=lambda one: (order.index(one.severity), kinds.index(one.kind)))
    for kind, group in groupby(ranked, key=lambda one: one.kind):
        same = list(group)
        console.print(f"\n{WORDS[same[0].severity]}: {kind} ({len(same):,}) - {KINDS[kind][1]}")
        for finding in same[:SHOWN]:
            console.print(f"  {finding}")
        if len(same) > SHOWN:
            console.print(f"  ... and {len(same) - SHOWN:,} more; --json has all")
    if not findings:
        console.print("nothing wrong was found")


def draw_augmented(
    data: str, format: str | None, classes: str | None, count: int, recipe: str | None, file: str
) -> None:
    """Draw one training sample as the network sees it, and ``count`` times augmented."""
    import torch

    from striate.data.augment.augment_recipe import augmentation
    from striate.data.checks.statistics import facts
    from striate.data.read_dataset import read
    from striate.draw.image_grid import augmentation_sheet
    from striate.draw.record_overlay import with_truth
    from striate.records import Batch
    from striate.train.run.defaults import decide, preprocessing

    writable(file, PICTURES)
    dataset = read(data, format, classes=classes)["train"]
    settings = decide(Settings(augment=recipe), facts(dataset))
    preprocess = preprocessing(dataset, settings)
    augment = augmentation(settings.augment or "none", grey=preprocess.channels == 1).fitted(dataset)
    middle = len(dataset) // 2
    sample = dataset[middle]
    original = preprocess(sample.image)
    affine = preprocess.affine((sample.image.shape[1], sample.image.shape[2])).expand(count, 2, 3)
    chosen = torch.tensor([middle]).repeat(count)
    targets = dataset.annotations.collate(chosen).moved(affine, (original.shape[1], original.shape[2]))
    batch = Batch.full(original.repeat(count, 1, 1, 1), chosen, targets)
    changed = augment.on(batch, torch.Generator().manual_seed(0))
    before = with_truth(batch.images, batch.targets)[0]
    save_picture(augmentation_sheet(before, with_truth(changed.images, changed.targets)), Path(file))
    err().print(f"{sample.source}, augmented by {augment}")
    stdout().print(f"drawn: {file}")
