"""The documentation: pages in Markdown, and a walk whose every picture is made when the site is built."""

from importlib.metadata import version as version_of

project = "striate"
author = "the striate authors"
release = version = version_of("striate")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
myst_heading_anchors = 3
exclude_patterns = ["_build", "**/walk/README.rst"]
suppress_warnings = ["config.cache"]

autodoc_typehints = "description"
autodoc_member_order = "bysource"

# One folder a language: a Korean twin of every page stands at the same place below ko/.
sphinx_gallery_conf = {
    "examples_dirs": ["en/walk"],
    "gallery_dirs": ["gallery"],
    "within_subsection_order": "FileNameSortKey",
    "filename_pattern": r"/plot_",
    "show_memory": False,
    "download_all_examples": False,
    "abort_on_example_error": True,
    "min_reported_time": 1000,
}

html_theme = "furo"
html_title = "striate"
html_static_path = ["_static"]
html_css_files = ["striate.css"]
