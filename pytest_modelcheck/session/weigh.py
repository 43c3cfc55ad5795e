"""Weighs noise: makes more runs where they may decide a miss, until every limit is decided.

What decides is whether *outcomes* vary, approved and current ones (``checks.protocol``). The wording of
answers only matters where answers are compared.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.changes import Compared, look_at_changes
from pytest_modelcheck.checks.excess import look_at_rise
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
    STEADY_PROBES,
    FreshSets,
    Look,
    Probes,
    Reason,
    Rules,
    renumbered,
    unless_broken,
    without_more_runs,
)
from pytest_modelcheck.checks.weighing import looks, weigh
from pytest_modelcheck.engine.body import by_repeat
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import GRADE, JUDGED, Outcome, Status
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.judging import with_noise
from pytest_modelcheck.session.observing import whole_cases
from pytest_modelcheck.session.replayed import ReplayedAnswers
from pytest_modelcheck.session.running import run_fresh_sets, run_probes
from pytest_modelcheck.session.variation import Variation, declared_of, variation_of_runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.lost import Candidates, Lost
    from pytest_modelcheck.checks.metrics import Scores
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.checks.weighing import Weighed
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Judgement

    Slices = dict[tuple[int, ...], Candidates]
    """The slices to search, by the numbers of the compared cases."""


def decide_noise(check: Check, judgement: Judgement) -> Steps[Judgement]:
    """Look at each limit, run what it needs, and look again, until every limit is decided."""
    if not _may_be_noise(check, judgement):
        repeated = check.spec.repeats > 1 and len(judgement.ran.results) <= MOST_CASES
        # Repeats of a model that is declared to vary may be copies, which a green check says, too.
        if repeated and declared_of(check.spec) is False and uses_looks(check, judgement):
            variation = _variation(check, judgement, _weighed(check, judgement))
            return with_noise(check, judgement, replace(judgement.noise, variation=variation))
        return judgement
    approved_outcomes = yield from _approved_outcomes(check, judgement)
    limits = check.spec.limits
    slices: Slices = {}
    while True:
        weighed = _weighed(check, judgement)
        found = _looks(check, judgement, weighed, approved_outcomes)
        lost = None
        if _searches_slices(check, judgement):
            found["slice_regressions"], lost = _search_slices(check, judgement, weighed, slices)
        slice_drop = ""
        if _limits_slices(check, judgement):
            members = judgement.ran.results.slices
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
        further = yield from _run_more(check, judgement, needs)
        if further is None:
            # Offline, or out of budget: what is unsettled becomes inconclusive rather than guessed.
            found = {limit: without_more_runs(look) for limit, look in found.items()}
            break
        judgement = further
    if any(look.reason is Reason.NOTHING_SEEN for look in found.values()):
        approved = map(judgement.approved.get, (case.id for case in judgement.ran.results.cases))
        variation = variation_of_runs(check.subject, [case for case in approved if case is not None])
    else:
        variation = _variation(check, judgement, weighed)
    decided = replace(
        judgement.noise,
        looks={**judgement.noise.looks, **found},
        lost=lost,
        slice_drop=slice_drop,
        variation=variation,
    )
    return with_noise(check, judgement, decided)


def _run_more(
    check: Check, judgement: Judgement, needs: Sequence[FreshSets | Probes]
) -> Steps[Judgement | None]:
    """Make the runs that are needed, and judge again; ``None`` if they are not possible."""
    # Fresh sets first: they often settle what probes would be paid for.
    sets = [need.sets for need in needs if isinstance(need, FreshSets)]
    if sets:
        noise = yield from run_fresh_sets(check, judgement, max(sets))
    else:
        probes = [need for need in needs if isinstance(need, Probes)]
        noise = yield from run_probes(check, judgement, probes)
    return None if noise is None else with_noise(check, judgement, noise)


def look_for_noise(check: Check, judgement: Judgement) -> Steps[Judgement]:
    """Before a miss counts as free of noise: see whether any outcome varies, over fresh sets and probes.

    For limits that no look decides. Ten repeated answers alone failed 13% of unchanged runs with a coin among
    100 inputs: each of them, and every approved run, must come out as it did.
    """
    needs: FreshSets | Probes = FreshSets()
    while not (weighed := _weighed(check, judgement)).varies and declared_of(check.spec) is None:
        if not isinstance(needs, FreshSets):
            failing = weighed.rate.failing(STEADY_PROBES)
            if not failing:
                break
            needs = Probes(tuple(weighed.numbers[index] for index in failing), STEADY_PROBES)
        further = None
        if check.spec.limits.confirm:
            further = yield from _run_more(check, judgement, [needs])
        if further is None:
            look = Look(Status.INCONCLUSIVE, Reason.NOT_CONFIRMED)
            looks = {finding.limit: look for finding in judgement.findings if not finding.met}
            return with_noise(check, judgement, replace(judgement.noise, looks=looks))
        judgement, needs = further, Probes((), STEADY_PROBES)
    variation = _variation(check, judgement, weighed)
    return with_noise(check, judgement, replace(judgement.noise, variation=variation))


def look_for_broken(check: Check, judgement: Judgement) -> Steps[Judgement]:
    """Warn of cases that are broken for good where no look decides: with groups, samples, and other scales.

    A sample stands for other cases, so there it takes a drop that only noise excuses as well.
    """
    observed, limits, spec = judgement.observed, check.spec.limits, check.spec
    compares = observed.comparison is not None and not observed.reads_approved
    decided = uses_looks(check, judgement) or spec.drift is not None
    sampled = limits.population == "sample" and not any(
        finding.limit == "max_drop" and finding.reveals is not None for finding in judgement.findings
    )
    if decided or sampled or not compares or not judgement.passes or not judgement.seen.regressed:
        return judgement
    if check.places.update or declared_of(spec) is True:
        return judgement
    met, allowance = Look(Status.PASSED, Reason.MET), limits.max_drop or 0
    while True:
        weighed = _weighed(check, judgement)
        look = renumbered(unless_broken(weighed.paired.shared, met, allowance), weighed.paired_numbers)
        if not isinstance(look.needs, Probes):
            break
        further = yield from _run_more(check, judgement, [look.needs])
        if further is None:
            look = without_more_runs(look)
            break
        judgement = further
    if look.status is Status.PASSED:
        return judgement
    return with_noise(check, judgement, replace(judgement.noise, looks={"max_drop": look}))


def look_for_lost(check: Check, judgement: Judgement) -> Steps[Judgement]:
    """Search for a slice that lost where no look decides: with groups, levels, and other scales."""
    limits, spec = check.spec.limits, check.spec
    other = spec.drift is not None or limits.population == "sample" or limits.score_as is not None
    if other or check.places.update or uses_looks(check, judgement) or not _searches_slices(check, judgement):
        return judgement
    slices: Slices = {}
    while True:
        look, lost = _search_slices(check, judgement, _weighed(check, judgement), slices)
        if look.needs is None:
            break
        further = yield from _run_more(check, judgement, [look.needs])
        if further is None:
            look = without_more_runs(look)
            break
        judgement = further
    if look.status is Status.PASSED:
        return judgement
    looks = {**judgement.noise.looks, "slice_regressions": look}
    return with_noise(check, judgement, replace(judgement.noise, looks=looks, lost=lost))


def _searches_slices(check: Check, judgement: Judgement) -> bool:
    """Return whether regressions are searched for a slice in which they concentrate."""
    observed = judgement.observed
    if observed.comparison is None or observed.reads_approved or observed.scores is not None:
        return False
    fell = len(observed.comparison.regressed)
    if observed.graded:
        least = LEAST_FALL * observed.scale.width - observed.rounding
        fell = sum(drop >= least for drop in observed.drops or ())
    searched = fell >= LEAST_BROKEN and len(judgement.ran.results) <= MOST_CASES
    return searched and check.spec.limits.slice_regressions != "off"


def _search_slices(
    check: Check, judgement: Judgement, weighed: Weighed, known_slices: Slices
) -> tuple[Look, Lost | None]:
    """Look for the slice in which regressions concentrate; further runs search the same slices again."""
    results, limits, numbers = judgement.ran.results, check.spec.limits, weighed.paired_numbers
    if numbers not in known_slices:
        known_slices[numbers] = candidates_of(results.slices, results.cases, numbers)
    groups = None
    if limits.cluster is not None:
        cases = [results.cases[number] for number in numbers]
        known = groups_of(cases, limits.cluster)
        groups = [known[case.id] for case in cases]
    return look_at_slices(
        weighed.paired,
        known_slices[numbers],
        Rules(limits.false_fail_rate, limits.confirm),
        check.spec.seed,
        groups,
        judgement.observed.scale.width,
    )


def _limits_slices(check: Check, judgement: Judgement) -> bool:
    """Return whether each declared slice is held against its approved rate."""
    observed = judgement.observed
    limited = check.spec.limits.max_slice_drop is not None and observed.scores is None
    return limited and observed.comparison is not None and not observed.reads_approved


def uses_looks(check: Check, judgement: Judgement) -> bool:
    """Return whether looks at outcomes decide: not for samples, groups, levels and scales of their own."""
    spec, limits = check.spec, check.spec.limits
    plain = limits.population == "fixed" and limits.cluster is None and limits.score_as is None
    on_scale = spec.scale == GRADE or not judgement.observed.graded or judgement.observed.scores is not None
    return (
        plain
        and on_scale
        and spec.drift is None
        and spec.levels is None
        and judgement.ran.early is None
        and not check.places.update
    )


def _may_be_noise(check: Check, judgement: Judgement) -> bool:
    """Return whether a limit is missed for no other reason than outcomes, or cases that passed fail now."""
    if not uses_looks(check, judgement):
        return False
    if declared_of(check.spec) is True:
        looks_at_slices = _searches_slices(check, judgement) or _limits_slices(check, judgement)
        return (judgement.missed or judgement.passes) and looks_at_slices
    if judgement.missed:
        return True
    suspicious = bool(judgement.seen.regressed) or _searches_slices(check, judgement)
    return judgement.passes and (suspicious or _limits_slices(check, judgement))


def _weighed(check: Check, judgement: Judgement) -> Weighed:
    results, again, approved = judgement.ran.results, judgement.noise.again, judgement.approved
    cases = ((case, approved.get(case.id)) for case in whole_cases(results, again))
    return weigh(
        cases,
        check.spec.repeats,
        judgement.noise.probed,
        graded=judgement.observed.graded,
        worst=check.spec.scale.worst,
        deterministic=declared_of(check.spec),
    )


def _looks(
    check: Check, judgement: Judgement, weighed: Weighed, approved_outcomes: Mapping[int, tuple[float, ...]]
) -> dict[str, Look]:
    observed, limits = judgement.observed, check.spec.limits
    if observed.scores is not None:
        return _looks_at_metric(observed, observed.scores, weighed, limits)
    compared = None
    if observed.reads_approved:
        rate = weighed.rate
        runs = [
            replace(case, approved=approved_outcomes.get(number, ()))
            for case, number in zip(rate.cases, weighed.numbers, strict=True)
        ]
        fewest = min((len(case.approved) for case in runs), default=0)
        compared = Compared(replace(rate, cases=runs), 1 + fewest)
    found = looks(
        weighed,
        limits,
        required=observed.required_rate(limits),
        approved=observed.comparison is not None,
        compared=compared,
    )
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
    """The looks at a metric, and at changed answers, of which it knows nothing."""
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


def _approved_outcomes(check: Check, judgement: Judgement) -> Steps[Mapping[int, tuple[float, ...]]]:
    """Let bodies that compare with the approved answer judge the further approved runs, without calls."""
    results, approved, baseline = judgement.ran.results, judgement.approved, judgement.approved.baseline
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
    answers = ReplayedAnswers(check.subject.answers, baseline)
    run = yield Step(check.work(approved.answer), trials, replay=answers, slots=by_repeat)
    found: dict[int, dict[int, bool]] = {}
    for result in run.results:
        if result.outcome in JUDGED:
            repeats = found.setdefault(result.trial.number, {})
            same = repeats.get(result.trial.repeat, True) and result.outcome is Outcome.PASSED
            repeats[result.trial.repeat] = same
    return {number: tuple(map(float, repeats.values())) for number, repeats in found.items()}


def _variation(check: Check, judgement: Judgement, weighed: Weighed) -> Variation:
    """Return the variation of outcomes, for people."""
    observed, noise = judgement.observed, judgement.noise
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
    if declared_of(check.spec) is False:
        words = "declared deterministic=False"
        if weighed.rate.copies:
            words += ", but no answer ever differs (a cache or a seed?), so repeats count once"
        return Variation(varies=True, words=words)
    if noise.again is None and check.spec.repeats == 1:
        return noise.variation
    runs = judgement.ran.results.size + (0 if noise.again is None else noise.again.size)
    runs += sum(probed.probes for probed in noise.probed.values())
    return Variation(varies=False, words=f"does not vary: {runs:,} runs of {of}, each case always the same")
