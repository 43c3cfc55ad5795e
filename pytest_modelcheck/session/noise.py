"""Steps that measure the noise of a model: whether it varies, how much, and whether more runs decide a miss.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.diff import differ
from pytest_modelcheck.checks.compare import compare, pair_of
from pytest_modelcheck.checks.decide import decide
from pytest_modelcheck.checks.observed import by_group, groups_of, outcome_of
from pytest_modelcheck.records import JUDGED, Outcome, Trial
from pytest_modelcheck.session.approved import answer_to
from pytest_modelcheck.session.calibration import BASES, Calibration, disagreements_of, excess_of
from pytest_modelcheck.session.causes import one_line
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.judging import with_noise
from pytest_modelcheck.session.replayed import ReplayedAnswers
from pytest_modelcheck.session.running import run_again
from pytest_modelcheck.session.variation import declared_of, repeat_calls
from pytest_modelcheck.session.weigh import look_for_noise, uses_looks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.records import CaseResult, Finding, TrialResult
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Judgement, Noise
    from pytest_modelcheck.session.results import Results
    from pytest_modelcheck.stats.noise import Excess

SCREEN: Final = 0.05
"""A check that misses a limit with at most this p-value is run again."""


def measure(check: Check, judgement: Judgement) -> Steps[Judgement]:
    """Repeat the calls of about ten trials, to find out whether the model varies.

    Only a check that misses a limit needs this, and using its own trials keeps its verdict independent of
    other checks.
    """
    if not _depends_on_variation(check, judgement):
        return judgement
    noise, changed = judgement.noise, judgement.seen.changed
    variation = yield from repeat_calls(
        check, judgement.ran.results, judgement.approved, changed, noise.variation
    )
    judgement = with_noise(check, judgement, replace(noise, variation=variation))
    if variation.varies is not False or declared_of(check.spec) or not judgement.missed:
        return judgement
    below, invariant = judgement.misses("at_least"), check.spec.kind == "invariance"
    refutable = below and not invariant and check.spec.levels is None
    if refutable and judgement.observed.required_rate(check.spec.limits) == 1:
        return judgement  # one wrong answer is enough, however much the model varies
    # A miss would fail because ten answers repeated, which is too little to go by.
    if (below and invariant) or not uses_looks(check, judgement):
        judgement = yield from look_for_noise(check, judgement)
    return judgement


def _depends_on_variation(check: Check, judgement: Judgement) -> bool:
    """Return whether the verdict depends on an unknown variation of the model."""
    limits = check.spec.limits
    if judgement.noise.variation.varies or limits.population == "sample":
        return False
    if judgement.missed:
        refuted = judgement.observed.required_rate(limits) == 1  # it fails anyway: this is for the report
        invariant = check.spec.kind == "invariance"
        by_answers = judgement.misses("at_least") and (invariant or refuted)
        by_answers = by_answers or (invariant and judgement.misses("max_drop"))
        return by_answers or not uses_looks(check, judgement) or declared_of(check.spec) is True
    varying = replace(judgement.observed, varies=True)
    return (
        judgement.passes
        and limits.require_proof
        and not all(finding.met for finding in decide(varying, limits))
    )


def calibrate(check: Check, judgement: Judgement) -> Steps[Judgement]:
    """Measure how often a varying model disagrees with itself about the same input."""
    noise, missed = judgement.noise, judgement.misses("at_least") or judgement.misses("max_drop")
    varies = check.spec.kind == "invariance" and noise.variation.varies
    if not (varies and missed and judgement.missed) or judgement.ran.results.reads_approved:
        return judgement
    noise = yield from _compare_outputs(check, judgement, noise)
    if judgement.misses("max_drop") and uses_looks(check, judgement) and noise.uncalibrated is None:
        noise = yield from _compare_approved_outputs(check, judgement, noise)
    if not judgement.misses("at_least"):
        noise = replace(noise, excess=None)
    return with_noise(check, judgement, noise)


def calibrate_changes(check: Check, judgement: Judgement) -> Steps[Judgement]:
    """Measure how many changed answers, or regressed cases, the model's own variation explains."""
    hidden = judgement.misses("max_changed") or judgement.misses("max_regressed")
    varies = judgement.noise.variation.varies
    if not (hidden and judgement.missed and varies) or uses_looks(check, judgement):
        return judgement
    noise = yield from look_for_baseline_noise(check, judgement, judgement.noise)
    return with_noise(check, judgement, noise)


