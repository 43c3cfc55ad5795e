"""What the model's own variation explains: whether it varies, how much, and whether asking again settles it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.compare import compare
from pytest_modelcheck.checks.judge import judge
from pytest_modelcheck.errors import OfflineError
from pytest_modelcheck.session.calibration import Calibration, excess_of
from pytest_modelcheck.session.confirmation import fresh, is_suspicious, together
from pytest_modelcheck.session.memory import records_of
from pytest_modelcheck.session.own_noise import look_for_own_noise
from pytest_modelcheck.session.steps import Step
from pytest_modelcheck.session.variation import MEASURED, measured, seen, trials_to_repeat

if TYPE_CHECKING:
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.steps import Steps


def measure(inquiry: Inquiry) -> Steps:
    """Ask again, for about ten trials: does the model repeat itself?

    Only a check that misses a limit needs to know, and asking about its own trials keeps its verdict
    independent of all other checks.
    """
    if not _depends_on_variation(inquiry):
        return
    yield from ask_twice(inquiry)
    inquiry.judge()


def calibrate(inquiry: Inquiry) -> Steps:
    """Find out how often a model that varies disagrees with itself about one and the same input."""
    if not _is_hidden_by_noise(inquiry):
        return
    yield from _compare_outputs(inquiry)
    inquiry.judge()


def confirm(inquiry: Inquiry) -> Steps:
    """Run everything again with fresh answers, so that both runs together decide."""
    if not _needs_confirmation(inquiry):
        return
    evidence = inquiry.evidence
    evidence.screened = evidence.worst_summary
    again = _run_afresh if evidence.observed.excess is None else _compare_outputs
    calibrated = evidence.observed.changes is not None or evidence.observed.regressions is not None
    yield from again(inquiry)
    if calibrated:
        yield from look_for_own_noise(inquiry)
    inquiry.judge()


# -- whether -----------------------------------------------------------------------------------------


def _depends_on_variation(inquiry: Inquiry) -> bool:
    """Whether it must be known if the model varies, and is not."""
    evidence, limits = inquiry.evidence, inquiry.spec.limits
    if evidence.variation.varies or limits.population == "sample":
        return False
    if evidence.missed:
        return True
    met = all(finding.met for finding in evidence.findings)
    return (
        met
        and limits.require_proof
        and not all(finding.met for finding in judge(evidence.observed, limits, varies=True))
    )


def _is_hidden_by_noise(inquiry: Inquiry) -> bool:
    """Whether answers may have changed for no other reason than that the model varies."""
    evidence = inquiry.evidence
    return (
        inquiry.spec.kind == "invariance"
        and bool(evidence.variation.varies)
        and evidence.missed
        and evidence.misses("at_least")
        and not evidence.reads_approved
    )


def _needs_confirmation(inquiry: Inquiry) -> bool:
    evidence, limits = inquiry.evidence, inquiry.spec.limits
    return (
        limits.confirm
        and bool(evidence.variation.varies)
        and evidence.missed
        and is_suspicious(evidence.findings, limits, single=evidence.observed.drops is None)
    )


# -- how ---------------------------------------------------------------------------------------------


def ask_twice(inquiry: Inquiry) -> Steps:
    """Compare the answers of some trials with second ones, unless they were run more than once anyway."""
    evidence, subject = inquiry.evidence, inquiry.subject
    if inquiry.spec.repeats > 1:
        evidence.variation = seen(subject, evidence.results)
        return
    first = evidence.worth_repeating(MEASURED)
    asked: list[Result] = []
    for again in trials_to_repeat(first, evidence.changed):
        run = yield Step(inquiry.work(), again)
        asked += run.results
        evidence.variation = measured(subject, first, asked)
        if evidence.variation.varies is not False:
            break
    if not asked:
        return
    if evidence.variation.varies is None and inquiry.session.places.offline:
        raise OfflineError(
            f"{inquiry.spec.id} misses a limit, and whether {subject.label} varies has not been "
            "measured for it, which decides what the miss means. Run it once without "
            "--modelcheck-offline, or declare deterministic=True or False on the model fixture"
        )


def _compare_outputs(inquiry: Inquiry) -> Steps:
    evidence = inquiry.evidence
    calibration = Calibration(evidence.results, start=inquiry.unused, batch=len(evidence.calibrations))
    for trials in (calibration.against_itself(), calibration.against_variants()):
        run = yield Step(inquiry.work(), trials, slots=calibration.slot)
        calibration.take(run.results)
    broken = calibration.broken
    if broken is not None:
        work = replace(inquiry.work(), keep_errors=True)
        run = yield Step(work, [broken.trial], slots=calibration.slot)
        evidence.could_not_calibrate(run.results[0])
        return
    evidence.calibrations.append(calibration)
    excess = excess_of(evidence.calibrations, inquiry.spec.limits)
    evidence.observed = replace(evidence.observed, excess=excess)


def _run_afresh(inquiry: Inquiry) -> Steps:
    evidence, cases = inquiry.evidence, inquiry.plan.cases
    once = evidence.observed.drops is None and evidence.observed.comparison is not None
    trials = fresh(evidence.results, inquiry.spec.repeats, inquiry.unused)
    run = yield Step(inquiry.work(), trials, slots=inquiry.slots)
    again = inquiry.settled(run.results)
    second = records_of(cases, again)
    evidence.records = [
        replace(one, trials=(*one.trials, *two.trials))
        for one, two in zip(evidence.records, second, strict=True)
    ]
    evidence.results = together(cases, [*evidence.results, *again])
    evidence.look(inquiry.spec)
    if once:
        # Of two runs together there is no sharp test of a drop beyond a margin; of the second alone there is.
        found = compare(second, evidence.then, "")
        afresh = (len(found.regressed), len(found.fixed), found.judged)
        evidence.observed = replace(evidence.observed, afresh=afresh)
