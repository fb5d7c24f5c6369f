"""Class names that look alike: equal but for case, spaces or the Unicode form of their letters."""

from collections.abc import Iterable
from difflib import get_close_matches
from unicodedata import normalize


def simplified(name: str) -> str:
    """What names that look alike have in common.

    >>> simplified(" Big  Cat") == simplified("big cat")
    True
    """
    return " ".join(normalize("NFKC", name).casefold().replace("_", " ").split())


def difference(first: str, second: str) -> str:
    """In what two names differ that look alike.

    >>> difference("Disk", "disk"), difference("disk", "disk ")
    ('case', 'spaces')
    """
    if normalize("NFC", first) == normalize("NFC", second):
        return "Unicode form"
    if first.casefold() == second.casefold():
        return "case"
    if "".join(first.split()) == "".join(second.split()):
        return "spaces"
    return "case, spaces or Unicode form"


def lookalikes(classes: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of names that look alike, each with the first of its kind.

    >>> lookalikes(("disk", "Disk", "stripe"))
    [('disk', 'Disk')]
    """
    first: dict[str, str] = {}
    return [
        (first[simplified(name)], name)
        for name in classes
        if first.setdefault(simplified(name), name) != name
    ]


def hint(name: str, known: Iterable[str]) -> str | None:
    """Which of the known names may be meant by an unknown one, in words; None if none comes near.

    >>> hint("Disk", ("disk", "stripe")), hint("strip", ("disk", "stripe"))
    ("'Disk' and 'disk' differ only in case", "'strip' is near 'stripe'")
    """
    known = list(known)
    same = next((other for other in known if simplified(other) == simplified(name)), None)
    if same is not None:
        return f"{name!r} and {same!r} differ only in {difference(name, same)}"
    near = get_close_matches(name, known[:5000], 1, cutoff=0.75)
    return f"{name!r} is near {near[0]!r}" if near else None
