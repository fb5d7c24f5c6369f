from typing import get_args

import pytest

from striate.errors import SettingError
from striate.layers.literals import Stem, require_choice


def test_every_word_of_the_list_passes():
    for word in get_args(Stem):
        require_choice("stem", word, get_args(Stem))


@pytest.mark.parametrize("value", ["papr", "", None, True])
def test_another_word_is_answered_with_those_that_there_are(value):
    with pytest.raises(SettingError) as caught:
        require_choice("stem", value, get_args(Stem))
    assert caught.value.wrong == f"stem is {value!r}"
    assert caught.value.expected == "'paper' or 'small'"
    assert caught.value.attempt == "stem='paper' or stem='small'"
