"""Runs the trials of a check: first, again as fresh sets of all cases, and as probes of single ones."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.calls.meter import Clock
from pytest_modelcheck.canonical import Unreadable, excerpt
from pytest_modelcheck.checks.decide import Costs
from pytest_modelcheck.checks.weighing import Probed
from pytest_modelcheck.errors import OfflineError, UsageError
from pytest_modelcheck.records import Outcome, Trial
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.found import CheckRun
from pytest_modelcheck.session.observing import recorded_otherwise
from pytest_modelcheck.session.results import Results, settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.checks.protocol import Probes
    from pytest_modelcheck.engine.trials import Plan
    from pytest_modelcheck.engine.work import Result, Run
    from pytest_modelcheck.models.model import Model, Raw
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Assessment, Noise
    from pytest_modelcheck.session.revalidation import CachedTrials


_PROBE: Final = 1 << 30
"""The repeat number of the first probe: beyond those of all sets, and of the measurement of variation."""


@dataclass(frozen=True, slots=True)
class Receivers:
    """The receivers of results; ``None`` for what the check does not need."""

    results: Results
    answered: AnswerCosts | None
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

    def check_run(self, check: Check, runs: Sequence[Run], inapplicable: Mapping[str, int]) -> CheckRun:
        """Return what some runs of the check's own trials have found, as one."""
        answered = self.answered
        return CheckRun(
            self.results,
            inapplicable,
            direct=(
                sum(run.direct for run in runs),
                sum(run.direct_seconds for run in runs),
                sum(run.vain for run in runs),
            ),
            first_failure=next((run.first_failure for run in runs if run.first_failure is not None), None),
            uncalled=sum(run.uncalled for run in runs),
            stopped=next((run.stopped for run in runs if run.stopped is not None), None),
            systems={} if answered is None else answered.systems,
            costs=answered.costs() if answered is not None and check.spec.limits.on_costs else None,
            cached=self.cached,
        )


def receivers_of(check: Check, plan: Plan, approved: Approved) -> Receivers:
    """The receivers of results of the check's own trials."""
    spec = check.spec
    looks_at_answers = spec.limits.on_costs or check.spec.subject.definition.answer_fingerprint is not None
    cached = None
    if check.options.revalidate:
        from pytest_modelcheck.session.revalidation import CachedTrials

        cached = CachedTrials(check, approved)
    results = Results(
        plan,
        None if approved.baseline is None else approved.line,
        spec.slices,
        on_levels=spec.levels is not None,
        perturbed=spec.perturbations is not None,
    )
    return Receivers(results, AnswerCosts(check.spec.subject) if looks_at_answers else None, cached)


def first_run(check: Check, approved: Approved) -> Steps[CheckRun]:
    """Run every trial."""
    plan, start = check.plan, Clock.perf_counter()
    receivers = receivers_of(check, plan, approved)
    plan.without = receivers.results.skip
    work = replace(check.work(approved.answer), progress=check.progress(plan), take=receivers.take)
    step = yield Step(work, plan.trials(), choose_repeat=check.choose_repeat)
    run = receivers.check_run(check, [step], Counter(plan.inapplicable))  # making a trial again counts again
    return replace(run, seconds=Clock.perf_counter() - start, explained=step.explained)


def run_fresh_sets(check: Check, assessment: Assessment, sets: int) -> Steps[Noise | None]:
    """Run every case in so many more sets, under repeat numbers that no set has used."""
    first = assessment.run.results
    shifts = [turn * check.spec.repeats for turn in range(1, sets + 1)]
    again = Results(check.plan, on_levels=check.spec.levels is not None)
    again.cases = first.cases

    def trials() -> Iterator[Trial]:
        index = itertools.count(first.size)
        for number, case in enumerate(first.cases):
            # A mask of 0 is a case without trials: no perturbation applied to it.
            own = first.trials(number) if first.masks[number] else []
            if not own:
                again.skip(case, number)
            for shift, one in itertools.product(shifts, own):
                yield one.again(next(index), one.repeat + shift, number, len(own) * len(shifts))

    work = replace(check.work(assessment.approved.answer), take=again.take)
    run = yield Step(work, trials(), choose_repeat=check.choose_repeat)
    if run.stopped is not None or any(isinstance(error, OfflineError) for error in again.errors.values()):
        return None
    return replace(assessment.noise, again=again)


