"""The assembly of two stages, whatever its parts are."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from torch import nn

from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.explain.attribution.detection_target import detection_target
from striate.explain.attribution.methods import explain
from striate.records import Batch, BoxTargets
from striate.tasks.detection.detector import Detector
from striate.tasks.detection.networks.two_stage import TwoStage, padded
from striate.tasks.detection.parts.branch import Branch
from striate.tasks.detection.parts.loss_sums import of_images, total_of
from striate.tasks.detection.parts.region_pool import RoiPool
from striate.tasks.detection.parts.region_sampling import RegionSampler
from striate.zoo.build import build
from striate.zoo.cost.summary import summary
from striate.zoo.inference.inference import InferenceEngine
from striate.zoo.inference.openvino_engine import exported
from striate.zoo.inference.two_graphs import engine_of_two_graphs

CLASSES, SIZE = ("cat", "dog"), (64, 96)
SMALL = {"width": 0.125, "channels": 8, "proposals": 20}
LOSSES = {"objectness", "proposal_box", "class", "box"}
TARGETS = BoxTargets(
    torch.tensor([[4.0, 4, 40, 40], [30, 10, 60, 60]]), torch.tensor([1, 0]), torch.tensor([2, 0])
)


def model(**own):
    torch.manual_seed(0)
    preprocess = Preprocess(SIZE, resize_mode="letterbox")
    return build("faster_rcnn", CLASSES, preprocess, task="detect", **{**SMALL, **own}).eval()


def images(count=2):
    made = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, *SIZE), dtype=torch.uint8, generator=made)


def batch(targets=TARGETS):
    return Batch.full(images(len(targets)), torch.arange(len(targets)), targets)


@pytest.mark.parametrize("own", [{}, {"pyramid": False}, {"norm": "group"}, {"backbone": "lenet5"}], ids=str)
def test_four_losses_reach_every_weight(own):
    if "backbone" in own:
        own = {**own, "width": None}
    made = model(**own).train()
    losses = made.losses(batch())
    assert set(losses) == LOSSES
    sum(losses.values()).backward()
    assert [name for name, one in made.named_parameters() if one.grad is None] == []


def test_losses_are_the_same_in_both_modes_where_norms_are_frozen():
    made = model(norm="frozen")
    torch.manual_seed(1)
    one = made.losses(batch())
    made.train()
    torch.manual_seed(1)
    other = made.losses(batch())
    assert one == other


def test_a_seed_makes_the_draw_and_another_seed_another():
    made, large = model(), batch()
    made.network.sampler = RegionSampler(8, 0.25, high=0.5, low=0.5, append_truth=True)
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(made.network.training_raw(made.normalized(large.images), TARGETS)["regions"])
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_the_objects_themselves_are_learned_from_while_training():
    raw = model().network.training_raw(images().float() / 255, TARGETS)
    for truth in TARGETS.boxes:
        assert (raw["regions"][0] == truth).all(1).any()


def test_a_batch_without_objects_has_finite_losses_and_no_box_to_learn():
    nothing = BoxTargets(torch.zeros(0, 4), torch.zeros(0).long(), torch.zeros(2).long())
    losses = model().losses(batch(nothing))
    assert all(value.isfinite() for value in losses.values())
    assert losses["box"] == losses["proposal_box"] == 0
    assert losses["class"] > 0


def test_what_is_ignored_teaches_nothing():
    crowd = BoxTargets(
        torch.tensor([[0.0, 0, 96, 64]]), torch.tensor([0]), torch.tensor([1]), torch.tensor([True])
    )
    made = model()
    raw = made.network.training_raw(images(1).float() / 255, crowd)
    assert raw["counts"].tolist() == [0]  # all regions lie in it: none is background, none an object
    losses = made.losses(batch(crowd))
    assert losses["class"] == losses["box"] == 0
    assert all(value.isfinite() for value in losses.values())


@torch.no_grad()
def test_no_proposal_is_no_object():
    made = model()
    made.network.first.predicting = type(made.network.first.predicting)(score_threshold=1.0)
    raw = made(images())
    assert raw["counts"].tolist() == [0, 0]
    assert [len(one) for one in made.decode(raw, torch.tensor([SIZE] * 2))] == [0, 0]
    values = made.metric()
    values.update(raw, batch())
    assert values.compute().values


def test_an_image_that_is_no_number_is_named():
    made, pixels = model(), images().float() / 255
    pixels[1, 0, 5, 5] = torch.nan
    losses = made.sample_losses(Batch.full(pixels, torch.arange(2), TARGETS))
    assert losses.isfinite().tolist() == [True, False]


@torch.no_grad()
def test_what_fills_up_is_no_candidate():
    made = model()
    raw = made(images())
    short = {**raw, "counts": torch.tensor([3, 0])}
    scores = made.network.candidates(short, SIZE).scores
    assert (scores[0, :3] > 0).all()
    assert (scores[0, 3:] == 0).all()
    assert (scores[1] == 0).all()


@torch.no_grad()
def test_the_loss_of_an_answer_is_the_same_every_time():
    made = model()
    raw, one = made(images()), batch()
    assert torch.equal(made._loss_of(raw, one), made._loss_of(raw, one))


class Brightness(Branch):
    """Learns the mean of the first map inside each object's region: as simple as a branch can be."""

    def __init__(self, channels):
        super().__init__()
        self.pool, self.linear = RoiPool((8,), 2), nn.Linear(channels * 4, 1)

    def forward(self, maps, regions):
        return {"light": self.linear(self.pool(maps, regions).flatten(1)).squeeze(1)}

    def loss_sums(self, raw, regions, drawn, targets):
        rows = zip(raw, drawn, strict=True)
        return of_images(
            ({"light": (own["light"] - one.boxes[:, 0] / 96).square().sum()}, one.positives)
            for own, one in rows
        )


