"""One check while it runs: the facts that all of its steps may need."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.canonical import Unreadable, is_stored
from pytest_modelcheck.engine.body import by_repeat
from pytest_modelcheck.engine.trials import Plan
from pytest_modelcheck.engine.work import Work
from pytest_modelcheck.models.definition import retires_on
from pytest_modelcheck.records import Calls

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from pathlib import Path

    from pytest_modelcheck.baselines.candidates import CandidateStore
    from pytest_modelcheck.baselines.store import ApprovedVersion, BaselineStore
    from pytest_modelcheck.baselines.watch import Night
    from pytest_modelcheck.calls.endpoint import Endpoint
    from pytest_modelcheck.calls.meter import Counts, DistinctCalls
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.engine.work import FindApproved, Result, Run
    from pytest_modelcheck.errors import OfflineError
    from pytest_modelcheck.models.model import Answers, Model
    from pytest_modelcheck.records import Case, Trial, Verdict

    Found = TypeVar("Found")
    Steps = Generator["Step", Run, Found]
    """Yields bodies to run, is sent the result of each, and returns what was found."""


class StandIn:
    """Answers that stand in for the cached ones of a model. Other processes do not see them."""

    claims = None
    refusal: Callable[[Model, Any], OfflineError] | None = None
    """Makes the error of a missing answer; ``None`` if the model is called for it."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.warn = answers.warn
        self.decode = answers.decode

    def release(self, keys: Iterable[bytes] | None = None) -> None:
        """Do nothing: no call was claimed."""


@dataclass(frozen=True, slots=True)
class Step:
    """Bodies to run."""

    work: Work
    trials: Iterable[Trial]
    quiet: bool = True
    """Whether to leave out the messages of failed assertions."""
    replay: StandIn | None = None
    """Answers to use in place of the judged model's own."""
    other_version: Model | None = None
    """Another version of the judged model that answers in its place, or ``None``."""
    choose_repeat: Callable[[Trial, bytes, int], int] | None = None
    """Returns the repeat whose answer a call gets; ``None``: that of the trial."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The end of a check: its verdict, and where its results are."""

    verdict: Verdict
    first_failure: BaseException | None
    """The exception of the first body that failed or raised an error."""
    results: Path | None = None
    """Its result file, if there is one."""
    is_candidate: bool = True
    """Whether that file is kept after reporting."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check, and the objects that it shares with the others of its run.

    Attributes:
        plan: Its own trials, without those of a reference.
        approved_version: The approved version, or ``None``.
        plugin: The version of pytest-modelcheck, for result files.
        endpoint: The endpoint of its model, which checks share.
        before: What that endpoint had counted before the check.
        answered: Counts the answers of its model, whether new or cached.
        new_answers: Returns the number of answers that calls of a model gave in this run.
        contract: Describes how the answers of a result break the approved shape; ``None`` without that limit.
        nights: The earlier nights of all checks; ``None`` if the run does not watch.
    """

    spec: CheckSpec
    plan: Plan
    options: RunOptions
    store: BaselineStore
    candidates: CandidateStore
    approved_version: ApprovedVersion | None
    plugin: str
    warn: Callable[[str], None]
    endpoint: Endpoint
    before: Counts
    answered: DistinctCalls
    new_answers: Callable[[Model], int]
    contract: Callable[[Result], str | None] | None = None
    nights: Sequence[Night] | None = None

    def target(self, version: str) -> str:
        """A version as an argument of commands: with the model's name if the project has several models."""
        return f"{self.spec.subject.name}={version}" if self.spec.names_model else version

    def command(self, verb: str, *versions: str) -> str:
        """A command line about versions of the model: ``modelcheck diff 2.1``."""
        return shlex.join([*self.options.command, verb, *map(self.target, versions)])

    def calls(self, direct: int, seconds: float) -> Calls:
        """The calls of the check so far, of which ``direct`` were made in place."""
        serial = not self.endpoint.together and self.spec.subject.definition.concurrency is None
        made = Calls(direct=direct, seconds=seconds, serial=serial, cached=self.answered.cached)
        return self.endpoint.meter.since(self.before, made)

    @property
    def new_calls(self) -> int:
        """The number of new answers of the check so far."""
        return self.endpoint.meter.new - self.before.new

    @property
    def runs_in_a_set(self) -> int:
        """The number of runs of each case in the first set; the other runs of an approval are fresh sets."""
        runs = self.spec.repeats
        return runs // 3 if self.options.update and runs >= 3 else runs

    @property
    def choose_repeat(self) -> Callable[[Trial, bytes, int], int] | None:
        """Returns the repeat whose answer a call gets in the check's own trials."""
        return by_repeat if self.spec.repeats > 1 else None

    def header(self, model: Model, **more: Any) -> Header:
        """The first line of the result file of a run with one version of the model."""
        spec = self.spec
        return Header(
            test=spec.id,
            kind=spec.kind,
            model=model.name,
            metric="" if spec.metric is None else spec.metric.name,
            version=model.version,
            fingerprint=model.fingerprint,
            body=spec.provenance.body,
            source=spec.provenance.source,
            files=spec.provenance.files,
            others={other.name: other.version or "" for other in spec.others},
            plugin=self.plugin,
            retires=str(retires_on(model.definition, model.version) or ""),
            **more,
        )

    def keeps_candidate(self) -> bool:
        """Return whether a run with missing answers leaves the candidate of this version as it is.

        So it does if the candidate is complete, except with ``--modelcheck-update``, which approves this run
        and no other.
        """
        return not self.options.update and self.candidates.is_complete(self.header(self.spec.subject))

    def save_candidate(self, header: Header, rows: Iterable[bytes]) -> Path | None:
        """Write a result file as the candidate of its version; ``None`` if it cannot be written."""
        try:
            return self.candidates.write(header, rows)
        except OSError as error:
            self.warn(
                f"the results could not be saved for `modelcheck approve` in {self.candidates.root}: "
                f"{error.strerror or error}. Make room in it, or make it writable, or name another "
                "(modelcheck_cache_dir)"
            )
            return None

    def counted(self, steps: Steps[Found]) -> Steps[Found]:
        """Pass steps on, and count the answers that the judged model gives in them."""

        def count(results: Sequence[Result], take: Callable[[Sequence[Result]], None] | None = None) -> None:
            self.answered.update([key for result in results for key, _ in result.calls])
            if take is not None:
                take(results)

        run: Any = None
        while True:
            try:
                step = steps.send(run)
            except StopIteration as end:
                found: Found = end.value
                return found
            # Steps about another model, such as a judge that grades labelled answers, are not counted.
            other = step.work.subject is not self.spec.subject
            if other or step.replay is not None or step.other_version is not None:
                run = yield step
                continue
            meter, take = self.endpoint.meter, step.work.take
            if take is not None:
                step = replace(step, work=replace(step.work, take=partial(count, take=take)))
            before = meter.new - meter.failed
            run = yield step
            count(run.results)
            self.answered.new += meter.new - meter.failed - before

    def work(self, find_approved: FindApproved, *, keep_errors: bool = False) -> Work:
        """Return the work that runs the body."""
        spec = self.spec
        return Work(
            body=spec.body,
            subject=spec.subject,
            classify=spec.classify,
            # An update must succeed even if approved answers can no longer be read: it replaces them.
            find_approved=self._legible(find_approved) if self.options.update else find_approved,
            scale=spec.scale,
            contract=self.contract,
            records=spec.drift is not None or spec.metric is not None,
            keep_errors=keep_errors,
            models={model.name: model for model in (spec.subject, *spec.others)},
            gather=spec.gather,
            source=spec.source,
        )

    def _legible(self, find: FindApproved) -> FindApproved:
        """Leave out approved answers that cannot be read any more: results that replace them need none."""
        answers = self.spec.subject.answers

        def found(*call: Any) -> bytes | None:
            line = find(*call)
            if line is None or not is_stored(line):
                return None
            try:
                answers.decode(line)
            except Unreadable:
                return None
            return line

        return found

    def progress(self, plan: Plan, before: int = 0) -> Callable[[int], None] | None:
        """Return a callback that shows ``before`` plus the finished cases; ``None`` if nothing shows them."""
        tell = self.spec.progress
        return None if tell is None else lambda trials: tell(before + plan.cases_of(trials), self.new_calls)


