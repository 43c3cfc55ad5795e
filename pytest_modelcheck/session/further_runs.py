"""Further runs of a check: fresh sets of all cases, and probes of single ones.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.weighing import Probed
from pytest_modelcheck.errors import OfflineError
from pytest_modelcheck.records import Outcome, Trial
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.first_run import run_again
from pytest_modelcheck.session.levels import settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_modelcheck.checks.protocol import Probes
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Judgement, Noise
    from pytest_modelcheck.session.results import Results

_PROBE: Final = 1 << 30
"""The repeat number of the first probe: beyond those of all sets, and of the measurement of variation."""


def run_fresh_sets(check: Check, judgement: Judgement, sets: int) -> Steps[Noise | None]:
    """Run every case in so many more sets, under repeat numbers that no set has used."""
    shifts = [turn * check.spec.repeats for turn in range(1, sets + 1)]
    again, run = yield from run_again(check, judgement.ran.results, judgement.approved, shifts)
    if run.stopped is not None or any(isinstance(error, OfflineError) for error in again.errors.values()):
        return None
    return replace(judgement.noise, again=again)


def run_probes(check: Check, judgement: Judgement, needs: Iterable[Probes]) -> Steps[Noise | None]:
    """Run cases again, all once in each round, each until it passes or has been probed often enough."""
    probed = dict(judgement.noise.probed)
    upto: dict[int, int] = {}
    for need in needs:
        for number in need.cases:
            # Several limits may ask for the same case: the runs serve all of them.
            upto[number] = max(need.upto, upto.get(number, 0))
    while due := [number for number, most in upto.items() if _is_due(probed.get(number), most)]:
        rounds = {number: probed.get(number, Probed()).probes for number in due}
        trials = list(_probe_trials(judgement.ran.results, rounds))
        run = yield Step(check.work(judgement.approved.answer), trials, slots=check.slots)
        if run.stopped is not None or any(isinstance(one.error, OfflineError) for one in run.results):
            return None
        if check.spec.levels is not None:
            settle(run.results)
        failed = {one.trial.number for one in run.results if one.outcome is not Outcome.PASSED}
        if judgement.observed.scores is not None:
            from pytest_modelcheck.session.scored import recorded_otherwise

            # For a metric, "recovers" means another recorded value, since bodies neither pass nor fail.
            failed |= set(rounds) - recorded_otherwise(judgement.ran.results, run.results)
        for number, before in rounds.items():
            probed[number] = Probed(before + 1, number not in failed)
    return replace(judgement.noise, probed=probed)


def _is_due(probed: Probed | None, most: int) -> bool:
    return probed is None or (not probed.recovered and probed.probes < most)


def _probe_trials(results: Results, rounds: Mapping[int, int]) -> Iterator[Trial]:
    """One more run of some cases; ``rounds`` says how often each was probed before."""
    index = results.size
    for number, before in rounds.items():
        once = [trial for trial in results.trials(number) if not trial.repeat]
        for one in once:
            # A repeat number of its own, so that each probe is a new call with its own cached answer.
            yield one.again(index, _PROBE + before, number, len(once))
            index += 1
