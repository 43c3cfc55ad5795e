"""The result file of a check, which ``modelcheck diff``, ``review``, ``approve`` and ``report`` use.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import platform
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_modelcheck.baselines import baseline, lines
from pytest_modelcheck.baselines.identity import now
from pytest_modelcheck.models.definition import retires_on
from pytest_modelcheck.records import Origin
from pytest_modelcheck.reports.jsons import pack, printable
from pytest_modelcheck.reports.model import CheckReport
from pytest_modelcheck.session.approved import answered_shape
from pytest_modelcheck.session.check import Judged
from pytest_modelcheck.session.observing import whole_cases
from pytest_modelcheck.session.results import OTHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.records import Verdict
    from pytest_modelcheck.session.check import Check
    from pytest_modelcheck.session.found import Judgement


def leave(check: Check, judgement: Judgement, verdict: Verdict) -> Judged:
    """Write the result file, if it is a candidate or needed for a report.

    It is a candidate for approval unless only some cases were run, or the model's version has no name.
    """
    spec, ran, results = check.spec, judgement.ran, judgement.ran.results
    # Some cases alone, or a model without a name for its version, cannot become the baseline.
    is_candidate = not spec.partial and check.spec.subject.version is not None
    path, reads_approved = None, results.reads_approved
    if is_candidate or check.options.report:
        python = f"{platform.python_implementation()} {platform.python_version()}"
        shape = {}
        if spec.shaped:
            shape = answered_shape(whole_cases(results, judgement.noise.again), check.spec.subject)
        header = check.header(
            check.spec.subject,
            cases=len(results),
            systems=tuple(sorted(ran.systems)),
            # If bodies compare with the approved answer, the rate means nothing once this run is approved.
            rate=None if reads_approved else judgement.seen.observed.rate,
            judged=0 if reads_approved else judgement.seen.observed.cases.judged,
            environment=f"{python}, {platform.system()} {platform.machine()}",
            findings=verdict.findings,
            stopped="" if ran.early is None else str(ran.early.stopped),
            reads_approved=reads_approved,
            run=_report_of(check, verdict),
            shape=shape,
        )
        if is_candidate:
            path = check.leave(header, _rows(judgement))
        if path is None and check.options.report:
            path, is_candidate = _leave_for_the_report(check, header, _rows(judgement)), False
    return Judged(verdict, ran.first_failure, path, is_candidate)


def _report_of(check: Check, verdict: Verdict) -> dict[str, object]:
    """The report of the check, without its cases."""
    provenance, held = check.spec.provenance, check.held
    path = provenance.source.partition("::")[0]
    shutdown = (
        None if held is None else retires_on(check.spec.subject.definition, held.version) or held.retires
    )
    report = CheckReport(
        verdict,
        fingerprint=check.spec.subject.fingerprint,
        origin=Origin(path, provenance.line) if path else None,
        when=now(),
        rerun=check.spec.rerun,
        retires=None if shutdown is None else str(shutdown),
    )
    fields: dict[str, object] = printable(pack(report))
    del fields["cases"]
    return fields


def _rows(judgement: Judgement) -> Iterator[bytes]:
    """The lines of the result file: each case, with its approved result and its further runs."""
    results, again, approved = judgement.ran.results, judgement.noise.again, judgement.approved
    second = iter(again or ())
    for match, line in zip(results.matches, results.lines, strict=True):
        # Approved results are written again only where they differ, which keeps most files at half their
        # size.
        if match == OTHER or (match and approved.replaced):  # otherwise the line says that both are equal
            before = approved.judged_line(lines.id_of(line)) or b"null"
            line = lines.more_details(line, b'"approved":' + before)  # noqa: PLW2901 - the last of equal keys counts
        if again is not None:
            case = next(second)
            more = lines.trials_line(case.trials, case.digest)
            line = lines.more_details(line, b'"more":' + more)  # noqa: PLW2901
        yield line


def _leave_for_the_report(check: Check, header: Header, rows: Iterable[bytes]) -> Path | None:
    """Write the result file of a run that is not a candidate; it is removed after reporting."""
    path = None
    try:
        with tempfile.NamedTemporaryFile(prefix="modelcheck-", suffix=".jsonl", delete=False) as file:
            path = Path(file.name)
            file.writelines(baseline.chunks(header, rows))
    except OSError as error:
        if path is not None:
            path.unlink(missing_ok=True)
        check.warn(
            f"the results could not be kept for the report: {error.strerror or error}. Make room in the "
            "folder for temporary files, or name another (TMPDIR)"
        )
        return None
    return path
