"""Planted errors of labels: how many are found, and how many of the suspects are planted.

    python benchmarks/label_noise.py PICTURES                      # 10 % and 20 % of the labels are others
    python benchmarks/label_noise.py PICTURES --count 2000 --noise 0.2 --epochs 6
    python benchmarks/label_noise.py BCCD --boxes --model RUN      # classes of boxes are swapped

PICTURES is a folder of classes, as the JPEG-coded CIFAR-10; as many of each class are taken, shown at 32x32,
and a seeded share of them gets another class at random. Folds of one network answer each picture without
having seen it. Printed, for our suspects and, where cleanlab (2.9, Apache-2.0) is installed for this
comparison alone, for its issues on the same probabilities: precision and recall of what is named; and of as
many pictures as were planted, by the ranking of each. With --boxes RUN is a detector that never saw the test
pictures, of which a tenth of the boxes gets another class.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

import striate
from striate.api.evaluate import opened, pictures_for
from striate.api.mistakes import fold_runs
from striate.data.batches.loader import Loader
from striate.data.read_dataset import read
from striate.ops.label_noise import label_issues

SETTINGS: dict[str, Any] = {
    "model": "resnet20",
    "arguments": {"width": 0.5},
    "augment": "mirror,crop=4",
    "batch": 64,
    "lr": 0.1,
    "weight_decay": 5e-4,
    "size": 32,
}


def planted(folder: Path, count: int, noise: float, out: Path) -> tuple[np.ndarray, np.ndarray]:
    """Write an archive of pictures with labels of which a share is wrong; (given, true) labels."""
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    images, labels = [], []
    for number, name in enumerate(names):
        for path in sorted((folder / name).iterdir())[: count // len(names)]:
            with Image.open(path) as picture:
                images.append(np.asarray(picture.convert("RGB").resize((32, 32))))
            labels.append(number)
    random, true = np.random.default_rng(0), np.array(labels)
    given, wrong = true.copy(), random.permutation(len(true))[: round(noise * len(true))]
    given[wrong] = (true[wrong] + random.integers(1, len(names), len(wrong))) % len(names)
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(out, images=np.stack(images), labels=given)
    return given, true


def probabilities(folds: Path, data: Path) -> tuple[np.ndarray, np.ndarray]:
    """float (N, K) by networks that never saw the picture, and the labels (N,), in the order of the data."""
    rows, places, labels = [], [], []
    for run in fold_runs(folds):
        model = opened(run)
        part = pictures_for(model, data, "test").pictures
        loader = Loader(part.remap(model.classes), model.preprocess, 256)
        with torch.inference_mode():
            for batch in loader.batches():
                rows.append(model.eval().answer(batch.images).float().softmax(1))
                labels.append(batch.targets.labels)
                places.append(torch.from_numpy(part.places)[batch.indices])
    order = torch.cat(places).argsort()
    return torch.cat(rows)[order].numpy(), torch.cat(labels)[order].numpy()


def told(name: str, named: np.ndarray, wrong: np.ndarray) -> None:
    """Print precision and recall of positions that are named."""
    right = wrong[named].sum()
    precision, recall = right / max(1, len(named)), right / wrong.sum()
    print(f"  {name:34} {len(named):6,} named  precision {precision:.3f}  recall {recall:.3f}", flush=True)


def compared(p: np.ndarray, labels: np.ndarray, wrong: np.ndarray) -> None:
    """Our suspects beside cleanlab's issues, of the same probabilities."""
    tensor, own = torch.from_numpy(p), torch.from_numpy(labels)
    top, true = tensor.topk(5, dim=1), tensor.gather(1, own[:, None])[:, 0]
    found = label_issues(top.values, top.indices, true, own, p.shape[1])
    planted_count = int(wrong.sum())
    told("striate", found.rows.numpy(), wrong)
    others = np.setdiff1d(np.arange(len(labels)), found.rows.numpy())
    rest = others[np.argsort(true.numpy()[others], kind="stable")]
    ranked = np.concatenate([found.rows.numpy(), rest])
    told("striate, as many as planted", ranked[:planted_count], wrong)
    told("striate, largest losses, as many", np.argsort(true.numpy(), kind="stable")[:planted_count], wrong)
    try:
        from cleanlab.filter import find_label_issues
        from cleanlab.rank import get_label_quality_scores
    except ImportError:
        print("  cleanlab is not installed")
        return
    for method in ("prune_by_noise_rate", "confident_learning"):
        issues = find_label_issues(labels, p, filter_by=method, n_jobs=1)
        told(f"cleanlab, {method}", np.flatnonzero(issues), wrong)
    for method in ("self_confidence", "normalized_margin"):
        order = np.argsort(get_label_quality_scores(labels, p, method=method), kind="stable")
        told(f"cleanlab, {method}, as many", order[:planted_count], wrong)


