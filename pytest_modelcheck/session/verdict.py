"""Runs a check from its first trial to its verdict, and writes its result file.

A check is a generator of steps. Each step names the bodies to run; the session runs them, synchronously or
awaited, and sends the results back. Most checks need only the first run. If a limit is missed, further steps
follow. If the test has changed since the approval, it judges the approved answers again. If the model varies,
noise is measured, since it may explain the miss. Finally the worst cases are explained, and their
perturbations and inputs are reduced to the smallest that still fail.
"""

from __future__ import annotations

import math
import platform
import shlex
import tempfile
from collections import Counter
from dataclasses import replace
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.baselines.baseline import chunks
from pytest_modelcheck.baselines.identity import now
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.checks.compare import APPROVED_UNSTORED, changes_alone
from pytest_modelcheck.checks.guards import standstill
from pytest_modelcheck.checks.judging import LEAST_LABELS
from pytest_modelcheck.checks.protocol import Reason
from pytest_modelcheck.display import redacted, redacted_value
from pytest_modelcheck.errors import OfflineError
from pytest_modelcheck.models.definition import retires_on
from pytest_modelcheck.phrases import gains, plural
from pytest_modelcheck.records import Finding, Interval, Origin, Status, Verdict
from pytest_modelcheck.records.packing import pack, printable, unpack
from pytest_modelcheck.reports.model import CheckReport
from pytest_modelcheck.reports.selection import notes_of
from pytest_modelcheck.session.approved import (
    answered_shape,
    approved_of,
    may_be_stale,
    replay,
    run_other_version,
    with_contract,
)
from pytest_modelcheck.session.assessing import assess, run_reference
from pytest_modelcheck.session.check import Conclusion
from pytest_modelcheck.session.early import may_stop, run_until_decided, why_not_early
from pytest_modelcheck.session.explain import explain
from pytest_modelcheck.session.found import NOISY, Noise, declared
from pytest_modelcheck.session.results import OTHER
from pytest_modelcheck.session.running import first_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.explain import Explained
    from pytest_modelcheck.session.found import Assessment, CheckRun

_WORSE: Final = frozenset({"max_drop", "max_slice_drop", "max_regressed", "slice_regressions"})
"""Limits that only a worse model misses, not merely a different one."""

_ABOUT_THE_OTHER: Final = frozenset({"baseline", "against"})
"""Guards about the version that this one is compared with. Approving this version does not satisfy them."""


def steps_of(check: Check) -> Steps[Conclusion]:
    """The steps of a check; send the results of each step to the generator."""
    check, assessment = yield from check.counted(_assessed(check))
    explained = yield from check.counted(explain(check, assessment))
    if not assessment.passes:
        from pytest_modelcheck.session.smallest_change import shrink, shrink_input

        explained = yield from check.counted(shrink(check, assessment, explained))
        explained = yield from check.counted(shrink_input(check, assessment, explained))
    return save_results(check, assessment, conclude(check, assessment, explained))


def assessment_of(check: Check) -> Steps[Assessment]:
    """The same steps as :func:`steps_of`, without explaining cases and without writing a result file."""
    _, assessment = yield from check.counted(_assessed(check))
    return assessment


