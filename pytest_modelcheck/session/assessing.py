"""From observations to findings."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.checks.compare import pairs
from pytest_modelcheck.checks.decide import decide, decide_costs
from pytest_modelcheck.checks.guards import guards
from pytest_modelcheck.checks.protocol import FRESH_SETS
from pytest_modelcheck.models.identity import Files, changed_keys
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import Finding, Outcome, Status
from pytest_modelcheck.session.check import Step, plan_of
from pytest_modelcheck.session.found import Assessment
from pytest_modelcheck.session.observing import observe
from pytest_modelcheck.session.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.checks.drift import DriftValues
    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import Case, Moved, TrialResult
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import CheckRun, Noise

_FINGERPRINT: Final = 12
"""The characters of a fingerprint that messages show."""


def assess(
    check: Check, run: CheckRun, approved: Approved, beside: tuple[Finding, ...], noise: Noise
) -> Assessment:
    """Compute the observations, and compare them with the limits."""
    observations = observe(check, run, approved, noise)
    return with_noise(check, Assessment(run, approved, beside, noise, observations, ()), noise)


def with_noise(check: Check, assessment: Assessment, noise: Noise) -> Assessment:
    """Judge the check again with new facts about the model's noise."""
    run, approved, observations = assessment.run, assessment.approved, assessment.observations
    broken = sorted({number for look in noise.looks.values() for number in look.broken})
    # A metric also uses what probes recorded. The outcomes of probes count only for looks.
    probed = observations.observed.scores is not None and noise.probed is not assessment.noise.probed
    # Observations depend on results alone, so that only new results change them.
    if noise.again is not assessment.noise.again or probed:
        observations = observe(check, run, approved, noise)
    own_sets = check.spec.repeats // check.runs_in_a_set
    observed = replace(
        observations.observed,
        varies=bool(noise.variation.varies),
        excess=noise.excess,
        rise=noise.rise,
        uncalibrated=noise.uncalibrated,
        looks=noise.looks,
        lost=noise.lost,
        slice_drop=noise.slice_drop,
        sets=max(len(noise.tables), own_sets if noise.again is None else own_sets + FRESH_SETS),
        broken=tuple(run.results.cases[number].id for number in broken),
    )
    plain = check.spec.limits.cluster is None and check.spec.limits.score_as is None and not observed.graded
    run_again = noise.again is not None or bool(noise.looks)
    if run_again and noise.variation.varies is False and check.spec.repeats == 1 and plain:
        # All runs of a case came out the same: they count as one.
        observed = replace(observed, runs=None, drops=None, pairs=None, shares=None)
    findings, moved = _findings(check, run, approved, observed)
    if check.approved_version is not None:
        findings += other_fingerprint(check)
    if run.costs is not None:
        findings += decide_costs(run.costs, check.spec.limits)
    if run.systems and approved.baseline is not None:
        findings += other_systems(check.spec.subject, run.systems, approved.baseline)
    findings += assessment.beside
    if check.spec.subject.other_version is not None and approved.findings:
        # These come first. They say why there is no baseline, and so replace the finding "new".
        findings = [*approved.findings, *(each for each in findings if each.limit != "new")]
    else:
        findings += approved.findings
    if check.options.update:
        # The results of this run become the baseline: the present baseline does not judge them.
        findings = [finding for finding in findings if not finding.against_baseline]
        findings = findings or [Finding("update", Status.PASSED, f"{len(run.results)} cases recorded")]
    observations = replace(observations, observed=observed)
    unmet = frozenset(finding.limit for finding in findings if not finding.met)
    return replace(
        assessment, noise=noise, observations=observations, findings=tuple(findings), unmet=unmet, moved=moved
    )


def _findings(
    check: Check, run: CheckRun, approved: Approved, observed: Observed
) -> tuple[list[Finding], Moved | None]:
    """Return the findings; in a drift check, also how far the answers moved."""
    spec, early = check.spec, run.early
    if early is not None:
        found = guards(observed, spec.limits)
        return [
            *(replace(finding, summary=f"{early.stopped}: {finding.summary}") for finding in found),
            *(_held(run, finding, spec.limits) for finding in early.decided),
        ], None
    # Limits apply to the metric of all cases, not to that of a selection.
    if spec.metric is not None and spec.partial:
        findings = list(guards(observed, spec.limits))
        text = f"{plural(len(run.results), 'case')} run; {spec.metric.name} is judged when all are"
        return findings or [Finding("metric", Status.PASSED, text)], None
    if spec.drift is None:
        return decide(observed, spec.limits), None
    from pytest_modelcheck.checks.drift import decide_drift

    findings, reference = list(guards(observed, spec.limits)), run.reference
    if reference is not None and (errors := reference.tally().error):
        text = f"{errors}/{len(reference)} cases of the reference raised an error"
        findings.append(Finding("errors", Status.FAILED, text))
    if findings:
        return findings, None
    if spec.partial:
        text = f"{plural(len(run.results), 'case')} run; the distribution is judged when all are"
        return [Finding("drift", Status.PASSED, text)], None
    samples = _sampled(spec, run.results, reference, approved)
    drifted, moved = decide_drift(samples, spec.drift, spec.limits, spec.seed)
    # Over nights, no single test decides: evidence adds up, and one alarm level holds for all nights.
    if check.nights is not None and moved is not None:
        from pytest_modelcheck.session.revalidation import FINE, over_nights

        if moved.p_value <= spec.limits.false_fail_rate:  # over nights, it counts how far below
            finer = replace(spec.limits, false_fail_rate=FINE)
            moved = decide_drift(samples, spec.drift, finer, spec.seed)[1] or moved
        drifted = [over_nights(check, approved, drifted[0], moved)]
    return [_held(run, finding, spec.limits) for finding in drifted], moved


