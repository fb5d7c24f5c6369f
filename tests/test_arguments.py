"""The door of a public function: what passes, what does not, and whose error it is."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image

from striate.arguments import checked, checked_methods
from striate.errors import FileError, OutOfMemory, SettingError, UnexpectedError


@checked
def verb(
    path: str | Path,
    count: int = 1,
    share: float = 0.5,
    names: Sequence[str] = (),
    size: tuple[int, int] | None = None,
    kind: Literal["a", "b"] = "a",
    options: Mapping[str, Any] | None = None,
    on_event: Callable[[int], None] | None = None,
    picture: "Image.Image | str | None" = None,
) -> str:
    """Does nothing but call."""
    if on_event:
        on_event(count)
    return "done"


@pytest.mark.parametrize(
    "arguments",
    [
        {"path": Path("x"), "count": np.int64(3), "share": 1},
        {"path": "x", "names": ["a", "b"], "size": [1, 2], "kind": "b"},
        {"path": "x", "size": None, "options": {}, "on_event": print},
        {"path": "x", "picture": 5},  # what is a picture is decided elsewhere
    ],
)
def test_values_of_the_annotated_types_pass(arguments: dict[str, Any]) -> None:
    assert verb(**arguments) == "done"


@pytest.mark.parametrize(
    ("arguments", "wrong", "expected"),
    [
        ({"path": None}, "path is None", "text or a path"),
        ({"path": b"x"}, "path is of the type bytes", "text or a path"),
        ({"path": "a\0b"}, "path is 'a\\x00b'", "text or a path"),
        ({"path": "x", "count": True}, "count is True", "a whole number"),
        ({"path": "x", "count": 1.5}, "count is 1.5", "a whole number"),
        ({"path": "x", "count": 2**63}, f"count is {2**63}", "a whole number"),
        ({"path": "x", "count": 10**5000}, "count is a number of many digits", "a whole number"),
        ({"path": "x", "share": float("nan")}, "share is nan", "a number"),
        ({"path": "x", "names": "ab"}, "names is 'ab'", "a list of text"),
        ({"path": "x", "names": [1]}, "names is [1]", "a list of text"),
        ({"path": "x", "size": (1, 2, 3)}, "size is (1, 2, 3)", "2 values (a whole number, a whole number)"),
        ({"path": "x", "kind": "c"}, "kind is 'c'", "'a' or 'b'"),
        ({"path": "x", "kind": []}, "kind is []", "'a' or 'b'"),
        ({"path": "x", "options": [1]}, "options is [1]", "a dictionary"),
        ({"path": "x", "on_event": 5}, "on_event is 5", "a function of 1 argument"),
        (
            {"path": "x", "on_event": lambda: None},
            "on_event is of the type function",
            "a function of 1 argument",
        ),
        ({"path": "x", "cuont": 1}, "verb has no argument 'cuont'", "verb(path, count, share"),
        ({}, "verb was called wrongly: missing a required argument: 'path'", "verb(path, count, share"),
    ],
)
def test_other_values_are_refused_in_three_lines(
    arguments: dict[str, Any], wrong: str, expected: str
) -> None:
    with pytest.raises(SettingError) as caught:
        verb(**arguments)
    assert caught.value.wrong == wrong
    assert caught.value.expected.startswith(expected)


def test_what_a_listener_raises_is_the_listener_s_own() -> None:
    def listener(number: int) -> None:
        raise KeyError(number)

    with pytest.raises(KeyError):
        verb("x", on_event=listener)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (OSError(36, "File name too long"), FileError),
        (MemoryError(), OutOfMemory),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), OutOfMemory),
        (RuntimeError("can't start new thread"), FileError),
        (AttributeError("no such thing"), UnexpectedError),
    ],
)
def test_what_goes_wrong_behind_the_door_becomes_a_striate_error(reason: Exception, kind: type) -> None:
    @checked
    def failing() -> None:
        raise reason

    with pytest.raises(kind) as caught:
        failing()
    assert caught.value.__cause__ is reason


def test_the_public_methods_of_a_class_have_doors_too() -> None:
    @checked_methods
    class Record:
        def top(self, k: int = 1) -> int:
            """K."""
            return k

        @classmethod
        def load(cls, path: str | Path) -> str:
            """The path."""
            return str(path)

    assert (Record().top(3), Record.load("x")) == (3, "x")
    for call in (lambda: Record().top("3"), lambda: Record.load(None)):  # type: ignore[arg-type]
        with pytest.raises(SettingError):
            call()