def _assessed(check: Check) -> Steps[tuple[Check, Assessment]]:
    approved = approved_of(check)
    if check.spec.shaped:
        check = with_contract(check, approved)
    if check.spec.subject.other_version is not None:
        approved = yield from run_other_version(check, check.spec.subject.other_version, approved)
    variation = declared(check.spec.subject)
    if check.spec.limits.early_stop and may_stop(check):
        check, run, approved, variation = yield from run_until_decided(check, approved)
    else:
        run = yield from first_run(check, approved)
        if (drift := check.spec.drift) is not None and drift.cases is not None:
            run = replace(run, reference=(yield from run_reference(check, approved, drift.cases)))
        # A body that compares with the approved answer would compare it with itself.
        if approved.baseline is not None and not run.results.reads_approved:
            approved = yield from replay(check, may_be_stale(check, run.results, approved), approved)
    if any(model.definition.role == "judge" for model in check.spec.others):
        from pytest_modelcheck.session.judges import judge_outcomes

        run = replace(run, judging=(yield from judge_outcomes(check, run, approved)))
    beside: tuple[Finding, ...] = ()
    if run.cached is not None:
        from pytest_modelcheck.session.revalidation import revalidate

        beside = yield from revalidate(check, run.cached, approved)
    if not run.uncalled and (found := standstill(check.spec, run.results, approved)) is not None:
        beside += (found,)
    if check.spec.shaped and approved.baseline is None:
        text = "no approved baseline yet: there is no shape that answers are held to"
        beside += (Finding("shape", Status.FAILED, text, against_baseline=True),)
    assessment = assess(check, run, approved, beside, Noise(variation))
    limits, compares = check.spec.limits, assessment.observations.observed.comparison is not None
    noisy = assessment.missed or compares or limits.require_proof or check.spec.repeats > 1
    # An early end has its own rules, which include noise.
    if run.early is None and noisy:
        from pytest_modelcheck.session.invariance import calibrate
        from pytest_modelcheck.session.noise import decide_noise
        from pytest_modelcheck.session.variation import measure

        for step in (measure, calibrate, decide_noise):
            assessment = yield from step(check, assessment)
    return check, assessment


# -- the verdict ---------------------------------------------------------------------------------------


def conclude(check: Check, assessment: Assessment, explained: Explained) -> Verdict:
    """Assemble the verdict of a check, with everything that a report shows about it."""
    spec, subject, run, observed = (
        check.spec,
        check.spec.subject,
        assessment.run,
        assessment.observations.observed,
    )
    # A miss that noise cannot explain comes first: if there is one, noise is not measured for the others.
    in_order = sorted(assessment.findings, key=lambda each: not each.met and each.limit in NOISY)
    findings = tuple(sorted(in_order, key=lambda each: -each.status.severity))
    status, drifts = findings[0].status, spec.drift is not None
    approved_version = None if check.approved_version is None else check.approved_version.version
    comparison = assessment.observations.comparison
    if comparison is not None:
        comparison = replace(comparison, ran_too=subject.other_version is not None)
    if drifts and comparison is not None:
        # A drift check has no pass rate; if it compared answers to the same inputs, it has changed answers.
        paired = assessment.moved is not None and assessment.moved.paired
        comparison = changes_alone(comparison) if paired else None
    elif comparison is not None and run.results.reads_approved:
        # A body that compares with the approved answer fails if it changed, which need not be a regression.
        comparison = replace(comparison, regressed=(), fixed=(), p_value=None)
    rate, judging = None if drifts else observed.rate, run.judging
    if judging is not None and judging.value is not None:
        # Corrected for the judge's errors.
        rate, sides = judging.value.rate, judging.sides
        if comparison is not None and sides is not None and sides.approved_rate is not None:
            comparison = replace(comparison, approved_rate=sides.approved_rate, rate=rate)
    verdict = Verdict(
        check=spec.id,
        kind=spec.kind,
        status=status,
        findings=findings,
        model=subject.name,
        version=subject.version,
        approved_version=approved_version,
        rate=rate,
        graded=observed.graded,
        scale=observed.scale if observed.scale.bounded else None,
        signed=observed.signed,
        metric=None if observed.scores is None else observed.scores.metric.name,
        cases=observed.cases,
        trials=assessment.observations.runs.trial_tally(),
        interval=_interval(check, assessment),
        required=None if drifts else observed.required_rate(spec.limits),
        comparison=comparison,
        moved=assessment.moved,
        variation=assessment.noise.variation.words,
        varies=assessment.noise.variation.varies,
        flaky=assessment.observations.flaky,
        slices=explained.slices,
        found=explained.found,
        perturbations=run.results.by_perturbation() if spec.perturbations is not None else (),
        shown=explained.shown,
        hidden=explained.hidden,
        notes=tuple(_notes(check, assessment, explained)),
        calls=check.calls(run.direct[0], run.seconds),
        uncalled=run.uncalled,
        advice=tuple(_advice(check, assessment, explained, status, approved_version)),
        others=tuple((model.name, model.version or "unversioned") for model in spec.others),
        stopped=None if run.early is None else run.early.stopped,
        correction=None if judging is None else judging.correction,
    )
    packed = pack(verdict)
    if not redacted.finds(dumps(packed)):
        return verdict
    # Names stay as they are even if a pattern matches: they are keys of files, and commands quote them.
    return replace(
        unpack(redacted_value(packed), Verdict), check=spec.id, model=subject.name, version=subject.version
    )


