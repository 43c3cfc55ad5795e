"""A report in the form of GitLab's code quality: one issue a broken case, at its line in the case file.

The form: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.records import Status
from pytest_modelcheck.reports.packing import dumps
from pytest_modelcheck.reports.surroundings import place
from pytest_modelcheck.reports.wording import case_text, wrong_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.records import CaseResult
    from pytest_modelcheck.reports.model import CheckReport, RunReport

_SEVERITY: Final = {Status.FAILED: "major", Status.INCONCLUSIVE: "minor"}


def to_code_quality(report: RunReport) -> bytes:
    """One issue for each check that did not pass, and one for each of its failing cases."""
    top = os.environ.get("CI_PROJECT_DIR", "")
    return dumps([issue for check in report.checks for issue in _issues(check, top)]) + b"\n"


def _issues(check: CheckReport, top: str) -> Iterator[dict[str, Any]]:
    verdict = check.verdict
    if verdict.status in (Status.PASSED, Status.XFAILED):
        return
    summary = f"{excerpt(verdict.check, 200)}: {excerpt(verdict.headline, 300)}"
    yield _issue(check, None, summary, _SEVERITY[verdict.status], top)
    version = None if verdict.comparison is None else verdict.comparison.version
    for case in wrong_cases(check):
        kind = "major" if case.change == "regressed" else "minor"
        said = "; ".join(case_text(case, version))
        yield _issue(
            check, case, f"{excerpt(case.id, 80)} ({excerpt(verdict.check, 200)}): {said}", kind, top
        )


def _issue(check: CheckReport, case: CaseResult | None, text: str, severity: str, top: str) -> dict[str, Any]:
    path, line = place(check, case, top)
    identity = f"{check.verdict.model}\0{check.verdict.check}\0{'' if case is None else case.id}"
    digest = hashlib.sha256(identity.encode(errors="surrogatepass")).hexdigest()
    return {
        "description": text,
        "check_name": "modelcheck",
        "fingerprint": digest,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    }
