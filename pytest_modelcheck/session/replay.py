"""Approved answers, judged by today's test.

An edited test must never look like a changed model.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.records import Outcome
from pytest_modelcheck.session.ledger import OTHER
from pytest_modelcheck.session.memory import ReplayedAnswers, records_of
from pytest_modelcheck.session.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.records import Case, CaseRecord
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.steps import Steps


def replay(inquiry: Inquiry) -> Steps:
    """Judge the approved answers by today's test, where test or expectation have changed since."""
    baseline, evidence = inquiry.evidence.baseline, inquiry.evidence
    if baseline is None or evidence.reads_approved:
        return
    stale = _stale(inquiry, baseline)
    if not stale:
        return
    answers = ReplayedAnswers(inquiry.subject.answers, baseline)
    trials = (trial for trial in inquiry.plan_of(stale).trials() if answers.knows(trial))
    run = yield Step(inquiry.work(), trials, replay=answers, slots=inquiry.slots)
    then = {case: baseline[case] for case in baseline}
    for record in records_of(stale, inquiry.settled(run.results)):
        if any(trial.outcome is Outcome.ERROR for trial in record.trials):
            del then[record.id]
        else:
            then[record.id] = record
            evidence.replayed += 1
    evidence.then = then


def _stale(inquiry: Inquiry, baseline: Baseline) -> list[Case]:
    """The cases that both sides have, and that today's test may judge differently."""
    edited = baseline.header.body != inquiry.spec.provenance.body
    stale = []
    for case, record in _compared(inquiry, all_of_them=edited):
        then = baseline.get(case.id)
        if then is not None and then.input == record.input and (edited or then.expected != record.expected):
            stale.append(case)
    return stale


def _compared(inquiry: Inquiry, *, all_of_them: bool) -> Iterator[tuple[Case, CaseRecord]]:
    """The cases that may be stale: where a line is that of the baseline, so is what was expected."""
    evidence, cases = inquiry.evidence, inquiry.plan.cases
    if all_of_them or evidence.ledger is None:
        yield from zip(cases, evidence.records, strict=True)
        return
    for number, (case, match) in enumerate(zip(cases, evidence.ledger.matches, strict=True)):
        if match == OTHER:
            yield case, evidence.records[number]
