"""The pictures of docs/en/segmentation_ladder.md: the ladder on a drawn meadow, and two cows that touch.

    python docs/make_segmentation_pictures.py [RUNS]    # writes docs/_static/segmentation_*.png

Networks that have no run in the folder RUNS are trained there: half an hour on one core in all. The data are
drawn by benchmarks/drawn_scenes.py.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage

from striate.draw.image_grid import grid
from striate.draw.mask_overlay import tinted

ROOT = Path(__file__).resolve().parents[1]
PLACE, BENCHMARKS = ROOT / "docs" / "_static", ROOT / "benchmarks"
SETTINGS = ("size=96x128", "epochs=8", "augment=mirror")
SHOWN = 4
"""Which of the drawn meadows."""

sys.path.insert(0, str(BENCHMARKS))
from drawn_scenes import COW, scene, write  # noqa: E402 - it lies beside the benchmarks


def main() -> None:
    """Draw both."""
    cows()
    with tempfile.TemporaryDirectory() as folder:
        data, runs = Path(folder, "meadows"), Path(sys.argv[1] if len(sys.argv) > 1 else folder, "runs")
        write(data, 200, 40, seed=0)
        program = [sys.executable, str(BENCHMARKS / "segmentation_ladder.py"), str(data)]
        options = ["--classes", str(data / "classes.txt"), "--out", str(runs), "--picture", str(SHOWN)]
        subprocess.run([*program, *options, "--threads", "1", "--set", *SETTINGS], check=True)
        shutil.copy(runs / "ladder.png", PLACE / "segmentation_ladder.png")


def cows() -> None:
    """Cows that touch: one region of one class, and two objects."""
    meadows = (scene(np.random.default_rng(seed), (96, 96), cows=2) for seed in range(100))
    made = next(one for one in meadows if ndimage.label(one.mask == COW)[1] == 1 and one.cows.max() == 2)
    classes = torch.from_numpy((made.mask == COW).astype(np.uint8))
    shown = made.picture.resize((480, 480), 0)
    panels = {
        "the picture": shown,
        "by class: one region, cow": tinted(shown, classes, ("background", "cow"), 255),
        "by object: two cows": tinted(
            shown, torch.from_numpy(made.cows), ("background", "cow 1", "cow 2"), 255
        ),
    }
    grid(list(panels.values()), list(panels), columns=3, side=320).save(PLACE / "segmentation_cows.png")


if __name__ == "__main__":
    main()
