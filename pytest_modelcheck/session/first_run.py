"""The first step: every trial of the check, once.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.records import Calls
from pytest_modelcheck.session.memory import records_of
from pytest_modelcheck.session.steps import Step
from pytest_modelcheck.session.systems import systems_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.steps import Steps


def first_run(inquiry: Inquiry) -> Steps:
    """Run every trial."""
    dispatcher, subject, plan = inquiry.session.dispatcher, inquiry.subject, inquiry.plan
    start, before = time.perf_counter(), dispatcher.asked_of(subject)
    work = replace(inquiry.work(), progress=_progress(inquiry, before))
    run = yield Step(work, plan.trials(), slots=inquiry.slots)
    asked, seconds = dispatcher.asked_of(subject) - before, time.perf_counter() - start
    evidence = inquiry.evidence
    evidence.calls = Calls(asked, max(0, _questions(run.results) - asked), sum(run.direct.values()), seconds)
    evidence.direct = run.direct
    evidence.results = inquiry.settled(run.results)
    evidence.first_failure = run.first_failure
    evidence.systems = systems_of(subject, run.results)
    evidence.records = evidence.kept = records_of(plan.cases, run.results)
    if evidence.baseline is not None:
        evidence.baseline.recognise(evidence.records)


def _progress(inquiry: Inquiry, asked: int) -> Callable[[], None] | None:
    tell, plan, dispatcher = inquiry.spec.progress, inquiry.plan, inquiry.session.dispatcher
    if tell is None:
        return None

    def progress() -> None:
        tell(plan.begun, dispatcher.asked_of(inquiry.subject) - asked)

    return progress


def _questions(results: Iterable[Result]) -> int:
    """How many different questions the judged model was asked."""
    return len({key for result in results for key, _ in result.asked})
