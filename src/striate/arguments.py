"""The door of every public function: its arguments are checked against its annotations.

    @checked
    def load(path: str | Path, engine: Literal["auto", "torch"] = "auto") -> Classifier: ...

    load(None)    SettingError: path is None / expected: text or a path
    load("x", engine="gpu")    SettingError: engine is 'gpu' / expected: 'auto' or 'torch'

Behind the door a wrong *value* is refused where it is understood. What the system refuses (a name too long,
no memory, no thread) becomes a StriateError here, and so does a mistake of striate, with its cause attached.
"""

import functools
import inspect
import math
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from fractions import Fraction
from itertools import islice
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

from striate.errors import (
    FileError,
    OutOfMemory,
    SettingError,
    StriateError,
    UnexpectedError,
    from_os_error,
)

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)

LARGEST = 2**63 - 1
"""Of whole numbers: torch and numpy count in 64 bits."""

LOOKED_AT = 1000
"""Items of a long list whose type is checked."""

NO_MEMORY = (
    *("alloc", "not enough memory", "out of memory", "Storage size calculation overflowed"),
    "failed to map segment",
)
"""What torch's RuntimeErrors, and libraries that cannot be loaded, say when there is no memory."""

WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    NoneType: "None",
    Path: "a path",
    bytes: "bytes",
}


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """The function behind a door that only values of the annotated types pass.

    >>> @checked
    ... def double(number: int) -> int:
    ...     return 2 * number
    >>> double(2)
    4
    >>> double("2")
    Traceback (most recent call last):
    ...
    striate.errors.SettingError: number is '2'
      expected: a whole number
      try: help(double)
    """
    signature = inspect.signature(function)
    types: dict[str, Any] = {}

    @functools.wraps(function)
    def door(*args: P.args, **kwargs: P.kwargs) -> R:
        if not types:
            types.update(_types(function, signature))
        bound = _bound(function, signature, args, kwargs)
        raised: list[BaseException] = []
        for name, value in bound.arguments.items():
            if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
                _require_counted(function.__name__, value)
            if name in types:
                _require(function.__name__, name, value, types[name], signature.parameters[name])
                if value is not None and _is_listener(types[name]):
                    bound.arguments[name] = _heard(value, raised)
        try:
            return function(*bound.args, **bound.kwargs)
        except StriateError:
            raise
        except Exception as reason:
            if any(reason is one for one in raised):  # it is the caller's own
                raise
            raise in_three_lines(reason, function.__name__) from reason

    return door


def checked_methods(kind: C) -> C:
    """A class whose public methods stand behind such a door."""
    for name, value in list(vars(kind).items()):
        if inspect.isfunction(value) and not name.startswith("_"):
            setattr(kind, name, checked(value))
        elif isinstance(value, classmethod | staticmethod) and not name.startswith("_"):
            setattr(kind, name, type(value)(checked(value.__func__)))
    return kind


def in_three_lines(reason: Exception, what: str) -> StriateError:
    """What went wrong behind the door: the system's refusal, no memory, no thread; or a mistake of striate.

    Args:
        reason: what was raised.
        what: the function, or the verb.
    """
    text = (str(reason).strip().splitlines() or [""])[0]
    if isinstance(reason, OSError) and reason.errno is not None:
        return from_os_error(reason)
    if isinstance(reason, MemoryError) or (
        isinstance(reason, RuntimeError | ImportError) and any(words in str(reason) for words in NO_MEMORY)
    ):
        return OutOfMemory(
            f"{what} needs more memory than there is",
            "less at once",
            "smaller pictures, a smaller network, or a smaller batch",
        )
    if isinstance(reason, RuntimeError) and "new thread" in text:
        return FileError(
            "the process may not start another thread", "room for a few threads", "ulimit -u, or --workers 0"
        )
    return UnexpectedError(
        f"striate made a mistake in {what}: {type(reason).__name__}: {text}",
        "an answer, or an error that says what is wrong",
        "report it with its cause, which is attached",
    )


