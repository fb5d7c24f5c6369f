"""The picture at the top of the README: digits that a network never saw, its answers, and what moved them.

python docs/make_readme_picture.py     # writes docs/_static/readme.png
"""

import tempfile
from pathlib import Path

import striate
from striate.data.read_dataset import read
from striate.draw.image_grid import grid

PICTURE = Path(__file__).parent / "_static" / "readme.png"
SHOWN = 8


def main() -> None:
    digits = read("digits")
    with tempfile.TemporaryDirectory() as folder:
        run = striate.train(digits, model="lenet5", epochs=60, ema=0.995, out=Path(folder) / "run")
    images = [digits["test"].image(number * 9) for number in range(SHOWN)]
    explained = striate.explain(run.model, images)
    answers = run.model.predict(images)
    words = [f"{answer.class_name}   {answer.score:.0%}" for answer in answers]
    grid([*images, *explained.heat()], [*words, *[""] * SHOWN], columns=SHOWN, side=96).save(PICTURE)


if __name__ == "__main__":
    main()
