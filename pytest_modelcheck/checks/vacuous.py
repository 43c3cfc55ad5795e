"""Checks that a model passes by standing still: nothing moved, or one answer was given to everything.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical import same, why_unkept
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import JUDGED, Finding, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.records import CaseResult, TrialResult

LIMIT: Final = "vacuous"
"""The name of this module's findings."""

FEWEST: Final = 10
"""Inputs with one answer, at least: with fewer it may be chance."""

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

    Only bodies that ask the judged model at least twice show whether it moved. Where none of them passed,
    the test itself asks for a move, and its limits say all there is to say.

    Args:
        cases: The result of each case.

    >>> from pytest_modelcheck.records import CaseResult, TrialResult
    >>> asked = (("a", b"5"), ("b", b"5"))
    >>> trial = TrialResult(Outcome.PASSED, asked, perturbation="threat")
    >>> unmoved([CaseResult("t-1", "a", None, "", (trial,))]).summary.partition(".")[0]
    'vacuous: the answer moved in 0 of 1 case, so that the check passes whatever is done to the inputs'
    """
    looked_at, passed = 0, False
    for case in cases:
        both = [trial for trial in case.trials if trial.outcome in JUDGED and len(trial.asked) > 1]
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
    return Finding(LIMIT, Status.FAILED, summary)


def constant(cases: Iterable[CaseResult], approved: Mapping[str, CaseResult]) -> Finding | None:
    """Return what is to be said of an invariance check in which the model gave one answer to all inputs.

    It fails where at least ten of the inputs are known to need different answers: what is expected of them,
    or what was approved, differs. Elsewhere it is a note.

    Args:
        cases: The result of each case.
        approved: What is approved of it, by id.
    """
    only: bytes | None = None
    answered: list[CaseResult] = []
    passed = False
    for case in cases:
        judged = [trial for trial in case.trials if trial.outcome in JUDGED and trial.asked]
        for trial in judged:
            for _, answer in trial.asked:
                if why_unkept(answer) is not None:
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
    needed = _needed(answered, approved)
    if needed is None:
        return Finding(LIMIT, Status.PASSED, f"{text}: no perturbation could have changed it")
    return Finding(LIMIT, Status.FAILED, f"vacuous: {text}, though {needed}. {_REMEDY}")


def _needed(cases: Sequence[CaseResult], approved: Mapping[str, CaseResult]) -> str | None:
    """Return the reason why at least ten cases need different answers, or ``None``."""
    expected = [case.expectation for case in cases if case.expectation is not None]
    # One answer to everything is suspicious only if other answers are known to be right, or were given
    # before.
    if len(expected) >= FEWEST and len(set(expected)) > 1:
        return "different ones are expected"
    then = [answer for case in cases if (answer := _approved_answer(approved.get(case.id))) is not None]
    if len(then) >= FEWEST and any(not same(then[0], answer) for answer in then):
        return "the approved ones differ"
    return None


def _approved_answer(case: CaseResult | None) -> bytes | None:
    trials = () if case is None else case.trials
    answer = next((trial.asked[0][1] for trial in trials if trial.asked), None)
    return None if answer is None or why_unkept(answer) is not None else answer


def _moved(trial: TrialResult) -> bool:
    """Return whether the answers in one body differ; of those that cannot be stored, nobody can tell."""
    first = trial.asked[0][1]
    return any(why_unkept(answer) is not None or not same(first, answer) for _, answer in trial.asked)