def _notes(check: Check, assessment: Assessment, explained: Explained) -> Iterator[str]:
    """Notes on how the check was judged, one sentence each."""
    spec, run = check.spec, assessment.run
    baseline = assessment.approved.baseline
    yield from spec.notes
    yield from assessment.approved.notes
    if check.nights is not None:
        from pytest_modelcheck.session.revalidation import why_unwatched

        yield from why_unwatched(check, assessment.approved)
    # Another judge may grade otherwise; a reader of a changed verdict should know.
    others = {} if baseline is None else baseline.header.others
    for model in spec.others:
        before = others.get(model.name)
        if before is not None and before != (model.version or ""):
            yield f"{model.label} took part; in the baseline it was {before or 'unversioned'}"
    judging = run.judging
    if judging is not None and judging.value is not None and judging.own < LEAST_LABELS:
        few = f"{judging.own} of the {plural(judging.labels, 'label')} of {judging.judge.name}"
        yield f"only {few} are of this version's answers: it is taken to err on these as on the others"
    if baseline is not None and baseline.header.kept:
        head = baseline.header
        answers, own = ("answer is", "one was") if head.kept == 1 else ("answers are", "ones were")
        older = f"{head.kept} approved {answers} older than {head.version}"
        yield f"{older}, whose own {own} not accepted in review"
    recorded = spec.metric is not None or spec.drift is not None
    valued = "case.record(...)" if recorded else None if spec.scale.bounded else "score(...)"
    if (advice := run.results.causes.advice(valued)) is not None:
        yield advice
    unlimited = spec.kind == "golden" and not spec.partial and spec.limits.at_least is None
    if unlimited and assessment.misses("at_least"):
        wanted, effect = "pass", "let 10% fail"
        if assessment.observations.observed.graded:
            wanted, effect = "score 1", "require a mean of 0.9"
        yield (
            f"no limit is set and nothing is approved: every case must {wanted}; at_least=0.9 would {effect}"
        )
    results, approved = run.results, assessment.approved
    differing = (number for number, match in enumerate(results.matches) if match == OTHER)
    known = ((approved.get(results.cases[number].id), number) for number in differing)
    if fields := lines.gained_by((before, results[number]) for before, number in known if before is not None):
        yield gains(fields)
    if len(run.systems) > 1:
        counts = ", ".join(f"{name} ({count})" for name, count in Counter(run.systems).most_common())
        text = f"{spec.subject.label} answered from {len(run.systems)} different systems: {counts}"
        yield excerpt(text, 400)
    yield from notes_of(run.direct, run.inapplicable)
    yield from explained.remarks
    if spec.limits.early_stop and (why := why_not_early(spec)) is not None:
        yield f"not stopped early: {why}"


