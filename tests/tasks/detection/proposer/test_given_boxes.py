"""Proposals that somebody names for pictures: in training, evaluation and prediction."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from striate.api.evaluate import evaluate
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Files
from striate.data.inputs import prepared_inputs
from striate.data.preprocess import Preprocess
from striate.errors import DataError, SettingError
from striate.records import Batch, BoxTargets, Detections, Proposals
from striate.tasks import memory
from striate.tasks.detection.detector import Detector
from striate.tasks.detection.proposer.file_proposals import FileProposals, write_proposals
from striate.tasks.detection.proposer.given_boxes import boxes_by, named_proposer
from striate.tasks.detection.proposer.window_proposals import WindowProposals
from striate.train.run.input_data import with_proposals
from striate.train.run.settings import Settings
from striate.zoo.build import detector

NAMES = ("a.png", "b.png", "c.png")
SIZES = ((40, 60), (64, 96), (30, 90))
SMALL = {"width": 0.125, "channels": 8, "proposals": 20}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    generator = np.random.default_rng(0)
    for name, size in zip(NAMES, SIZES, strict=True):
        pixels = generator.integers(0, 255, (*size, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / name)
    return tmp_path


def written(folder: Path, **boxes: list[list[float]]) -> Path:
    path = folder / "boxes.jsonl"
    lines = [{"source": f"{name}.png", "boxes": rows} for name, rows in boxes.items()]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


@pytest.fixture
def file(folder: Path) -> Path:
    return written(folder, a=[[0, 0, 30, 20], [10, 5, 60, 40]], b=[], c=[[45, 0, 90, 30]])


def model_of(proposer: str = "file", name: str = "fast_rcnn") -> Detector:
    torch.manual_seed(0)
    model = detector(name, ["cell", "spot"], proposer=proposer, **SMALL)
    model.preprocess = Preprocess((64, 96), resize_mode="letterbox")
    return model


def data_in(folder: Path) -> Dataset:
    boxes = np.array([[5, 5, 25, 20], [10, 10, 50, 50], [40, 5, 80, 25]], np.float32)
    annotations = BoxAnnotations(boxes, np.array([0, 1, 0], np.int32), np.arange(1, 4), ("cell", "spot"))
    return Dataset(Files(folder, NAMES), annotations, np.arange(3))


def paths_in(folder: Path) -> list[str]:
    return [str(folder / name) for name in NAMES]


def regions_of(model: Detector, monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """The regions that each prediction of the model looks at, as they come."""
    seen: list[torch.Tensor] = []
    decode = Detector.decode

    def remembering(self: Detector, raw: Any, sizes: torch.Tensor, **options: Any) -> list[Detections]:
        pairs = zip(raw["regions"], raw["counts"], strict=True)
        seen.extend(boxes[:count] for boxes, count in pairs)
        return decode(self, raw, sizes, **options)

    monkeypatch.setattr(Detector, "decode", remembering)
    return seen


def test_boxes_of_a_file_are_looked_at_in_pixels_of_the_image(folder, file, monkeypatch):
    model = model_of()
    seen = regions_of(model, monkeypatch)
    found = model.predict(paths_in(folder), proposals=file)
    # a.png, 40 x 60, fills 64 x 96: factor 1.6; c.png, 30 x 90: factor 96 / 90, 32 high, 16 pixels above it
    assert torch.allclose(seen[0], torch.tensor([[0.0, 0, 48, 32], [16, 8, 96, 64]]), atol=1e-4)
    assert seen[1].shape == (0, 4)
    assert torch.allclose(seen[2], torch.tensor([[48.0, 16, 96, 48]]), atol=1e-4)
    assert len(found[1]) == 0
    assert [one.source for one in found] == paths_in(folder)


@pytest.mark.parametrize("name", ["fast_rcnn", "faster_rcnn", "rfcn"])
def test_what_is_named_takes_the_place_of_what_the_network_proposes(name, folder, file, monkeypatch):
    model = model_of("windows" if name == "fast_rcnn" else "rpn", name)
    seen = regions_of(model, monkeypatch)
    model.predict(paths_in(folder), proposals=FileProposals(file))
    assert [len(one) for one in seen] == [2, 0, 1]


def test_a_batch_that_is_halved_keeps_boxes_and_images_together(folder, file, monkeypatch):
    model = model_of()
    seen = regions_of(model, monkeypatch)
    whole = model.predict(paths_in(folder), proposals=file)
    forward, alone = Detector.forward, list[int]()

    def narrow(self: Detector, images: torch.Tensor, *given: Any) -> Any:
        if len(images) > 1:
            raise torch.OutOfMemoryError("out of memory")
        alone.append(len(given[0]))
        return forward(self, images, *given)

    monkeypatch.setattr(Detector, "forward", narrow)
    again = model.predict(paths_in(folder), proposals=file)
    assert alone == [1, 1, 1]
    assert all(torch.equal(first, second) for first, second in zip(seen[:3], seen[3:], strict=True))
    for first, second in zip(whole, again, strict=True):
        assert torch.allclose(first.boxes, second.boxes, atol=1e-3)


def test_halves_of_what_is_given_go_with_halves_of_the_images():
    def answer(images: torch.Tensor, boxes: list[torch.Tensor]) -> list[float]:
        if len(images) > 2:
            raise MemoryError
        return [float(one.sum()) + float(image.sum()) for image, one in zip(images, boxes, strict=True)]

    images, boxes = torch.arange(5.0).view(5, 1, 1, 1), [torch.full((1, 4), float(one)) for one in range(5)]
    parts = list(memory.in_parts(answer, images, boxes))
    assert parts == [[0.0, 5.0], [10.0], [15.0, 20.0]]


def test_the_same_boxes_can_be_a_file_a_proposer_or_records(folder, file):
    model = model_of()
    proposer = FileProposals(file)
    shapes = [torch.zeros(3, *size, dtype=torch.uint8) for size in SIZES]
    records = [proposer.propose(image, name) for image, name in zip(shapes, NAMES, strict=True)]
    answers = [
        model.predict(paths_in(folder), proposals=proposals, score_threshold=0.0)
        for proposals in (file, str(file), proposer, records)
    ]
    for other in answers[1:]:
        for first, second in zip(answers[0], other, strict=True):
            assert torch.equal(first.boxes, second.boxes)
            assert torch.equal(first.scores, second.scores)


def test_a_search_that_is_named_finds_what_the_network_would_have_searched(folder):
    model = model_of("windows")
    own = model.predict(paths_in(folder), score_threshold=0.0)
    for proposals in ("windows", WindowProposals()):
        named = model_of("selective").predict(paths_in(folder), proposals=proposals, score_threshold=0.0)
        assert all(torch.equal(a.boxes, b.boxes) for a, b in zip(own, named, strict=True))


def test_batches_carry_the_same_boxes_as_predictions(folder, file):
    preprocess = Preprocess((64, 96), resize_mode="letterbox")
    parts, notes = Detector.with_proposals({"train": data_in(folder)}, file)
    assert notes == ()
    (batch,) = prepared_inputs(paths_in(folder), preprocess, 3)
    given = boxes_by(file, preprocess, 20)(batch, paths_in(folder))
    affines = torch.stack([preprocess.affine(size) for size in SIZES])
    targets = parts["train"].annotations.collate(torch.arange(3)).moved(affines, (64, 96))
    for carried, one in zip(targets.given[0], given, strict=True):
        assert torch.equal(carried, one)


def test_a_model_is_measured_by_the_boxes_of_a_file(folder, file, monkeypatch):
    model, data = model_of(), data_in(folder)
    seen: list[list[int]] = []
    answer = Detector.answer

    def counting(self: Detector, images: torch.Tensor, *given: Any) -> Any:
        seen.append([len(boxes) for boxes in given[0]])
        return answer(self, images, *given)

    monkeypatch.setattr(Detector, "answer", counting)
    metrics = evaluate(model, Splits({"train": data}, "made", folder), proposals=file)
    assert metrics.count == 3
    assert seen == [[2, 0, 1]]


def test_training_takes_as_many_of_the_file_as_the_network_looks_at(folder):
    path = written(folder, a=[[0, 0, 30, 20 - side] for side in range(10)], b=[], c=[])
    settings = Settings(proposals=path, model="fast_rcnn")
    splits = with_proposals(Splits({"train": data_in(folder)}, "made", folder), settings)
    model = model_of()
    model.network.first._most = 4
    targets = model.prepared(splits["train"]).annotations.collate(torch.arange(3))
    assert targets.proposals.counts.tolist() == [4, 0, 0]
    assert splits["train"].annotations.collate(torch.arange(3)).proposals.counts.tolist() == [10, 0, 0]


def test_no_proposals_at_all_is_a_finite_loss():
    model = model_of().train()
    none = BoxTargets(torch.zeros(0, 4), torch.zeros(0).long(), torch.zeros(2).long())
    images = torch.randint(0, 256, (2, 3, 64, 96), dtype=torch.uint8)
    for targets in (
        BoxTargets(none.boxes, none.labels, none.counts, proposals=none),
        BoxTargets(torch.tensor([[4.0, 4, 40, 40]]), torch.tensor([1]), torch.tensor([1, 0]), proposals=none),
    ):
        losses = model.losses(Batch.full(images, torch.arange(2), targets))
        assert all(bool(loss.isfinite()) for loss in losses.values())
        sum(losses.values()).backward()


def test_regions_that_are_all_negative_are_a_finite_loss():
    model = model_of().train()
    far = BoxTargets(torch.tensor([[60.0, 40, 90, 60]] * 2), torch.zeros(2).long(), torch.tensor([1, 1]))
    targets = BoxTargets(torch.zeros(0, 4), torch.zeros(0).long(), torch.tensor([0, 0]), proposals=far)
    images = torch.randint(0, 256, (2, 3, 64, 96), dtype=torch.uint8)
    losses = model.losses(Batch.full(images, torch.arange(2), targets))
    assert losses["box"].item() == 0
    assert bool(losses["class"].isfinite())
    assert bool(model.sample_losses(Batch.full(images, torch.arange(2), targets)).isfinite().all())


def test_a_picture_of_one_color_is_answered_by_its_one_region(monkeypatch):
    model = model_of("selective")
    seen = regions_of(model, monkeypatch)
    model.predict(torch.full((3, 64, 96), 90, dtype=torch.uint8))
    assert seen[0].tolist() == [[0, 0, 96, 64]]


def test_a_model_of_a_file_refuses_pictures_without_one(folder):
    with pytest.raises(SettingError) as error:
        model_of().predict(paths_in(folder))
    assert "--proposals FILE" in str(error.value)
    assert "--proposals selective" in str(error.value)
    assert len(str(error.value).splitlines()) == 3


def test_pixels_have_no_path_by_which_a_file_could_know_them(file):
    with pytest.raises(SettingError, match="given by its pixels"):
        model_of().predict(torch.zeros(3, 40, 60, dtype=torch.uint8), proposals=file)


def test_fewer_records_than_pictures_are_refused(folder):
    none = Proposals(torch.zeros(0, 4), torch.zeros(0))
    with pytest.raises(SettingError, match="fewer than pictures"):
        model_of().predict(paths_in(folder), proposals=[none])


@pytest.mark.parametrize("proposals", ["rpn", "edge boxes", 5, ["a"]])
def test_what_proposes_nothing_is_refused(folder, proposals):
    with pytest.raises(SettingError, match="proposals is"):
        named_proposer(proposals)


def test_a_network_that_looks_once_takes_none(folder, file):
    torch.manual_seed(0)
    model = detector("yolo", ["cell", "spot"], width=0.125, channels=8)
    with pytest.raises(SettingError, match="yolo looks for objects by itself"):
        model.predict(paths_in(folder), proposals=file)
    data = Splits({"train": data_in(folder)}, "made", folder)
    with pytest.raises(SettingError, match="yolo looks for objects by itself"):
        evaluate(model, data, proposals=file)


def test_a_file_of_other_pictures_is_refused(folder):
    path = write_proposals(folder / "other.jsonl", [Proposals(torch.zeros(0, 4), torch.zeros(0), "z.png")])
    with pytest.raises(DataError, match="has no line for any of 3 pictures"):
        Detector.with_proposals({"train": data_in(folder)}, path)


def test_a_file_for_some_of_the_pictures_says_for_which_it_has_none(folder):
    path = written(folder, a=[[0, 0, 9, 9]], z=[[0, 0, 9, 9]])
    _, notes = Detector.with_proposals({"train": data_in(folder)}, path)
    assert notes == (
        f"{path} has no boxes for 2 of 3 pictures: {folder / 'b.png'}, {folder / 'c.png'}",
        f"{path} has boxes for 1 other picture: z.png",
    )
