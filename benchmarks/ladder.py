"""The lineage of detectors in one table and one chart: seconds a picture, by part, and AP50 on blood cells.

    python benchmarks/ladder.py DATA                            # what is missing is trained: hours
    python benchmarks/ladder.py DATA --out runs/bccd --seeds 0 1 2 --threads 2
    python benchmarks/ladder.py DATA --out runs/ladder runs/bccd    # what is in one of these is not trained

R-CNN, SPPnet, Fast R-CNN, Faster R-CNN, R-FCN, SSD and YOLO, trained by ``bccd.py`` (folders NAME-SEED
below --out; one that is missing is trained first, below the first folder). Held equal: pictures, splits,
metric, backbone (looked at and said), threads, arithmetic (PyTorch, 32 bits), and the size but for YOLO's,
whose recipe has a larger one. The same pictures of the test split are answered in turns, one picture at a
time, after a round that is not counted; printed are medians of the first seed's models. No proposals are
kept from one answer to the next.

Written into the first folder: ladder.txt; ladder.png and .svg (AP50 against seconds); ladder-parts.png and
.svg (where the time goes).

Published figures are printed beside ours: 47, 2.3 and 0.32 seconds a picture for R-CNN, SPPnet and Fast
R-CNN with VGG-16 on a GPU, which leave out the 2 seconds of selective search, 0.2 for Faster R-CNN, which
leaves out nothing; 84, 25.5 and 9.5 hours of training. Sources: https://arxiv.org/abs/1504.08083, table 4;
https://arxiv.org/abs/1506.01497, section 1.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from bccd import COMMON, RECIPES
from torch import Tensor

import striate
from striate.draw.charts import svg
from striate.draw.pareto import Point, frontier
from striate.draw.parts_chart import parts_chart
from striate.layers.image_network import PARTS, PROPOSALS
from striate.tasks.model import TaskModel
from striate.train.profile.part_seconds import medians, nothing_kept, one_answer
from striate.train.run.input_data import to_train_on
from striate.train.run.run import Run
from striate.train.run.settings import Settings
from striate.zoo.named_backbone import DEFAULT, THIN
from striate.zoo.networks import arguments_of

NAMES = {
    "rcnn": "R-CNN",
    "sppnet": "SPPnet",
    "fast_rcnn": "Fast R-CNN",
    "faster_rcnn": "Faster R-CNN",
    "rfcn": "R-FCN",
    "ssd": "SSD",
    "yolo": "YOLO",
}
PUBLISHED_SECONDS = {"rcnn": 47.0, "sppnet": 2.3, "fast_rcnn": 0.32, "faster_rcnn": 0.2}
PUBLISHED_HOURS = {"rcnn": 84.0, "sppnet": 25.5, "fast_rcnn": 9.5}


def main() -> None:
    """Train what is missing, measure, print and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, nargs="+", default=[Path("runs/bccd")])
    parser.add_argument("--only", choices=NAMES, action="append")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    changed: dict[str, Any] = dict(text.split("=", 1) for text in asked.set)
    names = [name for name in NAMES if name in (asked.only or NAMES)]
    runs = {name: runs_of(asked.data, asked.out, name, asked.seeds, changed) for name in names}
    torch.set_num_threads(asked.threads)
    with nothing_kept():
        models = {name: Run.open(runs[name][0].folder).model for name in names}
    seconds = in_turns(models, pictures(asked.data, asked.rounds), asked.rounds)
    text = "\n".join([*about(models, asked.threads, asked.rounds), "", *table(runs, models, seconds)])
    text = "\n".join([text, "", *ratios(runs, seconds)])
    print(text)
    out = asked.out[0]
    out.mkdir(parents=True, exist_ok=True)
    (out / "ladder.txt").write_text(text + "\n")
    draw(out, runs, seconds)


