"""The model's own variation: whether it varies, how much, and whether more runs settle a miss.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.compare import compare, pair_of
from pytest_modelcheck.checks.decide import decide, required_rate
from pytest_modelcheck.errors import OfflineError
from pytest_modelcheck.records import JUDGED, Trial
from pytest_modelcheck.session.baseline_noise import look_for_baseline_noise
from pytest_modelcheck.session.calibration import Calibration, disagreements_of, excess_of
from pytest_modelcheck.session.causes import one_line
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.first_run import run_again
from pytest_modelcheck.session.judging import with_noise
from pytest_modelcheck.session.replayed import ReplayedAnswers
from pytest_modelcheck.session.variation import declared_of, measured, seen, trials_to_repeat
from pytest_modelcheck.session.weigh import look_for_noise, uses_looks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.records import Finding
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Judgement, Noise
    from pytest_modelcheck.session.results import Results
    from pytest_modelcheck.session.variation import Variation

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
    variation = yield from ask_twice(
        check, judgement.ran.results, judgement.approved, changed, noise.variation
    )
    judgement = with_noise(check, judgement, replace(noise, variation=variation))
    if variation.varies is False and _would_fail_exactly(check, judgement):
        judgement = yield from look_for_noise(check, judgement)
    return judgement


def calibrate(check: Check, judgement: Judgement) -> Steps[Judgement]:
    """Measure how often a varying model disagrees with itself about the same input."""
    if not _is_hidden_by_noise(check, judgement):
        return judgement
    noise = yield from _compare_outputs(check, judgement, judgement.noise)
    if judgement.misses("max_drop") and uses_looks(check, judgement) and noise.uncalibrated is None:
        noise = yield from _rise(check, judgement, noise)
    if not judgement.misses("at_least"):
        noise = replace(noise, excess=None)
    return with_noise(check, judgement, noise)


def calibrate_changes(check: Check, judgement: Judgement) -> Steps[Judgement]:
    """Measure how many changed answers, or regressed cases, the model's own variation explains."""
    hidden = judgement.misses("max_changed") or judgement.misses("max_regressed")
    if not (hidden and judgement.missed and judgement.noise.variation.varies):
        return judgement
    if uses_looks(check, judgement):
        return judgement
    noise = yield from look_for_baseline_noise(check, judgement, judgement.noise)
    return with_noise(check, judgement, noise)


def confirm(check: Check, judgement: Judgement) -> Steps[Judgement]:
    """Run everything again with new answers, so that both runs together decide.

    Two hundred checks at 1% each have two false failures per run. So a check of a varying model is screened
    first, at 5%: only if it misses that, its cases are run again, with new answers.
    """
    if not _needs_confirmation(check, judgement):
        return judgement
    noise = replace(judgement.noise, screened=judgement.worst_summary)
    again = _run_afresh if noise.excess is None else _compare_outputs
    calibrated = noise.changes is not None or noise.regressions is not None
    noise = yield from again(check, judgement, noise)
    if calibrated:
        noise = yield from look_for_baseline_noise(check, judgement, noise)
    return with_noise(check, judgement, noise)


# -- whether -------------------------------------------------------------------------------------------


def _depends_on_variation(check: Check, judgement: Judgement) -> bool:
    """Return whether the verdict depends on an unknown variation of the model."""
    limits = check.spec.limits
    if judgement.noise.variation.varies or limits.population == "sample":
        return False
    if judgement.missed:
        refuted = required_rate(judgement.observed, limits) == 1  # it fails anyway: this is for the report
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


def _would_fail_exactly(check: Check, judgement: Judgement) -> bool:
    """Return whether a miss would fail because ten answers repeated, which is too little to go by."""
    if declared_of(check.spec) or not judgement.missed:
        return False
    below, invariant = judgement.misses("at_least"), check.spec.kind == "invariance"
    refutable = not invariant and check.spec.levels is None
    if below and refutable and required_rate(judgement.observed, check.spec.limits) == 1:
        return False  # one wrong answer is enough, however much the model varies
    return (below and invariant) or not uses_looks(check, judgement)


def _is_hidden_by_noise(check: Check, judgement: Judgement) -> bool:
    """Return whether the model's variation alone may explain changed answers."""
    return (
        check.spec.kind == "invariance"
        and bool(judgement.noise.variation.varies)
        and judgement.missed
        and (judgement.misses("at_least") or judgement.misses("max_drop"))
        and not judgement.ran.results.reads_approved
    )


