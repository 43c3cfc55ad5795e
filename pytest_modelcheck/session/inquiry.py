"""One check from its first trial to its verdict.

An inquiry says, step by step, which bodies are to be run; whoever drives it runs them, synchronously or
awaited, and hands the results back. Most checks take one step. A check that misses a limit takes more:
has the test changed since the approval (then its approved answers are judged again), does the model vary
(then noise may explain the miss), and what exactly do the worst cases say (they are run again, from
remembered answers, with all the detail that a person wants).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_modelcheck.baselines.candidates import find
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.canonical import same
from pytest_modelcheck.checks.compare import compare, pairs
from pytest_modelcheck.checks.fold import by_perturbation, is_graded, outcome_of, score_of, tally
from pytest_modelcheck.checks.judge import Observed, judge, required_rate
from pytest_modelcheck.checks.slices import slice_keys, slices
from pytest_modelcheck.engine.conductor import Work
from pytest_modelcheck.engine.trials import Plan
from pytest_modelcheck.errors import BaselineError, ModelcheckError, ModelError, OfflineError
from pytest_modelcheck.models.model import plain
from pytest_modelcheck.records import Calls, Finding, Interval, Outcome, Status, Trial, Verdict
from pytest_modelcheck.reports.selection import Chosen, choose, notes_of, show
from pytest_modelcheck.session.memory import ReplayedAnswers, expectation, identity, records_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.engine.conductor import Run
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.records import Case, CaseRecord, Comparison, Group, ShownCase
    from pytest_modelcheck.session.session import Session

MEASURED = 10
"""How many trials are run a second time to see whether a model varies."""

_JUDGED = (Outcome.PASSED, Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class Step:
    """Bodies to be run.

    Attributes:
        work: What is run for each trial.
        trials: The trials.
        quiet: Whether nobody will read what failed assertions say.
        replay: Answers to be used in place of the judged model's own.
    """

    work: Work
    trials: Iterable[Trial]
    quiet: bool = True
    replay: ReplayedAnswers | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and what the first body that failed or broke raised."""

    verdict: Verdict
    first_failure: BaseException | None


