"""Networks with several values of several choices: the trainings, the rows, and what is refused before."""

import pytest

from striate.compare.grid import Grid
from striate.compare.plan import Plan
from striate.compare.sweep import Sweep
from striate.errors import SettingError
from striate.train.run.settings import Settings

BACKBONES = Sweep("backbone", ("resnet18", "mobilenet_v2"), of_network=True)
SIZES = Sweep("size", ("64", "96"))
NUMBERS = Sweep("proposals", (30, 10), of_network=True)


def test_numbers_of_proposals_share_a_training_and_what_a_network_lacks_is_no_choice() -> None:
    plan = Plan(("faster_rcnn", "yolo"), Settings(), choices=(BACKBONES, NUMBERS))
    assert plan.names == (
        "faster_rcnn backbone=resnet18",
        "faster_rcnn backbone=mobilenet_v2",
        "yolo backbone=resnet18",
        "yolo backbone=mobilenet_v2",
    )
    assert [row.name for row in plan.rows_of("faster_rcnn backbone=resnet18")] == [
        "faster_rcnn backbone=resnet18 proposals=30",
        "faster_rcnn backbone=resnet18 proposals=10",
    ]
    assert [row.name for row in plan.rows_of("yolo backbone=resnet18")] == ["yolo backbone=resnet18"]
    assert plan.rows[1].choices == (("backbone", "resnet18"), ("proposals", "10"))
    assert plan.notes() == ("without proposals 30, 10, as they have no such argument: yolo",)


def test_a_training_has_its_values_and_the_largest_number() -> None:
    common = Settings(arguments={"width": 0.5, "proposer": "windows"})
    plan = Plan(("fast_rcnn", "yolo"), common, choices=(BACKBONES, SIZES, NUMBERS))
    made = plan.of("fast_rcnn backbone=mobilenet_v2 size=96", 3)
    own = {"width": 0.5, "proposer": "windows", "backbone": "mobilenet_v2", "proposals": 30}
    assert (made.model, made.seed, made.size, made.arguments) == ("fast_rcnn", 3, "96", own)
    other = plan.of("yolo backbone=resnet18 size=64", 0)
    assert (other.size, other.arguments) == ("64", {"width": 0.5, "backbone": "resnet18"})


def test_a_file_of_proposals_reaches_the_detectors_that_are_given_some() -> None:
    plan = Plan(("fast_rcnn", "yolo"), Settings(proposals="boxes.jsonl"), choices=(SIZES,))
    assert plan.of("fast_rcnn size=64", 0).proposals is not None
    assert plan.of("yolo size=64", 0).proposals is None
    assert [note for note in plan.notes() if note.startswith("without proposer")]


def test_a_grid_of_classifiers_has_sizes() -> None:
    plan = Plan(("resnet20", "lenet5"), Settings(), choices=(SIZES,))
    assert plan.names == ("resnet20 size=64", "resnet20 size=96", "lenet5 size=64", "lenet5 size=96")
    assert [row.name for row in plan.rows] == list(plan.names)
    assert not any(row.changed for row in plan.rows)


def test_without_choices_a_row_is_a_network() -> None:
    rows = Grid(("resnet20", "lenet5")).rows()
    assert [(row.name, row.training, row.choices) for row in rows] == [
        ("resnet20", "resnet20", ()),
        ("lenet5", "lenet5", ()),
    ]


def test_more_values_belong_to_the_same_comparison_and_other_choices_do_not() -> None:
    def given(*choices: Sweep) -> object:
        return Plan(("yolo",), Settings(), choices=choices).given()

    more = Sweep("size", ("64", "96", "128"))
    assert given(SIZES) == given(more)
    assert given(SIZES) != given(BACKBONES)


@pytest.mark.parametrize(
    ("models", "choice", "message"),
    [
        (("yolo", "ssd"), NUMBERS, "proposals is given, and none has such an argument: yolo, ssd"),
        (("lenet5",), BACKBONES, "backbone is given, and none has such an argument: lenet5"),
        (("yolo",), Sweep("backbone", ("resnet18", "resnet19"), True), "there is no network 'resnet19'"),
        (("yolo",), Sweep("backbone", (5, 6), True), "backbone is 5"),
        (("rcnn",), Sweep("proposer", ("windows", "edges"), True), "proposer is 'edges'"),
        (("rcnn",), Sweep("proposals", (10, 0), True), None),
    ],
    ids=str,
)
def test_wrong_values_are_refused_before_anything_is_done(
    models: tuple[str, ...], choice: Sweep, message: str | None
) -> None:
    if message is None:  # 0 is the smaller number: the network is built with 10, and the terminal refuses 0
        Plan(models, Settings(), choices=(choice,))
        return
    with pytest.raises(SettingError) as caught:
        Plan(models, Settings(), choices=(choice,))
    assert message in caught.value.wrong
    assert caught.value.expected
    assert caught.value.attempt


def test_a_value_that_serves_one_network_is_no_mistake() -> None:
    # a region proposal network learns, so that nothing is fitted to its regions: rcnn takes none
    plan = Plan(
        ("faster_rcnn", "rcnn"), Settings(), choices=(Sweep("proposer", ("rpn", "windows"), of_network=True),)
    )
    assert len(plan.rows) == 4


def test_a_sweep_has_no_further_choices() -> None:
    with pytest.raises(SettingError, match="several values of size"):
        Plan(("yolo",), Settings(), sweep=Sweep("lr", (0.1, 0.2)), choices=(SIZES,))
