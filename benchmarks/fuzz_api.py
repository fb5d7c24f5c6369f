"""Public functions called with whatever may be passed: the only errors are StriateErrors.

    python benchmarks/fuzz_api.py --calls 5000 --seed 0

Every call begins with arguments that work, of which one to three are replaced by values of other types or
of impossible sizes. A call may do its work or raise a ``StriateError``; an ``UnexpectedError`` is a mistake
of striate and is counted with everything else that escapes, and so is a call of more than 60 seconds. Prints
answers, refusals and escapes for each function, and ends with 1 if anything escaped.
"""

import argparse
import datetime
import decimal
import fractions
import inspect
import io
import random
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from PIL import Image

import striate
from striate.data.preprocess import Preprocess
from striate.errors import StriateError, UnexpectedError
from striate.explain.synthesis.objectives import class_score
from striate.records import Classification
from striate.zoo.build import build
from striate.zoo.save_load import save

SECONDS = 60
SETTINGS = (
    "epochs",
    "batch",
    "lr",
    "size",
    "optimizer",
    "seed",
    "validation",
    "augment",
    "weights",
    "budget",
)
PAINTING = ("steps", "size", "network", "content_layers", "style_weight", "lr", "seed", "device")


class Hostile:
    """Whatever is asked of it, it raises."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __len__(self) -> int:
        raise RuntimeError("len")

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("iter")

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    __hash__ = None  # type: ignore[assignment]


class Pathlike:
    """A path that is no Path."""

    def __fspath__(self) -> str:
        return "nowhere"


class Listlike:
    """A list that says that it is longer than it is."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Any:
        raise IndexError(index)


def closed_picture() -> Image.Image:
    picture = Image.new("RGB", (8, 8))
    picture.close()
    return picture


def closed_file() -> io.BytesIO:
    file = io.BytesIO(b"abc")
    file.close()
    return file


VALUES: tuple[Callable[[], Any], ...] = (
    *(lambda value=value: value for value in (None, True, 0, -1, 3, 2**63, 10**400, -(10**30), 1.5, 1e300)),
    *(lambda value=value: value for value in (float("nan"), float("inf"), 1j, "", " ", "x" * 5000, "a\0b")),
    *(lambda value=value: value for value in ("\ud800", "nowhere", "~", ".", "/", "dark", "saliency", "all")),
    *(
        lambda value=value: value
        for value in (b"", b"\x89PNG", (), (1,), (3, 10**9, 10**9), (0, -1), range(3))
    ),
    *(lambda kind=kind: kind() for kind in (list, dict, set, object, bytearray, Hostile, Pathlike, Listlike)),
    *(lambda kind=kind: kind for kind in (int, Path, np.ndarray, torch.nn.Linear, Exception, striate, print)),
    lambda: [None],
    lambda: [[1, 2], [3]],
    lambda: ["nowhere", 5],
    lambda: {"a": 1},
    lambda: {1: None},
    lambda: memoryview(b"abc"),
    lambda: lambda: None,
    lambda: lambda *values: values,
    lambda: (one for one in ("a", 1)),
    lambda: iter([]),
    lambda: Path("nowhere"),
    lambda: Path("x" * 5000),
    lambda: datetime.datetime(2026, 1, 1),
    lambda: decimal.Decimal("NaN"),
    lambda: fractions.Fraction(1, 3),
    lambda: np.float64("nan"),
    lambda: np.int8(3),
    lambda: np.full((8, 8, 3), np.nan),
    lambda: np.zeros((0, 3), dtype=np.uint8),
    lambda: np.zeros((2, 3, 8, 8, 3), dtype=np.uint8),
    lambda: np.zeros((4, 4), dtype=object),
    lambda: np.array([["a"]]),
    lambda: np.zeros((4, 4), dtype="M8[s]"),
    lambda: np.zeros((4, 4), dtype=[("a", "u1")]),
    lambda: np.zeros((8, 8, 3), dtype=np.uint8),
    lambda: torch.full((1, 3, 8, 8), float("nan")),
    lambda: torch.zeros(3, 8, 8, dtype=torch.uint8, device="meta"),
    lambda: torch.zeros(3, 8, 8, dtype=torch.uint8).to_sparse(),
    lambda: torch.zeros(0),
    lambda: torch.zeros(2, 3, dtype=torch.complex64),
    lambda: torch.ones(2, 3, requires_grad=True),
    lambda: torch.tensor(True),
    lambda: torch.nn.Linear(3, 2),
    lambda: torch.nn.Sequential(),
    lambda: Image.new("RGBA", (8, 8)),
    closed_picture,
    closed_file,
    lambda: io.StringIO("text"),
    lambda: Classification(torch.tensor([0.5, 0.5]), ("a", "b"), ""),
)


