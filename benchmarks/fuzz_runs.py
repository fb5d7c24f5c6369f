"""Mutated run folders: every one goes on, is measured and opened, or is refused in three lines.

    python benchmarks/fuzz_runs.py --count 300 --seed 0

Held equal: one run of two epochs that was left after the first, on 24 pictures. Shown: how many were answered
and refused, and what must not happen: any other exception, more than 20 seconds or 1 GB, a process, a
connection, or a file that is opened outside of the run and its data.
"""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import torch
from PIL import Image

import striate
from benchmarks.fuzzing import (
    Guard,
    Report,
    as_json,
    cases,
    damaged,
    edited,
    program,
    two_folders,
)
from striate.train.run.run import Run
from striate.train.session.events import EpochEnded, Event

JSON_FILES = ("settings.json", "settings.json", "splits.json")
FILES = (*JSON_FILES, "metrics.csv", "log.jsonl", "model.safetensors", "checkpoints/last.pt")

Mutation = Callable[[Path, Random, Path], None]


class Left(Exception):  # noqa: N818 - the run was left, which is no failure
    """Ends a training after its first epoch."""


def begun(folder: Path) -> Path:
    """A run that can go on."""
    random = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / "data" / name).mkdir(parents=True)
        for number in range(12):
            pixels = random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "data" / name / f"{number}.png")

    def leave(event: Event) -> None:
        if isinstance(event, EpochEnded):
            raise Left

    try:
        striate.train(
            folder / "data", model="lenet5", epochs=2, out=folder / "begun", accelerator="cpu", on_event=leave
        )
    except Left:
        return folder / "begun"
    raise AssertionError("the run was not left")


def edit_json(run: Path, random: Random, outside: Path) -> None:
    """A leaf of a JSON file replaced, removed or added."""
    path = run / random.choice(JSON_FILES)
    values = json.loads(path.read_text())
    for _ in range(random.choice([1, 1, 3])):
        values = edited(values, random)
    path.write_bytes(as_json(values).encode("utf-8", "surrogatepass"))


def launch(run: Path, random: Random, outside: Path) -> None:
    """Settings that would start processes, or read elsewhere."""
    path = run / "settings.json"
    values = json.loads(path.read_text())
    values |= random.choice(
        [
            {"devices": random.choice([2, 99, 10**9])},
            {"nodes": 2},
            {"workers": random.choice([3, 999])},
            {"loggers": random.choice([["wandb"], ["mlflow"], ["tensorboard"]])},
            {"strategy": "fsdp", "devices": 2},
            {"augment": str(outside / "recipe.json")},
            {"weights": str(outside / "secret.pth")},
            {"size": "30000x30000"},
            {"batch": 10**9},
            {"epochs": 10**9},
            {"budget": "99999999h"},
        ]
    )
    path.write_text(json.dumps(values))


def damage(run: Path, random: Random, outside: Path) -> None:
    """Bytes of a file changed, left out or added."""
    path = run / random.choice(FILES)
    path.write_bytes(damaged(path.read_bytes(), random))


def exchange(run: Path, random: Random, outside: Path) -> None:
    """A pipe, a folder, a link or nothing in the place of a file."""
    path = run / random.choice(FILES)
    path.unlink()
    kind = random.randrange(5)
    if kind == 0:
        os.mkfifo(path)
    elif kind == 1:
        path.mkdir()
    elif kind == 2:
        path.symlink_to(outside / "secret")
    elif kind == 3:
        path.symlink_to("/dev/zero")


def lead_out(run: Path, random: Random, outside: Path) -> None:
    """A folder of the run that lies elsewhere."""
    name = random.choice(["checkpoints", "tensorboard", "model.openvino", ".lock", "report.html"])
    if (run / name).is_dir():
        shutil.rmtree(run / name)
    (run / name).symlink_to(outside)


def edit_checkpoint(run: Path, random: Random, outside: Path) -> None:
    """A part of the checkpoint replaced, removed or added."""
    path = run / "checkpoints" / "last.pt"
    state = torch.load(path, weights_only=True)
    part = random.choice(list(state))
    if random.random() < 0.4:
        state = edited(state, random)
    elif isinstance(state[part], dict):
        state[part] = edited(dict(state[part]), random)
    else:
        state.pop(part)
    torch.save(state, path)


MUTATIONS: tuple[Mutation, ...] = (
    *(edit_json, edit_json, launch, launch, damage, damage),
    *(exchange, lead_out, edit_checkpoint, edit_checkpoint),
)


def go_on(run: Path) -> None:
    """Resume the run, and use what it left."""
    striate.train(out=run, resume=True)
    Run.open(run)


def measure(run: Path, data: Path) -> None:
    """Use the run as it is."""
    striate.evaluate(run, data)
    Run.open(run)


def fuzz(count: int, seed: int) -> Report:
    """So many cases; the same for the same seed."""
    with two_folders() as (folder, outside):
        for secret in ("secret", "secret.pth", "recipe.json"):
            (outside / secret).write_text("mine\n")
        original = begun(folder)
        shutil.copytree(original, folder / "whole")
        go_on(folder / "whole")  # imports come before the memory is counted
        guard = Guard(outside)
        for number, random in cases(count, seed):
            run = folder / f"run{number}"
            shutil.copytree(original, run)
            mutate = random.choice(MUTATIONS)
            mutate(run, random, outside)
            use = random.choice([go_on, go_on, lambda run: measure(run, folder / "data")])
            guard.run(f"case {number} ({mutate.__name__})", lambda use=use, run=run: use(run))
            shutil.rmtree(run, ignore_errors=True)
        if {path.read_text() for path in outside.iterdir()} != {"mine\n"} or len(
            list(outside.iterdir())
        ) != 3:
            guard.report.violations.append("files outside were changed")
        return guard.report


if __name__ == "__main__":
    program(__doc__, fuzz, 300)
