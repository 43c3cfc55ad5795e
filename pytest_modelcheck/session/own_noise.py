"""How many answers a model that varies changes by itself, where no more than some may have changed.

Two runs of one version differ as well. So the cases are run until there are three runs of each, and how much
those differ from each other is held against how much they differ from what was approved.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.canonical import same
from pytest_modelcheck.checks.compare import is_same_case
from pytest_modelcheck.checks.fold import outcome_of
from pytest_modelcheck.checks.runs import by_group, groups_of
from pytest_modelcheck.records import Outcome, Trial
from pytest_modelcheck.session.calibration import BASES
from pytest_modelcheck.session.confirmation import together
from pytest_modelcheck.session.memory import records_of
from pytest_modelcheck.session.steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.engine.work import Run
    from pytest_modelcheck.records import CaseRecord, TrialRecord
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.steps import Steps
    from pytest_modelcheck.stats.noise import Excess

Runs = dict[int, list["TrialRecord"]]
"""The trials of each run of a case."""

Tables = dict[str, "tuple[NDArray[np.float64], int]"]
"""How much every two outputs of a case differ, runs of now first; and how many those are."""

_JUDGED = (Outcome.PASSED, Outcome.FAILED)


def calibrate_changes(inquiry: Inquiry) -> Steps:
    """Find out what the model's own variation explains of changed answers, or of cases that regressed."""
    evidence = inquiry.evidence
    hidden = evidence.misses("max_changed") or evidence.misses("max_regressed")
    if not (hidden and evidence.missed and evidence.variation.varies):
        return
    yield from look_for_own_noise(inquiry)
    inquiry.judge()


def look_for_own_noise(inquiry: Inquiry) -> Steps:
    """Run cases until there are enough runs of each, and compare them with each other."""
    evidence = inquiry.evidence
    more = list(_more_trials(inquiry))
    if more:
        run = yield Step(inquiry.work(), more, slots=inquiry.slots)
        evidence.more = [*evidence.more, *run.results]
    results = together(inquiry.plan.cases, [*evidence.results, *evidence.more])
    records = records_of(inquiry.plan.cases, results)
    if evidence.reads_approved:
        changes = yield from _by_the_body(inquiry, records)
        regressions = None
    else:
        changes = _changes(inquiry, records)
        regressions = _regressions(inquiry, records)
    evidence.observed = replace(evidence.observed, changes=changes, regressions=regressions)


def _more_trials(inquiry: Inquiry) -> Iterator[Trial]:
    """What is missing to three runs of each trial, in slots that nobody else takes."""
    evidence, repeats = inquiry.evidence, inquiry.spec.repeats
    missing = max(0, BASES - repeats)
    first = 2 * repeats + 1 + (missing if evidence.more else 0)
    index = inquiry.unused + len(evidence.more)
    once = (result.trial for result in evidence.results if not result.trial.repeat)
    for number, (one, place) in enumerate(itertools.product(once, range(missing)), index):
        yield Trial(number, one.case, one.perturbation, one.perturbed, one.variant, first + place)


# -- what bodies do not compare themselves ------------------------------------------------------------


def _changes(inquiry: Inquiry, records: Sequence[CaseRecord]) -> Excess | None:
    """Answers that are not the approved ones, against answers that are not each other's."""
    from pytest_modelcheck.stats.noise import disagreements

    tables: Tables = {}
    for case, then, now in _both(inquiry, records, _is_answered):
        outputs = [*now.values(), *then.values()]
        tables[case] = (disagreements(outputs, _differ), len(now))
    return _excess_of_tables(inquiry, tables)


def _regressions(inquiry: Inquiry, records: Sequence[CaseRecord]) -> Excess | None:
    """Runs that fail of cases that passed, against runs that fail of cases that another run passes."""
    from pytest_modelcheck.stats.noise import regression_excess

    then, now, ids = [], [], []
    for case, old, new in _both(inquiry, records, _is_judged):
        if len(new) >= BASES:
            ids.append(case)
            then.append([_passes(run) for run in old.values()])
            now.append([_passes(run) for run in new.values()])
    if not ids:
        return None
    return _grouped(inquiry, regression_excess(then, now, inquiry.spec.limits.false_fail_rate), ids)


def _both(
    inquiry: Inquiry, records: Sequence[CaseRecord], tells: Callable[[Sequence[TrialRecord]], bool]
) -> Iterator[tuple[str, Runs, Runs]]:
    """Each case that both sides have: its runs then and now, of the perturbed inputs that both have."""
    for record in records:
        other = inquiry.evidence.then.get(record.id)
        if other is None or not is_same_case(record, other):
            continue
        shared = {trial.key[:2] for trial in record.trials} & {trial.key[:2] for trial in other.trials}
        then, now = (_runs(one.trials, shared, tells) for one in (other, record))
        if then and now:
            yield record.id, then, now


