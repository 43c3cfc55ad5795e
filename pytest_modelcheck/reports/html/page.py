"""The page: one file, no network, and nothing a model said is ever markup.

What models, case files and options say travels as JSON inside of data blocks, which a browser does not run,
and is put on the page as text. The Content-Security-Policy of the page allows its one script and its one
style sheet by their digests, and nothing else: no other script, no handler in an attribute, no request.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.display import harmless
from pytest_modelcheck.reports.html.data import case_rows, overview
from pytest_modelcheck.reports.packing import dumps

if TYPE_CHECKING:
    from pytest_modelcheck.reports.model import RunReport

_SCRIPTS: Final = (
    "text.js",
    "dom.js",
    "diff.js",
    "charts.js",
    "cases.js",
    "overview.js",
    "check.js",
    "main.js",
)
_ESCAPES: Final = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))


def to_html(report: RunReport) -> bytes:
    """A report as a page, in UTF-8."""
    import jinja2

    script, style = _script(), _part("page.css")
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        _part("page.html")
    )
    head, tail = template.render(
        title=_title(report), script=script, style=style, policy=_policy(script, style), data=_SLOT
    ).split(_SLOT)
    blocks = [_block("report", dumps(overview(report)))]
    blocks += [_block(f"cases-{number}", case_rows(check)) for number, check in enumerate(report.checks)]
    return b"".join([head.encode(), *blocks, tail.encode()])


_SLOT: Final = "<!-- data -->"
"""Where the data goes. No title can say this: it is escaped."""


def escaped(content: bytes) -> bytes:
    r"""JSON that cannot end the element that it stands in.

    >>> escaped(b'"</script>"')
    b'"\\u003c/script\\u003e"'
    """
    for character, escape in _ESCAPES:
        content = content.replace(character, escape)
    return content


def _block(name: str, content: bytes) -> bytes:
    return b'<script type="application/json" id="%s">%s</script>\n' % (name.encode(), escaped(content))


def _title(report: RunReport) -> str:
    models = harmless(", ".join(f"{model.name} {model.version or ''}".strip() for model in report.models))
    return f"{models} – modelcheck" if models else "modelcheck"


def _policy(script: str, style: str) -> str:
    """Return the page's content security policy: run this script, look like this, and nothing else."""
    rules = {
        "default-src": "'none'",
        "script-src": _digest(script),
        "style-src": _digest(style),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _script() -> str:
    parts = "\n".join(map(_part, _SCRIPTS))
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


@cache
def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
