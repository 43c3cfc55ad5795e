"""Weighs noise: makes more runs where they may decide a miss, until every limit is decided.

What decides is whether *outcomes* vary, approved and current ones (``checks.protocol``). The wording of
answers only matters where answers are compared.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.changes import look_at_changes, look_at_rise
from pytest_modelcheck.checks.lost import (
    LEAST_BROKEN,
    LEAST_FALL,
    MOST_CASES,
    candidates_of,
    look_at_slice_drops,
    look_at_slices,
)
from pytest_modelcheck.checks.observed import groups_of
from pytest_modelcheck.checks.protocol import (
    FreshSets,
    Look,
    Probes,
    Reason,
    Rules,
    Tests,
    looked,
    renumbered,
    unless_broken,
    without_more_runs,
)
from pytest_modelcheck.checks.weighing import looks, weigh
from pytest_modelcheck.engine.body import by_repeat
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import JUDGED, Outcome, Status
from pytest_modelcheck.session.approved import ReplayedAnswers
from pytest_modelcheck.session.assessing import with_noise
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.found import Variation
from pytest_modelcheck.session.running import run_fresh_sets, run_probes
from pytest_modelcheck.session.variation import variation_of_runs

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.lost import Candidates, LostSlice
    from pytest_modelcheck.checks.metrics import Scores
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.checks.weighing import Weighed
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Assessment

    Slices = dict[tuple[int, ...], Candidates]
    """The slices to search, by the numbers of the compared cases."""


def decide_noise(check: Check, assessment: Assessment) -> Steps[Assessment]:
    """Look at each limit, run what it needs, and look again, until every limit is decided."""
    if check.spec.drift is not None:
        return assessment
    if not _may_be_noise(check, assessment):
        repeated = check.spec.repeats > 1 and len(assessment.run.results) <= MOST_CASES
        # All repeats of a model that is declared to vary may be equal: a check that passes says so, too.
        if repeated and check.spec.deterministic is False:
            variation = _variation(check, assessment, _weighed(check, assessment))
            return with_noise(check, assessment, replace(assessment.noise, variation=variation))
        return assessment
    approved_outcomes = yield from _approved_outcomes(check, assessment)
    limits = check.spec.limits
    slices: Slices = {}
    while True:
        weighed = _weighed(check, assessment)
        found = _looks(check, assessment, weighed, approved_outcomes)
        lost = None
        if _searches_slices(check, assessment):
            found["slice_regressions"], lost = _search_slices(check, assessment, weighed, slices)
        slice_drop = ""
        if _limits_slices(check, assessment):
            members = assessment.run.results.slices
            slices_by_name = {name: some for key in members.keys() for name, some in members.of(key).items()}  # noqa: SIM118
            found["max_slice_drop"], slice_drop = look_at_slice_drops(
                weighed.paired,
                weighed.paired_numbers,
                slices_by_name,
                limits.max_slice_drop or 0,
                Rules(limits.false_fail_rate, limits.confirm),
            )
        needs = [look.needs for look in found.values() if look.needs is not None]
        if not needs:
            break
        further = yield from _run_more(check, assessment, needs)
        if further is None:
            # Offline, or out of budget: what is unsettled becomes inconclusive rather than guessed.
            found = {limit: without_more_runs(look) for limit, look in found.items()}
            break
        assessment = further
    if not found:
        return assessment
    reasons, variation = {look.reason for look in found.values()}, _variation(check, assessment, weighed)
    if Reason.NOTHING_SEEN in reasons:
        approved = map(assessment.approved.get, (case.id for case in assessment.run.results.cases))
        variation = variation_of_runs(check.spec.subject, [case for case in approved if case is not None])
    elif Reason.NO_NOISE_KNOWN in reasons and not variation.varies:
        # The verdict rests on outcomes, which are steady; the report says that the answers vary.
        words = variation_of_runs(check.spec.subject, assessment.observations.runs).words
        variation = replace(variation, words=words)
    decided = replace(
        assessment.noise,
        looks={**assessment.noise.looks, **found},
        lost=lost,
        slice_drop=slice_drop,
        variation=variation,
    )
    return with_noise(check, assessment, decided)


def _run_more(
    check: Check, assessment: Assessment, needs: Sequence[FreshSets | Probes]
) -> Steps[Assessment | None]:
    """Make the runs that are needed, and judge again; ``None`` if they are not possible."""
    # Fresh sets first: they often settle what probes would be paid for.
    sets = [need.sets for need in needs if isinstance(need, FreshSets)]
    if sets:
        noise = yield from run_fresh_sets(check, assessment, max(sets))
    else:
        probes = [need for need in needs if isinstance(need, Probes)]
        noise = yield from run_probes(check, assessment, probes)
    return None if noise is None else with_noise(check, assessment, noise)


def look_for_noise(check: Check, assessment: Assessment) -> Steps[Assessment]:
    """Before an invariance check fails as free of noise: see whether any outcome varies.

    Ten repeated answers alone failed 13% of unchanged runs with a coin among 100 inputs.
    """
    limits = check.spec.limits
    while not (weighed := _weighed(check, assessment)).varies and check.spec.deterministic is None:
        # With a p-value of 1, only outcomes that never vary can fail.
        tests = Tests(lambda _: True, lambda _: 1.0, suspects=weighed.rate.failing)
        look = renumbered(looked(weighed.rate, Rules(confirm=limits.confirm), tests), weighed.numbers)
        if look.status is Status.FAILED and look.needs is None:
            break
        further = None
        if look.needs is not None:
            further = yield from _run_more(check, assessment, [look.needs])
        if further is None:
            looks = dict.fromkeys(assessment.unmet, without_more_runs(look))
            return with_noise(check, assessment, replace(assessment.noise, looks=looks))
        assessment = further
    variation = _variation(check, assessment, weighed)
    return with_noise(check, assessment, replace(assessment.noise, variation=variation))


def _compares(check: Check, assessment: Assessment) -> bool:
    """Return whether outcomes are held against approved ones."""
    observed = assessment.observations.observed
    return observed.comparison is not None and not observed.reads_approved and not check.options.update


def _searches_slices(check: Check, assessment: Assessment) -> bool:
    """Return whether regressions are searched for a slice in which they concentrate."""
    observed, limits = assessment.observations.observed, check.spec.limits
    if not _compares(check, assessment) or observed.scores is not None:
        return False
    fell = 0 if observed.comparison is None else len(observed.comparison.regressed)
    if observed.graded:
        least = LEAST_FALL * observed.scale.width - observed.rounding
        fell = sum(drop >= least for drop in observed.drops or ())
    searched = fell >= LEAST_BROKEN and len(assessment.run.results) <= MOST_CASES
    searched = searched and limits.population == "fixed" and limits.score_as is None
    return searched and limits.slice_regressions != "off"


def _search_slices(
    check: Check, assessment: Assessment, weighed: Weighed, known_slices: Slices
) -> tuple[Look, LostSlice | None]:
    """Look for the slice in which regressions concentrate; further runs search the same slices again."""
    results, limits, numbers = assessment.run.results, check.spec.limits, weighed.paired_numbers
    if numbers not in known_slices:
        known_slices[numbers] = candidates_of(results.slices, results.cases, numbers)
    groups = _groups(check, assessment)
    return look_at_slices(
        weighed.paired,
        known_slices[numbers],
        Rules(limits.false_fail_rate, limits.confirm),
        check.spec.seed,
        None if groups is None else [groups[number] for number in numbers],
        assessment.observations.observed.scale.width,
    )


def _limits_slices(check: Check, assessment: Assessment) -> bool:
    """Return whether each declared slice is held against its approved rate."""
    limited = check.spec.limits.max_slice_drop is not None and assessment.observations.observed.scores is None
    return limited and _compares(check, assessment)


def _may_be_noise(check: Check, assessment: Assessment) -> bool:
    """Return whether noise may explain the result: missed limits on outcomes, or cases that broke."""
    suspicious = _searches_slices(check, assessment) or _limits_slices(check, assessment)
    if check.spec.deterministic is True:
        return (assessment.missed or assessment.passes) and suspicious
    suspicious = suspicious or (bool(assessment.observations.regressed) and not check.options.update)
    return assessment.missed or (assessment.passes and suspicious)


def _groups(check: Check, assessment: Assessment) -> list[Hashable] | None:
    """Return the group of each case, by its number; ``None`` if every case is its own."""
    cases, key = assessment.run.results.cases, check.spec.limits.cluster
    return None if key is None else list(groups_of(cases, key).values())


def _weighed(check: Check, assessment: Assessment, *, graded: bool = True) -> Weighed:
    cases = ((case, assessment.approved.get(case.id)) for case in assessment.observations.runs)
    return weigh(
        cases,
        check.runs_in_a_set,
        assessment.noise.probed,
        graded=graded and assessment.observations.observed.graded,
        worst=check.spec.scale.worst,
        deterministic=check.spec.deterministic,
        groups=_groups(check, assessment),
    )


def _looks(
    check: Check, assessment: Assessment, weighed: Weighed, approved_outcomes: Mapping[int, tuple[float, ...]]
) -> dict[str, Look]:
    observed, limits = assessment.observations.observed, check.spec.limits
    if observed.scores is not None:
        return _looks_at_metric(observed, observed.scores, weighed, limits)
    compared = None
    if observed.reads_approved:
        runs = [
            replace(case, approved=(1.0, *approved_outcomes.get(number, ())))
            for case, number in zip(weighed.rate.cases, weighed.numbers, strict=True)
        ]
        compared = replace(weighed.rate, cases=runs)
    outcomes = None
    if observed.graded and limits.max_regressed is not None:
        outcomes = _weighed(check, assessment, graded=False).paired
    found = looks(
        weighed,
        observed,
        limits,
        _groups(check, assessment),
        approved=_compares(check, assessment),
        outcomes=outcomes,
        compared=compared,
    )
    fell = next((finding for finding in assessment.findings if finding.limit == "max_drop"), None)
    # The first set decides this drop, and it is excused: unless cases are broken for good.
    if "max_drop" not in found and fell is not None and fell.met and fell.reveals is not None:
        look = unless_broken(weighed.paired.shared, Look(Status.PASSED, Reason.MET), limits.max_drop or 0)
        if look.needs is not None or look.broken:
            found["max_drop"] = renumbered(look, weighed.paired_numbers)
    if check.spec.kind == "invariance":
        found.pop("at_least", None)  # which is held against the model's disagreement with itself
        if observed.rise is not None:
            look = look_at_rise(
                weighed.paired, observed.rise, limits.max_drop or 0, Rules(limits.false_fail_rate)
            )
            found["max_drop"] = renumbered(look, weighed.paired_numbers)
    judging = observed.judging
    if judging is not None and judging.value is not None:
        found.pop("at_least", None)  # chance is in the bound of the corrected rate
        if judging.sides is not None and (judging.sides.by_people or judging.sides.labelled):
            found.pop("max_drop", None)
    return found


def _looks_at_metric(observed: Observed, scores: Scores, weighed: Weighed, limits: Limits) -> dict[str, Look]:
    """The looks at a metric, and at changed answers, which a metric does not see."""
    from pytest_modelcheck.checks.metrics import look_at_metric, look_at_metric_drop

    rules, required = Rules(limits.false_fail_rate, limits.confirm), observed.required_rate(limits)
    found: dict[str, Look] = {}
    if required is not None:
        found["at_least"] = look_at_metric(scores, required, rules)
    if observed.comparison is None:
        return found
    found["max_drop"] = look_at_metric_drop(scores, float(limits.max_drop or 0), rules)
    if limits.max_changed is not None:
        found["max_changed"] = look_at_changes(weighed.answers, limits.max_changed, rules)
    return found


def _approved_outcomes(check: Check, assessment: Assessment) -> Steps[Mapping[int, tuple[float, ...]]]:
    """Let bodies that compare with the approved answer judge the further approved runs, without calls."""
    results, approved, baseline = assessment.run.results, assessment.approved, assessment.approved.baseline
    if not results.reads_approved or baseline is None:
        return {}
    trials, index = [], results.size
    for number, case in enumerate(results.cases):
        known = approved.get(case.id)
        runs = 0 if known is None else max((trial.repeat for trial in known.trials), default=0)
        own = results.trials(number) if results.masks[number] else []
        once = [trial for trial in own if not trial.repeat]
        for repeat in range(1, runs + 1):
            for one in once:
                trials.append(one.again(index, repeat, number, runs * len(once)))
                index += 1
    if not trials:
        return {}
    answers = ReplayedAnswers(check.spec.subject.answers, baseline)
    run = yield Step(check.work(approved.answer), trials, replay=answers, choose_repeat=by_repeat)
    found: dict[int, dict[int, bool]] = {}
    for result in run.results:
        if result.outcome in JUDGED:
            repeats = found.setdefault(result.trial.number, {})
            same = repeats.get(result.trial.repeat, True) and result.outcome is Outcome.PASSED
            repeats[result.trial.repeat] = same
    return {number: tuple(map(float, repeats.values())) for number, repeats in found.items()}


def _variation(check: Check, assessment: Assessment, weighed: Weighed) -> Variation:
    """Return the variation of outcomes, for people."""
    observed, noise = assessment.observations.observed, assessment.noise
    cases, of = weighed.rate.cases, plural(len(weighed.rate.cases), "case")
    before, now = (sum(case.varies for case in side) for side in (weighed.paired.cases, cases))
    varying = max(before, now)
    how = "score differently from run to run" if observed.graded else "pass in some runs only"
    if before > now:
        how += " (approved runs included)"
    if observed.scores is not None:
        recorded = len({case.number for case in observed.scores.cases if case.varies})
        if recorded:
            varying, how = recorded, "record different things from run to run"
    if varying:
        return Variation(varies=True, words=f"varies: {varying} of {of} {how}")
    if check.spec.deterministic is False:
        words = "declared deterministic=False"
        if weighed.rate.copies:
            words += ", but no answer ever differs (a cache or a seed?), so repeats count once"
        return Variation(varies=True, words=words)
    # Of levels, scores may vary although no outcome does.
    if (noise.again is None and check.spec.repeats == 1) or (check.spec.levels and noise.variation.varies):
        return noise.variation
    runs = assessment.run.results.size + (0 if noise.again is None else noise.again.size)
    runs += sum(probed.probes for probed in noise.probed.values())
    return Variation(varies=False, words=f"does not vary: {runs:,} runs of {of}, each case always the same")