def _needs_confirmation(check: Check, judgement: Judgement) -> bool:
    limits = check.spec.limits
    settled = uses_looks(check, judgement) or judgement.noise.again is not None
    # Looks (`weigh`) make further runs themselves; confirming here, too, would pay twice.
    if judgement.noise.excess is None and settled:
        return False
    return (
        limits.confirm
        and bool(judgement.noise.variation.varies)
        and judgement.missed
        and is_suspicious(judgement.findings, limits, single=judgement.observed.drops is None)
    )


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


# -- how -----------------------------------------------------------------------------------------------


def ask_twice(
    check: Check, results: Results, approved: Approved, changed: Collection[int], known: Variation
) -> Steps[Variation]:
    """Compare the answers of some trials with second ones, unless they were run more than once already.

    Args:
        check: The check.
        results: The results of its trials.
        approved: The approved results.
        changed: The numbers of cases whose answer is not the approved one.
        known: What is known about the model's variation.
    """
    if check.spec.repeats > 1:
        return seen(check.subject, results)
    first, rounds = trials_to_repeat(results, changed)
    variation = known
    repeated: list[Result] = []
    # In rounds: mostly the first trial already shows that a model varies, and the rest need not be paid
    # for.
    for again in rounds:
        run = yield Step(check.work(approved.answer), again)
        repeated += run.results
        variation = measured(check.subject, first, repeated)
        if variation.varies is not False:
            break
    # Guessing would turn the verdict on a model into a matter of a flag.
    if repeated and variation.varies is None and check.places.offline:
        raise OfflineError(
            f"{check.spec.id} misses a limit, and whether {check.subject.label} varies has not been "
            "measured for it, which decides what the miss means. Run it once without "
            "--modelcheck-offline, or declare deterministic=True or False on the model fixture"
        )
    return variation


def _compare_outputs(check: Check, judgement: Judgement, noise: Noise) -> Steps[Noise]:
    results = judgement.ran.results
    calibration = Calibration(_judged_once(results), start=results.size, batch=len(noise.calibrations))
    work = check.work(judgement.approved.answer)
    for trials in (calibration.against_itself(), calibration.against_variants()):
        run = yield Step(work, trials, slots=calibration.slot)
        calibration.take(run.results)
    broken = calibration.broken
    if broken is not None:
        # Run once more to get the exception itself: results keep only the first few.
        run = yield Step(replace(work, keep_errors=True), [broken.trial], slots=calibration.slot)
        return replace(noise, uncalibrated=one_line(run.results[0]))
    calibrations = (*noise.calibrations, calibration)
    return replace(noise, calibrations=calibrations, excess=excess_of(calibrations, check.spec.limits))


def _rise(check: Check, judgement: Judgement, noise: Noise) -> Steps[Noise]:
    """Compare the approved answers with each other in the same way, without calling the model.

    If the approval has too few runs, its first run replaces missing ones. Its noise then looks smaller and
    its excess larger than it was, so that the check fails too rarely rather than too often.
    """
    results, baseline = judgement.ran.results, judgement.approved.baseline
    if baseline is None:
        return noise
    approved = Calibration(_judged_once(results), start=results.size)
    answers = ReplayedAnswers(check.subject.answers, baseline)
    for trials in (approved.against_itself(), approved.against_variants()):
        run = yield Step(check.work(judgement.approved.answer), trials, replay=answers, slots=approved.slot)
        approved.take(run.results)
    from pytest_modelcheck.stats.noise import Rise

    then, now = disagreements_of([approved]), disagreements_of(noise.calibrations)
    shared = [name for name in now if name in then]
    if not shared:
        return noise
    rise = Rise(tuple(then[name] for name in shared), tuple(now[name] for name in shared))
    return replace(noise, rise=rise)


def _judged_once(results: Results) -> Iterator[Trial]:
    for number in range(len(results)):
        for trial, result in results.once(number):
            if result.outcome in JUDGED and not trial.repeat:
                yield trial


def _run_afresh(check: Check, judgement: Judgement, noise: Noise) -> Steps[Noise]:
    approved = judgement.approved
    # The repeat that follows the check's own is left to the measurement of the variation.
    again, _ = yield from run_again(check, judgement.ran.results, approved, [check.spec.repeats + 1])
    noise = replace(noise, again=again)
    if judgement.observed.drops is not None or judgement.observed.comparison is None:
        return noise
    # Of two runs together there is no sharp test of a drop beyond a margin; of the second alone there is.
    paired = (pair_of(case, approved.get(case.id)) for case in again)
    found = compare(paired, approved.version, now=len(again), then=len(approved))
    return replace(noise, afresh=(len(found.regressed), len(found.fixed), found.judged))
