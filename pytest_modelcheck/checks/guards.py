"""Guards: conditions of a check that must hold before any limit is compared with an observation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical import same, why_unstored
from pytest_modelcheck.checks.findings import failure
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records import GRADE, JUDGED, Finding, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.records import CaseResult, Tally, TrialResult


def refuse_contradiction(observed: Observed, limits: Limits) -> None:
    """Raise a ``UsageError`` if limits contradict the body."""
    limited = {
        "at_least": None if observed.graded else limits.at_least,
        "max_slice_drop": limits.max_slice_drop,
    }
    for name, value in limited.items():
        if value is not None and observed.reads_approved:
            raise UsageError(
                f"{name}={value:g} cannot be held against a body that compares with case.approved: "
                "max_changed says how many answers may differ"
            )
    on_scale = not observed.graded or observed.scale == GRADE or observed.scores is not None
    if limits.max_slice_drop is not None and not on_scale:
        raise UsageError(
            "max_slice_drop= is a limit of pass rates and of scores from 0 to 1, and these go "
            f"{observed.scale}: divide them by their range, or set max_slice_drop=None"
        )


def refuse_without_meaning(observed: Observed, limits: Limits) -> None:
    """Raise if ``at_least`` is required but missing, or if it is not a rate although outcomes are counted."""
    if not observed.cases.judged or observed.scores is not None:
        return
    if not observed.graded:
        if limits.at_least is not None and not 0 <= limits.at_least <= 1:
            raise UsageError(
                f"at_least={limits.at_least:g} is not a pass rate, and no body gave a score(): write a "
                "number from 0.0 to 1.0, or call score(after - before)"
            )
    elif observed.scale != GRADE and observed.required_rate(limits) == 1 and limits.at_least is None:
        what = "change" if observed.signed else "score"
        raise UsageError(
            f"which mean {what} is required? The scale {observed.scale} does not say: write at_least="
            + (" (at_least=0.0: it must not fall)" if observed.signed else "")
        )


def guards(observed: Observed, limits: Limits) -> Iterator[Finding]:
    """Find failures that do not depend on limits: errors, nothing to judge, too little to compare with."""
    cases, comparison = observed.cases, observed.comparison
    broken = cases.error - observed.uncalled
    if observed.stopped is not None:
        missing = f"{observed.uncalled:,} of {plural(cases.total, 'case')} could not be judged"
        yield failure("calls", f"{observed.stopped}; {missing}")
    if broken:
        reason = f": {observed.first_error}" if observed.first_error else ""
        yield failure("errors", f"{broken}/{cases.total} cases raised an error{reason}")
    elif observed.stopped is None and not cases.judged:
        yield _nothing_judged(cases)
    yield from _unscorable(observed)
    if observed.whole and observed.series and all(len(set(row)) == 1 for row in observed.series):
        yield failure(
            "levels",
            f"the score is the same at all {len(observed.series[0])} levels of all {len(observed.series)} "
            f"{observed.units}: the score ignores what was done to the inputs",
        )
    if observed.uncalibrated is not None:
        summary = "the body raised an error on two answers to one input, by which noise is measured"
        yield failure("errors", f"{summary}: {observed.uncalibrated}")
    if comparison is not None and observed.approved_cases:
        shared = comparison.shared if observed.comparable is None else observed.comparable
        overlap = shared / observed.approved_cases
        # With most approved cases gone, "no worse than approved" would be a promise about a few cases.
        if overlap < limits.min_overlap:
            summary = (
                f"only {shared}/{observed.approved_cases} approved cases can still be "
                f"compared ({percent(overlap)}, at least {percent(limits.min_overlap)} required); the "
                "others were removed, or have other ids, inputs or perturbations: approve the check again"
            )
            yield failure("min_overlap", summary, against_baseline=True)


def _nothing_judged(cases: Tally) -> Finding:
    if cases.new:
        summary = f"no approved baseline yet: {cases.new} of {cases.total} cases are new"
        return failure("new", summary, against_baseline=True)
    if cases.xfailed or cases.xpassed:
        summary = f"0 of {cases.total} cases could be judged: all are known failures or do not apply"
        return failure("judged", summary)
    return failure("applicable", f"0 of {cases.total} cases were applicable")


def _unscorable(observed: Observed) -> Iterator[Finding]:
    """Find reasons why a score or a metric cannot be computed, or would leave cases out."""
    scores, failed = observed.scores, observed.cases.failed
    if scores is not None and failed:
        cases = f"{plural(failed, 'body', 'bodies')} failed an assert, and {scores.metric.name} would leave"
        yield failure(
            "metric", f"{cases} their cases out: let bodies record, and assert in a test of its own"
        )
    elif scores is not None and math.isnan(scores.value) and observed.cases.judged:
        over = plural(len(scores.cases), "case")
        yield failure("metric", f"{scores.metric.name} is undefined over {over}: {scores.why_undefined}")
    if observed.unscored:
        worthless = "pass and fail have" if observed.scale.bounded else "a failed assert has"
        yield failure(
            "scores",
            f"{observed.unscored}/{observed.cases.total} cases have no score, and the scale goes "
            f"{observed.scale}: {worthless} no value there. Let every body call score(), or pytest.skip()",
        )


# -- models that stand still -----------------------------------------------------------------------------

_VACUOUS: Final = "vacuous"

FEWEST: Final = 10
"""The least number of inputs with one answer: with fewer it may be chance."""

_REMEDY: Final = "If standing still is right here, say allow_constant=True"


def standstill(
    spec: CheckSpec, cases: Iterable[CaseResult], approved: Mapping[str, CaseResult]
) -> Finding | None:
    """Find a model that passes only because its answer never changes."""
    # Some cases alone do not show that; levels have a guard of their own.
    if spec.allow_constant or spec.partial or spec.levels is not None:
        return None
    if spec.kind == "directional":
        return unmoved(cases)
    return constant(cases, approved) if spec.kind == "invariance" else None


def unmoved(cases: Iterable[CaseResult]) -> Finding | None:
    """Return a failure if a directional check passes although no answer moved.

    Only bodies that call the judged model at least twice show whether it moved. If none of them passed, the
    test itself requires a move, and its limits suffice.

    >>> from pytest_modelcheck.records import CaseResult, TrialResult
    >>> calls = (("a", b"5"), ("b", b"5"))
    >>> trial = TrialResult(Outcome.PASSED, calls, perturbation="threat")
    >>> unmoved([CaseResult("t-1", "a", None, "", (trial,))]).summary.partition(".")[0]
    'vacuous: the answer moved in 0 of 1 case, so that the check passes whatever is done to the inputs'
    """
    looked_at, passed = 0, False
    for case in cases:
        both = [trial for trial in case.trials if trial.outcome in JUDGED and len(trial.calls) > 1]
        if any(_moved(trial) for trial in both):
            return None
        looked_at += bool(both)
        passed = passed or any(trial.outcome is Outcome.PASSED for trial in both)
    if not passed:
        return None
    summary = (
        f"vacuous: the answer moved in 0 of {plural(looked_at, 'case')}, so that the check passes "
        f"whatever is done to the inputs. {_REMEDY}"
    )
    return failure(_VACUOUS, summary)


def constant(cases: Iterable[CaseResult], approved: Mapping[str, CaseResult]) -> Finding | None:
    """Find an invariance check in which the model gave one answer to all inputs.

    It fails if at least ten of the inputs are known to need different answers, since expected or approved
    ones differ. Otherwise the finding is a note.
    """
    only: bytes | None = None
    answered: list[CaseResult] = []
    passed = False
    for case in cases:
        judged = [trial for trial in case.trials if trial.outcome in JUDGED and trial.calls]
        for trial in judged:
            for _, answer in trial.calls:
                if why_unstored(answer) is not None:
                    return None
                only = answer if only is None else only
                if not same(only, answer):
                    return None
        if judged:
            answered.append(case)
            passed = passed or any(trial.outcome is Outcome.PASSED for trial in judged)
    if not passed or len(answered) < FEWEST:
        return None
    text = f"the model gave one answer to all {plural(len(answered), 'input')}"
    expected = [case.expectation for case in answered if case.expectation is not None]
    needed = None
    # One answer to everything is suspicious only if other answers are known to be right, or were approved.
    if len(expected) >= FEWEST and len(set(expected)) > 1:
        needed = "different ones are expected"
    else:
        known = (approved.get(case.id) for case in answered)
        trials = (case.trials for case in known if case is not None)
        firsts = (next((one.calls[0][1] for one in some if one.calls), None) for some in trials)
        before = [answer for answer in firsts if answer is not None and why_unstored(answer) is None]
        if len(before) >= FEWEST and any(not same(before[0], answer) for answer in before):
            needed = "the approved ones differ"
    if needed is None:
        return Finding(_VACUOUS, Status.PASSED, f"{text}: no perturbation could have changed it")
    return failure(_VACUOUS, f"vacuous: {text}, though {needed}. {_REMEDY}")


def _moved(trial: TrialResult) -> bool:
    """Return whether the answers in one body differ, or may: some cannot be stored."""
    first = trial.calls[0][1]
    return any(why_unstored(answer) is not None or not same(first, answer) for _, answer in trial.calls)
