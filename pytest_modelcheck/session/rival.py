"""Another version of the model in the same run, to be compared with in place of what is approved.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.baselines import baseline
from pytest_modelcheck.baselines.baseline import Baseline
from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.checks.fold import outcome_of
from pytest_modelcheck.records import Finding, Outcome, Status
from pytest_modelcheck.session.candidate import header_of
from pytest_modelcheck.session.evidence import as_approved
from pytest_modelcheck.session.memory import records_of
from pytest_modelcheck.session.steps import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.engine.work import Run
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import CaseRecord
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.steps import Steps


def run_rival(inquiry: Inquiry) -> Steps:
    """Run every trial with the other version; what it does is what today's version is compared with."""
    rival = inquiry.subject.rival
    if rival is None:
        return
    plan, meter = inquiry.plan_of(inquiry.spec.cases), inquiry.session.switchboard.endpoint(rival).meter
    before = meter.asked
    run = yield Step(inquiry.work(), plan.trials(), slots=inquiry.slots, rival=rival)
    asked = meter.asked - before
    records = records_of(plan.cases, run.results)
    broken = _broken(rival, records, run)
    if any(result.read_approved for result in run.results):
        records = list(map(as_approved, records))
    rows = baseline.encoded(records)
    header = header_of(inquiry, rival, cases=len(rows), findings=(_not_judged(inquiry, rival),))
    evidence = inquiry.evidence
    evidence.baseline = Baseline(header, rows, f"the run of {rival.label}")
    _leave(inquiry, header, records)
    evidence.then = evidence.baseline
    evidence.beside = () if evidence.partial else broken
    evidence.rivalry = f"{rival.label} was run beside it: {plural(asked, 'answer')} asked"


def _broken(rival: Model, records: Sequence[CaseRecord], run: Run) -> tuple[Finding, ...]:
    """A failure where it broke or was not asked: a case that has no outcome there cannot be worse here."""
    errors = [outcome_of(record.trials) for record in records].count(Outcome.ERROR)
    if not errors:
        return ()
    if run.stopped is not None:
        told = f"{run.stopped}; {errors} of {len(records)} cases have no outcome with it"
    else:
        told = f"{errors}/{len(records)} cases broke with {rival.label}"
    summary = f"{told}, so that nothing tells which is better"
    return (Finding("against", Status.FAILED, summary, against_baseline=True),)


def _leave(inquiry: Inquiry, header: Header, records: Sequence[CaseRecord]) -> None:
    """Leave it for ``modelcheck diff``, unless a run of its own left more, or only some cases were run."""
    store = inquiry.session.candidates
    if inquiry.spec.partial or store.read(header.model, header.test, header.version or "") is not None:
        return
    try:
        store.write(header, records)
    except OSError as error:
        inquiry.session.warnings.append(
            f"what {header.model} {header.version} did could not be left: {error}"
        )


def _not_judged(inquiry: Inquiry, rival: Model) -> Finding:
    """What keeps it from being approved: nobody knows whether it meets its limits."""
    summary = (
        f"it was only run to compare {inquiry.subject.label} with; to approve it, run it by itself: "
        f"pytest --model-version={rival.version}"
    )
    return Finding("against", Status.FAILED, summary)
