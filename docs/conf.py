"""The documentation: pages in Markdown, and a walk whose every picture is made when the site is built.

Tables of settings, findings and augmentations are made from the one list in the code that each of them has.
"""

import ast
import re
from importlib.metadata import version as version_of
from pathlib import Path

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from striate.data.augment.augment import PARTS
from striate.data.augment.augment_recipe import RECIPES
from striate.data.checks.findings import KINDS
from striate.train.run.settings import Settings

project = "striate"
author = "the striate authors"
copyright = "the striate authors, Apache-2.0"
release = version = version_of("striate")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
myst_heading_anchors = 3
myst_enable_extensions = ["substitution"]
exclude_patterns = ["_build", "**/walk/README.rst"]
suppress_warnings = ["config.cache"]

autodoc_typehints = "description"
napoleon_use_ivar = True
autodoc_member_order = "bysource"

# One folder a language: a Korean twin of every page stands at the same place below ko/.
sphinx_gallery_conf = {
    "examples_dirs": ["en/walk"],
    "gallery_dirs": ["gallery"],
    "within_subsection_order": "FileNameSortKey",
    "filename_pattern": r"/plot_",
    "show_memory": False,
    "write_computation_times": False,
    "download_all_examples": False,
    "abort_on_example_error": True,
    "min_reported_time": 1000,
    "image_srcset": ["2x"],
}

html_theme = "furo"
html_title = "striate"
html_static_path = ["_static"]
html_css_files = ["striate.css"]
html_math_renderer = "mathml"  # which browsers draw by themselves: the site needs no script from elsewhere


def rows(*lines: tuple[str, ...]) -> str:
    """A Markdown table; the first line holds the headings."""
    heading, *others = (
        "| " + " | ".join(re.sub(r"[|*]", r"\\\g<0>", cell) for cell in line) + " |" for line in lines
    )
    return "\n".join([heading, "|---" * len(lines[0]) + "|", *others])


def default(value: object) -> str:
    """A setting's default as it is typed; the description explains those that are decided or empty."""
    return "" if value in (None, (), {}) else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def first_line(path: Path) -> str:
    """What a program says of itself."""
    return (ast.get_docstring(ast.parse(path.read_text())) or "").splitlines()[0]


benchmarks = sorted((Path(__file__).parents[1] / "benchmarks").glob("*.py"))
settings = [
    (f"`{name}`", default(field.default), field.description) for name, field in Settings.model_fields.items()
]
findings = [(f"`{kind}`", severity, meaning) for kind, (severity, meaning) in KINDS.items()]
parts = [(f"`{name}`", f"`{part.usual:g}`", part.meaning) for name, part in PARTS.items()]
recipes = [(f"`{name}`", f"`{recipe}`") for name, recipe in RECIPES.items()]
myst_substitutions = {
    "settings": rows(("name", "default", "meaning"), *settings),
    "findings": rows(("kind", "severity", "meaning"), *findings),
    "parts": rows(("part", "usual", "meaning of the strength"), *parts),
    "recipes": rows(("recipe", "parts"), *recipes),
    "benchmarks": rows(
        ("program", "question"), *((f"`{path.name}`", first_line(path)) for path in benchmarks)
    ),
}


def setup(app: Sphinx) -> None:
    """Read docstrings as they are written, for people who read the code; draw formulas without scripts."""
    app.add_html_math_renderer("mathml", (inline_formula, None), (formula, None))
    app.connect("autodoc-process-docstring", results_in_words, priority=400)  # napoleon has 500
    app.connect("autodoc-process-docstring", as_written)


def results_in_words(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Napoleon would take what stands before a colon in the description of a result for a type."""
    for number, line in enumerate(lines[:-1]):
        if line.strip() == "Returns:":
            lines[number + 1] = re.sub(r":(?= |$)", " –", lines[number + 1])


def as_written(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Keep the drawings of a file's header as they are drawn, and the stars of shapes such as (C, *size)."""
    if what == "module" and any(line.strip() for line in lines[1:]):
        lines[1:] = ["", "::", "", *(f"    {line}" for line in lines[1:])]
    else:
        lines[:] = [re.sub(r"([(,] ?)\*(?=\w)", r"\1\\*", line) for line in lines]


def inline_formula(page: HTML5Translator, node: nodes.math) -> None:
    """A formula in a line."""
    page.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def formula(page: HTML5Translator, node: nodes.math_block) -> None:
    """A formula of its own."""
    page.body.append(f'<div class="formula">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode
