"""Everything that has been found out about a check so far.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.compare import compare, pairs
from pytest_modelcheck.checks.costs import LIMITS as COSTS
from pytest_modelcheck.checks.fold import is_graded, outcome_of, tally
from pytest_modelcheck.checks.judge import Observed
from pytest_modelcheck.checks.runs import Runs, by_group, groups_of, shares_of, values_of, worth
from pytest_modelcheck.checks.series import series_of
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import GRADE, Calls, Flaky, Outcome
from pytest_modelcheck.session.pairing import paired_lines, plain_ledger
from pytest_modelcheck.session.reread import Results

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.records import (
        CaseRecord,
        Comparison,
        Finding,
        FoundSlice,
        Group,
        Moved,
        Scale,
        ShownCase,
        Stopped,
        Tally,
        TrialRecord,
    )
    from pytest_modelcheck.session.calibration import Calibration
    from pytest_modelcheck.session.ledger import Ledger
    from pytest_modelcheck.session.pairing import PairedLines
    from pytest_modelcheck.session.variation import Variation

JUDGED = (Outcome.PASSED, Outcome.FAILED)
_LIMITS = frozenset({"at_least", "max_drop", "max_changed", "max_regressed"})


@dataclass(slots=True)
class Evidence:
    """What is known of a check.

    Attributes:
        baseline: What it is compared with, or ``None``.
        then: The baseline's cases, those judged again by today's test replaced.
        rivalry: What is to be said of another version that was run beside, or ``None``.
        beside: What fails the check because of that version.
        replayed: How many were judged again.
        reference: What came of the cases that a drift check names to compare with, or ``None``.
        moved: How far the distribution of answers moved, in a drift check.
        variation: What is known of the model's own variation.
        partial: Whether only some cases are run; the baseline is then shown, and not held against them.
        ledger: Where a large check keeps what came of it; ``None`` where everything is in memory.
        results: What came of the trials.
        records: What came of the cases, in their order.
        kept: The same of the check's own trials alone: what a baseline is made of.
        calibrations: What was found out about the model's disagreement with itself.
        more: What came of runs that only tell how much the model varies.
        screened: What decided before everything was run again, or ``None`` where it was not.
        comparison: With the baseline.
        observed: What limits are held against.
        findings: What came of that.
        systems: How many answers each system gave, where the answers say so.
        revalidated: What came of asking remembered answers again, where that was asked for.
        flaky: Cases some of whose runs pass.
        early: Where and why the check was stopped early, or ``None``.
        decided: What was decided by then: one finding a limit.
        comparable: How many approved cases can still be compared, where the check was stopped.
        slices: The same by metadata, the slice that lost most first.
        found: The slice that was found rather than declared, or ``None``.
        shown: Cases worth reading.
        read: What came of the trial that each of them is shown for when it was run again, ``None`` where it
            was not, or did not fail by itself.
        hidden: How many more there are.
        remarks: What else the reader should know, a sentence each.
        plain: The ledger, where it says all: of each case one run, that passes or fails.
        pairs: Its lines beside those of the baseline.
        first_failure: What the first body that failed or broke raised.
        calls: What it cost.
        unasked: How many cases could not be judged, since their model could not be asked.
        stopped: Why it could not be asked, or ``None``.
        direct: How many calls were made in place that could have been made together, and how long they took.
        vain: How many calls were made ahead for nothing.
    """

    baseline: Baseline | None
    variation: Variation
    partial: bool = False
    then: Mapping[str, CaseRecord] = field(default_factory=dict)
    rivalry: str | None = None
    beside: Sequence[Finding] = ()
    replayed: int = 0
    reference: Sequence[CaseRecord] | None = None
    moved: Moved | None = None
    ledger: Ledger | None = None
    results: Sequence[Result] = ()
    records: Sequence[CaseRecord] = ()
    kept: Sequence[CaseRecord] = ()
    calibrations: list[Calibration] = field(default_factory=list)
    more: Sequence[Result] = ()
    screened: str | None = None
    comparison: Comparison | None = None
    observed: Observed = field(default_factory=lambda: Observed(tally(())))
    findings: Sequence[Finding] = ()
    systems: Mapping[str, int] = field(default_factory=dict)
    revalidated: Sequence[Finding] = ()
    flaky: tuple[Flaky, ...] = ()
    early: Stopped | None = None
    decided: Sequence[Finding] = ()
    comparable: int | None = None
    slices: Sequence[Group] = ()
    found: FoundSlice | None = None
    shown: Sequence[ShownCase] = ()
    read: Sequence[Result | None] = ()
    hidden: int = 0
    remarks: list[str] = field(default_factory=list)
    plain: Ledger | None = None
    pairs: PairedLines | None = None
    first_failure: BaseException | None = None
    calls: Calls = field(default_factory=Calls)
    unasked: int = 0
    stopped: str | None = None
    direct: tuple[int, float] = (0, 0.0)
    vain: int = 0

    @property
    def reads_approved(self) -> bool:
        """Whether bodies compare with the approved answer themselves."""
        if self.ledger is not None:
            return self.ledger.reads_approved
        return any(result.read_approved for result in self.results)

    @property
    def missed(self) -> bool:
        """Whether limits are missed, and nothing but the model's own variation could explain it."""
        failed = [
            finding.limit for finding in self.findings if not finding.met and finding.limit not in COSTS
        ]
        return bool(failed) and all(limit in _LIMITS for limit in failed)

    @property
    def changed(self) -> frozenset[str]:
        """Ids of cases whose answer differs from the approved one."""
        return frozenset(self.comparison.changed) if self.comparison is not None else frozenset()

    @property
    def worst_summary(self) -> str:
        """What the finding that decides says."""
        return max(self.findings, key=_severity).summary

    def misses(self, limit: str) -> bool:
        """Whether one limit is missed."""
        return any(finding.limit == limit and not finding.met for finding in self.findings)

    def look(self, spec: CheckSpec) -> None:
        """Work out what limits are held against."""
        self.plain, self.pairs = plain_ledger(self, spec), None
        if self.baseline is not None:
            self.comparison = self._compared(spec, self.baseline)
            if self.partial or self.early is not None:
                self.comparison = replace(self.comparison, removed=0)
            if self.screened is not None or self.early is not None:
                # A case that was run more often now than then has had more chances to fail, and a check
                # that was stopped ended where it looked best or worst.
                self.comparison = replace(self.comparison, p_value=None)
        if self.plain is None:
            self._look_at_records(spec)
        else:
            self.observed = self._observed(spec, self.plain.outcomes(), self.plain.broken)

    def _compared(self, spec: CheckSpec, baseline: Baseline) -> Comparison:
        version = baseline.header.version or "unversioned"
        if self.plain is not None:
            self.pairs = paired_lines(self.plain, baseline)
            return self.pairs.comparison(version)
        worst = None if spec.levels is not None else _worst(spec.scale)
        return compare(self.records, self.then, version, replayed=self.replayed, worst=worst)

    def _observed(self, spec: CheckSpec, cases: Tally, broken: Result | None) -> Observed:
        return Observed(
            cases=cases,
            comparison=None if self.partial or spec.drift is not None else self.comparison,
            approved_cases=0 if self.baseline is None else len(self.baseline),
            comparable=self.comparable,
            reads_approved=self.reads_approved,
            first_error=None if broken is None else one_line(broken),
            unasked=self.unasked,
            stopped=self.stopped,
        )

    def _look_at_records(self, spec: CheckSpec) -> None:
        outcomes = [outcome_of(record.trials) for record in self.records]
        observed = self._observed(spec, tally(outcomes), _first_broken(self.results))
        graded = spec.levels is None and is_graded(self.records)
        repeated = _are_repeated(self.records) or _are_repeated(self.then.values())
        units = spec.limits.cluster or spec.limits.score_as
        if graded or repeated or units is not None:
            judged = [one for one, out in zip(self.records, outcomes, strict=True) if out in JUDGED]
            observed = self._in_units(observed, judged, spec, graded=graded, repeated=repeated)
        if spec.levels is not None:
            observed = replace(
                observed, series=series_of(self.records, self._groups(spec)), whole=not self.partial
            )
        self.observed = observed

    def _groups(self, spec: CheckSpec) -> Mapping[str, Hashable] | None:
        key = spec.limits.cluster
        return None if key is None else groups_of(spec.cases, key)

    def could_not_calibrate(self, broken: Result) -> None:
        """Take in that a body broke when it was given two answers to the same input."""
        self.observed = replace(self.observed, uncalibrated=one_line(broken))

    def _in_units(
        self,
        observed: Observed,
        judged: Sequence[CaseRecord],
        spec: CheckSpec,
        *,
        graded: bool,
        repeated: bool,
    ) -> Observed:
        """The same, where the unit that is judged is more than one run that passes or fails."""
        score_as = spec.limits.score_as
        if graded and score_as is not None:
            raise UsageError(f"score_as={score_as!r} counts runs that pass, and the body gives a score()")
        groups = self._groups(spec)
        apart = spec.limits.population == "fixed" and groups is None and score_as is None
        valued = partial(values_of, graded=graded, worst=_worst(spec.scale))
        values = [valued(record.trials) for record in judged]
        paired = [pair for pair in pairs(self.records, self.then) if pair.judged]
        runs = [Runs(valued(pair.then), valued(pair.now)) for pair in paired]
        means = by_group([worth(each, score_as) for each in values], [one.id for one in judged], groups)
        drops = by_group([each.drop(score_as) for each in runs], [pair.id for pair in paired], groups)
        rerun = _are_repeated(self.records) and not graded
        self.flaky = _flaky(judged, values) if rerun else ()
        return replace(
            observed,
            runs=(int(sum(map(sum, values))), sum(map(len, values))) if rerun else None,
            means=tuple(means) if graded or not apart else None,
            units="cases" if groups is None else f"groups by {spec.limits.cluster}",
            graded=graded,
            scale=spec.scale,
            signed=graded and spec.signed,
            unscored=_unscored(judged, spec.scale) if graded else 0,
            score_as=score_as,
            pairs=tuple(runs) if apart else None,
            drops=tuple(drops),
            shares=shares_of(pairs(self.records, self.then)) if repeated else None,
        )

    def to_approve(self) -> Sequence[CaseRecord]:
        """What is remembered of the run.

        Where bodies compare with the approved answer, an outcome says something about two versions. Once
        this one is approved, its answers are the approved ones.
        """
        if not self.reads_approved:
            return self.kept
        return list(map(as_approved, self.kept))

    def worth_repeating(self, most: int) -> Sequence[Result]:
        """Results that contain those of the first cases that went wrong, and of the first that did not."""
        if self.ledger is None or not isinstance(self.results, Results):
            return self.results
        changed = frozenset[int]() if self.pairs is None else frozenset(self.pairs.changed)
        if self.plain is None and self.changed:
            changed = frozenset(n for n, record in enumerate(self.records) if record.id in self.changed)
        return self.results.of(self.ledger.some_of_each(changed, most))


