"""Whether two versions of striate train the same: every loss and every weight, bit by bit.

Three classification runs by the public functions alone, on one thread, each version in a process of its own:

    digits     the digits of the demo: augmentation, label smoothing, EMA
    cifar      one epoch of ResNet-20 on 2,000 pictures of CIFAR-10, with mixup, cutmix and EMA
    head       the last layer alone, on features of the frozen run before it

Held equal: machine, Python, libraries, threads, seed, pictures. Compared: all columns of metrics.csv that
are no times, a digest of the tensors of the best model, of the checkpoint's weights, optimizer and average,
and of the scores of fixed pictures. Then this version loads the model files that the other one wrote.

    python benchmarks/bit_identity.py                   the digests of this version
    python benchmarks/bit_identity.py OTHER_CHECKOUT    both, side by side; ends with 1 if anything differs
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CIFAR = ROOT.parent / "shared" / "data" / "cifar10_jpeg" / "train.tar.xz"
PER_CLASS = 200
TIMES = ("seconds", "rate", "waiting", "images_per_second")
"""Columns of metrics.csv that differ from run to run."""

AUGMENT = "shift=0.08,scale=0.15,rotate=12,shear=10,warp=2,edge=black"
RUNS: dict[str, dict[str, Any]] = {
    "digits": {
        "data": "digits",
        "model": "lenet5",
        "epochs": 3,
        "augment": AUGMENT,
        "label_smoothing": 0.1,
        "ema": 0.995,
    },
    "cifar": {
        "data": "cifar",
        "model": "resnet20",
        "epochs": 1,
        "batch": 100,
        "mixup": 0.2,
        "cutmix": 1.0,
        "ema": 0.9,
        "augment": "strong",
        "balance": "weights",
    },
    "head": {"data": "digits", "weights": "cifar", "finetune": "head", "epochs": 2},
}


def main() -> None:
    """Run the versions, print the digests, compare."""
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as place:
        unpack(Path(place) / "cifar")
        here = ask(ROOT, Path(place) / "here")
        if len(sys.argv) < 2:
            print(json.dumps(here, indent=1))
            return
        there = ask(Path(sys.argv[1]).resolve(), Path(place) / "there")
        loaded = ask(ROOT, Path(place) / "there")  # its runs are complete: this version only reads them
    for run in RUNS:
        here[f"{run}: scores of the other's file, loaded here"] = loaded[f"{run}: scores"]
        there[f"{run}: scores of the other's file, loaded here"] = there[f"{run}: scores"]
    for name in there:
        print(f"{'equal  ' if here.get(name) == there[name] else 'differs'}  {name}")
    sys.exit(here != there)


def unpack(folder: Path) -> None:
    """The first pictures of every class, as an image folder."""
    taken: dict[str, int] = {}
    with tarfile.open(CIFAR) as archive:
        for member in archive:
            parts = Path(member.name).parts
            if len(parts) < 3 or not member.isfile() or taken.get(parts[-2], 0) >= PER_CLASS:
                continue
            taken[parts[-2]] = taken.get(parts[-2], 0) + 1
            target = folder / parts[-2] / parts[-1]
            target.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            assert content is not None
            target.write_bytes(content.read())


def ask(tree: Path, folder: Path) -> dict[str, str]:
    """What the process of one version says; runs that are complete are only read."""
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, __file__, "--child", str(folder)], env=environment, check=True, cwd=folder
    )
    found: dict[str, str] = json.loads((folder / "digests.json").read_text())
    return found


def child(folder: Path) -> None:
    """Train what is not there yet, and write the digests."""
    import striate

    found: dict[str, str] = {}
    for name, asked in RUNS.items():
        out, settings = folder / f"run-{name}", dict(asked)
        data = settings.pop("data")
        if "weights" in settings:
            settings["weights"] = str(folder / f"run-{settings['weights']}")
        if not out.exists():
            striate.train(str(folder.parent / "cifar") if data == "cifar" else data, out=out, **settings)
        found |= {f"{name}: {what}": digest for what, digest in digests(out).items()}
    (folder / "digests.json").write_text(json.dumps(found))


def digests(run: Path) -> dict[str, str]:
    """Of the history, the best model, the checkpoint and the answers of one run."""
    import csv

    import numpy as np
    import safetensors.torch
    import torch

    import striate

    rows = list(csv.DictReader(io.StringIO((run / "metrics.csv").read_text())))
    history = [{key: value for key, value in row.items() if key not in TIMES} for row in rows]
    state = torch.load(run / "checkpoints" / "last.pt", weights_only=True)
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (40, 36, 3), dtype=np.uint8) for _ in range(8)]
    answers = striate.load(run).predict(pictures)
    return {
        "losses": json.dumps(history),
        "best model": digest(safetensors.torch.load_file(run / "model.safetensors")),
        "checkpoint": digest({name: state[name] for name in ("model", "optimizer", "average")}),
        "scores": digest({str(number): answer.scores for number, answer in enumerate(answers)}),
    }


def digest(values: Any) -> str:
    """sha256 of all tensors and numbers in nested dictionaries and lists, with their names."""
    found = hashlib.sha256()

    def take(value: Any) -> None:
        if isinstance(value, dict):
            for name in sorted(value, key=str):
                found.update(str(name).encode())
                take(value[name])
        elif isinstance(value, list | tuple):
            for one in value:
                take(one)
        elif hasattr(value, "detach"):
            found.update(f"{value.dtype}{tuple(value.shape)}".encode())
            found.update(value.detach().cpu().contiguous().flatten().view(dtype=_bytes()).numpy().tobytes())
        else:
            found.update(repr(value).encode())

    take(values)
    return found.hexdigest()


def _bytes() -> Any:
    import torch

    return torch.uint8


if __name__ == "__main__":
    main()
