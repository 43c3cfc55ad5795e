"""How Sphinx builds the documentation: ``sphinx-build -W docs docs/_build``."""

from pytest_modelcheck import __version__

project = "pytest-modelcheck"
author = "The pytest-modelcheck developers"
copyright = "the pytest-modelcheck developers"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_html_meta = {"description lang=en": "A pytest plugin for behavioural testing of AI features"}
autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_use_ivar = True

html_theme = "furo"
html_title = "pytest-modelcheck"
html_static_path = ["_static"]
html_logo = html_favicon = "_static/logo.svg"
html_theme_options = {
    "light_css_variables": {"code-font-size": "0.75rem"},  # so that lines of 95 characters need no scrolling
    "dark_css_variables": {"code-font-size": "0.75rem"},
}