class Inquiry:
    """Finds out how one check comes out."""

    def __init__(self, spec: CheckSpec, session: Session) -> None:
        self._spec = spec
        self._session = session
        self._subject = spec.subject
        self._plan = Plan(spec.cases, spec.perturbations, repeats=spec.repeats, seed=spec.seed)
        self._baseline = self._find_baseline()
        self._then: Mapping[str, CaseRecord] = self._baseline or {}
        self._replayed = 0
        self._varies: bool | None = self._declared()
        self._variation: str | None = None if self._varies is None else "declared"
        self._results: Sequence[Result] = ()
        self._records: list[CaseRecord] = []
        self._findings: list[Finding] = []
        self._shown: tuple[ShownCase, ...] = ()
        self._hidden = 0
        self._first_failure: BaseException | None = None
        self._calls = Calls()
        self._direct: Mapping[str, int] = {}

    def steps(self) -> Generator[Step, Run, None]:
        """What is to be run, step by step; each step is answered with what came of it."""
        yield from self._first_run()
        if self._baseline is not None and not self._reads_approved:
            yield from self._replay(self._baseline)
        self._judge(varies=bool(self._varies))
        if self._missed() and self._varies is not True:
            yield from self._measure()
            self._judge(varies=bool(self._varies))
        yield from self._look_closer()
        self._leave_candidate()

    def judged(self) -> Judged:
        """The verdict, once all steps are done."""
        return Judged(self._verdict(), self._first_failure)

    # -- the steps ----------------------------------------------------------------------------------

    def _first_run(self) -> Generator[Step, Run, None]:
        start, asked = time.perf_counter(), self._session.dispatcher.asked
        progress = self._progress(asked)
        run = yield Step(replace(self._work(), progress=progress), self._plan.trials())
        asked = self._session.dispatcher.asked - asked
        seconds = time.perf_counter() - start
        self._calls = Calls(asked, max(0, run.asks - asked), sum(run.direct.values()), seconds)
        self._direct = run.direct
        self._results = run.results
        self._first_failure = run.first_failure
        self._records = records_of(self._plan.cases, run.results)

    def _replay(self, baseline: Baseline) -> Generator[Step, Run, None]:
        """Judge the approved answers by today's test, where test or expectation have changed since.

        An edited test must never look like a changed model.
        """
        stale = [
            case for case in self._plan.cases if self._is_stale(case, baseline)
        ]
        if not stale:
            return
        plan = Plan(stale, self._spec.perturbations, repeats=self._spec.repeats, seed=self._spec.seed)
        replay = ReplayedAnswers(self._subject.answers, baseline)
        run = yield Step(self._work(), plan.trials(), replay=replay)
        then = {case: baseline[case] for case in baseline}
        for record in records_of(stale, run.results):
            if any(trial.outcome is Outcome.ERROR for trial in record.trials):
                del then[record.id]
            else:
                then[record.id] = record
                self._replayed += 1
        self._then = then

    def _measure(self) -> Generator[Step, Run, None]:
        """Ask again, for about ten trials, those that went wrong first: does the model repeat itself?

        Only a check that misses a limit needs to know, and asking about its own trials keeps its verdict
        independent of all other checks.
        """
        trials = self._trials_to_repeat()
        if not trials:
            return
        first = {result.trial.index: result for result in self._results}
        again = [
            Trial(trial.index, trial.case, trial.perturbation, trial.perturbed, trial.variant, self._spec.repeats)
            for trial in trials
        ]
        run = yield Step(self._work(), again)
        answered = [result for result in run.results if result.outcome is not Outcome.ERROR]
        if not answered:
            self._refuse_unmeasured(run.results)
            return
        repeated = sum(_same_answers(first[result.trial.index], result) for result in answered)
        varies = repeated < len(answered)
        if varies and self._varies is False:
            raise ModelError(
                f"{self._subject.definition.location}: {self._subject.label} is declared deterministic=True, but "
                f"{len(answered) - repeated} of {len(answered)} answers differed when it was asked again; "
                "take the declaration away, or make the model deterministic (temperature, seed, batch order)"
            )
        self._varies = varies
        self._variation = (
            f"varies ({len(answered) - repeated} of {len(answered)} answers not repeated)"
            if varies
            else f"does not vary ({repeated} of {len(answered)} answers repeated)"
        )

    def _look_closer(self) -> Generator[Step, Run, None]:
        comparison = self._comparison
        changed: Sequence[str] = ()
        if comparison is not None and self._limit_missed("max_changed"):
            changed = comparison.changed
        regressed = frozenset(comparison.regressed) if comparison is not None else frozenset()
        chosen, self._hidden = choose(self._plan.cases, self._records, regressed, frozenset(changed))
        results = {
            (result.trial.case.id, result.trial.perturbation or "", result.trial.variant, result.trial.repeat): result
            for result in self._results
            if result.outcome in (Outcome.FAILED, Outcome.ERROR, Outcome.NEW, Outcome.XPASSED) or changed
        }
        seen = [results[(one.case.id, *one.trial.key)] for one in chosen]
        detailed = yield from self._run_again([one for one in seen if one.outcome is Outcome.FAILED])
        self._shown = tuple(
            self._show(one, result, detailed.get(result.trial.index, result))
            for one, result in zip(chosen, seen, strict=True)
        )

    def _run_again(self, results: Sequence[Result]) -> Generator[Step, Run, dict[int, Result]]:
        """Run failed bodies again from remembered answers, this time with assertion messages in full."""
        remembered = [result for result in results if all(key is not None for key, _ in result.asked)]
        if not remembered:
            return {}
        work = replace(self._work(), keep_errors=True)
        run = yield Step(work, [result.trial for result in remembered], quiet=False)
        return {result.trial.index: result for result in run.results if result.outcome is Outcome.FAILED}

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
            findings=tuple(self._findings),
            plugin=self._session.plugin,
        )
        self._session.candidates.write(header, self._records)

    # -- what is known so far -----------------------------------------------------------------------

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
            tell(plan.begun, dispatcher.asked - asked)

        return progress

    def _declared(self) -> bool | None:
        deterministic = self._subject.definition.deterministic
        return None if deterministic is None else not deterministic

    def _find_baseline(self) -> Baseline | None:
        session, subject, check = self._session, self._subject, self._spec.id
        version = session.places.baseline
        if version is None:
            return session.store.read(subject.name, check)
        found = find(session.store, session.candidates, subject.name, check, version)
        if found is None:
            raise BaselineError(
                f"{check}: nothing is remembered of {subject.name} {version}, so nothing can be compared with it. "
                f"Run it once: pytest --model-version={version}"
            )
        return found

    def _approved_answer(self, trial: Trial) -> bytes | None:
        if self._baseline is None:
            return None
        record = self._baseline.get(trial.case.id)
        if record is None or record.input != identity(trial.case):
            return None
        key = (trial.perturbation or "", trial.variant, 0)
        return next((one.answer for one in record.trials if one.key == key), None)

    def _is_stale(self, case: Case, baseline: Baseline) -> bool:
        record = baseline.get(case.id)
        if record is None or record.input != identity(case):
            return False
        return baseline.header.body != self._spec.provenance.body or record.expected != expectation(case)

    @property
    def _reads_approved(self) -> bool:
        return any(result.read_approved for result in self._results)

    def _judge(self, *, varies: bool) -> None:
        self._comparison = self._compare()
        self._observed = self._observe()
        findings = judge(self._observed, self._spec.limits, varies=varies)
        if self._session.places.update:
            findings = [finding for finding in findings if not finding.against_baseline]
            findings = findings or [Finding("update", Status.PASSED, f"{len(self._records)} cases recorded")]
        self._findings = findings

    def _compare(self) -> Comparison | None:
        if self._baseline is None:
            return None
        version = self._baseline.header.version or "unversioned"
        return compare(self._records, self._then, version, replayed=self._replayed)

    def _observe(self) -> Observed:
        outcomes = [outcome_of(record.trials) for record in self._records]
        graded = is_graded(self._records)
        scores = [
            score_of(record.trials)
            for record, outcome in zip(self._records, outcomes, strict=True)
            if outcome in _JUDGED
        ]
        drops: tuple[float, ...] = ()
        if graded and self._comparison is not None:
            judged = (pair for pair in pairs(self._records, self._then) if pair.judged)
            drops = tuple(score_of(pair.then) - score_of(pair.now) for pair in judged)
        broken = next((result for result in self._results if result.outcome is Outcome.ERROR), None)
        return Observed(
            cases=tally(outcomes),
            scores=tuple(scores) if graded else None,
            comparison=self._comparison,
            score_drops=drops,
            approved_cases=len(self._then),
            reads_approved=self._reads_approved,
            first_error=None if broken is None else _one_line(broken),
        )

    def _missed(self) -> bool:
        """Whether a limit is missed, and nothing but the model's own variation could explain it."""
        failed = [finding.limit for finding in self._findings if finding.status is Status.FAILED]
        return bool(failed) and all(limit in _LIMITS for limit in failed)

    def _limit_missed(self, name: str) -> bool:
        return any(finding.limit == name and finding.status is not Status.PASSED for finding in self._findings)

    def _trials_to_repeat(self) -> list[Trial]:
        """Up to ten trials, one a case before a second of any: those that went wrong, then the others."""
        changed = frozenset(self._comparison.changed) if self._comparison is not None else frozenset()
        wrong: list[Trial] = []
        right: list[Trial] = []
        for result in self._results:
            if result.outcome in _JUDGED and all(key is not None for key, _ in result.asked):
                is_wrong = result.outcome is Outcome.FAILED or result.trial.case.id in changed
                (wrong if is_wrong else right).append(result.trial)
        return [*_one_a_case(wrong), *_one_a_case(right)][:MEASURED]

    def _refuse_unmeasured(self, results: Sequence[Result]) -> None:
        if self._session.places.offline:
            raise OfflineError(
                f"{self._spec.id} misses a limit, and whether {self._subject.label} varies has not been measured "
                "for it, which decides what the miss means. Run it once without --modelcheck-offline, or declare "
                "deterministic=True or False on the model fixture"
            )
        self._variation = f"unknown: asked again, {len(results)} of {len(results)} calls broke"

    def _show(self, one: Chosen, result: Result, detailed: Result) -> ShownCase:
        error = detailed.error
        message = detailed.message or result.message or ""
        detail = None if error is None else self._spec.render(error)
        approved = self._approved_answer(result.trial)
        return show(one, self._decode, approved, result.trial.perturbed, message, detail)

    def _decode(self, raw: bytes) -> object:
        try:
            return self._subject.answers.decode(raw)
        except ModelcheckError:
            return raw.decode()

    # -- the verdict --------------------------------------------------------------------------------

    def _verdict(self) -> Verdict:
        spec, subject, observed = self._spec, self._subject, self._observed
        status = max((finding.status for finding in self._findings), key=_severity)
        return Verdict(
            check=spec.id,
            kind=spec.kind,
            status=status,
            findings=tuple(sorted(self._findings, key=_worst_first)),
            model=subject.name,
            version=subject.version,
            approved_version=self._session.approved_version(subject.name),
            rate=observed.rate,
            graded=observed.scores is not None,
            cases=observed.cases,
            trials=tally(trial.outcome for record in self._records for trial in record.trials),
            interval=self._interval(),
            required=required_rate(observed, spec.limits),
            comparison=self._comparison,
            variation=self._variation,
            varies=self._varies,
            slices=self._slices(),
            perturbations=by_perturbation(self._records) if spec.perturbations is not None else (),
            shown=self._shown,
            hidden=self._hidden,
            notes=notes_of((), self._direct, self._plan.inapplicable),
            calls=self._calls,
            advice=self._advice(status),
            others=tuple((model.name, model.version or "unversioned") for model in spec.others),
        )

    def _interval(self) -> Interval | None:
        cases = self._observed.cases
        if self._observed.scores is not None or not cases.judged:
            return None
        from pytest_modelcheck.stats.binomial import clopper_pearson

        level = 1 - self._spec.limits.false_fail_rate
        return Interval(*clopper_pearson(cases.passed, cases.judged, level), level)

    def _slices(self) -> tuple[Group, ...]:
        keys = slice_keys(self._plan.cases, self._spec.slices)
        if not keys:
            return ()
        paired = [pair for pair in pairs(self._records, self._then) if pair.judged]
        return slices(self._plan.cases, keys, _passed(self._records), {
            pair.id: outcome_of(pair.then) is Outcome.PASSED for pair in paired
        })

    def _advice(self, status: Status) -> tuple[tuple[str, str], ...]:
        """Commands that a reasonable person might type next."""
        if status is Status.PASSED:
            return ()
        rerun, version = self._spec.rerun, self._subject.version
        advice = []
        if self._shown and rerun:
            advice.append(("reproduce one", f"{rerun} --modelcheck-case={shlex.quote(self._shown[0].id)}"))
        if version is None:
            return (*advice, ("name the version", "pytest --model-version=VERSION"))
        if self._baseline is not None:
            advice.append(("see all", f"modelcheck diff {shlex.quote(version)}"))
        failed = [finding for finding in self._findings if finding.status is not Status.PASSED]
        if all(finding.against_baseline for finding in failed) and not self._spec.partial:
            advice.append(("approve it", f"modelcheck approve {shlex.quote(version)}"))
        return tuple(advice)


_LIMITS = frozenset({"at_least", "max_drop", "max_changed", "max_regressed"})


def _severity(status: Status) -> int:
    return status.severity


def _worst_first(finding: Finding) -> int:
    return -finding.status.severity


def _one_line(result: Result) -> str:
    error = result.error
    kind = type(error).__name__ if error is not None else "error"
    return f"{kind}: {(result.message or '').strip().partition(chr(10))[0]}"


def _same_answers(first: Result, again: Result) -> bool:
    answers = zip(first.asked, again.asked, strict=False)
    return all(same(plain(one), plain(two)) for (_, one), (_, two) in answers)


def _one_a_case(trials: Sequence[Trial]) -> list[Trial]:
    first: dict[str, Trial] = {}
    for trial in trials:
        first.setdefault(trial.case.id, trial)
    chosen = list(first.values())
    return chosen + [trial for trial in trials if first[trial.case.id] is not trial]


def _passed(records: Iterable[CaseRecord]) -> dict[str, bool]:
    outcomes = ((record.id, outcome_of(record.trials)) for record in records)
    return {case: outcome is Outcome.PASSED for case, outcome in outcomes if outcome in _JUDGED}
