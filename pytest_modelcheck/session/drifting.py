"""Drift checks: the recorded values, and those that they are compared with.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.compare import pairs
from pytest_modelcheck.checks.drift import Sampled
from pytest_modelcheck.records import Finding, Outcome, Status
from pytest_modelcheck.session.check import Step, plan_of
from pytest_modelcheck.session.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.records import CaseResult, TrialResult
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps

_SAID: Final = (Outcome.PASSED, Outcome.XPASSED)


def run_reference(check: Check, approved: Approved) -> Steps[Results | None]:
    """Run the body for the cases of ``reference=``."""
    drift = check.spec.drift
    if drift is None or drift.cases is None:
        return None
    plan = plan_of(check.spec, list(drift.cases))
    results = Results(plan)
    plan.without = results.skip
    yield Step(replace(check.work(approved.answer), take=results.take), plan.trials())
    return results


def broken_reference(reference: Results | None) -> list[Finding]:
    """A failure if bodies broke on the reference cases."""
    errors = 0 if reference is None else reference.tally().error
    if reference is None or not errors:
        return []
    text = f"{errors}/{len(reference)} cases of the reference raised an error"
    return [Finding("errors", Status.FAILED, text)]


def sampled(spec: CheckSpec, results: Results, reference: Results | None, approved: Approved) -> Sampled:
    """Return the two samples to compare."""
    now = list(_values(results))
    found = Sampled(None, now, failed=results.tally().failed)
    if reference is not None:
        failed = found.failed + reference.tally().failed
        before = list(_values(reference))
        return replace(found, before=before, approved=False, failed=failed, name="of the reference")
    if approved.baseline is None:
        return found
    name = f"of {approved.version}"
    shared = _shared(spec, results, approved)
    if shared:
        then, today = zip(*shared, strict=True)
        return replace(found, before=then, now=today, paired=True, name=name)
    before = list(_values(approved.values()))
    return replace(found, before=before, edited=_edited(spec, results, approved), name=name)


def _shared(spec: CheckSpec, results: Results, approved: Approved) -> list[tuple[bytes, bytes]]:
    """The answers to the same inputs, if nearly all inputs are the same; else none."""
    found = [
        (then, today)
        for pair in pairs(results, approved)
        # Not strict: a run may have more repeats than the approval. Extra ones have no counterpart.
        for then, today in zip(_said(pair.then), _said(pair.now), strict=False)
    ]
    most = max(len(results), len(approved))
    # Pairs test more sharply, but leaving out many cases would change what is compared.
    return found if found and len(found) >= spec.limits.min_overlap * most else []


def _edited(spec: CheckSpec, results: Results, approved: Approved) -> bool:
    """Return whether the current test may record other values for the approved inputs than were approved."""
    baseline = approved.baseline
    if baseline is None or baseline.header.body == spec.provenance.body:
        return False
    cases: Sequence[Iterable[CaseResult]] = (approved.values(), results)
    return any(trial.recorded is not None for some in cases for case in some for trial in case.trials)


def _values(cases: Iterable[CaseResult]) -> Iterator[bytes]:
    for case in cases:
        yield from _said(case.trials)


def _said(trials: Iterable[TrialResult]) -> Iterator[bytes]:
    for trial in trials:
        if trial.outcome in _SAID and trial.answer is not None:
            yield trial.answer
