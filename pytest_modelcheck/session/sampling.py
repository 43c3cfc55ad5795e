"""A drift check: the values that its bodies said, and those that they are compared with.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.compare import pairs
from pytest_modelcheck.checks.drift import Sampled
from pytest_modelcheck.checks.fold import outcome_of
from pytest_modelcheck.records import Finding, Outcome, Status
from pytest_modelcheck.session.memory import records_of
from pytest_modelcheck.session.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.records import CaseRecord, TrialRecord
    from pytest_modelcheck.session.evidence import Evidence
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.steps import Steps

_TOLD = (Outcome.PASSED, Outcome.XPASSED)


def run_reference(inquiry: Inquiry) -> Steps:
    """Run the body for the cases of ``reference=``, too."""
    drift = inquiry.spec.drift
    if drift is None or drift.cases is None:
        return
    cases = list(drift.cases)
    run = yield Step(inquiry.work(), inquiry.plan_of(cases).trials())
    inquiry.evidence.reference = records_of(cases, run.results)


def broken_reference(records: Iterable[CaseRecord]) -> list[Finding]:
    """A failure where bodies broke on what is compared with."""
    outcomes = [outcome_of(record.trials) for record in records]
    errors = outcomes.count(Outcome.ERROR)
    if not errors:
        return []
    text = f"{errors}/{len(outcomes)} cases of the reference broke with an error"
    return [Finding("errors", Status.FAILED, text)]


def sampled(spec: CheckSpec, evidence: Evidence) -> Sampled:
    """What is compared with what."""
    now = list(_values(evidence.records))
    outcomes = [outcome_of(record.trials) for record in evidence.records]
    found = Sampled(None, now, failed=outcomes.count(Outcome.FAILED))
    if evidence.reference is not None:
        failed = sum(outcome_of(record.trials) is Outcome.FAILED for record in evidence.reference)
        before = list(_values(evidence.reference))
        return replace(
            found, before=before, approved=False, failed=found.failed + failed, name="of the reference"
        )
    if evidence.baseline is None:
        return found
    name = f"of {evidence.baseline.header.version or 'unversioned'}"
    shared = _shared(spec, evidence)
    if shared:
        then, today = zip(*shared, strict=True)
        return replace(found, before=then, now=today, paired=True, name=name)
    then_all = list(_values(evidence.then.values()))
    return replace(found, before=then_all, edited=_edited(spec, evidence), name=name)


def _shared(spec: CheckSpec, evidence: Evidence) -> list[tuple[bytes, bytes]]:
    """The answers to the same inputs, where nearly all inputs are the same; else none."""
    found = [
        (then, today)
        for pair in pairs(evidence.records, evidence.then)
        for then, today in zip(_told(pair.then), _told(pair.now), strict=False)
    ]
    most = max(len(evidence.records), len(evidence.then))
    return found if found and len(found) >= spec.limits.min_overlap * most else []


def _edited(spec: CheckSpec, evidence: Evidence) -> bool:
    """Whether today's test may record something else of the approved inputs than was approved."""
    baseline = evidence.baseline
    if baseline is None or baseline.header.body == spec.provenance.body:
        return False
    records: Sequence[CaseRecord] = [*evidence.then.values(), *evidence.records]
    return any(trial.recorded is not None for record in records for trial in record.trials)


def _values(records: Iterable[CaseRecord]) -> Iterator[bytes]:
    for record in records:
        yield from _told(record.trials)


def _told(trials: Iterable[TrialRecord]) -> Iterator[bytes]:
    for trial in trials:
        if trial.outcome in _TOLD and trial.answer is not None:
            yield trial.answer