def run_probes(check: Check, assessment: Assessment, needs: Iterable[Probes]) -> Steps[Noise | None]:
    """Run cases again, all once in each round, each until it passes or has been probed often enough."""
    probed = dict(assessment.noise.probed)
    upto: dict[int, int] = {}
    for need in needs:
        for number in need.cases:
            # Several limits may ask for the same case: the runs serve all of them.
            upto[number] = max(need.upto, upto.get(number, 0))
    results = assessment.run.results
    while True:
        last = {number: probed.get(number, Probed()) for number in upto}
        rounds = {
            number: probe.probes
            for number, probe in last.items()
            if not probe.recovered and probe.probes < upto[number]
        }
        if not rounds:
            return replace(assessment.noise, probed=probed)
        trials: list[Trial] = []
        for number, before in rounds.items():
            once = [trial for trial in results.trials(number) if not trial.repeat]
            for one in once:
                # A repeat number of its own, so that each probe is a new call with its own cached answer.
                trials.append(one.again(results.size + len(trials), _PROBE + before, number, len(once)))
        run = yield Step(check.work(assessment.approved.answer), trials, choose_repeat=check.choose_repeat)
        if run.stopped is not None or any(isinstance(one.error, OfflineError) for one in run.results):
            return None
        if check.spec.levels is not None:
            settle(run.results)
        failed = {one.trial.number for one in run.results if one.outcome is not Outcome.PASSED}
        if assessment.observations.observed.scores is not None:
            # For a metric, "recovers" means another recorded value, since bodies neither pass nor fail.
            failed |= set(rounds) - recorded_otherwise(results, run.results)
        for number, before in rounds.items():
            probed[number] = Probed(before + 1, number not in failed)


class AnswerCosts:
    """Collects the time, the cost and the systems of the answers that bodies got.

    A provider may serve one model name from several systems, and swap them; some say with each answer which
    one it was (``system_fingerprint`` of chat completions): ``systems`` counts what ``answer_fingerprint=``
    reads.
    """

    def __init__(self, model: Model) -> None:
        self.systems: Counter[str] = Counter()
        self._model = model
        self._keys: set[bytes] = set()
        self._runs: set[tuple[str, int]] = set()

    def take(self, results: Iterable[Result]) -> None:
        """Take in the results of some trials."""
        for result in results:
            if result.calls:
                self._runs.add((result.trial.case.id, result.trial.repeat))
            for key, raw in result.calls:
                # A call without a key is never cached, so each of its answers may come from another system.
                if key is None or key not in self._keys:
                    self._note_system(raw)
                if key is not None:
                    self._keys.add(key)

    def costs(self) -> Costs:
        """Return the figures of every different answer, whether it is new or cached.

        So the verdict is the same whether the cache is warm or not.
        """
        measure = self._model.answers.measure
        known = [measured for key in self._keys if (measured := measure(key)) is not None]
        amounts = tuple(each.usage.cost for each in known if each.usage.cost is not None)
        seconds = tuple(sorted(each.seconds for each in known))
        used = [(each.usage.tokens_in, each.usage.tokens_out) for each in known]
        tokens = tuple(sum(filter(None, both)) for both in used if both != (None, None))
        return Costs(len(self._keys), seconds, amounts, len(self._runs), tokens)

    def _note_system(self, raw: Raw) -> None:
        read, place = self._model.definition.answer_fingerprint, self._model.definition.location
        if read is None:
            return
        try:
            answer = self._model.answers.decode(raw)
        except Unreadable:  # an error of the case, since its body could not read the answer either
            return
        try:
            system: object = read(answer)
        # The user's function: a bug in it is a mistake of the fixture, with its line, not an error of a case.
        except Exception as error:
            problem = f"answer_fingerprint= raised {type(error).__name__}: {error}, for {excerpt(answer, 60)}"
            raise UsageError(problem, place) from error
        if system is None:
            return
        if not isinstance(system, str):
            problem = f"answer_fingerprint= must give a text or None, not {excerpt(system, 60)}"
            raise UsageError(problem, place)
        self.systems[system] += 1