def _runs(
    trials: Sequence[TrialRecord],
    places: set[tuple[str, int]],
    tells: Callable[[Sequence[TrialRecord]], bool],
) -> Runs:
    runs: defaultdict[int, list[TrialRecord]] = defaultdict(list)
    for trial in trials:
        if trial.key[:2] in places:
            runs[trial.repeat].append(trial)
    return {repeat: run for repeat, run in runs.items() if tells(run)}


def _is_judged(run: Sequence[TrialRecord]) -> bool:
    return outcome_of(run) in _JUDGED


def _is_answered(run: Sequence[TrialRecord]) -> bool:
    return all(trial.answer is not None and trial.outcome is not Outcome.ERROR for trial in run)


def _passes(run: Sequence[TrialRecord]) -> bool:
    return outcome_of(run) is Outcome.PASSED


def _differ(one: Sequence[TrialRecord], other: Sequence[TrialRecord]) -> bool:
    """Whether any answer of a run differs from that of another run to the same input."""
    answers = {trial.key[:2]: trial.answer for trial in other}
    return any(
        trial.answer is not None and there is not None and not same(trial.answer, there)
        for trial in one
        if (there := answers.get(trial.key[:2])) is not None
    )


# -- what bodies compare themselves -------------------------------------------------------------------


def _by_the_body(inquiry: Inquiry, records: Sequence[CaseRecord]) -> Generator[Step, Run, Excess | None]:
    """The same, where the body itself compares with ``case.approved``.

    It is run for every two runs of a case, with the answer of the one as the approved answer of the other.
    """
    cases = {case.id: case for case in inquiry.plan.cases}
    index = itertools.count(inquiry.unused + len(inquiry.evidence.more))
    pairings: dict[int, tuple[str, int, int]] = {}
    approved: dict[int, bytes] = {}
    trials: list[Trial] = []
    for record in records:
        judged = [trial for trial in record.trials if trial.outcome in _JUDGED and trial.answer is not None]
        if not judged or len(judged) < len(record.trials) or judged[0].perturbation is not None:
            continue
        for one, other in itertools.permutations(range(len(judged)), 2):
            trial = Trial(next(index), cases[record.id], repeat=judged[one].repeat)
            pairings[trial.index] = (record.id, one, other)
            approved[trial.index] = judged[other].answer or b""
            trials.append(trial)
    work = replace(inquiry.work(), find_approved=lambda trial: approved[trial.index])
    run = yield Step(work, trials, slots=inquiry.slots)
    return _excess_of_tables(inquiry, _tables(records, run.results, pairings))


def _tables(
    records: Sequence[CaseRecord], results: Sequence[Result], pairings: Mapping[int, tuple[str, int, int]]
) -> Tables:
    """How much every two runs of a case differ, the approved answer last; cases judged throughout."""
    import numpy as np

    outcomes = {record.id: [trial.outcome is Outcome.FAILED for trial in record.trials] for record in records}
    compared = {case for case, _, _ in pairings.values()}
    tables = {case: np.zeros((len(runs) + 1,) * 2) for case, runs in outcomes.items() if case in compared}
    for case, table in tables.items():
        table[-1, :-1] = table[:-1, -1] = outcomes[case]
    for result in results:
        case, one, other = pairings[result.trial.index]
        if result.outcome not in _JUDGED:
            tables.pop(case, None)
        elif case in tables:
            half = (result.outcome is Outcome.FAILED) / 2
            tables[case][one, other] += half
            tables[case][other, one] += half
    return {case: (table, len(table) - 1) for case, table in tables.items()}


# -- what comes of it ---------------------------------------------------------------------------------


def _excess_of_tables(inquiry: Inquiry, tables: Tables) -> Excess | None:
    """The excess over all cases with as many runs as most of them."""
    from pytest_modelcheck.stats.noise import noise_calibrated_excess

    most = max((runs for _, runs in tables.values()), default=0)
    whole = {case: table for case, (table, runs) in tables.items() if runs == most}
    if most < BASES:
        return None
    rate = inquiry.spec.limits.false_fail_rate
    found = noise_calibrated_excess(list(whole.values()), most, rate, both=True)
    return _grouped(inquiry, found, list(whole))


def _grouped(inquiry: Inquiry, excess: Excess, ids: Sequence[str]) -> Excess:
    """The same, with one value for each group of cases."""
    key = inquiry.spec.limits.cluster
    if key is None:
        return excess
    groups = groups_of(inquiry.spec.cases, key)
    return replace(excess, each=tuple(by_group(excess.each, ids, groups)))