def plan_of(spec: CheckSpec, cases: Sequence[Case], start: int = 0) -> Plan:
    """The trials of some of a check's cases, numbered from ``start``."""
    return Plan(
        cases, spec.perturbations, repeats=spec.repeats, seed=spec.seed, levels=spec.levels, start=start
    )


CANDIDATES: Final = "candidates"
PREDICTIONS: Final = "predictions"
MEASURES: Final = "measures"
RECIPES: Final = "recipes"
CLAIMS: Final = f"{PREDICTIONS}/claims.lock"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The storage folders of a project, and the options of a run about them.

    Attributes:
        cache: The folder of cached answers and candidates, which is not in git.
        keep: Whether cached answers are read from and written to disk.
        update: Whether this run approves its results, so that limits against the old baseline do not apply.
        approval_runs: The least number of times that each case is run before its results are approved, unless
            every model involved is declared deterministic.
        revalidate: The number of cached answers of each check to verify by new calls.
        watch: Whether the evidence of this run is added to that of earlier nights.
        baseline: The version to compare with, in place of the approved one.
        every_case: Whether to run every case, whatever ``early_stop`` says.
        suite_false_fail_rate: The chance that any approved check fails although nothing changed, or
            ``None``.
        report: Whether the run writes a report: then checks that are no candidates save their results, too.
        max_calls: The largest number of calls in the whole run, or ``None``.
        worker: The number of this process, from 0.
        command: The shell command that starts ``modelcheck`` from the current folder.
    """

    baselines: Path
    cache: Path
    keep: bool = True
    refresh: bool = False
    offline: bool = False
    update: bool = False
    approval_runs: int = 3
    revalidate: int = 0
    watch: bool = False
    baseline: str | None = None
    every_case: bool = False
    suite_false_fail_rate: float | None = None
    report: bool = False
    max_calls: int | None = None
    workers: int = 1
    worker: int = 0
    command: Sequence[str] = ("modelcheck",)