def with_branch():
    made = model()
    network = made.network
    torch.manual_seed(0)
    branched = TwoStage(
        network.features,
        network.first,
        network.pool,
        network.head,
        finish=network.finish,
        usual=network.usual,
        sampler=network.sampler,
        branches={"light": Brightness(8)},
    )
    return Detector(branched, CLASSES, made.preprocess).eval()


def test_a_further_branch_needs_no_change_to_the_assembly():
    made = with_branch()
    losses = made.train().losses(batch())
    assert set(losses) == LOSSES | {"light"}
    losses["light"].backward()
    assert made.network.branches["light"].linear.weight.grad.abs().sum() > 0
    made.eval()
    with torch.no_grad():
        raw = made(images())
        found = made.decode(raw, torch.tensor([SIZE] * 2), score_threshold=0.1, top_k=5)
        answers = made.network.branch_raw(raw, [one.boxes for one in found])
    assert len(answers["light"]["light"]) == sum(map(len, found)) > 0
    assert set(total_of(made.network.loss_sums(raw, TARGETS, SIZE))) == LOSSES  # it was not asked


def test_regions_are_taken_from_the_map_that_fits_their_size():
    maps = [torch.full((1, 1, 32, 32), 1.0), torch.full((1, 1, 16, 16), 2.0)]
    regions = [torch.tensor([[0.0, 0, 20, 20], [0, 0, 250, 250]])]  # below and above 224 pixels
    assert RoiPool((8, 16), 1)(maps, regions).flatten().tolist() == [1.0, 2.0]


def test_gradients_of_pooled_regions_reach_their_map_alone():
    maps = [torch.ones(1, 1, 8, 8, requires_grad=True), torch.ones(1, 1, 4, 4, requires_grad=True)]
    RoiPool((8, 16), 2)(maps, [torch.tensor([[0.0, 0, 20, 20]])]).sum().backward()
    assert maps[0].grad.sum() == pytest.approx(4.0)
    assert maps[1].grad is None or maps[1].grad.sum() == 0


def test_rows_of_images_are_filled_up_with_zeros():
    rows = torch.arange(6.0).view(3, 2)
    assert padded(rows, [1, 2]).tolist() == [[[0, 1], [0, 0]], [[2, 3], [4, 5]]]
    assert padded(rows[:0], [0, 0]).shape == (2, 0, 2)


