"""The HTML templates of this room: whatever they are filled with is escaped."""

from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from striate.formatting import brief, duration, grouped, percent, percent_range, plural


def breakable(name: str) -> Markup:
    """A name that is broken at its underscores where it does not fit, and in a word only then.

    >>> breakable("bull_<terrier>")
    Markup('bull_<wbr>&lt;terrier&gt;')
    """
    return Markup("_<wbr>").join(name.split("_"))


FORMATS = (breakable, brief, duration, grouped, percent, percent_range, plural)
FILTERS = {filter.__name__: filter for filter in FORMATS}


@lru_cache
def _environment() -> Environment:
    pages = Environment(
        loader=PackageLoader("striate", "report/html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= FILTERS
    return pages


def rendered(template: str, /, **values: Any) -> Markup:
    """A template, filled in.

    >>> rendered("lead.html", metrics={"count": 0}, split="<val>")
    Markup('Nothing was measured: the <em>&lt;val&gt;</em> split has no picture.')
    """
    return Markup(_environment().get_template(template).render(**values).strip())


def source(name: str) -> str:
    """A file of the templates as it is."""
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


@lru_cache
def style() -> Markup:
    """The look of all pages."""
    return Markup(source("page.css"))