def _interval(check: Check, assessment: Assessment) -> Interval | None:
    """The interval of the rate, at the level that decides; of a mean only if noise affects it."""
    limits, observed = check.spec.limits, assessment.observations.observed
    level = 1 - limits.false_fail_rate
    if (scores := observed.scores) is not None:
        # By bootstrap, which may take a second: only if noise affects a check that does not pass.
        if assessment.passes or not assessment.noise.variation.varies or math.isnan(scores.value):
            return None
        draws = sorted(scores.draws(1 - level).tolist())
        low = int((1 - level) * len(draws))
        return Interval(draws[low], draws[-1 - low], level)
    if not observed.cases.judged or check.spec.drift is not None or assessment.run.early is not None:
        return None
    if observed.judging is not None and observed.judging.value is not None:
        return Interval(*observed.judging.value.bounds(level), level)
    if observed.means is not None:
        if not assessment.noise.variation.varies and limits.population == "fixed":
            return None
        from pytest_modelcheck.stats.means import gaffke_bounds, student_bounds

        scale = observed.scale
        # With a required change of 0, flipped signs decide, which do not use the scale's bounds.
        flips = observed.signed and not limits.at_least and limits.population == "fixed"
        if scale.bounded and not flips:
            bounds = gaffke_bounds(observed.means, level, low=scale.low, high=scale.high)
            return Interval(*bounds, level)
        lowest, highest = student_bounds(observed.means, level)
        return Interval(lowest, highest, level) if math.isfinite(lowest) else None
    from pytest_modelcheck.stats.rates import clopper_pearson

    return Interval(*clopper_pearson(*observed.counts, level), level)


def _advice(
    check: Check, assessment: Assessment, explained: Explained, status: Status, approved_version: str | None
) -> Iterator[tuple[str, str]]:
    """Commands that the user may want to run next, each with its label."""
    compares = check.spec.subject.other_version is not None
    if status is Status.PASSED and not (compares and explained.shown):
        return
    spec, version = check.spec, check.spec.subject.version
    if any(finding.limit == "revalidation" and not finding.met for finding in assessment.findings):
        # No stored answer shows what is wrong: not that of a case, and not in a comparison.
        yield "call it again", f"{spec.rerun or 'pytest'} --modelcheck-cache=refresh"
        return
    if explained.shown and spec.rerun and status is not Status.PASSED:
        case = shlex.quote(explained.shown[0].id)
        yield "reproduce one", f"{spec.rerun} --modelcheck-case={case}"
    judging = assessment.observations.observed.judging
    if judging is not None and (judging.value is None or status is Status.INCONCLUSIVE):
        yield "label answers", shlex.join([*check.options.command, "label", judging.judge.name])
    if version is None:
        yield "name a version", "pytest --model-version=VERSION"
        return

    baseline = assessment.approved.baseline
    if baseline is not None:
        approved = baseline.header.version
        pair = [version] if approved in (None, approved_version) else [approved, version]
        yield "see all", check.command("diff", *pair)
    if status is Status.PASSED:
        return
    if assessment.run.early is not None:
        # A stopped check cannot be approved.
        yield "run all cases", f"{spec.rerun or 'pytest'} --modelcheck-no-early-stop"
        return
    yield from _ways_to_approve(check, assessment, version)


def _ways_to_approve(check: Check, assessment: Assessment, version: str) -> Iterator[tuple[str, str]]:
    """The command that approves a failed check, if that is all it takes."""
    missed = [finding for finding in assessment.findings if not finding.met]
    # A limit that is not about the baseline (`at_least`) stays missed, whatever is approved.
    if check.spec.partial or not all(finding.against_baseline for finding in missed):
        return
    changed = any(look.reason is Reason.NOT_THE_SAME for look in assessment.noise.looks.values())
    if changed or not _ABOUT_THE_OTHER.isdisjoint(finding.limit for finding in missed):
        return
    compared = assessment.observations.comparison
    if compared is not None and compared.why_unseen not in (None, APPROVED_UNSTORED):
        return  # what cannot be stored cannot be compared the next time either
    if not _WORSE.isdisjoint(finding.limit for finding in missed):
        # Some cases got worse, so approving everything is not useful, but some changes may be wanted.
        yield "case by case", check.command("review", version)
    else:
        yield "approve it", check.command("approve", version)


# -- the result file -------------------------------------------------------------------------------------


