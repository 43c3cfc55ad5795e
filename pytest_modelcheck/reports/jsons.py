"""A report as JSON, and back.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import UsageError, located
from pytest_modelcheck.reports.accounts import dumps
from pytest_modelcheck.reports.model import FORM, RunReport
from pytest_modelcheck.reports.packing import pack, unpack

if TYPE_CHECKING:
    from pytest_modelcheck.reports.model import CheckReport


def to_json(report: RunReport) -> bytes:
    """A report as one JSON document.

    ``modelcheck_report`` says its form; everything else is named as in
    :class:`~pytest_modelcheck.reports.model.RunReport`. Of cases and trials, what has nothing to say is left
    out.
    """
    fields: dict[str, Any] = {"modelcheck_report": FORM, **pack(replace(report, checks=()))}
    fields["checks"] = [_check(check) for check in report.checks]
    return dumps(fields) + b"\n"


def _check(check: CheckReport) -> dict[str, Any]:
    fields: dict[str, Any] = pack(replace(check, cases=()))
    fields["cases"] = [pack(case, brief=True) for case in check.cases]
    return fields


def from_json(content: bytes, path: str = "report.json") -> RunReport:
    """Read a report back.

    Args:
        content: What :func:`to_json` made.
        path: Where it comes from, for messages.

    Raises:
        UsageError: It is no report, or of a newer pytest-modelcheck.
    """
    import orjson

    try:
        fields = orjson.loads(content)
        form = fields.pop("modelcheck_report")
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise UsageError(located("not a JSON report of pytest-modelcheck", path)) from error
    if form != FORM:
        raise UsageError(
            located(
                f"has form {form!r}, and this version reads {FORM}: use the pytest-modelcheck that wrote it",
                path,
            )
        )
    try:
        return unpack(fields, RunReport)
    except (TypeError, ValueError) as error:
        raise UsageError(located(f"not a JSON report of pytest-modelcheck: {error}", path)) from error
