"""Decides an invariance check of a model that varies, by the model's disagreement with itself.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.excess import Disagreements, look_at_variants
from pytest_modelcheck.checks.protocol import Rules, without_more_runs
from pytest_modelcheck.records import JUDGED
from pytest_modelcheck.session.calibration import Calibration, disagreements_of, excess_of
from pytest_modelcheck.session.causes import one_line
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.found import declared_of
from pytest_modelcheck.session.judging import with_noise
from pytest_modelcheck.session.replayed import ReplayedAnswers
from pytest_modelcheck.session.weigh import look_for_noise

if TYPE_CHECKING:
    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.protocol import Look
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Judgement, Noise
    from pytest_modelcheck.stats.noise import Excess


def calibrate(check: Check, judgement: Judgement) -> Steps[Judgement]:
    """Measure how often a varying model disagrees with itself about the same input, and decide by that."""
    noise, limits = judgement.noise, check.spec.limits
    below, fell = judgement.misses("at_least"), judgement.misses("max_drop")
    if check.spec.kind != "invariance" or not judgement.missed or not (below or fell):
        return judgement
    if below and noise.variation.varies is False and declared_of(check.spec) is None:
        # A miss would fail because ten answers repeated, which is too little to go by.
        judgement = yield from look_for_noise(check, judgement)
        noise = judgement.noise
    if not noise.variation.varies or judgement.ran.results.reads_approved:
        return judgement
    noise = yield from _compare_outputs(check, judgement, noise)
    required = judgement.seen.observed.required_rate(limits)
    if below and required is not None and noise.excess is not None:
        look = _look(noise, noise.excess, required, judgement.seen.observed.units, limits)
        if look.needs is not None:
            # One fresh set is enough: it has three answers to each input.
            noise = yield from _compare_outputs(check, judgement, noise)
            if noise.excess is not None:
                look = _look(noise, noise.excess, required, judgement.seen.observed.units, limits)
        noise = replace(noise, looks={**noise.looks, "at_least": without_more_runs(look)})
    if fell and noise.uncalibrated is None:
        noise = yield from _compare_approved_outputs(check, judgement, noise)
    return with_noise(check, judgement, noise if below else replace(noise, excess=None))


def _look(noise: Noise, excess: Excess, required: float, units: str, limits: Limits) -> Look:
    each = [found for one in noise.calibrations if (found := excess_of([one], limits)) is not None]
    rules = Rules(limits.false_fail_rate, limits.confirm)
    return look_at_variants(Disagreements(tuple(each), excess), units, required, rules)


def _compare_outputs(check: Check, judgement: Judgement, noise: Noise) -> Steps[Noise]:
    calibration = yield from _calibration(check, judgement, batch=len(noise.calibrations))
    broken = calibration.broken
    if broken is not None:
        # Run once more to get the exception itself: results keep only the first few.
        work = check.work(judgement.approved.answer, keep_errors=True)
        run = yield Step(work, [broken.trial], slot_of=calibration.slot_of)
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

    answers = ReplayedAnswers(check.spec.subject.answers, baseline)
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
        run = yield Step(work, trials, replay=replay, slot_of=calibration.slot_of)
        calibration.take(run.results)
    return calibration
