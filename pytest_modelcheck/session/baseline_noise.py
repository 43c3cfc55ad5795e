"""The answers that a model that varies changes by itself, where no more than some may have changed.

Two runs of one version differ as well. So the cases are run until there are three runs of each, and how much
those differ from each other is held against how much they differ from what was approved.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.baselines.diff import differ
from pytest_modelcheck.checks.runs import by_group, groups_of, outcome_of
from pytest_modelcheck.records import JUDGED, Outcome, Trial
from pytest_modelcheck.session.approved import Approved, answer_to
from pytest_modelcheck.session.calibration import BASES
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.first_run import run_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.records import CaseResult, TrialResult
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Judgement, Noise
    from pytest_modelcheck.session.results import Results
    from pytest_modelcheck.stats.noise import Excess

Runs = dict[int, list["TrialResult"]]
"""The trials of each run of a case."""

Tables = dict[str, "tuple[NDArray[np.float64], int]"]
"""How much every two outputs of a case differ, runs of now first; and how many those are."""


def look_for_baseline_noise(check: Check, judgement: Judgement, noise: Noise) -> Steps[Noise]:
    """Run cases until there are enough runs of each, and compare them with each other."""
    results, approved = judgement.ran.results, judgement.approved
    missing = max(0, BASES - check.spec.repeats)
    if missing:
        # Beyond the check's own repeats, the one that measures variation, and those of a confirmation.
        first = 2 * check.spec.repeats + 1 + (missing if noise.more else 0)
        more, _ = yield from run_again(check, results, approved, range(first, first + missing), once=True)
        noise = replace(noise, more=(*noise.more, more))
    runs = [results, *([] if noise.again is None else [noise.again]), *noise.more]
    cases = [
        replace(each[0], trials=tuple(trial for run in each for trial in run.trials))
        for each in zip(*runs, strict=True)
    ]
    if results.reads_approved:
        changes = yield from _by_the_body(check, results, cases)
        return replace(noise, changes=changes, regressions=None)
    return replace(
        noise, changes=_changes(check, approved, cases), regressions=_regressions(check, approved, cases)
    )


# -- what bodies do not compare themselves ------------------------------------------------------------


def _changes(check: Check, approved: Approved, cases: Sequence[CaseResult]) -> Excess | None:
    """Answers that are not the approved ones, against answers that are not each other's."""
    from pytest_modelcheck.stats.noise import disagreements

    tables: Tables = {}
    for case, then, now in _both(approved, cases, _is_answered):
        outputs = [*now.values(), *then.values()]
        tables[case] = (disagreements(outputs, _differ), len(now))
    return _excess_of_tables(check, tables)


def _regressions(check: Check, approved: Approved, cases: Sequence[CaseResult]) -> Excess | None:
    """Runs that fail of cases that passed, against runs that fail of cases that another run passes."""
    from pytest_modelcheck.stats.noise import regression_excess

    then, now, ids = [], [], []
    for case, old, new in _both(approved, cases, _is_judged):
        # With fewer runs there are too few ways to exchange them for a small p-value.
        if len(new) >= BASES:
            ids.append(case)
            then.append([_passes(run) for run in old.values()])
            now.append([_passes(run) for run in new.values()])
    if not ids:
        return None
    return _grouped(check, regression_excess(then, now, check.spec.limits.false_fail_rate), ids)


def _both(
    approved: Approved, cases: Sequence[CaseResult], tells: Callable[[Sequence[TrialResult]], bool]
) -> Iterator[tuple[str, Runs, Runs]]:
    """Each case that both sides have: its runs then and now, of the perturbed inputs that both have."""
    for case in cases:
        other = approved.get(case.id)
        if other is None or not case.is_same_as(other):
            continue
        # Variants that only one side has would count as changes, though nothing was compared.
        shared = {trial.place for trial in case.trials} & {trial.place for trial in other.trials}
        then, now = (_runs(one.trials, shared, tells) for one in (other, case))
        if then and now:
            yield case.id, then, now


def _runs(
    trials: Sequence[TrialResult],
    places: set[tuple[str, int]],
    tells: Callable[[Sequence[TrialResult]], bool],
) -> Runs:
    runs: defaultdict[int, list[TrialResult]] = defaultdict(list)
    for trial in trials:
        if trial.place in places:
            runs[trial.repeat].append(trial)
    return {repeat: run for repeat, run in runs.items() if tells(run)}


