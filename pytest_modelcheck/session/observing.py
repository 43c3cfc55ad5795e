"""Computes the observations that limits are compared with from the results of cases."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines.lines import REPEATED
from pytest_modelcheck.canonical import same
from pytest_modelcheck.checks.compare import compare, pair_of, shares_of, with_same
from pytest_modelcheck.checks.observed import (
    Observed,
    Runs,
    Shares,
    by_group,
    groups_of,
    series_of,
    values_of,
    worth,
)
from pytest_modelcheck.checks.slices import FAILED, NOT_JUDGED, PASSED
from pytest_modelcheck.checks.weighing import Probed, first_calls, shared_calls
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import FOLDED, GRADE, Flaky, Outcome, Scale
from pytest_modelcheck.session.found import Observations
from pytest_modelcheck.session.lines import trial_result
from pytest_modelcheck.session.results import ABSENT, SAME, AllRuns

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.checks.compare import Pair
    from pytest_modelcheck.checks.metrics import Metric, ScoredCase, Scores
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.records import TrialResult
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check
    from pytest_modelcheck.session.found import Assessment, CheckRun, Noise
    from pytest_modelcheck.session.results import Results


_PLAIN: Final = bytes(
    {Outcome.PASSED: PASSED, Outcome.FAILED: FAILED}.get(outcome, NOT_JUDGED) for outcome in FOLDED
).ljust(256, bytes([NOT_JUDGED]))
"""For each byte of trial outcomes, the outcome of the case in slices."""


def observe(check: Check, run: CheckRun, approved: Approved, noise: Noise) -> Observations:
    """Compute the observations."""
    spec, results, early = check.spec, run.results, run.early
    runs, baseline = AllRuns(results, noise.again), approved.baseline
    graded = spec.levels is None and results.graded
    repeated = results.repeated or noise.again is not None
    if baseline is not None and not repeated:
        suspects = (approved.get(case) for case in baseline.holding(REPEATED))
        # The last trial of a case has its highest repeat.
        repeated = any(case.trials[-1].repeat for case in suspects if case is not None and case.trials)
    metric = spec.metric
    if metric is not None and (graded or results.reads_approved):
        other = "give a score()" if graded else "compare with case.approved"
        raise UsageError(f"metric={metric.name} scores what case.record() says: its bodies do not {other}")
    in_units = graded or repeated or bool(spec.limits.cluster or spec.limits.score_as)
    observations = Observations(runs, Observed(runs.tally()))
    if baseline is not None:
        # Counting runs or scores needs both sides of every case. For plain outcomes, equal lines need not be
        # parsed.
        one_by_one = in_units or spec.levels is not None or bool(approved.replaced)
        observations = _compared(observations, spec, approved, graded=graded, one_by_one=one_by_one)
        comparison = observations.comparison
        # Cases that were not run are not removed.
        if comparison is not None and (spec.partial or early is not None):
            comparison = replace(comparison, removed=0)
        if comparison is not None and (noise.again is not None or early is not None or spec.limits.cluster):
            # A case that was run more often now than then has had more chances to fail, a check that was
            # stopped ended where it looked best or worst, and the cases of a group depend on each other.
            comparison = replace(comparison, p_value=None)
        observations = replace(observations, comparison=comparison)
    observed = replace(
        observations.observed,
        comparison=None if spec.partial or spec.drift is not None else observations.comparison,
        approved_cases=0 if baseline is None else len(baseline),
        comparable=None if early is None else early.comparable,
        reads_approved=results.reads_approved,
        first_error=runs.first_error,
        uncalled=run.uncalled,
        stopped=run.stopped,
        judging=run.judging,
    )
    observations = replace(observations, observed=observed)
    if metric is not None and not spec.partial:
        observations = _scored(observations, _scores_of(check, metric, runs, approved, noise))
    elif in_units:
        update = check.options.update
        observations = _in_units(
            observations, spec, approved, graded=graded, repeated=repeated, update=update
        )
    if spec.levels is not None:
        series = series_of(runs, _groups(spec))
        observations = replace(
            observations, observed=replace(observations.observed, series=series, whole=not spec.partial)
        )
    return observations


def _compared(
    observations: Observations, spec: CheckSpec, approved: Approved, *, graded: bool, one_by_one: bool
) -> Observations:
    """Pair the results of both sides. Cases with equal lines are equal in everything."""
    runs, results = observations.runs, observations.runs.first
    before, plain = bytearray([NOT_JUDGED]) * len(results), results.masks.translate(_PLAIN)
    regressed, changed = set(), set()
    same: Counter[int] = Counter()
    added_failed = sum(
        plain[number] == FAILED for number, match in enumerate(results.matches) if match == ABSENT
    )
    if not one_by_one:
        for number, match in enumerate(results.matches):
            if match == SAME:
                before[number] = plain[number]
                same[plain[number]] += 1

    def paired() -> Iterator[Pair]:
        nonlocal added_failed
        for number, match in enumerate(results.matches):
            if match == ABSENT or (match == SAME and not one_by_one):
                continue
            case = runs[number]
            pair = pair_of(case, approved.get(case.id))
            if pair is None:
                added_failed += plain[number] == FAILED
                continue
            if pair.judged:
                before[number] = PASSED if pair.passed else FAILED
            if pair.turned == "regressed":
                regressed.add(number)
            if pair.changed:
                changed.add(number)
            yield pair

    comparison = compare(
        paired(),
        approved.version,
        current=len(results),
        approved=len(approved),
        graded=graded,
        worst=spec.scale.worst,
    )
    comparison = with_same(comparison, same[PASSED], same[FAILED], same[NOT_JUDGED])
    return replace(
        observations,
        comparison=replace(comparison, replayed=approved.replayed, added_failed=added_failed),
        approved=bytes(before),
        regressed=frozenset(regressed),
        changed=frozenset(changed),
    )


def _scored(observations: Observations, scores: Scores) -> Observations:
    """The same for a metric over all cases."""
    observed = replace(observations.observed, scores=scores, graded=True, scale=Scale(-math.inf, math.inf))
    comparison, cases = observations.comparison, observations.runs.first.cases
    wrong = frozenset(case.number for case in scores.cases if case.wrong)
    was_wrong = frozenset(case.number for case in scores.cases if case.was_wrong)
    observations = replace(observations, observed=observed, wrong=wrong)
    if comparison is None or observations.approved is None:
        return observations
    # A case without an approved label was neither right nor wrong then.
    known = {case.number for case in scores.cases if case.was_wrong is not None}
    broke, fixed = sorted((wrong - was_wrong) & known), sorted(was_wrong - wrong)
    approved, current = (None if math.isnan(value) else value for value in scores.approved_and_current)
    comparison = replace(
        comparison,
        approved_rate=approved,
        rate=current,
        p_value=None,
        regressed=tuple(cases[number].id for number in broke),
        fixed=tuple(cases[number].id for number in fixed),
    )
    before = bytes(FAILED if number in was_wrong else one for number, one in enumerate(observations.approved))
    observed = replace(observed, comparison=observed.comparison and comparison)
    return replace(
        observations, observed=observed, comparison=comparison, approved=before, regressed=frozenset(broke)
    )


def _groups(spec: CheckSpec) -> Mapping[str, Hashable] | None:
    key = spec.limits.cluster
    return None if key is None else groups_of(spec.cases, key)


def _in_units(
    observations: Observations,
    spec: CheckSpec,
    approved: Approved,
    *,
    graded: bool,
    repeated: bool,
    update: bool,
) -> Observations:
    """The same for units that are more than one run that passes or fails."""
    score_as, scale = spec.limits.score_as, spec.scale
    if graded and score_as is not None:
        raise UsageError(f"score_as={score_as!r} counts runs that pass, and the body gives a score()")
    groups = _groups(spec)
    # Only then are the runs of a case exchangeable one by one; else its mean, or its group's, is the unit.
    apart = spec.limits.population == "fixed" and groups is None and score_as is None
    valued = partial(values_of, graded=graded, worst=scale.worst)
    values: dict[str, tuple[float, ...]] = {}
    runs: dict[str, Runs] = {}
    unscored, shares, run_again = 0, Shares((0, 0), (0, 0)), False
    for case in observations.runs:
        run_again = run_again or bool(case.trials and case.trials[-1].repeat)
        if case.judged:
            values[case.id] = valued(case.trials)
            if graded and scale != GRADE:
                unscored += any(_is_unscored(trial, scale) for trial in case.trials)
        pair = pair_of(case, approved.get(case.id))
        if pair is None:
            continue
        shares = shares.plus(shares_of(pair)) if repeated else shares
        if pair.judged:
            runs[case.id] = Runs(valued(pair.approved), valued(pair.current))
    means = by_group([worth(each, score_as) for each in values.values()], list(values), groups)
    # The approved version may have too few runs for the score. An approval mends that, and has no drop.
    drops = by_group([each.drop(None if update else score_as) for each in runs.values()], list(runs), groups)
    rerun = run_again and not graded
    # Nearly every one of a million scores lies between 0 and 1, so that without ``rerun`` all would be held.
    flaky = [
        Flaky(case, int(sum(each)), len(each))
        for case, each in (values.items() if rerun else ())
        if 0 < sum(each) < len(each)
    ]
    # Those nearest to one half first.
    flaky.sort(key=lambda case: abs(case.passed / case.runs - 0.5))
    observed = replace(
        observations.observed,
        runs=(int(sum(map(sum, values.values()))), sum(map(len, values.values()))) if rerun else None,
        means=tuple(means) if graded or not apart else None,
        units="cases" if groups is None else f"groups by {spec.limits.cluster}",
        graded=graded,
        scale=scale,
        signed=graded and spec.signed,
        unscored=unscored,
        score_as=score_as,
        pairs=tuple(runs.values()) if apart else None,
        drops=tuple(drops),
        shares=shares if repeated else None,
    )
    return replace(observations, observed=observed, flaky=tuple(flaky))


def _is_unscored(trial: TrialResult, scale: Scale) -> bool:
    """Return whether a run has no value on the scale."""
    if trial.outcome is Outcome.FAILED:
        return not scale.bounded
    return trial.outcome is Outcome.PASSED and trial.score is None


def current_outcomes(assessment: Assessment) -> bytes:
    """Return the outcome of each case, for slices."""
    found, wrong = bytes(assessment.observations.runs.masks.translate(_PLAIN)), assessment.observations.wrong
    return found if not wrong else bytes(FAILED if n in wrong else one for n, one in enumerate(found))


# -- values for a metric ---------------------------------------------------------------------------------


def _scores_of(check: Check, metric: Metric, runs: AllRuns, approved: Approved, noise: Noise) -> Scores:
    """Collect the recorded values, current and approved.

    A run that did not complete has no answer; a case without answers is left out.
    """
    from pytest_modelcheck.checks.metrics import ScoredCase, Scores

    spec, decode, results = check.spec, check.spec.subject.answers.decode, runs.first
    cases: list[ScoredCase] = []
    groups = _groups(spec)
    if groups is None:
        units = shared_calls([first_calls(case) for case in results])
    else:
        units = {number: groups[case.id] for number, case in enumerate(results.cases)}
    has_fresh = noise.again is not None or check.runs_in_a_set < spec.repeats
    repeated = True
    for number, case in enumerate(runs):
        before = approved.get(case.id)
        known = before.trials if before is not None and case.is_same_as(before) else ()
        for trial in results.trials(number):
            if trial.repeat:
                continue
            place = trial.place
            current = [one for one in case.trials if one.place == place]
            first = _answers(one for one in current if one.repeat < check.runs_in_a_set)
            fresh = _answers(one for one in current if one.repeat >= check.runs_in_a_set)
            old = _answers(one for one in known if one.place == place)
            # A case that lacks a value in a run cannot be exchanged, so it leaves the metric as a whole.
            if not first or (has_fresh and not fresh):
                continue
            expected = _plain(trial.given.expected)
            probed = noise.probed.get(number, Probed())
            steady = not _differ(old) and not _differ([*first, *fresh]) and not probed.recovered
            repeated = repeated and not _differ([*first, *fresh])
            recorded = [tuple(_plain(decode(raw)) for raw in side) for side in (old, first, fresh)]
            before_wrong = {_is_wrong(expected, label) for label in recorded[0]}
            cases.append(
                ScoredCase(
                    number,
                    expected,
                    recorded[0],
                    (recorded[1], recorded[2]) if fresh else (recorded[1],),
                    units.get(number, ("case", number)),
                    varies=not steady,
                    # Only for a case that never varied is another value surely a change.
                    changed=bool(old) and steady and not same(old[0], first[0]),
                    wrong=_is_wrong(expected, recorded[1][0]),
                    was_wrong=before_wrong.pop() if len(before_wrong) == 1 else None,
                    probes=probed.probes,
                )
            )
    # Cases are right or wrong only where all of them are labels: a number is neither.
    if any(case.wrong is None for case in cases):
        cases = [replace(case, wrong=None, was_wrong=None) for case in cases]
    return Scores(metric, cases, spec.deterministic, repeated, spec.seed)


def recorded_otherwise(results: Results, probes: Sequence[Result]) -> set[int]:
    """The numbers of the cases whose probes recorded other values than the first run."""
    found = set()
    for probe in probes:
        trial = probe.trial
        first = next(one.answer for one in results[trial.number].trials if one.place == trial.place)
        recorded = trial_result(probe).answer
        if recorded is None or first is None or not same(recorded, first):
            found.add(trial.number)
    return found


def _answers(trials: Iterable[TrialResult]) -> list[bytes]:
    return [one.answer for one in trials if one.outcome is Outcome.PASSED and one.answer is not None]


def _differ(answers: Sequence[bytes]) -> bool:
    return any(not same(answers[0], other) for other in answers[1:])


def _plain(value: Any) -> Any:
    """A value in plain form for a metric: the value of an enumeration's member, or of a numpy number."""
    if isinstance(value, Enum):
        return value.value
    # Without importing numpy: scalars of all array libraries have `item`, and no dimensions.
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", None) == 0 else value


def _is_wrong(expected: Any, answer: Any) -> bool | None:
    """Return whether a label is not the expected one; ``None`` if one of them is not a label."""
    return answer != expected if isinstance(answer, _LABELS) and isinstance(expected, _LABELS) else None


_LABELS: Final = (str, int, type(None))
