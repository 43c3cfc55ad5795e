"""The first step: every trial of the check, once.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.records import Calls
from pytest_modelcheck.session.ledger import Ledger
from pytest_modelcheck.session.memory import records_of
from pytest_modelcheck.session.reread import Records, Results
from pytest_modelcheck.session.steps import Step
from pytest_modelcheck.session.systems import systems_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_modelcheck.engine.trials import Plan
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.steps import Steps


LARGE = 1_000
"""With more trials than this, a check keeps a line and some bytes of each case in place of objects."""

MANY = 10_000
"""The same, in cases, for checks that go through all that came of them again and again."""


def first_run(inquiry: Inquiry) -> Steps:
    """Run every trial."""
    plan, evidence, start = inquiry.plan, inquiry.evidence, time.perf_counter()
    ledger = _ledger(inquiry)
    work = replace(
        inquiry.work(), progress=progress_of(inquiry, plan), take=None if ledger is None else ledger.take
    )
    run = yield Step(work, plan.trials(), slots=inquiry.slots)
    asked, seconds = inquiry.calls().asked, time.perf_counter() - start
    cached = max(0, (questions(run.results) if ledger is None else ledger.questions) - asked)
    evidence.calls = inquiry.calls(Calls(cached=cached, direct=run.direct, seconds=seconds))
    evidence.unasked, evidence.stopped = run.unasked, run.stopped
    evidence.direct = run.direct, run.direct_seconds
    evidence.vain = run.vain
    evidence.first_failure = run.first_failure
    if ledger is not None:
        evidence.ledger = ledger
        evidence.records = evidence.kept = Records(ledger, held=len(plan.cases) <= MANY)
        evidence.results = Results(ledger, plan, evidence.records)
        return
    evidence.results = inquiry.settled(run.results)
    evidence.systems = systems_of(inquiry.subject, run.results)
    evidence.records = evidence.kept = records_of(plan.cases, run.results)
    if evidence.baseline is not None:
        evidence.baseline.recognise(evidence.records)


def _ledger(inquiry: Inquiry) -> Ledger | None:
    """Where a large check keeps what came of its cases; a small one has room for all of it."""
    spec, plan = inquiry.spec, inquiry.plan
    looks_at_each = (
        spec.levels is not None
        or spec.drift is not None
        or spec.limits.on_costs
        or spec.subject.definition.answer_fingerprint is not None
        or bool(inquiry.session.places.revalidate)
    )
    limits = spec.limits
    comes_back = spec.repeats > 1 or limits.cluster is not None or limits.score_as is not None
    is_small = len(plan.cases) <= MANY if comes_back else plan.size <= LARGE
    if is_small or looks_at_each:
        return None
    ledger = Ledger(spec.slices, inquiry.evidence.baseline, keeps_trials=bool(spec.perturbations))
    plan.without = ledger.without
    return ledger


def progress_of(inquiry: Inquiry, plan: Plan, before: int = 0) -> Callable[[int], None] | None:
    """Tells how many cases are done, with those ``before`` the plan; ``None`` where nobody asks."""
    tell = inquiry.spec.progress
    if tell is None:
        return None

    def progress(trials: int) -> None:
        tell(before + plan.cases_of(trials), inquiry.calls().asked)

    return progress


def questions(results: Iterable[Result]) -> int:
    """How many different questions the judged model was asked."""
    return len({key for result in results for key, _ in result.asked})
