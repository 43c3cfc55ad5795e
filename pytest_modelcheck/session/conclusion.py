"""From evidence to the verdict that is reported.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.compare import changes_alone, pairs
from pytest_modelcheck.checks.fold import by_perturbation, outcome_of, tally
from pytest_modelcheck.checks.judge import required_rate
from pytest_modelcheck.checks.slices import FAILED, NOT_JUDGED, PASSED
from pytest_modelcheck.checks.watching import why_not_watched
from pytest_modelcheck.records import Interval, Outcome, Scale, Status, Verdict
from pytest_modelcheck.reports.selection import notes_of
from pytest_modelcheck.session.systems import systems_note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.records import Comparison, Finding, Group
    from pytest_modelcheck.session.evidence import Evidence


_PLAIN: Final = {Outcome.PASSED: PASSED, Outcome.FAILED: FAILED}


def conclude(
    spec: CheckSpec, evidence: Evidence, approved_version: str | None, inapplicable: Mapping[str, int]
) -> Verdict:
    """Put everything that a report says about a check together."""
    subject, observed = spec.subject, evidence.observed
    findings = tuple(sorted(evidence.findings, key=_worst_first))
    status = findings[0].status
    return Verdict(
        check=spec.id,
        kind=spec.kind,
        status=status,
        findings=findings,
        model=subject.name,
        version=subject.version,
        approved_version=approved_version,
        rate=None if spec.drift is not None else observed.rate,
        graded=observed.graded,
        scale=observed.scale if observed.scale.bounded else None,
        signed=observed.signed,
        cases=observed.cases,
        trials=tally(trial.outcome for record in evidence.records for trial in record.trials)
        if evidence.plain is None
        else evidence.plain.trial_outcomes(),
        interval=_interval(spec, evidence),
        required=None if spec.drift is not None else required_rate(observed, spec.limits),
        comparison=evidence.comparison if spec.drift is None else _changes_alone(evidence),
        moved=evidence.moved,
        variation=evidence.variation.words,
        varies=evidence.variation.varies,
        flaky=evidence.flaky,
        slices=tuple(evidence.slices),
        found=evidence.found,
        perturbations=_perturbations(evidence) if spec.perturbations is not None else (),
        shown=tuple(evidence.shown),
        hidden=evidence.hidden,
        notes=(
            *spec.notes,
            *(() if evidence.rivalry is None else (evidence.rivalry,)),
            *_confirmation(evidence),
            *_other_versions(spec, evidence),
            *_kept(evidence),
            *systems_note(subject, evidence.systems),
            *notes_of(evidence.direct, evidence.vain, inapplicable),
            *evidence.remarks,
            *_not_watched(spec),
        ),
        calls=evidence.calls,
        unasked=evidence.unasked,
        advice=_advice(spec, evidence, status, approved_version),
        others=tuple((model.name, model.version or "unversioned") for model in spec.others),
        stopped=evidence.early,
    )


def _changes_alone(evidence: Evidence) -> Comparison | None:
    """Of a drift check, what changed where it compared answers to the same inputs: it has no pass rate."""
    paired = evidence.moved is not None and evidence.moved.paired
    if evidence.comparison is None or not paired:
        return None
    return changes_alone(evidence.comparison)


def _perturbations(evidence: Evidence) -> tuple[Group, ...]:
    return by_perturbation(evidence.records) if evidence.plain is None else evidence.plain.by_perturbation()


def _not_watched(spec: CheckSpec) -> tuple[str, ...]:
    why = why_not_watched(spec.limits, spec.scale, spec.levels) if spec.limits.early_stop else None
    return () if why is None else (f"not stopped early: {why}",)


def _confirmation(evidence: Evidence) -> tuple[str, ...]:
    if evidence.screened is None:
        return ()
    return (f"everything was asked again to be sure; the first time: {evidence.screened}",)


def _kept(evidence: Evidence) -> Iterator[str]:
    """Say where the approved answers are not all those of the version that they are approved under."""
    head = None if evidence.baseline is None else evidence.baseline.header
    if head is not None and head.kept:
        answers, own = ("answer is", "one was") if head.kept == 1 else ("answers are", "ones were")
        older = f"{head.kept} approved {answers} older than {head.version}"
        yield f"{older}, whose own {own} not accepted in review"


def _other_versions(spec: CheckSpec, evidence: Evidence) -> Iterator[str]:
    """Say which other models took part in another version when the baseline was made."""
    then = {} if evidence.baseline is None else evidence.baseline.header.others
    for model in spec.others:
        before = then.get(model.name)
        if before is not None and before != (model.version or ""):
            yield f"{model.label} took part; when the baseline was made it was {before or 'unversioned'}"


def _worst_first(finding: Finding) -> int:
    return -finding.status.severity


def _interval(spec: CheckSpec, evidence: Evidence) -> Interval | None:
    """Around the rate, at the level that decides; around a mean only where chance plays a part."""
    observed, level = evidence.observed, 1 - spec.limits.false_fail_rate
    if not observed.cases.judged or spec.drift is not None or evidence.early is not None:
        return None
    if observed.means is not None:
        if not evidence.variation.varies and spec.limits.population == "fixed":
            return None
        scale = observed.scale
        if observed.signed and not spec.limits.at_least and spec.limits.population == "fixed":
            scale = Scale(-math.inf, math.inf)  # what signs that are flipped decide, its bounds do not
        return _interval_of_mean(observed.means, scale, level)
    from pytest_modelcheck.stats.rates import clopper_pearson

    return Interval(*clopper_pearson(*observed.counts, level), level)


def _interval_of_mean(means: Sequence[float], scale: Scale, level: float) -> Interval | None:
    if scale.bounded:
        from pytest_modelcheck.stats.means import gaffke_bounds

        return Interval(*gaffke_bounds(means, level, low=scale.low, high=scale.high), level)
    from pytest_modelcheck.stats.means import student_bounds

    low, high = student_bounds(means, level)
    return Interval(low, high, level) if math.isfinite(low) else None


def outcomes_now(evidence: Evidence) -> bytes:
    """How each case came out, as far as slices are concerned."""
    if evidence.plain is not None:
        return evidence.plain.plain_outcomes()
    return bytes(_PLAIN.get(outcome_of(record.trials), NOT_JUDGED) for record in evidence.records)


def outcomes_then(evidence: Evidence) -> bytes | None:
    """The same under the approved version, where both sides came to pass or fail."""
    if not evidence.then:
        return None
    if evidence.pairs is not None:
        return evidence.pairs.then
    judged = (pair for pair in pairs(evidence.records, evidence.then) if pair.judged)
    then = {pair.id: _PLAIN[outcome_of(pair.then)] for pair in judged}
    return bytes(then.get(record.id, NOT_JUDGED) for record in evidence.records)


def _advice(
    spec: CheckSpec, evidence: Evidence, status: Status, approved_version: str | None
) -> tuple[tuple[str, str], ...]:
    """Commands that a reasonable person might type next."""
    if status is Status.PASSED:
        return ()
    version = spec.subject.version
    advice = []
    if evidence.shown and spec.rerun:
        advice.append(
            ("reproduce one", f"{spec.rerun} --modelcheck-case={shlex.quote(evidence.shown[0].id)}")
        )
    if version is None:
        return (*advice, ("name a version", "pytest --model-version=VERSION"))
    if evidence.baseline is not None:
        then = evidence.baseline.header.version
        pair = [version] if then in (None, approved_version) else [then, version]
        advice.append(("see all", shlex.join(["modelcheck", "diff", *(_target(spec, one) for one in pair)])))
    missed = [finding for finding in evidence.findings if not finding.met]
    if evidence.early is not None:
        # What was stopped cannot be approved.
        return (*advice, ("run all cases", f"{spec.rerun or 'pytest'} --modelcheck-no-early-stop"))
    if all(finding.against_baseline for finding in missed) and not spec.partial:
        advice.append(("approve it", shlex.join(["modelcheck", "approve", _target(spec, version)])))
    return tuple(advice)


def _target(spec: CheckSpec, version: str) -> str:
    """How a command is told which version of which model is meant."""
    return f"{spec.subject.name}={version}" if spec.names_model else version
