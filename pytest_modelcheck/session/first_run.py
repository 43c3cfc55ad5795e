"""Runs of all trials of a check: the first, and further ones.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.records import Calls
from pytest_modelcheck.session.answered import Answered
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.found import Ran
from pytest_modelcheck.session.levels import settle
from pytest_modelcheck.session.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.engine.result import Result
    from pytest_modelcheck.engine.trials import Plan
    from pytest_modelcheck.engine.work import Run
    from pytest_modelcheck.records import Trial
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.revalidation import Remembered


@dataclass(frozen=True, slots=True)
class Takers:
    """Everybody who takes results in.

    Attributes:
        results: The result of each case.
        answered: Takes note of answers, where the check needs to know more of them.
        remembered: Takes note of trials that may be asked again, where that was asked for.
    """

    results: Results
    answered: Answered | None
    remembered: Remembered | None

    def take(self, results: Sequence[Result]) -> None:
        """Take in the results of some trials."""
        self.results.take(results)
        self.note(results)

    def note(self, results: Sequence[Result]) -> None:
        """The same, where somebody else takes care of the cases."""
        for taker in (self.answered, self.remembered):
            if taker is not None:
                taker.take(results)

    def of_answers(self, check: Check) -> dict[str, Any]:
        """Return the fields of :class:`Ran` about the answers."""
        if self.answered is None:
            return {}
        costs = self.answered.costs() if check.spec.limits.on_costs else None
        return {"systems": self.answered.systems, "costs": costs}


def takers_of(check: Check, plan: Plan, approved: Approved) -> Takers:
    """Everybody who takes in the results of the check's own trials."""
    spec = check.spec
    looks_at_answers = spec.limits.on_costs or check.subject.definition.answer_fingerprint is not None
    remembered = None
    if check.places.revalidate:
        from pytest_modelcheck.session.revalidation import remembered_of

        remembered = remembered_of(check, approved)
    return Takers(
        Results(
            plan,
            approved.line,
            spec.slices,
            None if spec.levels is None else settle,
            perturbed=spec.perturbations is not None,
        ),
        Answered(check.subject) if looks_at_answers else None,
        remembered,
    )


def first_run(check: Check, approved: Approved) -> Steps[tuple[Ran, Remembered | None]]:
    """Run every trial."""
    plan, start = check.plan, time.perf_counter()
    takers = takers_of(check, plan, approved)
    plan.without = takers.results.skip
    work = replace(check.work(approved.answer), progress=check.progress(plan), take=takers.take)
    run = yield Step(work, plan.trials(), slots=check.slots)
    results = takers.results
    seconds, cached = time.perf_counter() - start, max(0, len(results.distinct) - check.asked)
    ran = Ran(
        results,
        check.calls(Calls(cached=cached, direct=run.direct, seconds=seconds)),
        Counter(plan.inapplicable),  # making a trial again counts again
        (run.direct, run.direct_seconds, run.vain),
        run.first_failure,
        run.unasked,
        run.stopped,
        **takers.of_answers(check),
        explained=run.explained,
    )
    return ran, takers.remembered


def run_again(
    check: Check, first: Results, approved: Approved, shifts: Sequence[int], *, once: bool = False
) -> Steps[tuple[Results, Run]]:
    """Run every trial again, as runs that there never were.

    Args:
        check: The check.
        first: The results of its own trials.
        approved: What it is compared with.
        shifts: What is added to the number of a trial's repeat: one further run for each.
        once: Whether the repeats of a trial are left out.
    """
    again = Results(check.plan, settle=None if check.spec.levels is None else settle)
    again.cases = first.cases

    def trials() -> Iterator[Trial]:
        index = itertools.count(first.size)
        for number, case in enumerate(first.cases):
            own = first.trials(number) if first.masks[number] else []
            own = [one for one in own if not (once and one.repeat)]
            if not own:
                again.skip(case, number)
            for shift, one in itertools.product(shifts, own):
                yield one.again(next(index), one.repeat + shift, number, len(own) * len(shifts))

    work = replace(check.work(approved.answer), take=again.take)
    run = yield Step(work, trials(), slots=check.slots)
    return again, run