def confirm(check: Check, judgement: Judgement) -> Steps[Judgement]:
    """Run everything again with new answers, so that both runs together decide.

    Two hundred checks at 1% each have two false failures per run. So a check of a varying model is screened
    first, at 5%: only if it misses that, its cases are run again, with new answers.
    """
    limits, noise, observed = check.spec.limits, judgement.noise, judgement.observed
    # Looks (`weigh`) make further runs themselves; confirming here, too, would pay twice.
    if noise.excess is None and (uses_looks(check, judgement) or noise.again is not None):
        return judgement
    if not (limits.confirm and noise.variation.varies and judgement.missed):
        return judgement
    if not is_suspicious(judgement.findings, limits, single=observed.drops is None):
        return judgement
    noise = replace(noise, screened=judgement.worst_summary)
    if noise.excess is not None:
        noise = yield from _compare_outputs(check, judgement, noise)
    else:
        approved = judgement.approved
        # The repeat that follows the check's own is left to the measurement of the variation.
        again, _ = yield from run_again(check, judgement.ran.results, approved, [check.spec.repeats + 1])
        noise = replace(noise, again=again)
        if observed.drops is None and observed.comparison is not None:
            # Of two runs together there is no sharp test of a drop beyond a margin; of the second alone
            # there is.
            paired = (pair_of(case, approved.get(case.id)) for case in again)
            found = compare(paired, approved.version, current=len(again), approved=len(approved))
            noise = replace(noise, afresh=(len(found.regressed), len(found.fixed), found.judged))
    if noise.changes is not None or noise.regressions is not None:
        noise = yield from look_for_baseline_noise(check, judgement, noise)
    return with_noise(check, judgement, noise)


def is_suspicious(findings: Iterable[Finding], limits: Limits, *, single: bool = True) -> bool:
    """Return whether more runs may decide: with enough evidence against the check, and no certain failure.

    A requirement that one wrong answer refutes stays refuted. A drop beyond a margin has an exact test if
    cases were run once on both sides (``single``); with several runs it is decided at once.

    >>> from pytest_modelcheck.checks.limits import Limits
    >>> from pytest_modelcheck.records import Finding, Status
    >>> is_suspicious([Finding("at_least", Status.INCONCLUSIVE, "", p_value=0.03)], Limits())
    True
    >>> is_suspicious([Finding("at_least", Status.INCONCLUSIVE, "", p_value=0.2)], Limits())
    False
    """
    screen = max(SCREEN, limits.false_fail_rate)
    suspicious = False
    for finding in findings:
        if finding.met or finding.p_value is None:
            continue
        beyond_margin = finding.limit == "max_drop" and bool(limits.max_drop)
        # A p-value of 0 is a certain failure, such as one wrong answer where none is allowed.
        decided = not finding.p_value or (beyond_margin and not single)
        if decided and finding.p_value <= limits.false_fail_rate:
            return False
        suspicious = suspicious or (not decided and finding.p_value <= screen)
    return suspicious


def _compare_outputs(check: Check, judgement: Judgement, noise: Noise) -> Steps[Noise]:
    calibration = yield from _calibration(check, judgement, batch=len(noise.calibrations))
    broken = calibration.broken
    if broken is not None:
        # Run once more to get the exception itself: results keep only the first few.
        work = check.work(judgement.approved.answer, keep_errors=True)
        run = yield Step(work, [broken.trial], slots=calibration.slot)
        return replace(noise, uncalibrated=one_line(run.results[0]))
    calibrations = (*noise.calibrations, calibration)
    return replace(noise, calibrations=calibrations, excess=excess_of(calibrations, check.spec.limits))