def test_one_object_is_explained_though_every_image_has_proposals_of_its_own():
    made, picture = model(), images(1)
    target = detection_target(made, picture, None, score_threshold=0.1)
    varied = torch.cat([picture, picture.flip(3)])
    assert target(made(varied)).shape == (2,)
    pixels = (picture / 255).requires_grad_()
    score = target(made(pixels))
    (found,) = made.decode(made(pixels), torch.tensor([SIZE]), score_threshold=0.1)
    assert score.exp().item() == pytest.approx(float(found.scores[0].detach()), abs=0.05)
    score.sum().backward()
    assert pixels.grad.abs().sum() > 0


def test_costs_are_counted_for_as_many_regions_as_can_be():
    made = model()
    fc6 = next(row for row in summary(made.network, (3, *SIZE)).rows if "fc6" in row.name)
    assert fc6.multiplications == 20 * 8 * 49 * 256  # regions, channels, bins, outputs


@torch.no_grad()
def test_two_graphs_answer_as_the_network_does():
    made = model()
    engine, found = engine_of_two_graphs(made, "exact")(images()), made(images())
    assert set(engine) == set(found)
    assert torch.equal(engine["counts"], found["counts"])
    for name, values in found.items():
        assert torch.allclose(engine[name], values, atol=1e-4), name


@torch.no_grad()
def test_pictures_of_all_sizes_are_answered_by_the_same_two_graphs():
    made = model()
    made.preprocess = replace(made.preprocess, size=(64, 96), resize_mode="shortest")
    pictures = [images(1)[0], images(1)[0].mT.contiguous(), images(1)[0, :, :40, :40]]
    wanted = made.predict(pictures, batch=1, score_threshold=0.1)
    made.engine = InferenceEngine(made, "openvino")
    for one, other in zip(made.predict(pictures, batch=1, score_threshold=0.1), wanted, strict=True):
        assert torch.allclose(one.boxes, other.boxes, atol=1e-2)
        assert torch.equal(one.labels, other.labels)


@torch.no_grad()
def test_two_graphs_look_at_the_boxes_that_are_given():
    made = model()
    given = [torch.tensor([[4.0, 4, 40, 40], [0, 0, 20, 60]]), torch.zeros(0, 4)]
    engine, found = engine_of_two_graphs(made, "exact")(images(), given), made(images(), given)
    assert found["counts"].tolist() == engine["counts"].tolist() == [2, 0]
    assert torch.equal(found["regions"][0], given[0])
    assert torch.allclose(engine["scores"], found["scores"], atol=1e-4)


def test_threads_that_predict_at_once_get_the_answers_of_one():
    made = model()
    made.engine = InferenceEngine(made, "auto")
    pictures = list(images(4))
    wanted = [made.predict(picture, score_threshold=0.1) for picture in pictures]

    def ask(number: int) -> bool:
        found = made.predict(pictures[number % 4], score_threshold=0.1)
        return torch.equal(found.boxes, wanted[number % 4].boxes)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(40)))


def test_no_graph_can_be_made_of_two_stages():
    with pytest.raises(SettingError, match="which no graph can say"):
        exported(model())


def test_gradcam_looks_at_the_backbone_of_a_detector_that_looks_twice():
    found = explain(model(), images(1)[0], method="gradcam", score_threshold=0.1)
    assert found.layer == "features.backbone.stages.3"
    assert found.values.shape == (1, *SIZE)


@pytest.mark.parametrize("norm", ["batch", "frozen", "group"])
def test_one_picture_at_a_time_is_learned_from(norm):
    made = model(norm=norm, channels=32).train()
    optimizer = torch.optim.AdamW(made.parameters(), 1e-3)
    one = BoxTargets(TARGETS.boxes[:1], TARGETS.labels[:1], torch.tensor([1]))
    totals = []
    for _ in range(15):
        total = torch.stack(list(made.losses(batch(one)).values())).sum()
        total.backward()
        optimizer.step()
        optimizer.zero_grad()
        totals.append(total.item())
    assert totals[-1] < totals[0] / 2