@dataclass(frozen=True)
class Target:
    """A public function and arguments with which it works.

    Args:
        name: of the function.
        function: what is called.
        arguments: by name.
        further: names of settings that it takes besides those of its signature.
    """

    name: str
    function: Callable[..., Any]
    arguments: dict[str, Any]
    further: tuple[str, ...] = ()

    def names(self) -> list[str]:
        """Of all arguments that can be replaced."""
        known = inspect.signature(self.function).parameters.values()
        return [one.name for one in known if one.kind is not one.VAR_KEYWORD] + list(self.further)


def prepare(folder: Path) -> tuple[Path, Path, Path]:
    """A data set of two classes, a picture of it, and a saved model that nobody trained."""
    random_pixels = np.random.default_rng(0)
    for name in ("dark", "light"):
        (folder / "data" / name).mkdir(parents=True)
        for number in range(8):
            pixels = random_pixels.integers(0, 255, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "data" / name / f"{number}.png")
    model = build("lenet5", ["dark", "light"], Preprocess((32, 32)))
    save(model, folder / "model.safetensors")
    return folder / "data", folder / "data" / "dark" / "0.png", folder / "model.safetensors"


def boxes(folder: Path) -> Path:
    """A table of one box on a picture of the data set."""
    table = folder / "data" / "dark" / "boxes.csv"
    table.write_text("image,class,x1,y1,x2,y2\n0.png,cat,1,2,30,20\n")
    return table


def verbs(folder: Path) -> list[Target]:
    """The verbs, each with arguments that take little time."""
    data, picture, file = prepare(folder)
    model = striate.load(file, engine="torch")
    small = {"network": str(file), "weights": "random", "content_layers": "stem", "style_layers": "stem"}
    paint = {**small, "steps": 1, "size": 40}
    train = {"data": data, "model": "lenet5", "epochs": 1, "batch": 4, "accelerator": "cpu", "workers": 0}
    return [
        Target("models", striate.models, {}),
        Target("create", striate.create, {"name": "lenet5", "classes": 3}),
        Target("load", striate.load, {"path": file, "engine": "torch"}),
        Target("summary", striate.summary, {"model": "lenet5", "classes": 3}),
        Target("check", striate.check, {"data": data}),
        Target("convert", striate.convert, {"data": boxes(folder), "out": folder / "boxes", "to": "voc"}),
        Target("train", striate.train, {**train, "out": folder / "run", "force": True}, SETTINGS),
        Target("find_rate", striate.find_rate, train, SETTINGS),
        Target(
            "compare",
            striate.compare,
            {"data": data, "models": ["lenet5"], "costs_only": True, "out": folder / "compared"},
            SETTINGS,
        ),
        Target("evaluate", striate.evaluate, {"model": model, "data": data, "split": "all"}),
        Target("predict", striate.predict, {"model": model, "images": picture}),
        Target("propose", striate.propose, {"images": picture, "top": 5, "cache": False}),
        Target("Classifier.predict", model.predict, {"images": [picture, picture], "batch": 1}),
        Target(
            "explain",
            striate.explain,
            {"model": model, "images": picture, "method": "saliency"},
            ("samples", "noise", "window", "stride", "steps", "seed", "relu", "baseline"),
        ),
        *(
            Target(
                f"explain {method}",
                striate.explain,
                {"model": model, "images": picture, "method": method, **more},
            )
            for method, more in {
                "occlusion": {"window": 16, "stride": 16},
                "smoothgrad": {"samples": 1},
                "integrated_gradients": {"steps": 1},
                "gradcam": {},
            }.items()
        ),
        Target(
            "benchmark_explanations",
            striate.benchmark_explanations,
            {"model": model, "images": picture, "methods": "saliency", "count": 1},
        ),
        Target("visualize", striate.visualize, {"model": model, "objective": class_score(0), "steps": 1}),
        Target("invert", striate.invert, {"model": model, "image": picture, "steps": 1}),
        Target("embed", striate.embed, {"model": model, "data": [picture, picture]}),
        Target("embedding_map", striate.embedding_map, {"data": data, "model": model, "method": "pca"}),
        Target("neighbours", striate.neighbours, {"vectors": torch.rand(5, 3), "k": 2}),
        Target("stylize", striate.stylize, {"content": picture, "styles": picture, **paint}, PAINTING),
        Target("texture", striate.texture, {"image": picture, **without(paint, "content_layers")}, PAINTING),
        Target(
            "train_style",
            striate.train_style,
            {"style": picture, "data": data, "out": folder / "s.safetensors", **small}
            | {"steps": 1, "size": 32, "style_size": 32, "width": 2, "blocks": 1, "batch": 1},
            PAINTING,
        ),
        Target("export", striate.export, {"model": file, "to": "txt"}),
    ]


