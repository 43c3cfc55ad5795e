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
    plan, evidence, start = inquiry.plan, inquiry.evidence, time.perf_counter()
    work = replace(inquiry.work(), progress=_progress(inquiry))
    run = yield Step(work, plan.trials(), slots=inquiry.slots)
    asked, seconds = inquiry.calls().asked, time.perf_counter() - start
    cached = max(0, _questions(run.results) - asked)
    evidence.calls = inquiry.calls(Calls(cached=cached, direct=sum(run.direct.values()), seconds=seconds))
    evidence.unasked, evidence.stopped = run.unasked, run.stopped
    evidence.direct = run.direct
    evidence.results = inquiry.settled(run.results)
    evidence.first_failure = run.first_failure
    evidence.systems = systems_of(inquiry.subject, run.results)
    evidence.records = evidence.kept = records_of(plan.cases, run.results)
    if evidence.baseline is not None:
        evidence.baseline.recognise(evidence.records)


def _progress(inquiry: Inquiry) -> Callable[[], None] | None:
    tell, plan, dispatcher = inquiry.spec.progress, inquiry.plan, inquiry.session.dispatcher
    if tell is None:
        return None

    def progress() -> None:
        tell(plan.done(dispatcher.parked), inquiry.calls().asked)

    return progress


def _questions(results: Iterable[Result]) -> int:
    """How many different questions the judged model was asked."""
    return len({key for result in results for key, _ in result.asked})