def pictures(asked: argparse.Namespace) -> None:
    """Labels of pictures."""
    for noise in asked.noise:
        data, folds = asked.out / f"noise-{noise:g}.npz", asked.out / f"folds-{noise:g}"
        given, true = planted(asked.data, asked.count, noise, data)
        found = striate.cross_validate(data, asked.folds, out=folds, epochs=asked.epochs, **SETTINGS)
        p, labels = probabilities(folds, data)
        assert (labels == given).all()
        wrong, share = given != true, float((p.argmax(1) == true).mean())
        print(f"noise {noise:g}: {len(given):,} pictures, {int(wrong.sum()):,} wrong labels")
        print(f"  {found.headline()}; {share:.3f} of the true labels")
        compared(p, labels, wrong)


def rounded(picture: str, box: Any) -> tuple[str, tuple[int, ...]]:
    """A box of a picture, to be found again."""
    return Path(picture).name, tuple(np.round(box).astype(int).tolist())


def boxes(asked: argparse.Namespace, share: float = 0.1) -> None:
    """Classes of boxes of the test pictures, swapped by a list of corrections."""
    splits = read(asked.data, shapes=False)
    part, random = splits["test"], np.random.default_rng(0)
    known: Any = part.annotations
    rows = random.permutation(len(known.boxes))[: round(share * len(known.boxes))]
    pictures_of = known.of_pictures()
    lines, swapped = ["picture,action,was,label,old_x1,old_y1,old_x2,old_y2"], set()
    for row in rows.tolist():
        was = known.classes[known.labels[row]]
        label = str(random.choice([name for name in known.classes if name != was]))
        picture = part.store.relative(int(part.places[pictures_of[row]]))
        sides = known.boxes[row]
        lines.append(",".join([picture, "relabel", was, label, *(f"{side:.6g}" for side in sides)]))
        swapped.add(rounded(picture, sides))
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "swaps.csv").write_text("\n".join(lines))
    striate.correct(asked.data, asked.out / "swaps.csv", asked.out / "swapped")
    found = striate.mistakes(asked.model, asked.out / "swapped", "test")
    named = [one for one in found.suspects if one.kind == "wrong class" and one.given_box]
    hits = {rounded(found.name(one.row), one.given_box) for one in named} & swapped
    print(f"{len(swapped)} of {len(known.boxes)} boxes of {len(part)} test pictures have another class")
    print(f"  wrong class: {len(named)} named, precision {len(hits) / max(1, len(named)):.3f}", end="")
    print(f", recall {len(hits) / len(swapped):.3f}")


def main() -> None:
    """Plant, train and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=5000, help="pictures")
    parser.add_argument("--noise", type=float, nargs="+", default=[0.1, 0.2])
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--boxes", action="store_true")
    parser.add_argument("--model")
    parser.add_argument("--out", type=Path, default=Path("runs/label_noise"))
    asked = parser.parse_args()
    boxes(asked) if asked.boxes else pictures(asked)


if __name__ == "__main__":
    main()
