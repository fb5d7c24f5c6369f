"""What a record prints: one line, and of tensors the shape."""

import torch

from striate.explain.attribution.explanation import Explanation
from striate.explain.embeddings.embeddings import Embeddings
from striate.explain.synthesis.image_prior import PLAIN
from striate.explain.synthesis.invert import Inversion
from striate.explain.synthesis.visualize import Visualization


def test_an_explanation_prints_its_method_shape_targets_and_layer() -> None:
    images = torch.zeros(2, 3, 4, 4)
    found = Explanation(torch.zeros(2, 4, 4), images, "gradcam", ("cat", "dog"), "stages.2")
    assert repr(found) == (
        "Explanation(values=(2, 4, 4), images=(2, 3, 4, 4), method='gradcam', targets=('cat', 'dog'), "
        "layer='stages.2', options={}, versions={}, reasons=())"
    )


def test_no_record_prints_the_numbers_of_a_tensor() -> None:
    image = torch.zeros(3, 9, 9)
    records = (
        Visualization(image, "class cat", (0.0, 1.0), PLAIN, 0),
        Inversion(image, ("stem",), image[None], (0.1,), (0.2,), 0),
        Embeddings(torch.zeros(9, 9), tuple("abcdefghi"), torch.zeros(9, dtype=torch.int64)),
    )
    for record in records:
        assert "tensor(" not in repr(record)
        assert "\n" not in repr(record)
        assert "9, 9)" in repr(record)
