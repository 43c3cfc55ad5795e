"""Words that reports in more than one form share.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.text import percent
from pytest_modelcheck.records import GRADE, MISSING, WRONG, Outcome, Status
from pytest_modelcheck.reports.jsons import approved_answers, value_of
from pytest_modelcheck.reports.steps import brief, steps_of_trial
from pytest_modelcheck.reports.worst import case_loss

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_modelcheck.records import CaseResult, TrialResult, Verdict
    from pytest_modelcheck.reports.model import CheckReport, RunReport


def rate_text(rate: float | None, verdict: Verdict) -> str:
    """A pass rate in percent, a mean score as it is, a mean change with its sign; nothing for no rate."""
    if rate is None:
        return ""
    if verdict.signed:
        return f"{rate:+.3g}"
    return f"{rate:.3f}" if verdict.graded else percent(rate)


def figure_text(verdict: Verdict) -> str:
    """The one number that a check comes to: its rate, its mean, or how far its answers moved."""
    moved = verdict.moved
    return rate_text(verdict.rate, verdict) if moved is None else f"Δ {moved.distance:.2g}"


def interval_text(verdict: Verdict) -> str:
    """The interval around a rate, in percent: ``83–94%``; on another scale as it is."""
    interval = verdict.interval
    if interval is None:
        return ""
    if verdict.scale == GRADE:
        return f"{interval.low * 100:.0f}–{interval.high * 100:.0f}%"
    return f"{interval.low:.2g} … {interval.high:.2g}"


def levels_text(verdicts: Iterable[Verdict]) -> str | None:
    """Say what the intervals of a table promise, or ``None`` where there is none: bounds are one-sided."""
    levels = sorted({verdict.interval.level for verdict in verdicts if verdict.interval is not None})
    if not levels:
        return None
    return f"{' or '.join(dict.fromkeys(map(percent, levels)))} confidence bounds"


def counts_text(report: RunReport) -> str:
    """Count checks by status: ``2 failed, 1 inconclusive, 10 passed``."""
    counts = Counter(check.verdict.status for check in report.checks)
    worst_first = sorted(Status, key=lambda status: -status.severity)
    parts = [f"{counts[status]} {status.value}" for status in worst_first if counts[status]]
    if report.troubles:
        parts.insert(0, f"{len(report.troubles)} not judged")
    return ", ".join(parts) or "no check was run"


def wrong_cases(check: CheckReport) -> list[CaseResult]:
    """The cases that failed or broke: those that passed before first, of each group those that lost most."""
    wrong = [case for case in check.cases if case.outcome in WRONG]
    return sorted(wrong, key=lambda case: (case.change != "regressed", -case_loss(case)))


def telling(case: CaseResult) -> TrialResult | None:
    """The trial of a case that says most: the first that went wrong, else the first that differs."""
    by_need = (
        [trial for trial in case.trials if trial.outcome in WRONG],
        [trial for trial in case.trials if trial.answer != approved_answers(trial, case.digest)[0]],
        case.trials,
    )
    return next((trials[0] for trials in by_need if trials), None)


def value_text(value: Any, width: int) -> str:
    """A JSON value on one line, a trajectory in a few words; nothing for no value."""
    return "" if value is MISSING else excerpt(brief(value), width)


def case_text(case: CaseResult, version: str | None) -> Iterator[str]:
    """Say what to know of one case that went wrong, a short sentence each."""
    trial = telling(case)
    yield f"input: {value_text(case.input, 160)}"
    if trial is None:
        return
    if trial.perturbed is not MISSING:
        yield f"{trial.perturbation}: {value_text(trial.perturbed, 160)}"
    answer, base = trial.answers(case.digest)
    before, _ = approved_answers(trial, case.digest)
    if case.expected is not MISSING:
        yield f"expected: {value_text(case.expected, 120)}"
    if base is not None:
        yield f"unperturbed: {value_text(value_of(base), 120)}"
    if answer is not None:
        yield f"got: {value_text(value_of(answer), 120)}"
    if before is not None and version is not None:
        yield f"{version}: {value_text(value_of(before), 120)}"
    if (steps := steps_of_trial(trial, case.digest)) is not None and steps.sentence:
        yield steps.sentence
    if case.outcome is Outcome.ERROR and trial.message:
        yield value_text(trial.message, 200)


def regressed_cases(checks: Iterable[CheckReport]) -> Iterator[tuple[CheckReport, CaseResult]]:
    """Every case that passed with the approved version and fails now, of checks that did not pass."""
    for check in checks:
        if check.verdict.status not in (Status.PASSED, Status.XFAILED):
            yield from ((check, case) for case in wrong_cases(check) if case.change == "regressed")
