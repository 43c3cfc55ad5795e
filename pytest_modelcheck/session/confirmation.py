"""Asking again before a check fails.

Two hundred checks at 1% each fail two times a run for nothing. So a check of a model that varies is screened
first, at 5%: only if so much speaks against it, its cases are run again, with answers that were never given
before, and both runs together decide.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.records import Trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.records import Case, Finding

SCREEN = 0.05
"""The p-value up to which a check that misses a limit is run again."""


def is_suspicious(findings: Iterable[Finding], limits: Limits, *, single: bool = True) -> bool:
    """Whether asking again may decide: enough speaks against the check, and nothing fails it anyway.

    A requirement that one wrong answer refutes stays refuted. A drop beyond a margin has an exact test where
    cases were run once (``single``), now and then; of several runs it is decided at once.

    >>> from pytest_modelcheck.checks.limits import Limits
    >>> from pytest_modelcheck.records import Finding, Status
    >>> is_suspicious([Finding("at_least", Status.INCONCLUSIVE, "", p_value=0.03)], Limits())
    True
    >>> is_suspicious([Finding("at_least", Status.INCONCLUSIVE, "", p_value=0.2)], Limits())
    False
    """
    screen = max(SCREEN, limits.false_fail_rate)
    suspicious = False
    for finding in findings:
        if finding.met or finding.p_value is None:
            continue
        beyond_margin = finding.limit == "max_drop" and bool(limits.max_drop)
        decided = not finding.p_value or (beyond_margin and not single)
        if decided and finding.p_value <= limits.false_fail_rate:
            return False
        suspicious = suspicious or (not decided and finding.p_value <= screen)
    return suspicious


def fresh(results: Sequence[Result], repeats: int, start: int) -> Iterator[Trial]:
    """The same trials once more, as runs that there never were.

    Args:
        results: What came of the check's own trials.
        repeats: How often each was run. The slot that follows is left to the measurement of the variation.
        start: The first number of a trial that is not taken.
    """
    for index, result in enumerate(results, start):
        one = result.trial
        repeat = one.repeat + repeats + 1
        yield Trial(index, one.case, one.perturbation, one.perturbed, one.variant, repeat)


def together(cases: Iterable[Case], results: Iterable[Result]) -> list[Result]:
    """The results of both runs, case by case in the order of the cases, and the first run first."""
    place = {case.id: number for number, case in enumerate(cases)}
    return sorted(results, key=lambda result: place[result.trial.case.id])
