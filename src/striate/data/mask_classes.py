"""Which class each number or color of a mask stands for: ``--classes``, a file, or a known set of names.

sky,building,pole             names of 0, 1, 2
0=sky,11=void                 numbers and names          void, ignore, unlabeled, ...: left out of all counts
#800000=aeroplane             colors and names
camvid, voc                   known sets
classes.txt, class_dict.csv   a file with one class a line: a name, NUMBER NAME, or NAME RED GREEN BLUE
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from striate.errors import SettingError
from striate.files.regular import read_regular

IGNORED_NAMES = frozenset(
    ("void", "ignore", "ignored", "unlabeled", "unlabelled", "unknown", "undefined", "don't care", "dontcare")
)
"""Names of what is no class: pixels that nobody has named."""

CAMVID = "sky,building,pole,road,pavement,tree,sign,fence,car,pedestrian,cyclist,void"
VOC = (
    "background,aeroplane,bicycle,bird,boat,bottle,bus,car,cat,chair,cow,diningtable,dog,horse,motorbike,person,"
    "pottedplant,sheep,sofa,train,tvmonitor,255=void"
)
KNOWN = {"camvid": CAMVID, "voc": VOC}
"""Of SegNet's CamVid (11 classes), and of Pascal VOC."""

FILES = ("classes.txt", "class_dict.csv", "classes.csv", "labels.txt", "codes.txt", "label_names.txt")
"""Names of files beside the masks that name classes."""

MOST_BYTES = 1_000_000
LARGEST = 2**31 - 1
FORM = "names with commas, NUMBER=NAME, #RRGGBB=NAME, a file, or one of: " + ", ".join(KNOWN)
COLOR = re.compile(r"#([0-9a-fA-F]{6})")


@dataclass(frozen=True)
class MaskClasses:
    """What the numbers of masks mean.

    Args:
        values: the number, or the color as 0xRRGGBB, of each class.
        names: of the classes, different.
        ignored: numbers of pixels that nobody has named.
        colored: whether the numbers are colors.
    """

    values: tuple[int, ...]
    names: tuple[str, ...]
    ignored: tuple[int, ...] = ()
    colored: bool = False

    @property
    def text(self) -> str:
        """As it is written: ``read_classes`` gives the same again."""
        pairs = [*zip(self.values, self.names, strict=True), *((value, "void") for value in self.ignored)]
        return ",".join(f"{shown(value, colored=self.colored)}={name}" for value, name in pairs)

    def name_of(self, value: int) -> str:
        """The name of a number; ``ignored``, or "" for one that means nothing."""
        if value in self.ignored:
            return "ignored"
        return self.names[self.values.index(value)] if value in self.values else ""


def shown(value: int, *, colored: bool) -> str:
    """A number, or a color as #RRGGBB.

    >>> shown(7, colored=False), shown(0x800000, colored=True)
    ('7', '#800000')
    """
    return f"#{value:06x}" if colored else str(value)


def read_classes(text: str) -> MaskClasses:
    """The classes that a text, a file or the name of a known set names.

    Raises:
        SettingError: there is no such file, or it cannot be understood.

    >>> read_classes("sky,road,void").names, read_classes("0=sky,11=void").ignored
    (('sky', 'road'), (11,))
    >>> read_classes("#000000=ground,#ff0000=roof").values
    (0, 16711680)
    """
    if text in KNOWN:
        text = KNOWN[text]
    elif "," not in text and "=" not in text:
        text = ",".join(_lines(Path(text)))
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    pairs = [_pair(entry, number) for number, entry in enumerate(entries)]
    if not pairs:
        raise SettingError(f"classes is {text!r}", FORM, "classes sky,road,car")
    return _classes(pairs, text)


def _pair(entry: str, number: int) -> tuple[int, str, bool]:
    """Number, name, and whether the number is a color, of one entry."""
    value, sign, name = entry.partition("=")
    if not sign:
        return number, entry, False
    color = COLOR.fullmatch(value.strip())
    if color:
        return int(color[1], 16), name.strip(), True
    try:
        return int(value), name.strip(), False
    except ValueError:
        raise SettingError(f"classes has the entry {entry!r}", FORM, "classes 0=sky,1=road") from None


def _classes(pairs: Sequence[tuple[int, str, bool]], text: str) -> MaskClasses:
    colored = {color for _, _, color in pairs}
    if len(colored) > 1:
        raise SettingError("classes has numbers and colors", "one or the other", "write all as #RRGGBB=NAME")
    values = [value for value, _, _ in pairs]
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None or not 0 <= min(values) <= max(values) <= LARGEST:
        wrong = f"classes names {twice} twice" if twice is not None else f"classes has {min(values)}"
        raise SettingError(wrong, "different numbers from 0 on", "one entry for each number of the masks")
    classes = [(value, name) for value, name, _ in pairs if name.lower() not in IGNORED_NAMES]
    names = tuple(name for _, name in classes)
    if len(set(names)) < len(names) or not all(names):
        raise SettingError(f"classes is {text[:80]!r}", "different names", "rename one of them")
    ignored = tuple(value for value, name, _ in pairs if name.lower() in IGNORED_NAMES)
    return MaskClasses(tuple(value for value, _ in classes), names, ignored, colored == {True})


def _lines(path: Path) -> Iterable[str]:
    """The entries of a file.

    Raises:
        SettingError: it is not there, or a line cannot be understood.
    """
    try:
        text = read_regular(path, MOST_BYTES).decode("utf-8-sig", "replace")
    except OSError as reason:
        wrong = f"classes is {str(path)!r}, and there is no such file ({reason.strerror})"
        raise SettingError(wrong, FORM, "classes sky,road,car") from reason
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("# ")]
    if lines and re.fullmatch(r"(?i)(name|class|label)s?\s*,\s*r\w*\s*,\s*g\w*\s*,\s*b\w*", lines[0]):
        lines = lines[1:]
    return [_entry(line, number) for number, line in enumerate(lines)]


def _entry(line: str, number: int) -> str:
    """One line as NUMBER=NAME or #RRGGBB=NAME.

    >>> _entry("car 64 0 128", 0), _entry("64,0,128,car", 0), _entry("3: car", 0), _entry("traffic light", 2)
    ('#400080=car', '#400080=car', '3=car', '2=traffic light')
    """
    if "=" in line:
        return line
    words = [word for word in re.split(r"[,;:\s]+" if "," not in line else r"\s*[,;]\s*", line) if word]
    numbers = [word for word in words if word.isdecimal()]
    name = " ".join(word for word in words if not word.isdecimal())
    if len(numbers) == 3 and all(int(one) <= 255 for one in numbers):
        red, green, blue = map(int, numbers)
        return f"#{red:02x}{green:02x}{blue:02x}={name}"
    if len(numbers) == 1 and name:
        return f"{numbers[0]}={name}"
    return f"{number}={line}"
