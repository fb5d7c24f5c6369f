"""The lineage of segmentation on one sheet: picture, seconds, multiplications, memory, IoU of each network.

    python benchmarks/segmentation_ladder.py CAMVID --out runs/ladder               # trains what is missing
    python benchmarks/segmentation_ladder.py CAMVID --out runs/ladder runs/camvid   # looks in both folders
    python benchmarks/drawn_scenes.py scenes
    python benchmarks/segmentation_ladder.py scenes --classes scenes/classes.txt --set size=96x128 epochs=20

A patch around every pixel; the same weights as a convolution; full resolution; FCN-32s, 16s, 8s; SegNet;
U-Net. Trained runs are NAME-0 below --out, as ``camvid.py --table`` writes them; those that are missing are
trained first, below the first folder. Held equal: pictures, size of the network, loss, augmentation, threads,
arithmetic (PyTorch, 32 bits); epochs and widths may differ and are printed. IoU is that of the validation
pictures in the pixels of their files, which also chose the epoch; a patch around every pixel is measured on
the first --patches of them. Seconds: medians of one picture at a time, in turns. Memory: the most that
tensors take beside the weights.

Written into the first folder: ladder.txt, ladder.png (the sheet), ladder.html (both).
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch
from camvid import COMMON, RECIPES, TABLE
from markupsafe import Markup
from PIL import Image, ImageDraw
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

import striate
from striate.data.annotations.mask_annotations import MaskAnnotations
from striate.data.dataset import Dataset
from striate.data.read_dataset import read
from striate.draw.enlarged import Box, detail_box
from striate.draw.fonts import font, own_font
from striate.draw.heatmap import picture as as_picture
from striate.draw.mask_overlay import class_colors, contours, tinted
from striate.draw.theme import INK, MUTED, PAPER, SERIES, rgb
from striate.formatting import brief, percent
from striate.ops import confusion, mean_iou
from striate.ops.mirrored import mirrored
from striate.records import Segmentation
from striate.report.inline_images import data_uri
from striate.report.templates import style
from striate.tasks.segmentation.networks.patch_classifier import (
    PATCH,
    PatchClassifier,
    multiplications_saved,
)
from striate.tasks.segmentation.segmenter import Segmenter
from striate.train.run.run import Run

EVERY_PIXEL = "a patch around every pixel"
NAMES = {
    "patch_classifier": "the same, as a convolution",
    "fcn": "full resolution",
    "fcn32s": "FCN-32s",
    "fcn16s": "FCN-16s",
    "fcn8s": "FCN-8s",
    "segnet": "SegNet",
    "unet": "U-Net",
}
"""By the name of the network: what stands above its picture."""

OWN: dict[str, dict[str, Any]] = {"fcn": {"arguments": {"channels": 16}}}
"""What is set besides for networks that camvid.py does not train."""

SIDE, SPACE, LETTER = 300, 14, 15
"""Of the sheet, pixels: height of a picture, between pictures, of a letter."""

DETAIL = 0.3
"""Share of the shorter side of the picture that is magnified."""

Answer = Callable[[Tensor], Tensor]
"""uint8 (3, H, W) -> class numbers (H, W)."""


@dataclass(frozen=True)
class Rung:
    """What was measured of a network.

    Args:
        title: its name.
        mask: (H, W), its answer to the picture that is drawn.
        iou: mean IoU.
        pictures: on how many it was measured.
        seconds: of one picture.
        multiplications: of weights, for one picture.
        bytes: that its tensors take at most.
        weights: how many.
        epochs: of its training.
    """

    title: str
    mask: Tensor
    iou: float
    pictures: int
    seconds: float
    multiplications: int
    bytes: int
    weights: int
    epochs: int


def main() -> None:
    """Train what is missing, measure, print and draw."""
    asked = arguments()
    changed: dict[str, Any] = dict(text.split("=", 1) for text in asked.set)
    runs = {name: run_of(asked, name, changed) for name in NAMES if name in (asked.only or NAMES)}
    torch.set_num_threads(asked.threads)
    part = read(asked.data, classes=asked.classes)["val"]
    models = {name: run.model for name, run in runs.items()}
    answers = {NAMES[name]: answer_of(model) for name, model in models.items()}
    first = [runs[name] for name in runs if name == "patch_classifier"]
    if first:
        answers = {EVERY_PIXEL: every_pixel(first[0].model), **answers}
    rungs = measured(asked, part, answers, [*first, *runs.values()])
    image, index = part[asked.picture].image, asked.picture
    text = "\n".join([*table(rungs), "", *(twins(first[0].model, image) if first else ())])
    print(text)
    out: Path = asked.out[0]
    drawn = sheet(image, truth_of(part, index), rungs, part.classes)
    drawn.save(out / "ladder.png")
    (out / "ladder.txt").write_text(text + "\n")
    (out / "ladder.html").write_text(page(text, drawn))


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--classes", default="camvid")
    parser.add_argument("--out", type=Path, nargs="+", default=[Path("runs/segmentation-ladder")])
    parser.add_argument("--only", choices=NAMES, action="append")
    parser.add_argument("--set", nargs="+", default=[], metavar="SETTING=VALUE")
    parser.add_argument("--picture", type=int, default=0, help="which one of val is drawn")
    parser.add_argument("--patches", type=int, default=10, help="pictures with a patch around every pixel")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def run_of(asked: argparse.Namespace, name: str, changed: dict[str, Any]) -> Run:
    """The run of a network; trained if there is none."""
    folders = [one / f"{name}-0" for one in asked.out]
    done = next((one for one in folders if (one / "metrics.json").exists()), None)
    if done is None:
        done = folders[0]
        print(f"training {name}", flush=True)
        settings = {**COMMON, **TABLE, **RECIPES.get(name, {}), **OWN.get(name, {}), **changed, "seed": 0}
        settings["classes"] = asked.classes
        striate.train(asked.data, model=name, out=done, resume=done.exists(), **settings)
    return Run.open(done)


def answer_of(model: Any) -> Answer:
    """How a network answers a picture."""
    return lambda image: model.predict(image).mask


def every_pixel(model: Any) -> Answer:
    """A patch around every pixel of the image that the network sees."""
    network, before = model.network, PATCH // 2 - 1
    assert isinstance(network, PatchClassifier)
    after = PATCH - 1 - before

    def answer(image: Tensor) -> Tensor:
        seen = model.normalized(model.preprocess(image)[None])
        scores = network.by_patches(mirrored(seen, (before, after, before, after)), step=1)
        size = torch.tensor([scores.shape[-2:]])
        found: Segmentation = model.records_of(scores, size, [tuple(image.shape[-2:])])[0]
        return found.mask

    return answer


@torch.inference_mode()
def measured(
    asked: argparse.Namespace, part: Dataset, answers: dict[str, Answer], runs: Sequence[Run]
) -> list[Rung]:
    """All networks on the same pictures."""
    image = part[asked.picture].image
    seconds = in_turns(answers, image, asked.rounds)
    found = []
    for (title, answer), run in zip(answers.items(), runs, strict=True):
        count = min(len(part), asked.patches) if title == EVERY_PIXEL else len(part)
        rung = Rung(
            title,
            answer(image),
            iou_of(answer, part, count),
            count,
            seconds[title],
            multiplications(run.model, image, every=title == EVERY_PIXEL),
            most_bytes(answer, image),
            sum(one.numel() for one in run.model.parameters()),
            len(run.history),
        )
        print(f"measured: {title}", flush=True)
        found.append(rung)
    return found


def in_turns(answers: dict[str, Answer], image: Tensor, rounds: int) -> dict[str, float]:
    """Median seconds; the first round is not counted."""
    taken: dict[str, list[float]] = {title: [] for title in answers}
    for _ in range(rounds + 1):
        for title, answer in answers.items():
            began = perf_counter()
            answer(image)
            taken[title].append(perf_counter() - began)
    return {title: median(values[1:]) for title, values in taken.items()}


def iou_of(answer: Answer, part: Dataset, count: int) -> float:
    """Mean IoU on the first pictures of a split."""
    classes = len(part.classes)
    total = torch.zeros(classes, classes, dtype=torch.int64)
    for index in range(count):
        total += confusion(truth_of(part, index), answer(part[index].image), classes)
    return float(mean_iou(total))


def truth_of(part: Dataset, index: int) -> Tensor:
    """(H, W): the mask of a picture."""
    assert isinstance(part.annotations, MaskAnnotations)
    return part.annotations.mask(index)


def multiplications(model: Any, image: Tensor, *, every: bool) -> int:
    """Multiplications of weights for one picture; of ``every`` pixel's patch."""
    seen = model.normalized(model.preprocess(image)[None])
    count, network = 1, model.network
    if every:
        count, seen = seen.shape[-2] * seen.shape[-1], seen.new_zeros(1, seen.shape[1], PATCH, PATCH)
        network = network.by_patches
    with FlopCounterMode(display=False) as counter:
        network(seen)
    return int(counter.get_total_flops()) // 2 * count