def save_results(check: Check, assessment: Assessment, verdict: Verdict) -> Conclusion:
    """Write the result file, if it is a candidate or needed for a report.

    It is a candidate for approval unless only some cases were run, or the model's version has no name. If
    answers are missing, it does not replace a complete candidate.
    """
    spec, run, results = check.spec, assessment.run, assessment.run.results
    # Some cases alone, or a model without a name for its version, cannot become the baseline.
    is_candidate = not spec.partial and check.spec.subject.version is not None
    path, reads_approved = None, results.reads_approved
    if is_candidate and _lacks_answers(run) and check.keeps_candidate():
        is_candidate = False
        note = "answers are missing, so the results of the last complete run stay the ones to approve"
        verdict = replace(verdict, notes=(*verdict.notes, note))
    if is_candidate or check.options.report:
        python = f"{platform.python_implementation()} {platform.python_version()}"
        correction, shape = verdict.correction, {}
        judge = "" if correction is None or correction.word is None else correction.judge
        if spec.shaped:
            shape = answered_shape(assessment.observations.runs, check.spec.subject)
        header = check.header(
            check.spec.subject,
            cases=len(results),
            systems=tuple(sorted(run.systems)),
            # If bodies compare with the approved answer, the rate means nothing once this run is approved.
            rate=None if reads_approved else verdict.rate if judge else assessment.observations.observed.rate,
            mean="" if verdict.metric or not verdict.graded else "mean change" if verdict.signed else "mean",
            judge=judge,
            judged=0 if reads_approved else assessment.observations.observed.cases.judged,
            environment=f"{python}, {platform.system()} {platform.machine()}",
            findings=verdict.findings,
            stopped="" if run.early is None else str(run.early.stopped),
            reads_approved=reads_approved,
            run=_report_of(check, verdict),
            shape=shape,
        )
        if is_candidate:
            path = check.save_candidate(header, _rows(assessment))
        if path is None and check.options.report:
            path, is_candidate = _save_for_report(check, header, _rows(assessment)), False
    return Conclusion(verdict, run.first_failure, path, is_candidate)


def _lacks_answers(run: CheckRun) -> bool:
    """Return whether an outage, a budget or ``--modelcheck-offline`` kept calls from their model."""
    offline = any(isinstance(error, OfflineError) for error in run.results.errors.values())
    return run.stopped is not None or offline


def _report_of(check: Check, verdict: Verdict) -> dict[str, object]:
    """The report of the check, without its cases."""
    provenance, approved = check.spec.provenance, check.approved_version
    path = provenance.source.partition("::")[0]
    shutdown = (
        None
        if approved is None
        else retires_on(check.spec.subject.definition, approved.version) or approved.retires
    )
    report = CheckReport(
        verdict,
        fingerprint=check.spec.subject.fingerprint,
        origin=Origin(path, provenance.line) if path else None,
        when=now(),
        rerun=check.spec.rerun,
        retires=None if shutdown is None else str(shutdown),
    )
    fields: dict[str, object] = printable(pack(report))
    del fields["cases"]
    return fields


def _rows(assessment: Assessment) -> Iterator[bytes]:
    """The lines of the result file: each case, with its approved result and its further runs."""
    results, again, approved = assessment.run.results, assessment.noise.again, assessment.approved
    second = iter(again or ())
    for match, line in zip(results.matches, results.lines, strict=True):
        # Approved results are written again only where they differ, which keeps most files at half their
        # size.
        if match == OTHER or (match and approved.replaced):  # otherwise the line says that both are equal
            before = approved.judged_line(lines.id_of(line)) or b"null"
            line = lines.more_details(line, b'"approved":' + before)  # noqa: PLW2901 - the last of equal keys counts
        if again is not None:
            case = next(second)
            more = lines.trials_line(case.trials, case.digest)
            line = lines.more_details(line, b'"more":' + more)  # noqa: PLW2901
        yield line


def _save_for_report(check: Check, header: Header, rows: Iterable[bytes]) -> Path | None:
    """Write the result file of a run that is not a candidate; it is removed after reporting."""
    path = None
    try:
        with tempfile.NamedTemporaryFile(prefix="modelcheck-", suffix=".jsonl", delete=False) as file:
            path = Path(file.name)
            file.writelines(chunks(header, rows))
    except OSError as error:
        if path is not None:
            path.unlink(missing_ok=True)
        check.warn(
            f"the results could not be kept for the report: {error.strerror or error}. Make room in the "
            "folder for temporary files, or name another (TMPDIR)"
        )
        return None
    return path
