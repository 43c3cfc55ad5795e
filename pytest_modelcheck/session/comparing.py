"""A check as it was run, compared with another version than the one that it was judged against.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.checks.compare import changes_alone, compare, is_same_case
from pytest_modelcheck.checks.fold import outcome_of
from pytest_modelcheck.records import MISSING, Finding, Outcome, Status
from pytest_modelcheck.reports.selection import both_answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.records import CaseRecord, Comparison, Group, TrialRecord, Verdict
    from pytest_modelcheck.reports.model import CaseReport, Change, CheckReport, TrialReport


COMPARED: Final = "compared"
"""The limit of the finding that says what changed; it always passes."""


def compared(check: CheckReport, now: Baseline, then: Baseline) -> CheckReport:
    """The same check, with everything that it says of the approved version said of another.

    Limits that are held against the approved version are left out: nobody asked for them here.

    Args:
        check: The account of the newer version.
        now: What the newer version did.
        then: What the older version did.
    """
    version = then.header.version or "unversioned"
    comparison = compare(list(now.values()), then, version)
    if check.verdict.moved is not None:
        comparison = changes_alone(comparison)
    changes = dict(_changes(comparison))
    cases = tuple(_case(case, then.get(case.id), now.get(case.id), changes) for case in check.cases)
    verdict = _verdict(check.verdict, comparison, cases)
    return replace(check, verdict=verdict, cases=cases)


def _changes(comparison: Comparison) -> Iterator[tuple[str, Change]]:
    yield from ((case, "changed") for case in comparison.changed)
    yield from ((case, "fixed") for case in comparison.fixed)
    yield from ((case, "regressed") for case in comparison.regressed)


def _verdict(verdict: Verdict, comparison: Comparison, cases: tuple[CaseReport, ...]) -> Verdict:
    said = Finding(COMPARED, Status.PASSED, _summary(comparison))
    kept = [finding for finding in verdict.findings if not finding.against_baseline]
    missed = [finding for finding in kept if not finding.met]
    met = [finding for finding in kept if finding.met]
    findings = (*missed, said, *met)
    versions = (comparison.version, verdict.version or "")
    advice = [(what, command) for what, command in verdict.advice if what == "reproduce one"]
    return replace(
        verdict,
        status=max((finding.status for finding in findings), key=lambda status: status.severity),
        findings=findings,
        comparison=comparison,
        slices=tuple(_slice(group, cases) for group in verdict.slices),
        shown=tuple(replace(case, approved=None) for case in verdict.shown),
        advice=(*advice, ("see all", f"modelcheck diff {shlex.join(versions)}")),
    )


def _summary(comparison: Comparison) -> str:
    broke, fixed = len(comparison.regressed), len(comparison.fixed)
    differ = plural(len(comparison.changed), "answer differs", "answers differ")
    return f"{broke} broke, {fixed} fixed since {comparison.version}, {differ}"


def _slice(group: Group, cases: tuple[CaseReport, ...]) -> Group:
    key, _, value = group.name.partition("=")
    outcomes = [case.approved_outcome for case in cases if _fact(case, key) == value]
    judged = [outcome for outcome in outcomes if outcome in (Outcome.PASSED, Outcome.FAILED)]
    passed = sum(outcome is Outcome.PASSED for outcome in judged)
    return replace(group, approved_passed=passed if judged else None, approved_judged=len(judged) or None)


def _fact(case: CaseReport, key: str) -> str | None:
    facts: Mapping[str, Any] = case.metadata
    if key not in facts and key == "expected" and case.expected is not MISSING:
        return str(case.expected)
    return str(facts[key]) if key in facts else None


def _case(
    case: CaseReport, then: CaseRecord | None, now: CaseRecord | None, changes: Mapping[str, Change]
) -> CaseReport:
    same = then if now is not None and is_same_case(now, then) else None
    by_key = {} if same is None else {trial.key: trial for trial in same.trials}
    return replace(
        case,
        approved_outcome=None if same is None else outcome_of(same.trials),
        change=changes.get(case.id),
        trials=tuple(_trial(trial, by_key.get(_key(trial)), same) for trial in case.trials),
    )


def _key(trial: TrialReport) -> tuple[str, int, int]:
    return (trial.perturbation or "", trial.variant, trial.repeat)


def _trial(trial: TrialReport, then: TrialRecord | None, case: CaseRecord | None) -> TrialReport:
    answer, base = None, None
    if then is not None and case is not None:
        perturbed = trial.perturbed is not MISSING
        answer, base = both_answers(then, case.input) if perturbed else (then.answer, None)
    return replace(
        trial,
        approved_outcome=None if then is None else then.outcome,
        approved_answer=_value(answer),
        approved_base_answer=_value(base),
    )


def _value(answer: bytes | None) -> Any:
    if answer is None:
        return MISSING
    import orjson

    return orjson.loads(answer)