def runs_of(
    data: Path, out: Sequence[Path], name: str, seeds: Sequence[int], changed: dict[str, Any]
) -> list[Run]:
    """The runs of a detector, one for each seed; those that are missing are trained."""
    found = []
    for seed in seeds:
        folders = [one / f"{name}-{seed}" for one in out]
        done = [one for one in folders if (one / "metrics.json").exists()]
        folder = (done or folders)[0]
        if not done:
            print(f"training {name}, seed {seed}", flush=True)
            settings = {**COMMON, **RECIPES[name], **changed, "seed": seed}
            striate.train(data, model=name, out=folder, resume=folder.exists(), **settings)
        found.append(Run.open(folder))
    return found


def pictures(data: Path, count: int) -> list[Tensor]:
    """Some of the test split, evenly spread, as they are in their files."""
    part = to_train_on(data, Settings(task="detect", on_bad_box="drop"), None)["test"]
    places = torch.linspace(0, len(part) - 1, count).long().tolist()
    return [part[place].image for place in places]


def in_turns(
    models: dict[str, TaskModel[Any]], shown: Sequence[Tensor], rounds: int
) -> dict[str, dict[str, float]]:
    """{detector: {part: median seconds}}: a picture by each detector, then the next one."""
    times: dict[str, list[dict[str, float]]] = {name: [] for name in models}
    for number in range(-1, rounds):  # the first one is not counted
        for name, model in models.items():
            picture = model.preprocess(shown[number % len(shown)])[None]
            found = one_answer(model, picture)
            if number >= 0:
                times[name].append(found)
    return {name: medians(found) for name, found in times.items()}


def about(models: dict[str, TaskModel[Any]], threads: int, rounds: int) -> list[str]:
    """What is held equal."""
    kinds = {backbone(name, model) for name, model in models.items()}
    same = "backbone of all" if len(kinds) == 1 else "BACKBONES DIFFER"
    return [
        f"{same}: {', '.join(sorted(kinds))}; a detector keeps the stages whose maps it reads",
        f"{threads} threads, PyTorch, 32 bits, one picture at a time, in turns, medians of {rounds} answers",
    ]


def backbone(name: str, model: TaskModel[Any]) -> str:
    """Its name and the width of its channels."""
    own = {**arguments_of(name), **model.arguments}
    width = THIN if own["width"] is None and own["backbone"] == DEFAULT else own["width"] or 1
    return f"{own['backbone']}, width {width:g}"


def table(
    runs: dict[str, list[Run]], models: dict[str, TaskModel[Any]], seconds: dict[str, dict[str, float]]
) -> list[str]:
    """A line for each detector."""
    parts = [part for part in PARTS if any(part in row for row in seconds.values())]
    words = ["detector", "size", "AP50", "(95 % or seeds)", "s a picture", *parts, "published s"]
    lines = [[*words, "training h", "published h", "M weights"]]
    for name, row in seconds.items():
        height, width = models[name].preprocess.size
        whole = sum(one.numel() for one in models[name].parameters()) / 1e6
        lines.append(
            [
                NAMES[name],
                f"{height}x{width}",
                f"{score(runs[name]):.3f}",
                spread(runs[name]),
                f"{sum(row.values()):.3f}",
                *(f"{row[part]:.3f}" if part in row else "-" for part in parts),
                f"{PUBLISHED_SECONDS[name]:g}" if name in PUBLISHED_SECONDS else "-",
                f"{fmean(map(hours, runs[name])):.2f}",
                f"{PUBLISHED_HOURS[name]:g}" if name in PUBLISHED_HOURS else "-",
                f"{whole:.2f}",
            ]
        )
    wide = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    padded = [
        [cell.rjust(size) if place else cell.ljust(size) for place, (cell, size) in enumerate(pairs)]
        for pairs in (list(zip(line, wide, strict=True)) for line in lines)
    ]
    return ["  ".join(line).rstrip() for line in padded]


