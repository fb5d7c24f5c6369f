"""Captions of birds, beside a sentence that is always the same and the sentence of the most similar bird.

    python benchmarks/captions_alone.py prepare cub10 birds    a table: bird boxes with ten captions each
    striate train birds/birds.csv --task caption ...           the command is printed
    python benchmarks/captions_alone.py measure birds RUN CLASSIFIER

cub10: ten classes of Caltech-UCSD Birds 200-2011 (Wah et al. 2011), captions of Reed et al. 2016. Every fifth
picture of each class, in the order of their numbers, is unseen: 69 of 339. What is inside the bird's box is
the picture. CLASSIFIER is the run whose backbone RUN began with.

Measured on the unseen pictures, each beside its ten true captions, by CIDEr-D and BLEU-4:

    the model           by a beam of 5, as it answers when nobody says otherwise, and greedy
    most frequent       the caption that stands most often in the pictures to learn from
    nearest neighbour   of the picture to learn from whose features have the highest cosine: its first
                        caption, and the one of its ten that is most like the others by CIDEr-D; features of
                        CLASSIFIER, and the codes of the model itself
"""

import argparse
import csv
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.data.batches.loader import Loader
from striate.data.captions.tokenizer import words_of
from striate.data.dataset import Dataset
from striate.data.read_dataset import read
from striate.tasks.captioning.bleu import bleu
from striate.tasks.captioning.captioner import Captioner
from striate.tasks.captioning.cider import cider_d
from striate.tasks.captioning.writing import search_of, written
from striate.tasks.model import TaskModel
from striate.zoo.save_load import load

UNSEEN = 5
"""Every fifth picture of a class."""

TABLE = "birds.csv"
BATCH = 64


def prepare(data: Path, folder: Path) -> None:
    """The pictures, and a table with a line for each caption."""
    shutil.copytree(data / "images", folder / "images", dirs_exist_ok=True)
    captions, seen = json.loads((data / "captions.json").read_text()), Counter[str]()
    with (data / "boxes_parts.csv").open(newline="") as stream, (folder / TABLE).open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["image", "x1", "y1", "x2", "y2", "caption", "split"])
        for row in sorted(csv.DictReader(stream), key=lambda row: row["image"]):
            split = "train" if seen[row["label"]] % UNSEEN else "test"
            seen[row["label"]] += 1
            x, y, width, height = (float(row[side]) for side in "xywh")
            right, bottom = min(x + width, float(row["width"])), min(y + height, float(row["height"]))
            box = [max(x, 0.0), max(y, 0.0), right, bottom]
            for caption in captions[row["image"]]:
                writer.writerow([f"images/{row['image']}", *box, caption, split])


Words = list[str]


def truths(part: Dataset) -> list[list[Words]]:
    """The words of the captions of each picture."""
    found: Any = part.annotations
    return [[words_of(text) for text in own] for own in found.captions()]


@torch.no_grad()
def features(model: TaskModel[Any], part: Dataset) -> Tensor:
    """(N, D): codes of a model of captions, or what the last layer of a classifier sees."""
    embed = (
        model
        if isinstance(model, Captioner)
        else lambda images: model.backbone.embed(model.normalized(images))
    )
    batches = Loader(part, model.preprocess, BATCH).batches()
    return torch.cat([embed(batch.images).flatten(1).float() for batch in batches])


def typical(known: Sequence[Sequence[Words]]) -> list[Words]:
    """Of each picture the caption that is most like its others, by CIDEr-D among all known pictures."""
    columns = []
    for number in range(min(map(len, known))):
        others = [[*own[:number], *own[number + 1 :]] for own in known]
        columns.append(cider_d([own[number] for own in known], others))
    return [own[int(row)] for own, row in zip(known, torch.stack(columns, 1).argmax(1), strict=True)]


def neighbours(model: TaskModel[Any], known: Dataset, asked: Dataset) -> list[int]:
    """For each picture that is asked about the nearest known one, by cosine."""
    rows, columns = (F.normalize(features(model, part), dim=1) for part in (asked, known))
    return [int(row) for row in (rows @ columns.T).argmax(1)]


def measure(folder: Path, run: Path, classifier: Path) -> dict[str, tuple[float, float]]:
    """CIDEr-D and BLEU-4 of everything on the unseen pictures, by name."""
    splits = read(folder / TABLE, kinds=Captioner.learns_from, validation=0.0)
    known, asked = splits["train"], splits["test"]
    model, other = (load(path / "model.safetensors" if path.is_dir() else path) for path in (run, classifier))
    assert isinstance(model, Captioner)
    learned, true = truths(known), truths(asked)
    usual = typical(learned)
    answers: dict[str, list[Words]] = defaultdict(list)
    codes = features(model, asked)
    for name, beam in (("the model, beam 5", 5), ("the model, greedy", 1)):
        found = written(model.language, codes, search_of({}, beam))
        answers[name] = [words_of(text) for text in found.texts]
    ((often, count),) = Counter(tuple(one) for own in learned for one in own).most_common(1)
    answers[f"most frequent caption ({count} times: {' '.join(often)})"] = [list(often)] * len(true)
    for whose, one in (("the classifier's features", other), ("the model's codes", model)):
        nearest = neighbours(one, known, asked)
        answers[f"nearest in {whose}, first caption"] = [learned[row][0] for row in nearest]
        answers[f"nearest in {whose}, most typical caption"] = [usual[row] for row in nearest]
    return {name: (float(cider_d(own, true).mean()), bleu(own, true)) for name, own in answers.items()}


def main() -> None:
    """Prepare or measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    preparing = verbs.add_parser("prepare")
    preparing.add_argument("data", type=Path)
    preparing.add_argument("folder", type=Path)
    measuring = verbs.add_parser("measure")
    measuring.add_argument("folder", type=Path)
    measuring.add_argument("run", type=Path)
    measuring.add_argument("classifier", type=Path)
    chosen = parser.parse_args()
    if chosen.verb == "prepare":
        chosen.folder.mkdir(parents=True, exist_ok=True)
        prepare(chosen.data, chosen.folder)
        print(f"striate train {chosen.folder / TABLE} --task caption --weights CLASSIFIER --out RUN")
        return
    for name, (cider, four) in measure(chosen.folder, chosen.run, chosen.classifier).items():
        print(f"CIDEr-D {cider:.3f}   BLEU-4 {four:.3f}   {name}")


if __name__ == "__main__":
    main()
