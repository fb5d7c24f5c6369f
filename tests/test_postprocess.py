"""The end of a detector in numpy says what torch says."""

import json

import numpy as np
import pytest
import torch

from striate.errors import ModelFileError, ShapeError
from striate.ops import batched_nms, clip_boxes_to_image, decode_boxes
from striate.postprocess import Heads, activated, nms

SIZE = (96, 128)


def boxes_of(count, seed=0, side=40.0):
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * 80
    return torch.cat([corner, corner + 4 + torch.rand(count, 2, generator=generator) * side], dim=1)


def heads(count=300, **options):
    cells = np.full((count, 2), 16, np.float32)
    return Heads(
        SIZE, ("a", "b", "c"), options.pop("activation", "object"), boxes_of(count).numpy(), cells, **options
    )


def drawn(count, numbers, seed=1):
    return torch.randn(2, count, numbers, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0])
def test_suppression_is_that_of_torch(threshold):
    boxes, scores = boxes_of(400), torch.rand(400, generator=torch.Generator().manual_seed(2))
    labels = torch.arange(400) % 3
    ours = nms(boxes.numpy(), scores.numpy(), labels.numpy(), threshold)
    assert ours.tolist() == batched_nms(boxes, scores, labels, threshold).tolist()


def test_offsets_move_priors_as_the_coder_says():
    offsets = drawn(300, 4) * 3
    ours = heads(weights=(10.0, 10.0, 5.0, 5.0)).boxes(offsets.numpy())
    for one, found in zip(offsets, ours, strict=True):
        expected = decode_boxes(one, boxes_of(300), (10.0, 10.0, 5.0, 5.0))
        assert np.allclose(found, expected.numpy(), rtol=1e-5, atol=1e-4)


def test_a_centre_lies_in_its_cell_or_as_far_beyond_as_it_may_reach():
    zero, far = np.zeros((1, 300, 4), np.float32), np.full((1, 300, 4), 50, np.float32)
    priors = boxes_of(300).numpy()
    assert np.allclose(heads(reach=2.0).boxes(zero)[0], priors, atol=1e-4)
    moved = heads(reach=2.0).boxes(np.concatenate([far[..., :2], zero[..., 2:]], -1))[0]
    assert np.allclose(moved - priors, 16, atol=1e-4)


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("object", lambda x: x[..., :1].sigmoid() * x[..., 1:].softmax(-1)),
        ("background", lambda x: x.softmax(-1)[..., 1:]),
        ("sigmoid", torch.sigmoid),
    ],
)
def test_scores_become_probabilities_without_overflow(activation, expected):
    scores = drawn(50, 4) * 100
    with np.errstate(all="raise", under="ignore"):
        found = activated(scores.numpy(), activation)
    assert np.allclose(found, expected(scores).numpy(), atol=1e-6)


def test_what_is_kept_is_what_a_detector_keeps():
    """The candidates of each class, a threshold, suppression and the best of all, step by step in torch."""
    described = heads(weights=(1.0, 1.0, 1.0, 1.0), candidates=50, score_threshold=0.2, top_k=20)
    raw = {"scores": drawn(300, 4).numpy(), "offsets": (drawn(300, 4, 5) * 0.2).numpy()}
    for number, found in enumerate(described.detections(raw)):
        scores = torch.from_numpy(raw["scores"][number])
        likely = scores[:, :1].sigmoid() * scores[:, 1:].softmax(-1)
        boxes = decode_boxes(torch.from_numpy(raw["offsets"][number]), boxes_of(300))
        best, chosen = likely.topk(50, dim=0)
        labels, ranks = (best.T > 0.2).nonzero().unbind(1)
        clipped = clip_boxes_to_image(boxes[chosen[ranks, labels]], SIZE)
        kept = batched_nms(clipped, best[ranks, labels], labels, 0.5)[:20]
        assert found.labels.tolist() == labels[kept].tolist()
        assert np.allclose(found.boxes, clipped[kept].numpy(), atol=1e-3)
        assert np.allclose(found.scores, best[ranks, labels][kept].numpy(), atol=1e-6)


def test_thresholds_are_arguments():
    raw = {"scores": drawn(300, 4).numpy(), "offsets": np.zeros((2, 300, 4), np.float32)}
    few = heads().detections(raw, score_threshold=0.5, top_k=3)
    assert all(len(one.boxes) <= 3 and (one.scores > 0.5).all() for one in few)
    assert len(heads().detections(raw, score_threshold=1.0)[0].boxes) == 0
    all_of_them = heads(candidates=300).detections(raw, score_threshold=0, iou_threshold=1, top_k=10**6)
    assert len(all_of_them[0].boxes) == 900


def test_heads_come_back_from_the_metadata_of_a_file():
    made = heads(7, reach=2.0, top_k=9)
    back = Heads.read(json.dumps({"heads": made.to_dict(), "other": 1}))
    assert np.array_equal(back.priors, made.priors)
    assert (back.size, back.classes, back.reach, back.top_k) == (SIZE, ("a", "b", "c"), 2.0, 9)


@pytest.mark.parametrize("metadata", ["{}", "no json", '{"heads": {"priors": "?"}}', '{"heads": 3}', "[]"])
def test_metadata_of_another_model_say_so(metadata):
    with pytest.raises(ModelFileError, match="heads of a detector"):
        Heads.read(metadata)


def test_outputs_of_another_graph_are_refused():
    raw = {"scores": drawn(200, 4).numpy(), "offsets": drawn(200, 4).numpy()}
    with pytest.raises(ShapeError, match="scores are"):
        heads().detections(raw)