def _held(run: CheckRun, finding: Finding, limits: Limits) -> Finding:
    """Return the finding; where it depends on a judge, say why its errors are not corrected."""
    return finding if run.judging is None else run.judging.hold(finding, None, limits)


# -- another model under the same version -----------------------------------------------------------------


def other_fingerprint(check: Check) -> list[Finding]:
    """Find a model that has changed without changing its version."""
    subject, approved = check.spec.subject, check.approved_version
    if approved is None or approved.version != subject.version or approved.fingerprint == subject.fingerprint:
        return []
    keys = changed_keys(approved.fingerprint, subject.fingerprint)
    differs = f"its fingerprint differs in {', '.join(map(repr, keys))}"
    if not keys:
        before, now = (
            "missing" if one is None else excerpt(one, _FINGERPRINT)
            for one in (approved.fingerprint, subject.fingerprint)
        )
        differs = f"its fingerprint is {now} (approved: {before})"
    summary = (
        f"{subject.label} is not the {approved.version} that was approved: {differs}. If the change is "
        f"meant, give it a version of its own, or approve it as {approved.version}"
    )
    chosen = subject.definition.fingerprint
    if isinstance(chosen, Files) and not chosen.of_one_version and subject.definition.takes_version:
        summary += (
            ". If only files of other versions changed, let the fixture name just the files of its version: "
            'files("...{version}...")'
        )
    return [Finding("fingerprint", Status.FAILED, summary, against_baseline=True)]


def other_systems(model: Model, systems: Mapping[str, int], baseline: Baseline | None) -> list[Finding]:
    """Find answers from a system that no approved answer of this version came from."""
    # Another version is expected to run on another system; only the same version must not.
    if baseline is None or baseline.header.version != model.version or not baseline.header.systems:
        return []
    new = {name: count for name, count in systems.items() if name not in baseline.header.systems}
    if not new:
        return []
    approved = ", ".join(baseline.header.systems)
    counts = [f"{plural(count, 'answer comes', 'answers come')} from {name}" for name, count in new.items()]
    summary = (
        f"{model.label} is not the {model.version} that was approved: {', '.join(counts)} and "
        f"those that were approved from {approved}"
    )
    return [Finding("fingerprint", Status.FAILED, excerpt(summary, 400), against_baseline=True)]


# -- drift -----------------------------------------------------------------------------------------------


def run_reference(check: Check, approved: Approved, cases: Iterable[Case]) -> Steps[Results]:
    """Run the body for the cases of a drift check's ``reference=``."""
    plan = plan_of(check.spec, list(cases))
    results = Results(plan)
    plan.without = results.skip
    yield Step(replace(check.work(approved.answer), take=results.take), plan.trials())
    return results


def _sampled(spec: CheckSpec, results: Results, reference: Results | None, approved: Approved) -> DriftValues:
    """Return the two samples to compare."""
    from pytest_modelcheck.checks.drift import DriftValues

    failed, baseline = results.tally().failed, approved.baseline
    current = [value for case in results for value in _values(case.trials)]
    if reference is not None:
        before = [value for case in reference for value in _values(case.trials)]
        failed += reference.tally().failed
        return DriftValues(before, current, approved=False, failed=failed, name="of the reference")
    if baseline is None:
        return DriftValues(None, current, failed=failed)
    name = f"of {approved.version}"
    both = [
        values
        for pair in pairs(results, approved)
        # Not strict: a run may have more repeats than the approval. Extra ones have no counterpart.
        for values in zip(_values(pair.approved), _values(pair.current), strict=False)
    ]
    # Pairs test more sharply, but leaving out many cases would change what is compared.
    if both and len(both) >= spec.limits.min_overlap * max(len(results), len(approved)):
        earlier, today = zip(*both, strict=True)
        return DriftValues(earlier, today, paired=True, failed=failed, name=name)
    # An edited test may record other values for the approved inputs than were approved.
    edited = baseline.header.body != spec.provenance.body and any(
        trial.recorded is not None for case in chain(approved.values(), results) for trial in case.trials
    )
    before = [value for case in approved.values() for value in _values(case.trials)]
    return DriftValues(before, current, edited=edited, failed=failed, name=name)


def _values(trials: Iterable[TrialResult]) -> Iterator[bytes]:
    for trial in trials:
        if trial.outcome in (Outcome.PASSED, Outcome.XPASSED) and trial.answer is not None:
            yield trial.answer
