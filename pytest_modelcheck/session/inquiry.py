"""One check from its first trial to its verdict.

An inquiry says, step by step, which bodies are to be run; whoever drives it runs them, synchronously or
awaited, and hands the results back. Most checks take one step. A check that misses a limit takes more:
has the test changed since the approval (then its approved answers are judged again), does the model vary
(then noise may explain the miss), and what exactly do the worst cases say (they are run again, from
remembered answers, with all the detail that a person wants).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_modelcheck.baselines.candidates import find
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.checks.judge import judge
from pytest_modelcheck.engine.conductor import Work
from pytest_modelcheck.engine.slots import by_repeat
from pytest_modelcheck.engine.trials import Plan
from pytest_modelcheck.errors import BaselineError, OfflineError
from pytest_modelcheck.records import Calls, Finding, Outcome, Status, Verdict
from pytest_modelcheck.reports.selection import choose, show
from pytest_modelcheck.session.calibration import Calibration, excess_of
from pytest_modelcheck.session.conclusion import conclude, in_worst_slice, slices_of
from pytest_modelcheck.session.confirmation import fresh, is_suspicious, together
from pytest_modelcheck.session.evidence import Evidence
from pytest_modelcheck.session.memory import ReplayedAnswers, identity, records_of
from pytest_modelcheck.session.variation import declared, measured, seen, trials_to_repeat

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.engine.conductor import Run
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.records import Case, ShownCase, Trial
    from pytest_modelcheck.reports.selection import Chosen
    from pytest_modelcheck.session.session import Session


@dataclass(frozen=True, slots=True)
class Step:
    """Bodies to be run.

    Attributes:
        work: What is run for each trial.
        trials: The trials.
        quiet: Whether nobody will read what failed assertions say.
        replay: Answers to be used in place of the judged model's own.
        slots: Says which of several answers a call gets; ``None`` for that of the trial's repeat.
    """

    work: Work
    trials: Iterable[Trial]
    quiet: bool = True
    replay: ReplayedAnswers | None = None
    slots: Callable[[Trial, bytes, int], int] | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and what the first body that failed or broke raised."""

    verdict: Verdict
    first_failure: BaseException | None