def meant_number(value: object) -> str | None:
    """How a number is written that was written as people do elsewhere; None where nobody can tell.

    >>> meant_number("0,1"), meant_number("20 %"), meant_number("few"), meant_number(3)
    ('0.1', '0.2', None, None)
    """
    text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        return text.replace(",", ".")
    share = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*%", text)
    return f"{float(share[1].replace(',', '.')) / 100:g}" if share else None


def _types(function: Callable[..., Any], signature: inspect.Signature) -> dict[str, Any]:
    """The annotation of every parameter; those that cannot be evaluated are left out."""
    found = {}
    for name, parameter in signature.parameters.items():
        annotation = parameter.annotation
        if isinstance(annotation, str):
            try:
                annotation = eval(annotation, function.__globals__)
            except NameError:  # of a type that is imported for mypy alone
                continue
        if annotation not in (inspect.Parameter.empty, Any, object):
            found[name] = annotation
    return found


def _bound(
    function: Callable[..., Any],
    signature: inspect.Signature,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> inspect.BoundArguments:
    """Arguments by name.

    Raises:
        SettingError: one is missing, or there is one too many.
    """
    try:
        return signature.bind(*args, **kwargs)
    except TypeError as reason:
        names = [name for name in signature.parameters if name != "self"]
        strange = next((name for name in kwargs if name not in names), None)
        near = get_close_matches(strange or "", names, n=2, cutoff=0.5)
        wrong = f"has no argument {strange!r}" if strange else f"was called wrongly: {reason}"
        raise SettingError(
            f"{function.__name__} {wrong}",
            f"{function.__name__}({', '.join(names)})",
            " or ".join(near) or f"help(striate.{function.__name__})",
        ) from None


def _is_listener(annotation: Any) -> bool:
    """Whether nothing but a function of the caller's can be meant."""
    return {get_origin(one) for one in _members(annotation) if one is not NoneType} == {Callable}


def _heard(function: Callable[..., Any], raised: list[BaseException]) -> Callable[..., Any]:
    """A function of the caller's; what it raises is put down as the caller's own."""

    @functools.wraps(function, updated=())
    def heard(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as reason:
            raised.append(reason)
            raise

    return heard


def _require(where: str, name: str, value: Any, annotation: Any, parameter: inspect.Parameter) -> None:
    """Refuse a value of another type than the annotated ones.

    Raises:
        SettingError: it is of none of them.
    """
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        fits = all(_fits(one, annotation) for one in value)
    elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
        fits = all(_fits(one, annotation) for one in value.values())
    else:
        fits = _fits(value, annotation)
    if not fits:
        attempt = f"leave {name} out" if parameter.default is not parameter.empty else f"help({where})"
        words = [one for kind in _members(annotation) for one in _words(kind)]
        if isinstance(value, str) and (near := get_close_matches(value.lower(), words, n=1)):
            attempt = f"{name} {near[0]}"
        raise SettingError(f"{name} is {described(value)}", _in_words(annotation), attempt)


def _require_counted(where: str, options: Mapping[str, Any]) -> None:
    """Refuse numbers that torch and numpy cannot count to, whatever an option is.

    Raises:
        SettingError: there is one.
    """
    for name, value in options.items():
        if isinstance(value, int) and not isinstance(value, bool) and not _is_counted(value):
            raise SettingError(
                f"{name} is {described(value)}", f"at most {LARGEST}", f"{where} without {name}"
            )


def _members(annotation: Any) -> tuple[Any, ...]:
    """The types of a union; (the type,) if it is none."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _words(kind: Any) -> list[str]:
    """The texts that a Literal allows."""
    return [one for one in get_args(kind) if isinstance(one, str)] if get_origin(kind) is Literal else []


def _fits(value: Any, annotation: Any) -> bool:
    return any(_fits_one(value, one) for one in _members(annotation))


def _fits_one(value: Any, kind: Any) -> bool:
    origin = get_origin(kind)
    if kind is Any or kind is object or isinstance(kind, TypeVar | str):
        return True
    if getattr(kind, "__module__", "") == "PIL.Image":
        return True  # what is a picture is decided where pictures are read, which knows what to advise
    if kind is None or kind is NoneType:
        return value is None
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in get_args(kind))
    if origin in (Union, UnionType, Annotated):
        return _fits(value, kind)
    if kind in PLAIN:
        return PLAIN[kind](value)
    if origin is not None:
        return _fits_generic(value, origin, get_args(kind))
    return isinstance(value, kind) if isinstance(kind, type) else True


def _text(value: Any) -> bool:
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:  # half of a character, of which no file system knows
        return False
    return True


PLAIN: dict[Any, Callable[[Any], bool]] = {
    str: _text,
    bool: lambda value: isinstance(value, bool),
    int: lambda value: isinstance(value, Integral) and not isinstance(value, bool) and _is_counted(value),
    float: lambda value: (
        isinstance(value, Real) and not isinstance(value, bool | Fraction) and _is_finite(value)
    ),
    Path: lambda value: isinstance(value, Path) and _text(str(value)),
}


def _is_counted(value: Any) -> bool:
    return -LARGEST <= int(value) <= LARGEST


def _is_finite(value: Real) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of 400 digits
        return False


def _fits_generic(value: Any, origin: Any, inner: tuple[Any, ...]) -> bool:
    if origin is Callable:
        return callable(value) and _takes(value, inner[0] if inner else ...)
    if origin is tuple:  # a list serves as well, for it holds the same
        if not isinstance(value, tuple | list):
            return False
        if len(inner) == 2 and inner[1] is ...:
            return all(_fits(one, inner[0]) for one in value[:LOOKED_AT])
        return len(value) == len(inner) and all(map(_fits, value, inner))
    if issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(_fits(name, inner[0]) for name in value)
    if not isinstance(value, origin) or isinstance(value, str | bytes):
        return False
    if issubclass(origin, Collection) and len(inner) == 1:
        return all(_fits(one, inner[0]) for one in islice(value, LOOKED_AT))
    return True


def _takes(function: Any, arguments: Any) -> bool:
    """Whether a function can be called with so many arguments; true where nobody can know."""
    if not isinstance(arguments, list):
        return True
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    except ValueError:  # a function of C
        return True
    return True


def _in_words(annotation: Any) -> str:
    """``"text or a path"``."""
    words = [_one_in_words(one) for one in _members(annotation)]
    words = [word for word in dict.fromkeys(words) if word != "None" or len(words) == 1]
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _one_in_words(kind: Any) -> str:
    origin, inner = get_origin(kind), get_args(kind)
    if kind in WORDS:
        return WORDS[kind]
    if origin is Literal:
        return " or ".join(map(repr, inner))
    if origin is Callable:
        count = len(inner[0]) if inner and isinstance(inner[0], list) else None
        return "a function" if count is None else f"a function of {count} argument{'s' * (count != 1)}"
    if origin is tuple and len(inner) == 2 and inner[1] is ...:
        return f"a tuple of {_in_words(inner[0])}"
    if origin is tuple:
        return f"{len(inner)} values ({', '.join(map(_in_words, inner))})"
    if origin is not None and issubclass(origin, Mapping):
        return "a dictionary"
    if origin is not None and issubclass(origin, Iterable):
        return f"a list of {_in_words(inner[0])}" if inner else "a list"
    name = getattr(kind, "__name__", str(kind))
    return f"an {name}" if name[0] in "AEIO" else f"a {name}"


def described(value: Any) -> str:
    """A value in a message: numbers and texts as they are, of everything else the type."""
    if isinstance(value, str | int | float | NoneType):
        try:
            return repr(value)
        except ValueError:  # a whole number of more digits than Python prints
            return "a number of many digits"
    if isinstance(value, tuple | list) and all(isinstance(one, int | float | str) for one in value):
        return repr(value[:5])[:-1] + (", ..." if len(value) > 5 else "") + repr(value[:1])[-1]
    return f"of the type {type(value).__name__}"