def _worst(scale: Scale) -> float:
    """The score of a run that fails."""
    return scale.low if scale.bounded else 0.0


def _unscored(records: Iterable[CaseRecord], scale: Scale) -> int:
    """How many cases have a run that is worth nothing that the scale could tell."""
    if scale == GRADE:
        return 0

    def is_worth_nothing(trial: TrialRecord) -> bool:
        if trial.outcome is Outcome.FAILED:
            return not scale.bounded
        return trial.outcome is Outcome.PASSED and trial.score is None

    return sum(any(map(is_worth_nothing, record.trials)) for record in records)


def _are_repeated(records: Iterable[CaseRecord]) -> bool:
    """Whether cases were run more than once; the last trial of a case is of its last run."""
    return any(record.trials and record.trials[-1].repeat for record in records)


def _flaky(records: Iterable[CaseRecord], values: Iterable[Sequence[float]]) -> tuple[Flaky, ...]:
    """The cases some of whose runs pass, those that are most of a coin first."""
    found = [
        Flaky(record.id, int(sum(runs)), len(runs))
        for record, runs in zip(records, values, strict=True)
        if 0 < sum(runs) < len(runs)
    ]
    return tuple(sorted(found, key=_steadiness))


def _severity(finding: Finding) -> int:
    return finding.status.severity


def _steadiness(case: Flaky) -> float:
    return abs(case.passed / case.runs - 0.5)


def as_approved(record: CaseRecord) -> CaseRecord:
    """The record of a case whose answers are the approved ones, so that comparing with them passes."""
    return replace(record, trials=tuple(map(_settled, record.trials)))


def _settled(trial: TrialRecord) -> TrialRecord:
    settled = trial.outcome in (Outcome.FAILED, Outcome.NEW)
    return replace(trial, outcome=Outcome.PASSED, score=None) if settled else trial


def _first_broken(results: Iterable[Result]) -> Result | None:
    """The first result that is an error, one of which the exception is known where there is one."""
    errors = [result for result in results if result.outcome is Outcome.ERROR]
    return next((result for result in errors if result.error is not None), errors[0] if errors else None)


def one_line(result: Result) -> str:
    """What a body raised, in one line."""
    kind = "error" if result.error is None else type(result.error).__name__
    return f"{kind}: {(result.message or '').strip().partition(chr(10))[0]}"
