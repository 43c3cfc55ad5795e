"""Runs all trials of a check: first, and again.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.calls.meter import Clock
from pytest_modelcheck.records import Calls
from pytest_modelcheck.session.answered import Answered
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.found import Ran
from pytest_modelcheck.session.levels import settle
from pytest_modelcheck.session.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.engine.trials import Plan
    from pytest_modelcheck.engine.work import Result, Run
    from pytest_modelcheck.records import Trial
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.revalidation import CachedTrials


@dataclass(frozen=True, slots=True)
class Takers:
    """The receivers of results.

    Attributes:
        results: The result of each case.
        answered: Receives answers, if the check needs facts about them.
        cached: Receives trials for revalidation, if that is on.
    """

    results: Results
    answered: Answered | None
    cached: CachedTrials | None

    def take(self, results: Sequence[Result]) -> None:
        """Receive the results of some trials."""
        self.results.take(results)
        self.note(results)

    def note(self, results: Sequence[Result]) -> None:
        """The same without the results of cases."""
        for taker in (self.answered, self.cached):
            if taker is not None:
                taker.take(results)

    def of_answers(self, check: Check) -> dict[str, Any]:
        """Return the fields of :class:`Ran` about the answers."""
        if self.answered is None:
            return {}
        costs = self.answered.costs() if check.spec.limits.on_costs else None
        return {"systems": self.answered.systems, "costs": costs}


def takers_of(check: Check, plan: Plan, approved: Approved) -> Takers:
    """The receivers of results of the check's own trials."""
    spec = check.spec
    looks_at_answers = spec.limits.on_costs or check.subject.definition.answer_fingerprint is not None
    cached = None
    if check.places.revalidate:
        from pytest_modelcheck.session.revalidation import cached_of

        cached = cached_of(check, approved)
    return Takers(
        Results(
            plan,
            approved.line,
            spec.slices,
            None if spec.levels is None else settle,
            perturbed=spec.perturbations is not None,
        ),
        Answered(check.subject) if looks_at_answers else None,
        cached,
    )


def first_run(check: Check, approved: Approved) -> Steps[tuple[Ran, CachedTrials | None]]:
    """Run every trial."""
    plan, start = check.plan, Clock.perf_counter()
    takers = takers_of(check, plan, approved)
    plan.without = takers.results.skip
    work = replace(check.work(approved.answer), progress=check.progress(plan), take=takers.take)
    run = yield Step(work, plan.trials(), slots=check.slots)
    results = takers.results
    ran = Ran(
        results,
        Calls(direct=run.direct, seconds=Clock.perf_counter() - start),
        Counter(plan.inapplicable),  # making a trial again counts again
        (run.direct, run.direct_seconds, run.vain),
        run.first_failure,
        run.unasked,
        run.stopped,
        **takers.of_answers(check),
        explained=run.explained,
    )
    return ran, takers.cached


def run_again(
    check: Check, first: Results, approved: Approved, shifts: Sequence[int], *, once: bool = False
) -> Steps[tuple[Results, Run]]:
    """Run every trial again, as new runs.

    Args:
        check: The check.
        first: The results of its own trials.
        approved: The approved results.
        shifts: For each further run, the number to add to a trial's repeat.
        once: Whether to leave out the repeats of a trial.
    """
    again = Results(check.plan, settle=None if check.spec.levels is None else settle)
    again.cases = first.cases

    def trials() -> Iterator[Trial]:
        index = itertools.count(first.size)
        for number, case in enumerate(first.cases):
            # A mask of 0 is a case without trials: no perturbation applied to it.
            own = first.trials(number) if first.masks[number] else []
            own = [one for one in own if not (once and one.repeat)]
            if not own:
                again.skip(case, number)
            for shift, one in itertools.product(shifts, own):
                yield one.again(next(index), one.repeat + shift, number, len(own) * len(shifts))

    work = replace(check.work(approved.answer), take=again.take)
    run = yield Step(work, trials(), slots=check.slots)
    return again, run