def without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def methods(folder: Path, targets: list[Target]) -> list[Target]:
    """The methods of what the verbs return, each with the arguments that its name asks for."""
    known = {
        "path": folder / "record.png",
        "affine": torch.eye(3)[:2],
        "size": (8, 8),
        "folder": folder / "run",
        "title": "a title",
    }
    found = []
    for target in targets:
        if target.name not in (
            "models",
            "create",
            "load",
            "find_rate",
            "Classifier.predict",
            "train_style",
            "export",
        ):
            record = target.function(**target.arguments)
            for name, method in inspect.getmembers(record, inspect.ismethod):
                if not name.startswith("_") and name not in dir(torch.nn.Module):
                    names = inspect.signature(method).parameters.values()
                    given = {one.name: known[one.name] for one in names if one.name in known}
                    found.append(Target(f"{type(record).__name__}.{name}", method, given))
    return list({target.name: target for target in found}.values())


def call(target: Target, chance: random.Random) -> dict[str, Any]:
    """Arguments of which some were replaced, one may be missing, and one may be nobody's."""
    given = dict(target.arguments)
    names = target.names()
    for name in chance.sample(names, min(len(names), chance.randint(1, 3))):
        given[name] = chance.choice(VALUES)()
    if given and chance.random() < 0.03:
        del given[chance.choice(list(given))]
    if chance.random() < 0.03:
        given["no_such_argument"] = 1
    return given


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise TimeoutError where something takes longer."""

    def late(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(target: Target, given: dict[str, Any]) -> str:
    """``answered``, ``refused``, or the name of what escaped and what it said."""
    try:
        with limited(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target.function(**given)
    except UnexpectedError as error:
        return f"UnexpectedError: {error.wrong}"
    except StriateError:
        return "refused"
    except Exception as error:
        if "heard" in (frame.name for frame in traceback.extract_tb(error.__traceback__)):
            return "refused"  # by the listener that was passed, and its errors are its own
        return f"{type(error).__name__}: {error}"
    return "answered"


def fuzz(calls: int, seed: int, folder: Path) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Counts by function and outcome, and what escaped, with its arguments."""
    chance = random.Random(seed)
    torch.manual_seed(seed)
    targets = verbs(folder)
    targets += methods(folder, targets)
    counts: Counter[tuple[str, str]] = Counter()
    escapes = []
    for number in range(calls):
        target = targets[number % len(targets)]
        given = call(target, chance)
        what = outcome(target, given)
        counts[target.name, what if what in ("answered", "refused") else "escaped"] += 1
        if what not in ("answered", "refused"):
            changed = {
                name: value
                for name, value in given.items()
                if name not in target.arguments or value is not target.arguments[name]
            }
            escapes.append(f"{target.name}({', '.join(map(in_words, changed.items()))}): {what}"[:400])
    return counts, escapes


def in_words(argument: tuple[str, Any]) -> str:
    name, value = argument
    try:
        text = repr(value)
    except Exception:
        text = type(value).__name__
    return f"{name}={text[:60]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        counts, escapes = fuzz(asked.calls, asked.seed, Path(folder))
    print(f"{'function':32}{'answered':>10}{'refused':>10}{'escaped':>10}")
    for name in dict.fromkeys(name for name, _ in counts):
        row = [counts[name, what] for what in ("answered", "refused", "escaped")]
        print(f"{name:32}{row[0]:>10}{row[1]:>10}{row[2]:>10}")
    print(*escapes, f"{len(escapes)} of {asked.calls} calls escaped", sep="\n")
    sys.exit(bool(escapes))


if __name__ == "__main__":
    main()