class Inquiry:
    """Finds out how one check comes out."""

    def __init__(self, spec: CheckSpec, session: Session) -> None:
        spec = replace(spec, limits=session.limits_in_suite(spec.limits))
        self._spec = spec
        self._session = session
        self._subject = spec.subject
        self._plan = self._plan_of(spec.cases)
        self._slots = by_repeat if spec.repeats > 1 else None
        baseline = self._find_baseline()
        self._evidence = Evidence(baseline, declared(spec.subject), spec.partial, baseline or {})

    def steps(self) -> Generator[Step, Run, None]:
        """What is to be run, step by step; each step is answered with what came of it."""
        evidence = self._evidence
        yield from self._first_run()
        if evidence.baseline is not None and not evidence.reads_approved:
            yield from self._replay(evidence.baseline)
        evidence.look(self._spec)
        self._judge()
        if self._depends_on_variation():
            yield from self._measure()
            self._judge()
        if self._is_hidden_by_noise():
            yield from self._counted(self._calibrate())
            self._judge()
        if self._needs_confirmation():
            yield from self._counted(self._confirm())
            self._judge()
        yield from self._look_closer()
        self._leave_candidate()

    def judged(self) -> Judged:
        """The verdict, once all steps are done."""
        approved = self._session.approved_version(self._subject.name)
        verdict = conclude(self._spec, self._evidence, approved, self._plan.inapplicable)
        return Judged(verdict, self._evidence.first_failure)

    # -- the steps ----------------------------------------------------------------------------------

    def _first_run(self) -> Generator[Step, Run, None]:
        dispatcher = self._session.dispatcher
        start, before = time.perf_counter(), dispatcher.asked_of(self._subject)
        work = replace(self._work(), progress=self._progress(before))
        run = yield Step(work, self._plan.trials(), slots=self._slots)
        asked, seconds = dispatcher.asked_of(self._subject) - before, time.perf_counter() - start
        evidence = self._evidence
        evidence.calls = Calls(
            asked, max(0, _questions(run.results) - asked), sum(run.direct.values()), seconds
        )
        evidence.direct = run.direct
        evidence.results = run.results
        evidence.first_failure = run.first_failure
        evidence.records = evidence.kept = records_of(self._plan.cases, run.results)
        if evidence.baseline is not None:
            evidence.baseline.recognise(evidence.records)

    def _replay(self, baseline: Baseline) -> Generator[Step, Run, None]:
        """Judge the approved answers by today's test, where test or expectation have changed since.

        An edited test must never look like a changed model.
        """
        stale = self._stale(baseline)
        if not stale:
            return
        replay = ReplayedAnswers(self._subject.answers, baseline)
        trials = (trial for trial in self._plan_of(stale).trials() if replay.knows(trial))
        run = yield Step(self._work(), trials, replay=replay, slots=self._slots)
        then = {case: baseline[case] for case in baseline}
        for record in records_of(stale, run.results):
            if any(trial.outcome is Outcome.ERROR for trial in record.trials):
                del then[record.id]
            else:
                then[record.id] = record
                self._evidence.replayed += 1
        self._evidence.then = then

    def _measure(self) -> Generator[Step, Run, None]:
        """Ask again, for about ten trials: does the model repeat itself?

        Only a check that misses a limit needs to know, and asking about its own trials keeps its verdict
        independent of all other checks.
        """
        evidence = self._evidence
        if self._spec.repeats > 1:
            evidence.variation = seen(self._subject, evidence.results)
            return
        again = trials_to_repeat(evidence.results, evidence.changed, slot=1)
        if not again:
            return
        run = yield Step(self._work(), again)
        evidence.variation = measured(self._subject, evidence.results, run.results)
        if evidence.variation.varies is None and self._session.places.offline:
            raise OfflineError(
                f"{self._spec.id} misses a limit, and whether {self._subject.label} varies has not been "
                "measured for it, which decides what the miss means. Run it once without "
                "--modelcheck-offline, or declare deterministic=True or False on the model fixture"
            )

    def _counted(self, steps: Generator[Step, Run, None]) -> Generator[Step, Run, None]:
        """Add what further steps ask the model to what the check cost."""
        dispatcher, evidence = self._session.dispatcher, self._evidence
        before = dispatcher.asked_of(self._subject)
        yield from steps
        more = dispatcher.asked_of(self._subject) - before
        evidence.calls = replace(evidence.calls, asked=evidence.calls.asked + more)

    def _calibrate(self) -> Generator[Step, Run, None]:
        """Find out how often the model disagrees with itself about one and the same input."""
        evidence = self._evidence
        calibration = Calibration(evidence.results, start=self._unused, batch=len(evidence.calibrations))
        for trials in (calibration.against_itself(), calibration.against_variants()):
            run = yield Step(self._work(), trials, slots=calibration.slot)
            calibration.take(run.results)
        broken = calibration.broken
        if broken is not None:
            work = replace(self._work(), keep_errors=True)
            run = yield Step(work, [broken.trial], slots=calibration.slot)
            evidence.could_not_calibrate(run.results[0])
            return
        evidence.calibrations.append(calibration)
        excess = excess_of(evidence.calibrations, self._spec.limits)
        evidence.observed = replace(evidence.observed, excess=excess)

    def _confirm(self) -> Generator[Step, Run, None]:
        """Run everything again with fresh answers, so that both runs together decide."""
        evidence = self._evidence
        evidence.screened = evidence.worst_summary
        if evidence.observed.excess is not None:
            yield from self._calibrate()
            return
        trials = fresh(evidence.results, self._spec.repeats, self._unused)
        run = yield Step(self._work(), trials, slots=self._slots)
        evidence.results = together(self._plan.cases, [*evidence.results, *run.results])
        evidence.records = records_of(self._plan.cases, evidence.results)
        evidence.look(self._spec)

    def _look_closer(self) -> Generator[Step, Run, None]:
        evidence = self._evidence
        changed = evidence.changed if evidence.misses("max_changed") else frozenset()
        evidence.slices = slices_of(self._spec, evidence)
        about_change = evidence.reads_approved
        regressed: frozenset[str] = frozenset()
        if evidence.comparison is not None and not about_change:
            regressed = frozenset(evidence.comparison.regressed)
        chosen, evidence.hidden = choose(
            self._plan.cases,
            evidence.records,
            regressed,
            changed,
            about_change=about_change,
            first=in_worst_slice(self._spec, evidence),
        )
        wanted = {id(one.case) for one in chosen}
        results = {
            (
                result.trial.case.id,
                result.trial.perturbation or "",
                result.trial.variant,
                result.trial.repeat,
            ): result
            for result in evidence.results
            if id(result.trial.case) in wanted
        }
        seen = [results[(one.case.id, *one.trial.key)] for one in chosen]
        detailed = yield from self._run_again([one for one in seen if one.outcome is Outcome.FAILED])
        evidence.shown = tuple(
            self._show(one, result, detailed.get(result.trial.index, result))
            for one, result in zip(chosen, seen, strict=True)
        )

    def _run_again(self, results: Sequence[Result]) -> Generator[Step, Run, dict[int, Result]]:
        """Run failed bodies again from remembered answers, this time with assertion messages in full."""
        remembered = [result for result in results if all(key is not None for key, _ in result.asked)]
        if not remembered:
            return {}
        work = replace(self._work(), keep_errors=True)
        trials = [result.trial for result in remembered]
        run = yield Step(work, trials, quiet=False, slots=self._slots)
        return {result.trial.index: result for result in run.results if result.outcome is Outcome.FAILED}

    # -- their parts ----------------------------------------------------------------------------------

    def _plan_of(self, cases: Sequence[Case]) -> Plan:
        spec = self._spec
        return Plan(cases, spec.perturbations, repeats=spec.repeats, seed=spec.seed)

    def _work(self) -> Work:
        spec = self._spec
        return Work(
            body=spec.body,
            subject=self._subject,
            classify=spec.classify,
            find_approved=self._approved_answer,
            interleave=spec.interleave,
        )

    def _progress(self, asked: int) -> Callable[[], None] | None:
        tell, plan, dispatcher = self._spec.progress, self._plan, self._session.dispatcher
        if tell is None:
            return None

        def progress() -> None:
            tell(plan.begun, dispatcher.asked_of(self._subject) - asked)

        return progress

    def _find_baseline(self) -> Baseline | None:
        session, subject, check = self._session, self._subject, self._spec.id
        version = session.places.baseline
        if version is None:
            return session.store.read(subject.name, check)
        found = find(session.store, session.candidates, subject.name, check, version)
        if found is None:
            raise BaselineError(
                f"{check}: nothing is remembered of {subject.name} {version}, so nothing can be compared "
                f"with it. Run it once: pytest --model-version={version}"
            )
        return found

    def _stale(self, baseline: Baseline) -> list[Case]:
        """The cases that both sides have, and that today's test may judge differently."""
        edited = baseline.header.body != self._spec.provenance.body
        stale = []
        for case, record in zip(self._plan.cases, self._evidence.records, strict=True):
            then = baseline.get(case.id)
            if (
                then is not None
                and then.input == record.input
                and (edited or then.expected != record.expected)
            ):
                stale.append(case)
        return stale

    def _approved_answer(self, trial: Trial) -> bytes | None:
        baseline = self._evidence.baseline
        record = None if baseline is None else baseline.get(trial.case.id)
        if record is None or record.input != identity(trial.case):
            return None
        key = (trial.perturbation or "", trial.variant, 0)
        return next((one.answer for one in record.trials if one.key == key), None)

    def _depends_on_variation(self) -> bool:
        """Whether it must be known if the model varies, and is not."""
        evidence, limits = self._evidence, self._spec.limits
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

    def _is_hidden_by_noise(self) -> bool:
        """Whether answers may have changed for no other reason than that the model varies."""
        evidence = self._evidence
        return (
            self._spec.kind == "invariance"
            and bool(evidence.variation.varies)
            and evidence.missed
            and evidence.misses("at_least")
            and not evidence.reads_approved
        )

    def _needs_confirmation(self) -> bool:
        evidence, limits = self._evidence, self._spec.limits
        return (
            limits.confirm
            and bool(evidence.variation.varies)
            and evidence.missed
            and is_suspicious(evidence.findings, limits)
        )

    @property
    def _unused(self) -> int:
        """A number from which on no trial of the check has its own."""
        return 1 + max((result.trial.index for result in self._evidence.results), default=0)

    def _judge(self) -> None:
        evidence = self._evidence
        findings = judge(evidence.observed, self._spec.limits, varies=bool(evidence.variation.varies))
        findings += self._other_fingerprint()
        if self._session.places.update:
            # What this run sees becomes the baseline, so that today's says nothing about it.
            findings = [finding for finding in findings if not finding.against_baseline]
            findings = findings or [
                Finding("update", Status.PASSED, f"{len(evidence.records)} cases recorded")
            ]
        evidence.findings = findings

    def _other_fingerprint(self) -> list[Finding]:
        """Whether the model has changed without changing its version."""
        subject, approved = self._subject, self._session.store.approved(self._subject.name)
        if (
            approved is None
            or approved.version != subject.version
            or approved.fingerprint == subject.fingerprint
        ):
            return []
        summary = (
            f"{subject.label} is not the {approved.version} that was approved: its fingerprint is "
            f"{subject.fingerprint}, and {approved.fingerprint} was approved; give the change a version "
            "of its own"
        )
        return [Finding("fingerprint", Status.FAILED, summary, against_baseline=True)]

    def _show(self, one: Chosen, result: Result, detailed: Result) -> ShownCase:
        message = detailed.message or result.message or ""
        detail = None if detailed.error is None else self._spec.render(detailed.error)
        approved = self._approved_answer(result.trial)
        return show(one, self._subject.answers.decode, approved, result.trial.perturbed, message, detail)

    def _leave_candidate(self) -> None:
        spec, subject = self._spec, self._subject
        if spec.partial or subject.version is None:
            return
        header = Header(
            test=spec.id,
            kind=spec.kind,
            model=subject.name,
            version=subject.version,
            fingerprint=subject.fingerprint,
            body=spec.provenance.body,
            source=spec.provenance.source,
            files=spec.provenance.files,
            others={model.name: model.version or "" for model in spec.others},
            findings=tuple(self._evidence.findings),
            plugin=self._session.plugin,
        )
        try:
            self._session.candidates.write(header, self._evidence.to_approve())
        except OSError as error:
            self._session.warnings.append(
                f"what {subject.label} did could not be left for `modelcheck approve`: {error}. "
                "Make the folder writable, or name another (modelcheck_cache_dir)"
            )


def _questions(results: Iterable[Result]) -> int:
    """How many different questions the judged model was asked."""
    return len({key for result in results for key, _ in result.asked})
