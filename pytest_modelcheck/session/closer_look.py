"""A closer look at the worst cases: run again from remembered answers, with all that a person wants to know.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.slices import slices_of
from pytest_modelcheck.records import Outcome
from pytest_modelcheck.reports.selection import LOWEST, ORDER, SHOWN, choose, lowest_of, note_of, show
from pytest_modelcheck.session.conclusion import outcomes_now, outcomes_then
from pytest_modelcheck.session.ledger import outcomes_in
from pytest_modelcheck.session.reread import Results
from pytest_modelcheck.session.steps import Step

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence

    from pytest_modelcheck.checks.slices import Slices
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.engine.work import Run
    from pytest_modelcheck.records import Case, ShownCase
    from pytest_modelcheck.reports.selection import Chosen
    from pytest_modelcheck.session.evidence import Evidence
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.ledger import Ledger
    from pytest_modelcheck.session.steps import Steps


def look_closer(inquiry: Inquiry) -> Steps:
    """Choose the cases worth reading, and say what each of them says."""
    evidence = inquiry.evidence
    slices = _slices(inquiry)
    if slices.keys() and inquiry.spec.drift is None:
        evidence.slices = slices.groups(outcomes_now(evidence), outcomes_then(evidence))
    chosen = _choose(inquiry, _in_worst_slice(slices, evidence))
    results = {
        (result.trial.case.id, result.trial.perturbation or "", result.trial.variant, result.trial.repeat): (
            result
        )
        for result in _results_of(inquiry, {one.case.id for one in chosen})
    }
    seen = [results[(one.case.id, *one.trial.key)] for one in chosen]
    detailed = yield from _run_again(inquiry, [one for one in seen if one.outcome is Outcome.FAILED])
    evidence.read = [detailed.get(result.trial.index) for result in seen]
    evidence.shown = tuple(
        _show(inquiry, one, result, detailed.get(result.trial.index, result))
        for one, result in zip(chosen, seen, strict=True)
    )


def _slices(inquiry: Inquiry) -> Slices:
    ledger = inquiry.evidence.ledger
    return slices_of(inquiry.plan.cases, inquiry.spec.slices) if ledger is None else ledger.slices


def _results_of(inquiry: Inquiry, wanted: Collection[str]) -> list[Result]:
    evidence = inquiry.evidence
    if evidence.ledger is None or not isinstance(evidence.results, Results):
        return [result for result in evidence.results if result.trial.case.id in wanted]
    return evidence.results.of(evidence.ledger.numbers_of(wanted))


def _in_worst_slice(slices: Slices, evidence: Evidence) -> frozenset[int]:
    """The numbers of the cases of the slice that lost most: the ones to read first."""
    worst = next(iter(evidence.slices), None)
    return frozenset() if worst is None or worst.passed == worst.judged else slices.members(worst.name)


def _choose(inquiry: Inquiry, first: frozenset[int]) -> Sequence[Chosen]:
    evidence = inquiry.evidence
    about_change = evidence.reads_approved
    cases: Sequence[Case] = inquiry.plan.cases
    records, more = evidence.records, 0
    if evidence.plain is not None:
        numbers, more = _worst_numbers(evidence, evidence.plain, first)
        cases, records = [cases[number] for number in numbers], [records[number] for number in numbers]
        first = frozenset(place for place, number in enumerate(numbers) if number in first)
    regressed: frozenset[str] = frozenset()
    if evidence.comparison is not None and not about_change:
        regressed = frozenset(evidence.comparison.regressed)
    chosen, evidence.hidden = choose(
        cases,
        records,
        regressed,
        evidence.changed if _shows_changes(evidence) else frozenset(),
        about_change=about_change,
        first=first,
        lowest=_lowest(inquiry),
    )
    evidence.hidden += more
    return chosen


def _shows_changes(evidence: Evidence) -> bool:
    """Whether answers that differ from the approved ones are what a reader wants to see."""
    drifted = evidence.misses("drift") and evidence.moved is not None and evidence.moved.paired
    return drifted or evidence.misses("max_changed")


def _worst_numbers(evidence: Evidence, ledger: Ledger, first: frozenset[int]) -> tuple[list[int], int]:
    """The numbers of the cases to be shown, in order, and how many more are noted: from the masks alone."""
    failed = "changed" if evidence.reads_approved else "failed"
    regressed = changed = frozenset[int]()
    if evidence.pairs is not None:
        regressed = frozenset() if evidence.reads_approved else frozenset(evidence.pairs.regressed)
        changed = frozenset(evidence.pairs.changed) if _shows_changes(evidence) else changed
    notes: dict[tuple[int, bool, bool], str | None] = {}
    noted = 0

    def severities() -> Iterator[tuple[int, bool, int]]:
        nonlocal noted
        for number, mask in enumerate(ledger.masks):
            of = (mask, number in regressed, number in changed)
            if of not in notes:
                notes[of] = note_of(outcomes_in(mask), failed, regressed=of[1], changed=of[2])
            note = notes[of]
            if note is not None:
                noted += 1
                yield ORDER.index(note), number not in first, number

    worst = heapq.nsmallest(SHOWN, severities())
    return sorted(number for *_, number in worst), noted - len(worst)


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
