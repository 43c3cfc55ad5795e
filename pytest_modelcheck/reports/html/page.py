"""The HTML page: one file, no network access, and data is never interpreted as markup.

Text from models, case files and options is embedded as JSON in data blocks, which browsers do not
run, and is inserted into the page as text. The Content-Security-Policy of the page allows its one script
and its one style sheet by their digests, and nothing else: no other script, no handler in an attribute,
no request.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.display import harmless
from pytest_modelcheck.records import Outcome
from pytest_modelcheck.records.packing import pack
from pytest_modelcheck.reports.jsons import case_fields, dumps
from pytest_modelcheck.reports.transcript import steps_of_trial
from pytest_modelcheck.reports.worst import causes, places, triage, where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.records import CaseResult
    from pytest_modelcheck.reports.model import CheckReport, RunReport
    from pytest_modelcheck.reports.transcript import Trajectories

MOST_CASES: Final = 100_000
"""The number of cases of a check that the page lists: so many are searched and scrolled without a wait."""


def overview(report: RunReport) -> dict[str, Any]:
    """The data of the page without the cases."""
    packed: dict[str, Any] = pack(replace(report, checks=()))
    packed["checks"] = [_check(check) for check in report.checks]
    verdicts = [check.verdict for check in report.checks]
    packed["triage"], packed["causes"] = triage(verdicts), causes(verdicts)
    return packed


def _check(check: CheckReport) -> dict[str, Any]:
    """A check, with counts in place of lists of ids, which its cases repeat."""
    verdict, comparison = check.verdict, check.verdict.comparison
    fields: dict[str, Any] = pack(replace(check, cases=()))
    if comparison is not None:
        counts = {name: len(getattr(comparison, name)) for name in ("regressed", "fixed", "changed")}
        if check.cases:
            # Where bodies compare with the approved answer, to fail is to have changed and no more.
            for name in ("regressed", "fixed"):
                counts[name] = sum(case.change == name for case in check.cases)
        fields["verdict"]["comparison"] |= counts
    fields["count"] = len(check.cases)
    fields["where"] = where(verdict)
    fields["places"] = [] if verdict.passed else list(dict.fromkeys(places(verdict)))
    return fields


def cases_of(check: CheckReport) -> bytes:
    """The cases of a check as in the JSON report, with pictures and an agent's steps.

    Of more than :data:`MOST_CASES`, those are left out that passed and have not changed, the last ones first.
    """
    return dumps([_case(case) for case in _listed(check.cases)])


def _listed(cases: Sequence[CaseResult]) -> Sequence[CaseResult]:
    if len(cases) <= MOST_CASES:
        return cases

    def rank(case: CaseResult) -> int:
        if case.change == "regressed":
            return 0
        if case.outcome is not Outcome.PASSED:
            return 1
        return 3 if case.change is None else 2

    ranks = [rank(case) for case in cases]
    listed = sorted(range(len(cases)), key=ranks.__getitem__)[:MOST_CASES]
    return [cases[number] for number in sorted(listed)]


def _case(case: CaseResult) -> dict[str, Any]:
    fields = case_fields(case, brief=True)
    if case.origin is not None:
        fields["origin"] = str(case.origin)
    if case.pictures:
        fields["pictures"] = case.pictures
    for trial, part in zip(case.trials, fields["trials"], strict=True):
        if trial.pictures:
            part["pictures"] = trial.pictures
        if (found := steps_of_trial(trial, case.digest)) is not None:
            part["steps"] = _steps(found)
    return fields


def _steps(found: Trajectories) -> list[Any]:
    """An agent's steps: titles, a sentence, the index of the first row that differs, and the rows.

    A row holds its number, whether both sides agree, and the text and result of the step on each side.
    """
    rows = []
    for row in found.rows:
        sides = [(0, 0) if step is None else (step.text, step.result) for step in (row.before, row.after)]
        rows.append([row.number, row.is_same, *sides[0], *sides[1]])
    return [found.titles if found.before is not None else 0, found.sentence, found.first, rows]


_SCRIPTS: Final = ("text", "dom", "diff", "charts", "cases", "overview", "check", "main")
_ESCAPES: Final = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))


def to_html(report: RunReport) -> bytes:
    """A report as a page, in UTF-8."""
    import jinja2

    parts = "\n".join(_part(f"{name}.js") for name in _SCRIPTS)
    script, style = f'(() => {{\n"use strict";\n{parts}}})();\n', _part("page.css")
    # It allows this script and this style sheet, and nothing else.
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
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        _part("page.html")
    )
    models = harmless(", ".join(f"{model.name} {model.version or ''}".strip() for model in report.models))
    head, tail = template.render(
        title=(f"{models} – modelcheck" if models else "modelcheck"),
        script=script,
        style=style,
        policy="; ".join(f"{name} {value}" for name, value in rules.items()),
        data=_SLOT,
    ).split(_SLOT)
    blocks = [_block("report", dumps(overview(report)))]
    blocks += [_block(f"cases-{number}", cases_of(check)) for number, check in enumerate(report.checks)]
    return b"".join([head.encode(), *blocks, tail.encode()])


# Where the data goes. No title can say this: it is escaped.
_SLOT: Final = "<!-- data -->"


def escaped(content: bytes) -> bytes:
    r"""Escape JSON so that it cannot end its HTML element.

    >>> escaped(b'"</script>"')
    b'"\\u003c/script\\u003e"'
    """
    for character, escape in _ESCAPES:
        content = content.replace(character, escape)
    return content


def _block(name: str, content: bytes) -> bytes:
    return b'<script type="application/json" id="%s">%s</script>\n' % (name.encode(), escaped(content))


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