def ratios(runs: dict[str, list[Run]], seconds: dict[str, dict[str, float]]) -> list[str]:
    """Published figures beside ours, as ratios."""
    without = {name: sum(row.values()) - row.get(PROPOSALS, 0.0) for name, row in seconds.items()}
    counted = {name: sum(row.values()) for name, row in seconds.items()}
    as_published = {**without, **{name: counted[name] for name in ("faster_rcnn",) if name in counted}}
    lines = [
        beside("seconds a picture, proposals left out but of Faster R-CNN", PUBLISHED_SECONDS, as_published),
        beside(
            "seconds a picture, everything counted (published: 2 s of proposals added)", WITH_SEARCH, counted
        ),
        beside("hours of training", PUBLISHED_HOURS, {name: fmean(map(hours, runs[name])) for name in runs}),
    ]
    if {"rcnn", "sppnet"} <= seconds.keys():
        times = (one["rcnn"] / one["sppnet"] for one in (without, counted))
        lines.append("R-CNN over SPPnet: {:.1f}x without proposals, {:.1f}x with them".format(*times))
    for name in ("fast_rcnn", "faster_rcnn"):
        if name in seconds:
            share = seconds[name].get(PROPOSALS, 0.0) / counted[name]
            lines.append(f"share of the proposals in the time of {NAMES[name]}: {share:.0%}")
    return lines


WITH_SEARCH = {"rcnn": 49.0, "sppnet": 4.3, "fast_rcnn": 2.32, "faster_rcnn": 0.2}


def beside(what: str, published: dict[str, float], ours: dict[str, float]) -> str:
    """Two chains of numbers, and both as multiples of their last one."""
    known = [name for name in published if name in ours]
    chains = [[one[name] for name in known] for one in (published, ours)]
    texts = [" : ".join(f"{value:.3g}" for value in chain) for chain in chains]
    shares = [" : ".join(f"{value / chain[-1]:.3g}" for value in chain) for chain in chains if chain]
    title = f"{what}; {', '.join(NAMES[name] for name in known)}"
    if not known:
        return title
    return f"{title}\n  published  {texts[0]}   = {shares[0]}\n  ours       {texts[1]}   = {shares[1]}"


def score(runs: Sequence[Run]) -> float:
    """Mean AP50 over the seeds."""
    return fmean(run.metrics.primary.value or 0.0 for run in runs)


def spread(runs: Sequence[Run]) -> str:
    """The lowest and highest of several seeds; the interval of one."""
    low, high = limits(runs)
    return f"{low:.3f}-{high:.3f}"


def limits(runs: Sequence[Run]) -> tuple[float, float]:
    """Lowest and highest value."""
    values = [run.metrics.primary.value or 0.0 for run in runs]
    interval = getattr(runs[0].metrics, "interval", None) if len(runs) == 1 else None
    return interval or (min(values), max(values))


def hours(run: Run) -> float:
    """That a run learned: all epochs with their validation, and the stages after the descent."""
    epochs = sum(row["seconds"] for row in run.history)
    kept = json.loads((run.folder / "metrics.json").read_text()).get("stage_seconds")
    if kept is None:  # a run of an earlier version: from its last epoch to its metrics
        times = [(run.folder / name).stat().st_mtime for name in ("metrics.csv", "metrics.json")]
        return (epochs + times[1] - times[0]) / 3600
    return (epochs + sum(kept.values())) / 3600


def draw(out: Path, runs: dict[str, list[Run]], seconds: dict[str, dict[str, float]]) -> None:
    """Both charts."""
    points = [
        Point(NAMES[name], sum(row.values()), 100 * score(runs[name]), percent(runs[name]), group=NAMES[name])
        for name, row in seconds.items()
    ]
    best = [one for one in points if not any(other.x <= one.x and other.y > one.y for other in points)]
    kept = [Point(one.name, one.x, one.y, one.interval, one in best, one.group) for one in points]
    charts = {
        "ladder": frontier(kept, "seconds for a picture, proposals included", "AP50 on test (%)"),
        "ladder-parts": parts_chart({NAMES[name]: row for name, row in seconds.items()}),
    }
    for name, figure in charts.items():
        (out / f"{name}.svg").write_text(svg(figure))
        figure.savefig(out / f"{name}.png", dpi=150)


def percent(runs: Sequence[Run]) -> tuple[float, float]:
    """The limits in percent."""
    low, high = limits(runs)
    return 100 * low, 100 * high


if __name__ == "__main__":
    main()
