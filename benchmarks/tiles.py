"""Large pictures in tiles against one shrunken view: AP50 on aerial pictures of cars, from random weights.

    python benchmarks/tiles.py DATA                # DATA/aerial_cars; about 15 minutes of one thread
    python benchmarks/tiles.py DATA --steps 20     # to see that it runs

Held equal: the network, the pictures and the boxes, the size that the network sees (320 x 320), the recipe,
how many pictures are learned from. One detector learns from shrunken pictures, the other from tiles of 320
pixels; both answer pictures of up to 2,200 pixels in one view and in tiles. One seed. The pictures are split
by sequence: those of DJI_0005, MOS74 to MOS90, DJI_0020 and DJI_0022 are never learned from. DJI-00760, which
is, shows the crossing of DJI_0005 too. AP50 is of cars, and of all vehicles as one class.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from PIL import Image

import striate
from striate.data.read_dataset import read
from striate.ops.tile_grid import tile_boxes
from striate.records import BoxTargets, Detections
from striate.records.affine import clipped_boxes, stays_inside
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes
from striate.tasks.detection.voc_ap import voc_ap

SIDE = 320
UNSEEN = ("DJI_0005", "MOS7", "MOS8", "MOS90", "DJI_0020", "DJI_0022")
RECIPE: dict[str, Any] = {
    "task": "detect",
    "size": f"{SIDE}x{SIDE}",
    "batch": 16,
    "validation": 0.0,
    "augment": "mirror,flip,zoom=0.3,color=0.2,edge=black",
}
EMPTY = 0.1
"""Share of the tiles without a box that are kept."""


def main() -> None:
    """Train both, measure both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--steps", type=int, default=350, help="of each training, of 16 pictures")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    source = read(options.data / "aerial_cars", validation=0.0)["train"]
    names = [Path(source.name(index)).stem for index in range(len(source))]
    unseen = [index for index, name in enumerate(names) if name.startswith(UNSEEN)]
    seen = [index for index in range(len(source)) if index not in unseen]
    truths = [boxes_of(source[index].targets) for index in unseen]
    pictures = [source.image(index) for index in unseen]
    count = sum(len(one.boxes) for one in truths)
    print(f"{len(seen)} pictures learned from, {len(unseen)} measured, which have {count} boxes")
    for kind in ("shrunken", "tiles"):
        with TemporaryDirectory() as folder:
            count = write_pictures(source, seen, Path(folder) / "data", cut=kind == "tiles")
            began = time.process_time()
            epochs = max(1, round(options.steps * RECIPE["batch"] / count))
            run = striate.train(Path(folder) / "data", out=Path(folder) / "run", epochs=epochs, **RECIPE)
            minutes = (time.process_time() - began) / 60
            model = run.model
        print(f"{kind}: {count} pictures of {SIDE} x {SIDE}, {epochs} epochs, {minutes:.1f} CPU minutes")
        for tile in (None, SIDE):
            began = time.process_time()
            answers = striate.predict(model, pictures, tile=tile, score_threshold=0.01, top_k=300)
            spent = (time.process_time() - began) / len(pictures)
            shown = "in tiles" if tile else "one view"
            scores = report(answers, truths, source.classes)
            print(f"  answered {shown:8}  AP50 {scores}  {spent:.2f} CPU s a picture", flush=True)


def write_pictures(source: Any, chosen: list[int], folder: Path, *, cut: bool) -> int:
    """Pictures, or their tiles, as a YOLO data set; how many."""
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    lines = ["train: images", "names:", *(f"  {n}: {name}" for n, name in enumerate(source.classes))]
    (folder / "data.yaml").write_text("\n".join(lines) + "\n")
    generator, count = torch.Generator().manual_seed(0), 0
    for index in chosen:
        image, targets = source.image(index), source[index].targets
        size = (image.shape[1], image.shape[2])
        frames = tile_boxes(size, (SIDE, SIDE)) if cut else torch.tensor([[0, 0, size[1], size[0]]])
        for number, (x1, y1, x2, y2) in enumerate(frames.tolist()):
            moved = targets.boxes - targets.boxes.new_tensor([x1, y1, x1, y1])
            inside = clipped_boxes(moved, (y2 - y1, x2 - x1))
            kept = stays_inside(moved, inside)
            if not kept.any() and float(torch.rand(1, generator=generator)) > EMPTY:
                continue
            name = f"{Path(source.name(index)).stem}-{number}"
            part = image[:, y1:y2, x1:x2].permute(1, 2, 0).numpy()
            Image.fromarray(part).save(folder / "images" / f"{name}.png", compress_level=1)
            sides = inside.new_tensor([x2 - x1, y2 - y1])
            middle, size_of = (
                (inside[:, :2] + inside[:, 2:]) / 2 / sides,
                (inside[:, 2:] - inside[:, :2]) / sides,
            )
            rows = zip(
                targets.labels[kept].tolist(), torch.cat([middle, size_of], 1)[kept].tolist(), strict=True
            )
            text = "".join(f"{label} {' '.join(f'{one:.6f}' for one in row)}\n" for label, row in rows)
            (folder / "labels" / f"{name}.txt").write_text(text)
            count += 1
    return count


def boxes_of(targets: Any) -> TrueBoxes:
    """The objects of one picture."""
    assert isinstance(targets, BoxTargets)
    return TrueBoxes(targets.boxes, targets.labels)


def report(answers: list[Detections], truths: list[TrueBoxes], classes: tuple[str, ...]) -> str:
    """AP50 of cars, and of all boxes whatever their class."""
    found = [PredictedBoxes(one.boxes, one.scores, one.labels) for one in answers]
    cars = voc_ap(found, truths, len(classes)).per_class[classes.index("car")]
    any_found = [PredictedBoxes(one.boxes, one.scores, one.labels * 0) for one in answers]
    any_true = [TrueBoxes(one.boxes, one.labels * 0) for one in truths]
    return f"cars {cars:.3f}, vehicles {voc_ap(any_found, any_true, 1).mean:.3f}"


if __name__ == "__main__":
    main()