def most_bytes(answer: Answer, image: Tensor) -> int:
    """What the tensors of one answer take at most."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        answer(image)
    assert found.profiler is not None
    events = [one for one in found.profiler.kineto_results.events() if one.name() == "[memory]"]
    now = most = 0
    for event in sorted(events, key=lambda one: one.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    return most


@torch.inference_mode()
def twins(model: Segmenter, image: Tensor) -> list[str]:
    """How far patches and one pass are apart in 64 bits, and what one pass saves."""
    network = model.network
    assert isinstance(network, PatchClassifier)
    seen = model.normalized(model.preprocess(image)[None]).double()
    double = network.double()
    apart = float((double.by_patches(seen) - double.in_one_pass(seen)).abs().max())
    network.float()
    saved = multiplications_saved(network, 130)
    return [
        f"patches and one pass, in 64 bits: scores differ by {apart:.1e} at most",
        f"one pass over 130x130 pixels takes {saved.of_its_patches:.1f} times fewer multiplications than its "
        f"patches, and {saved.of_every_pixel:.0f} times fewer than a patch around every pixel",
    ]


HEADINGS = ("network", "mean IoU", "seconds", "multiplications", "memory", "weights", "epochs")


def table(rungs: Sequence[Rung]) -> list[str]:
    """A line for each network."""
    rows = [HEADINGS, *(cells(one) for one in rungs)]
    wide = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return [
        "  ".join(
            cell.rjust(size) if column else cell.ljust(size)
            for column, (cell, size) in enumerate(zip(row, wide, strict=True))
        )
        for row in rows
    ]


def cells(rung: Rung) -> tuple[str, ...]:
    """The numbers of a network."""
    return (
        rung.title,
        percent(rung.iou),
        f"{rung.seconds:.3f}",
        brief(rung.multiplications),
        f"{rung.bytes / 2**20:.0f} MiB",
        brief(rung.weights),
        str(rung.epochs),
    )


def sheet(image: Tensor, truth: Tensor, rungs: Sequence[Rung], classes: tuple[str, ...]) -> Image.Image:
    """Picture and truth, then every network: the whole answer, and a detail in which edges can be seen."""
    box = detail_of(truth)
    tint = lambda mask: tinted(as_picture(image).convert("RGB"), mask, classes, 255)  # noqa: E731
    parts = [part(as_picture(image).convert("RGB"), box, "picture", "")]
    parts.append(part(tint(truth), box, "truth", ""))
    for one in rungs:
        _, iou, seconds, count, memory, *_ = cells(one)
        some = "" if one.pictures == rungs[-1].pictures else f" on {one.pictures}"
        numbers = f"IoU {iou}{some}    {seconds} s    {count} multiplications    {memory}"
        parts.append(part(tint(one.mask), box, one.title, numbers))
    wide, tall = parts[0].size
    rows = (len(parts) + 1) // 2
    named = names_of([truth, *(one.mask for one in rungs)], classes, 2 * wide + SPACE)
    paper = Image.new("RGB", (2 * wide + 3 * SPACE, rows * (tall + SPACE) + SPACE + named.height), PAPER)
    for number, one_part in enumerate(parts):
        corner = SPACE + number % 2 * (wide + SPACE), SPACE + number // 2 * (tall + SPACE)
        paper.paste(one_part, corner)
    paper.paste(named, (SPACE, rows * (tall + SPACE) + SPACE))
    return paper


def detail_of(truth: Tensor) -> Box:
    """The square with the most edges."""
    edges = torch.from_numpy(contours(truth.long().numpy()))
    return detail_box(edges[None].float(), torch.zeros(1, *truth.shape), round(DETAIL * min(truth.shape)))


def names_of(masks: Sequence[Tensor], classes: tuple[str, ...], width: int) -> Image.Image:
    """The color of every class that some network answered."""
    paper = Image.new("RGB", (width, 2 * LETTER), PAPER)
    pen, letters, colors, x = ImageDraw.Draw(paper), font(own_font(), LETTER), class_colors(len(classes)), 0
    for number in torch.cat([one.flatten() for one in masks]).unique().tolist():
        if number < len(classes):
            pen.rectangle((x, 4, x + LETTER, 4 + LETTER), fill=tuple(colors[number].tolist()))
            pen.text((x + LETTER + 6, 2), classes[number], fill=INK, font=letters)
            x += 3 * LETTER + round(letters.getlength(classes[number]))
    return paper


def part(shown: Image.Image, box: Box, title: str, numbers: str) -> Image.Image:
    """A picture with a frame around the detail, the detail, and two lines above them."""
    head, wide = 2 * LETTER + SPACE, round(SIDE * shown.width / shown.height)
    paper = Image.new("RGB", (wide + SPACE // 2 + SIDE, head + SIDE), PAPER)
    pen, scale = ImageDraw.Draw(paper), SIDE / shown.height
    pen.text((0, 0), title, fill=INK, font=font(own_font(), LETTER + 2))
    pen.text((0, LETTER + 6), numbers, fill=MUTED, font=font(own_font(), LETTER - 2))
    small = scale < 1
    way = Image.Resampling.LANCZOS if small else Image.Resampling.NEAREST
    paper.paste(shown.resize((wide, SIDE), way), (0, head))
    corners = [scale * one for one in box]
    frame = (corners[0], head + corners[1], corners[2] - 1, head + corners[3] - 1)
    pen.rectangle([round(one) for one in frame], outline=rgb(SERIES[1]), width=2)
    detail = shown.crop(box).resize((SIDE, SIDE), Image.Resampling.NEAREST)
    paper.paste(detail, (wide + SPACE // 2, head))
    return paper


def page(text: str, drawn: Image.Image) -> str:
    """One file with the table and the sheet."""
    image = Markup('<img src="{}" alt="the answers" style="width:100%">').format(
        data_uri(drawn, max(drawn.size))
    )
    body = Markup("<main><h1>The ladder of segmentation</h1><pre>{}</pre>{}</main>").format(text, image)
    head = Markup('<!doctype html><html lang="en"><meta charset="utf-8"><title>Segmentation</title>')
    return head + Markup("<style>{}</style>").format(style()) + body + Markup("</html>")


if __name__ == "__main__":
    main()
