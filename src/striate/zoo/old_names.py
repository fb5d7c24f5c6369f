"""What saved files called things before: headers of format 1, and settings of runs that were made before 0.2.

{"fit": "pad", "views": "mirrored"} --current--> {"resize_mode": "pad", "tta": "mirror"}
"""

from collections.abc import Mapping
from typing import Any

NAMES = {
    "fit": "resize_mode",
    "views": "tta",
    "share": "crop_ratio",
    "grow": "progressive_resizing",
    "set": "arguments",
}
"""Fields of a preprocessing and settings of a training, before and now."""

VALUES: dict[str, dict[Any, Any]] = {"tta": {"plain": "none", "mirrored": "mirror"}}


def current(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same under the names of now; what has its name already stays.

    >>> current({"share": 0.875, "views": "plain", "size": [32, 32]})
    {'crop_ratio': 0.875, 'tta': 'none', 'size': [32, 32]}
    """
    renamed = {NAMES.get(name, name): value for name, value in values.items()}
    known = {name: names for name, names in VALUES.items() if isinstance(renamed.get(name), str)}
    return renamed | {name: names.get(renamed[name], renamed[name]) for name, names in known.items()}


def current_header(header: Mapping[str, Any]) -> dict[str, Any]:
    """A header of format 1 as it would be in format 2: all of them are of classifiers."""
    parts = {name: header.get(name) for name in ("preprocess", "settings")}
    renamed = {name: current(part) for name, part in parts.items() if isinstance(part, Mapping)}
    return {"task": "classification", "options": {}, **header, **renamed}
