"""The HTML page: one file, no network access, and data is never interpreted as markup.

Text from models, case files and options is embedded as JSON in data blocks, which browsers do not
run, and is inserted into the page as text. The Content-Security-Policy of the page allows its one script
and its one style sheet by their digests, and nothing else: no other script, no handler in an attribute,
no request.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines.diff import shown_answers
from pytest_modelcheck.display import harmless
from pytest_modelcheck.records import MISSING, OUTCOMES
from pytest_modelcheck.records.packing import pack
from pytest_modelcheck.reports.jsons import dumps, value_of
from pytest_modelcheck.reports.transcript import steps_of_trial
from pytest_modelcheck.reports.worst import causes, places, triage, where

if TYPE_CHECKING:
    from pytest_modelcheck.records import CaseResult, TrialResult
    from pytest_modelcheck.reports.model import CheckReport, RunReport


_CHANGES: Final = (None, "regressed", "fixed", "changed")


def overview(report: RunReport) -> dict[str, Any]:
    """The data of the page without the cases."""
    packed: dict[str, Any] = pack(replace(report, checks=()))
    packed["checks"] = [_check(check) for check in report.checks]
    packed["outcomes"] = [outcome.value for outcome in OUTCOMES]
    packed["changes"] = _CHANGES
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


def case_rows(check: CheckReport) -> bytes:
    """The cases of a check as lists, which need half the space of objects; ``cases.js`` names the fields.

    A missing value is 0, and any other is in a list of its own; zeros at the end are left out.
    """
    return dumps([_case(case) for case in check.cases])


def _case(case: CaseResult) -> list[Any]:
    return _trimmed(
        [
            case.id,
            OUTCOMES.index(case.outcome),
            [_trial(trial, case.digest) for trial in case.trials],
            _value(case.input),
            _value(case.expected),
            _CHANGES.index(case.change),
            _outcome(case.approved),
            0 if case.origin is None else str(case.origin),
            dict(case.metadata) or 0,
            case.known_failure or 0,
            case.pictures or 0,
        ]
    )


def _trial(trial: TrialResult, own: str) -> list[Any]:
    answer, base, before, base_before = shown_answers(trial, own)
    same = answer is not None and answer == before
    return _trimmed(
        [
            OUTCOMES.index(trial.outcome),
            _value(value_of(answer)),
            1 if same else _value(value_of(before)),
            _outcome(trial.approved),
            _value(trial.perturbed),
            _value(value_of(base)),
            trial.perturbation or 0,
            trial.variant,
            trial.repeat,
            0 if trial.score is None else [trial.score],
            trial.message or 0,
            _value(value_of(base_before)),
            _steps(trial, own),
            trial.pictures or 0,
            [[one.judge, _value(value_of(one.given)), _value(value_of(one.answer))] for one in trial.grades]
            or 0,
        ]
    )


def _steps(trial: TrialResult, own: str) -> Any:
    """Return an agent's steps: titles, a sentence, the index of the first row that differs, and the rows.

    A row holds its number, whether both sides agree, and the text and result of the step on each side.
    """
    found = steps_of_trial(trial, own)
    if found is None:
        return 0
    rows = []
    for row in found.rows:
        sides = [(0, 0) if step is None else (step.text, step.result) for step in (row.before, row.after)]
        rows.append([row.number, row.is_same, *sides[0], *sides[1]])
    return [found.titles if found.before is not None else 0, found.sentence, found.first, rows]


def _value(value: Any) -> Any:
    return 0 if value is MISSING else [value]


def _outcome(result: CaseResult | TrialResult | None) -> int:
    """The outcome as a number from 1; 0 for none."""
    return 0 if result is None else 1 + OUTCOMES.index(result.outcome)


def _trimmed(fields: list[Any]) -> list[Any]:
    while fields[-1] == 0 and len(fields) > 1:
        fields.pop()
    return fields


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
    blocks += [_block(f"cases-{number}", case_rows(check)) for number, check in enumerate(report.checks)]
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