def _is_judged(run: Sequence[TrialResult]) -> bool:
    return outcome_of(run) in JUDGED


def _is_answered(run: Sequence[TrialResult]) -> bool:
    return all(trial.answer is not None and trial.outcome is not Outcome.ERROR for trial in run)


def _passes(run: Sequence[TrialResult]) -> bool:
    return outcome_of(run) is Outcome.PASSED


def _differ(one: Sequence[TrialResult], other: Sequence[TrialResult]) -> bool:
    """Return whether any answer of a run differs from that of another run to the same input."""
    there = {trial.place: trial for trial in other}
    return any(trial.place in there and differ(trial, there[trial.place]) for trial in one)


# -- what bodies compare themselves -------------------------------------------------------------------


def _by_the_body(check: Check, results: Results, cases: Sequence[CaseResult]) -> Steps[Excess | None]:
    """The same, where the body itself compares with ``case.approved``.

    It is run for every two runs of a case, with the answer of the one as the approved answer of the other.
    """
    index = itertools.count(results.size)
    pairings: dict[int, tuple[str, int, int]] = {}
    answers: dict[int, TrialResult] = {}
    trials: list[Trial] = []
    for case, found in zip(results.cases, cases, strict=True):
        judged = [trial for trial in found.trials if trial.outcome in JUDGED and trial.answer is not None]
        # A case with an error in any run is left out whole: its runs could not be exchanged.
        if not judged or len(judged) < len(found.trials) or judged[0].perturbation is not None:
            continue
        # Both orders, since a body need not be symmetric: `answer in case.approved` is not.
        for one, other in itertools.permutations(range(len(judged)), 2):
            trial = Trial(next(index), case, repeat=judged[one].repeat)
            pairings[trial.index] = (found.id, one, other)
            answers[trial.index] = judged[other]
            trials.append(trial)

    def answer(trial: Trial, question: bytes | None = None) -> bytes | None:
        return answer_to(answers[trial.index], question)

    run = yield Step(check.work(answer), trials, slots=check.slots)
    return _excess_of_tables(check, _tables(cases, run.results, pairings))


def _tables(
    cases: Sequence[CaseResult], results: Sequence[Result], pairings: Mapping[int, tuple[str, int, int]]
) -> Tables:
    """Return how much every two runs of a case differ, the approved answer last; cases judged throughout."""
    import numpy as np

    outcomes = {case.id: [trial.outcome is Outcome.FAILED for trial in case.trials] for case in cases}
    compared = {case for case, _, _ in pairings.values()}
    tables = {case: np.zeros((len(runs) + 1,) * 2) for case, runs in outcomes.items() if case in compared}
    for case, table in tables.items():
        # The last row is the approved answer: a run that failed differs from it by 1.
        table[-1, :-1] = table[:-1, -1] = outcomes[case]
    for result in results:
        case, one, other = pairings[result.trial.index]
        if result.outcome not in JUDGED:
            tables.pop(case, None)
        elif case in tables:
            # Each order of a pair counts one half, so a cell is the mean of both.
            half = (result.outcome is Outcome.FAILED) / 2
            tables[case][one, other] += half
            tables[case][other, one] += half
    return {case: (table, len(table) - 1) for case, table in tables.items()}


# -- the results ---------------------------------------------------------------------------------


def _excess_of_tables(check: Check, tables: Tables) -> Excess | None:
    """The excess over all cases with as many runs as most of them."""
    from pytest_modelcheck.stats.noise import noise_calibrated_excess

    most = max((runs for _, runs in tables.values()), default=0)
    # Runs are exchanged within cases, which needs the same number of runs in each.
    whole = {case: table for case, (table, runs) in tables.items() if runs == most}
    if most < BASES:
        return None
    rate = check.spec.limits.false_fail_rate
    found = noise_calibrated_excess(list(whole.values()), most, rate, both=True)
    return _grouped(check, found, list(whole))


def _grouped(check: Check, excess: Excess, ids: Sequence[str]) -> Excess:
    """The same, with one value for each group of cases."""
    key = check.spec.limits.cluster
    if key is None:
        return excess
    groups = groups_of(check.spec.cases, key)
    return replace(excess, each=tuple(by_group(excess.each, ids, groups)))
