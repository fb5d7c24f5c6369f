"""The chart of the page about comparing: four networks on the digits of scikit-learn, two seeds, 20 s each.

python docs/make_compare_picture.py     # writes docs/_static/compare.svg, in about three minutes
"""

import tempfile
from pathlib import Path

import striate

PICTURE = Path(__file__).parent / "_static" / "compare.svg"
NETWORKS = ("lenet5", "lenet5_1998", "resnet20", "resnet32")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = striate.compare("digits", NETWORKS, "20s", seeds=2, out=Path(folder) / "compare")
    found.chart().savefig(PICTURE, metadata={"Date": None})


if __name__ == "__main__":
    main()
