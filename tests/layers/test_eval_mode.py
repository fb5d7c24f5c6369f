"""Evaluation mode for a while: several threads agree about it, and the last one puts the modes back."""

from threading import Barrier, Thread

import pytest
from torch import nn

from striate.layers import eval_mode
from striate.layers.eval_mode import evaluating


def test_the_last_thread_puts_the_modes_back():
    model = nn.Sequential(nn.Dropout(), nn.BatchNorm2d(1).eval())
    first_inside, second_inside, first_outside = Barrier(2), Barrier(2), Barrier(2)
    seen = []

    def first():
        with evaluating(model):
            first_inside.wait()
            second_inside.wait()
        seen.append(model[0].training)  # the second one is still inside
        first_outside.wait()

    def second():
        first_inside.wait()
        with evaluating(model):
            second_inside.wait()
            first_outside.wait()
            seen.append(model[0].training)

    threads = [Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == [False, False]
    assert [part.training for part in model] == [True, False]
    assert not eval_mode._USES


def test_a_part_that_two_models_share_stays_in_evaluation_mode_for_the_longer_use():
    shared = nn.Dropout()
    one, other = nn.Sequential(shared), nn.Sequential(shared)
    with evaluating(one):
        with evaluating(other):
            assert not shared.training
        assert not shared.training
        assert other.training
    assert shared.training


def test_an_error_inside_puts_the_modes_back_too():
    model = nn.Dropout()
    with pytest.raises(ZeroDivisionError), evaluating(model):
        raise ZeroDivisionError
    assert model.training
