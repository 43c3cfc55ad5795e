"""A closer look at the worst cases: run again from remembered answers, with all that a person wants to know.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.records import Outcome
from pytest_modelcheck.reports.selection import LOWEST, choose, lowest_of, show
from pytest_modelcheck.session.conclusion import in_worst_slice, slices_of
from pytest_modelcheck.session.steps import Step

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from pytest_modelcheck.engine.conductor import Run
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.records import ShownCase
    from pytest_modelcheck.reports.selection import Chosen
    from pytest_modelcheck.session.evidence import Evidence
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.steps import Steps


def look_closer(inquiry: Inquiry) -> Steps:
    """Choose the cases worth reading, and say what each of them says."""
    evidence = inquiry.evidence
    evidence.slices = slices_of(inquiry.spec, evidence)
    chosen = _choose(inquiry)
    wanted = {id(one.case) for one in chosen}
    results = {
        (result.trial.case.id, result.trial.perturbation or "", result.trial.variant, result.trial.repeat): (
            result
        )
        for result in evidence.results
        if id(result.trial.case) in wanted
    }
    seen = [results[(one.case.id, *one.trial.key)] for one in chosen]
    detailed = yield from _run_again(inquiry, [one for one in seen if one.outcome is Outcome.FAILED])
    evidence.read = [detailed.get(result.trial.index) for result in seen]
    evidence.shown = tuple(
        _show(inquiry, one, result, detailed.get(result.trial.index, result))
        for one, result in zip(chosen, seen, strict=True)
    )


def _choose(inquiry: Inquiry) -> Sequence[Chosen]:
    evidence = inquiry.evidence
    about_change = evidence.reads_approved
    regressed: frozenset[str] = frozenset()
    if evidence.comparison is not None and not about_change:
        regressed = frozenset(evidence.comparison.regressed)
    chosen, evidence.hidden = choose(
        inquiry.plan.cases,
        evidence.records,
        regressed,
        evidence.changed if _shows_changes(evidence) else frozenset(),
        about_change=about_change,
        first=in_worst_slice(inquiry.spec, evidence),
        lowest=_lowest(inquiry),
    )
    return chosen


def _shows_changes(evidence: Evidence) -> bool:
    """Whether answers that differ from the approved ones are what a reader wants to see."""
    drifted = evidence.misses("drift") and evidence.moved is not None and evidence.moved.paired
    return drifted or evidence.misses("max_changed")


def _lowest(inquiry: Inquiry) -> dict[str, Chosen] | None:
    """The cases with the lowest scores, where their mean is too low."""
    evidence = inquiry.evidence
    if not evidence.observed.graded or not evidence.misses("at_least"):
        return None
    return lowest_of(inquiry.plan.cases, evidence.records, signed=evidence.observed.signed)


def _run_again(inquiry: Inquiry, results: Sequence[Result]) -> Generator[Step, Run, dict[int, Result]]:
    """Run failed bodies again from remembered answers, this time with assertion messages in full."""
    remembered = [result for result in results if all(key is not None for key, _ in result.asked)]
    if not remembered:
        return {}
    work = replace(inquiry.work(), keep_errors=True)
    trials = [result.trial for result in remembered]
    run = yield Step(work, trials, quiet=False, slots=inquiry.slots)
    return {result.trial.index: result for result in run.results if result.outcome is Outcome.FAILED}


def _show(inquiry: Inquiry, one: Chosen, result: Result, detailed: Result) -> ShownCase:
    message = detailed.message or result.message or _graded(one)
    detail = None if detailed.error is None else inquiry.spec.render(detailed.error)
    approved = inquiry.approved_answer(result.trial)
    return show(one, inquiry.subject.answers.decode, approved, result.trial.perturbed, message, detail)


def _graded(one: Chosen) -> str:
    """What a case is shown for that said nothing itself: its score."""
    if one.note not in LOWEST or one.trial.score is None:
        return ""
    return (
        f"change {one.trial.score:+.3g}" if one.note == "smallest change" else f"score {one.trial.score:.3g}"
    )
