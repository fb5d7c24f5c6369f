"""Three lines whatever they quote."""

import errno

import pytest

from striate.errors import FileError, SettingError, from_os_error, quoted


def test_a_message_has_three_lines_whatever_it_quotes() -> None:
    error = SettingError("the name is 'a\nb\x1b[2J'", "no\rlines", "a\u2028b")
    assert str(error).splitlines() == [
        "the name is 'a\\nb\\x1b[2J'",
        "  expected: no\\rlines",
        "  try: a\\u2028b",
    ]


def test_of_a_long_value_both_ends_are_quoted() -> None:
    text = quoted(f"there is no {'a' * 3000}{'b' * 1000}, or it is empty")
    assert text.startswith("there is no aaa")
    assert text.endswith("bbb, or it is empty")
    assert text.count("a") + text.count("b") <= 200 + 2
    with_spaces = quoted(f"epochs is {'few ' * 500!r}")
    assert len(with_spaces) <= 200 + len("epochs is ")


def test_a_list_of_names_is_quoted_whole() -> None:
    names = ", ".join(f"network{number}" for number in range(200))
    assert SettingError("a", f"one of: {names}", "b").expected == f"one of: {names}"


@pytest.mark.parametrize("number", [errno.ENAMETOOLONG, errno.ENOSPC, errno.EACCES, errno.EMFILE])
def test_what_the_system_refuses_is_told_in_three_lines(number: int) -> None:
    error = from_os_error(OSError(number, "no", "file.png"))
    assert isinstance(error, FileError)
    assert error.wrong == "file.png cannot be used: no"
    assert error.expected
    assert error.attempt