def _compare_approved_outputs(check: Check, judgement: Judgement, noise: Noise) -> Steps[Noise]:
    """Compare the approved answers with each other in the same way, without calling the model.

    If the approval has too few runs, its first run replaces missing ones. Its noise then looks smaller and
    its excess larger than it was, so that the check fails too rarely rather than too often.
    """
    baseline = judgement.approved.baseline
    if baseline is None:
        return noise
    from pytest_modelcheck.stats.noise import Rise

    answers = ReplayedAnswers(check.subject.answers, baseline)
    approved = disagreements_of([(yield from _calibration(check, judgement, replay=answers))])
    current = disagreements_of(noise.calibrations)
    shared = [name for name in current if name in approved]
    if not shared:
        return noise
    rise = Rise(tuple(approved[name] for name in shared), tuple(current[name] for name in shared))
    return replace(noise, rise=rise)


def _calibration(
    check: Check, judgement: Judgement, batch: int = 0, replay: ReplayedAnswers | None = None
) -> Steps[Calibration]:
    results = judgement.ran.results
    once = (
        trial
        for number in range(len(results))
        for trial, result in results.once(number)
        if result.outcome in JUDGED and not trial.repeat
    )
    calibration = Calibration(once, start=results.size, batch=batch)
    work = check.work(judgement.approved.answer)
    for trials in (calibration.against_itself(), calibration.against_variants()):
        run = yield Step(work, trials, replay=replay, slots=calibration.slot)
        calibration.take(run.results)
    return calibration


# -- limits on changes -----------------------------------------------------------------------------------

Run = list["TrialResult"]
"""The trials of one run of a case."""

Tables = dict[str, "tuple[NDArray[np.float64], int]"]
"""How much every two outputs of a case differ, current runs first; and the number of these."""


def look_for_baseline_noise(check: Check, judgement: Judgement, noise: Noise) -> Steps[Noise]:
    """Run cases until there are three runs of each, and compare them with each other.

    Two runs of one version change answers as well: how much they differ is held against how much they differ
    from the approved ones.
    """
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
        changes = yield from _excess_by_body(check, results, cases)
        return replace(noise, changes=changes, regressions=None)
    return _with_excess(check, approved, cases, noise)


def _with_excess(check: Check, approved: Approved, cases: Sequence[CaseResult], noise: Noise) -> Noise:
    """Add the excess of changed answers, and of failing runs of cases that passed, by comparing results."""
    from pytest_modelcheck.stats.noise import disagreements, regression_excess

    tables: Tables = {}
    passed_before, passed_after, judged = [], [], []
    for case in cases:
        other = approved.get(case.id)
        if other is None or not case.is_same_as(other):
            continue
        # Variants that only one side has would count as changes, though nothing was compared.
        shared = {trial.place for trial in case.trials} & {trial.place for trial in other.trials}
        before, current = (_runs(one.trials, shared) for one in (other, case))
        old, new = (
            [
                run
                for run in side
                if all(one.answer is not None and one.outcome is not Outcome.ERROR for one in run)
            ]
            for side in (before, current)
        )
        if old and new:
            tables[case.id] = (disagreements([*new, *old], _differ), len(new))
        old, new = ([run for run in side if outcome_of(run) in JUDGED] for side in (before, current))
        # With fewer runs there are too few ways to exchange them for a small p-value.
        if old and len(new) >= BASES:
            judged.append(case.id)
            passed_before.append([outcome_of(run) is Outcome.PASSED for run in old])
            passed_after.append([outcome_of(run) is Outcome.PASSED for run in new])
    regressions = None
    if judged:
        regressions = regression_excess(passed_before, passed_after, check.spec.limits.false_fail_rate)
        regressions = _grouped(check, regressions, judged)
    return replace(noise, changes=_excess_of_tables(check, tables), regressions=regressions)


def _runs(trials: Sequence[TrialResult], places: set[tuple[str, int]]) -> list[Run]:
    runs: defaultdict[int, Run] = defaultdict(list)
    for trial in trials:
        if trial.place in places:
            runs[trial.repeat].append(trial)
    return list(runs.values())


def _differ(one: Run, other: Run) -> bool:
    """Return whether any answer of a run differs from that of another run to the same input."""
    there = {trial.place: trial for trial in other}
    return any(trial.place in there and differ(trial, there[trial.place]) for trial in one)


def _excess_by_body(check: Check, results: Results, cases: Sequence[CaseResult]) -> Steps[Excess | None]:
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
