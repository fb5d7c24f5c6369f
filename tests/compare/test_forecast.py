"""How long a comparison will take, by hand."""

import pytest

from striate.compare.forecast import (
    Counted,
    seconds_of_answer,
    seconds_of_search,
    seconds_of_training,
)
from striate.train.profile.profile import Cost, Costs
from striate.train.run.settings import Settings

# a step of 2 pictures takes 0.3 s, one of 8 takes 0.9 s: 0.1 s and 0.1 s for each picture
COSTS = Costs((8, 8), 1, 1, (Cost(1, 0.5, 1), Cost(32, 0.4, 1)), steps=((2, 0.3), (8, 0.9)))
SEARCHED = Costs(
    (8, 8),
    1,
    1,
    (Cost(1, 0.5, 1),),
    steps=COSTS.steps,
    parts=(("proposals", 0.2), ("head", 0.3)),
    carried=True,
)
PICTURES = Counted(learned=20, validated=5, judged=10)


def test_a_training_is_its_steps_its_validations_and_the_answers_in_the_end() -> None:
    # 20 pictures in 5 steps of 4: 5 * 0.5; 5 * 0.4 validated: 4.5 s an epoch, three of them, and 10 * 0.4
    settings = Settings(epochs=3, batch=4)
    assert seconds_of_training(COSTS, settings, PICTURES) == pytest.approx(3 * 4.5 + 4)


def test_a_budget_bounds_what_is_learned() -> None:
    settings = Settings(epochs=3, batch=4, budget="5s")
    assert seconds_of_training(COSTS, settings, PICTURES) == pytest.approx(5 + 4)


def test_a_search_is_done_once() -> None:
    assert seconds_of_search(SEARCHED) == 0.2
    assert seconds_of_answer(SEARCHED) == pytest.approx(0.3)
    assert seconds_of_answer(COSTS) == 0.4
