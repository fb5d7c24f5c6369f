"""The regions of a page of dense captions: truth beside answer, and the map of a word."""

from types import SimpleNamespace

import pytest
import torch

from striate.data.captions.vocabulary import Vocabulary
from striate.data.preprocess import Preprocess
from striate.records import BoxTargets, CaptionTargets, Sample
from striate.report.caption_page import regions
from striate.zoo.build import build

VOCABULARY = Vocabulary(("a", "red", "circle", "blue"), 4)
SMALL = {"width": 0.125, "channels": 16, "code": 32, "language": 32, "proposals": 20}


def page_of(ends: float):
    """A page whose one picture has the two regions that the model finds, called a red circle."""
    torch.manual_seed(0)
    options = {"vocabulary": VOCABULARY.to_dict()}
    model = build(
        "densecap", ["region"], Preprocess((64, 96)), task="dense_captions", options=options, **SMALL
    )
    with torch.no_grad():
        model.branch.language.scores.bias[VOCABULARY.end - 1] = ends
    image = torch.randint(0, 256, (3, 64, 96), dtype=torch.uint8)
    boxes = model.eval().predict(image).boxes[:2]
    captions = CaptionTargets.of([["a red circle"]] * 2)
    targets = BoxTargets(boxes, torch.zeros(2).long(), torch.tensor([2]), captions=captions)
    run = SimpleNamespace(split="val", model=model)
    return SimpleNamespace(splits={"val": [Sample(image, targets, "x/one.png")]}, run=run)


@pytest.mark.parametrize("ends", [-20.0, 20.0], ids=["with words", "without words"])
def test_a_region_is_shown_with_its_captions_and_the_map_of_its_least_sure_word(ends):
    body = str(regions(page_of(ends)).body)
    assert "a red circle" in body
    assert "one.png" in body
    shown = body.count('alt="the region"')
    assert shown >= 1
    words = shown if ends < 0 else 0  # of "no words" there is no least sure one
    assert body.count('alt="the map of a word"') == words
    assert body.count("least sure</i>") == words
