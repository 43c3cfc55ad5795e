"""What was observed of a check, and what its limits say of that.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.checks.compare import compare, pair_of, shares_of, with_same
from pytest_modelcheck.checks.costs import LIMITS as COSTS
from pytest_modelcheck.checks.costs import judge_costs
from pytest_modelcheck.checks.decide import decide, guards
from pytest_modelcheck.checks.drift import judge_drift
from pytest_modelcheck.checks.observed import Observed
from pytest_modelcheck.checks.protocol import FRESH_SETS
from pytest_modelcheck.checks.runs import Runs, Shares, by_group, groups_of, values_of, worth
from pytest_modelcheck.checks.series import series_of
from pytest_modelcheck.checks.slices import FAILED, NOT_JUDGED, PASSED
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import FOLDED, GRADE, Finding, Flaky, Outcome, Status
from pytest_modelcheck.session.answered import other_systems
from pytest_modelcheck.session.approved import Approved, other_fingerprint
from pytest_modelcheck.session.drifting import broken_reference, sampled
from pytest_modelcheck.session.results import OTHER, SAME
from pytest_modelcheck.session.variation import Variation

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.checks.compare import Pair
    from pytest_modelcheck.checks.costs import Costs
    from pytest_modelcheck.checks.lost import Lost
    from pytest_modelcheck.checks.protocol import Look
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.checks.weighing import Probed
    from pytest_modelcheck.records import (
        Calls,
        CaseResult,
        Comparison,
        Moved,
        Scale,
        Stopped,
        TrialResult,
    )
    from pytest_modelcheck.session.calibration import Calibration
    from pytest_modelcheck.session.check import Check
    from pytest_modelcheck.session.results import Results
    from pytest_modelcheck.stats.noise import Excess

_LIMITS: Final = frozenset({"at_least", "max_drop", "max_changed", "max_regressed", "slice_regressions"})
_REPEATED: Final = b'"repeat":'
_PLAIN: Final = bytes(
    {Outcome.PASSED: PASSED, Outcome.FAILED: FAILED}.get(outcome, NOT_JUDGED) for outcome in FOLDED
).ljust(256, bytes([NOT_JUDGED]))
"""For each byte of outcomes how the case came out, as far as slices are concerned."""


# -- the nouns -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Early:
    """Where a check was stopped before its last case.

    Attributes:
        stopped: Where and why.
        decided: What was decided by then: one finding a limit.
        comparable: How many approved cases can still be compared.
    """

    stopped: Stopped
    decided: tuple[Finding, ...]
    comparable: int


@dataclass(frozen=True, slots=True)
class Ran:
    """What the check's own trials came to.

    Attributes:
        results: Case by case.
        calls: What they cost.
        inapplicable: How many cases each perturbation left as they were.
        direct: Why, and how often, calls were made one by one.
        first_failure: What the first body that failed or broke raised.
        unasked: How many cases could not be judged, since their model could not be asked.
        stopped: Why it could not be asked, or ``None``.
        systems: How many answers each system gave, where the answers say so.
        costs: What the answers took and cost, where a limit asks for that.
        early: Where the check was stopped early, or ``None``.
        reference: What the cases came to that a drift check names to compare with, or ``None``.
    """

    results: Results
    calls: Calls
    inapplicable: Mapping[str, int]
    direct: Mapping[str, int]
    first_failure: BaseException | None
    unasked: int = 0
    stopped: str | None = None
    systems: Mapping[str, int] = field(default_factory=dict)
    costs: Costs | None = None
    early: Early | None = None
    reference: Results | None = None


@dataclass(frozen=True, slots=True)
class Noise:
    """What is known of the model's own noise.

    Attributes:
        variation: Whether it varies.
        screened: What decided before everything was run again, or ``None`` where it was not.
        again: What the check's own trials came to when they were run again.
        afresh: The second run by itself as (broke, fixed, compared), where cases were run once before it.
        calibrations: What was found out about the model's disagreement with itself.
        more: Runs that only tell how much the model varies.
        excess: How much a perturbation adds to that disagreement.
        changes: How much more answers differ from the approved ones than from each other.
        regressions: The same for runs that fail of cases that passed.
        uncalibrated: What a body raised when it was given two answers to the same input.
        probed: What came of cases that were run again one by one, by their number.
        looks: What each limit says where noise may explain a miss, once that is decided.
        lost: The slice in which regressions concentrate, where there is one.
    """

    variation: Variation = field(default_factory=Variation)
    screened: str | None = None
    again: Results | None = None
    afresh: tuple[int, int, int] | None = None
    calibrations: tuple[Calibration, ...] = ()
    more: tuple[Results, ...] = ()
    excess: Excess | None = None
    changes: Excess | None = None
    regressions: Excess | None = None
    uncalibrated: str | None = None
    probed: Mapping[int, Probed] = field(default_factory=dict)
    looks: Mapping[str, Look] = field(default_factory=dict)
    lost: Lost | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What was observed.

    Attributes:
        observed: What limits are held against.
        comparison: With what is approved, where anything is.
        then: For each case how it came out then, as far as slices are concerned.
        regressed: The numbers of the cases that passed then and fail now.
        changed: The numbers of the cases whose answer differs.
        flaky: Cases some of whose runs pass.
    """

    observed: Observed
    comparison: Comparison | None = None
    then: bytes | None = None
    regressed: frozenset[int] = frozenset()
    changed: frozenset[int] = frozenset()
    flaky: tuple[Flaky, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found out about a check so far, and what its limits say of it.

    Attributes:
        ran: What its trials came to.
        approved: What it is compared with.
        beside: Findings that depend on no limit.
        noise: What is known of the model's own noise.
        seen: What was observed.
        findings: What the limits say.
        moved: How far the distribution of answers moved, in a drift check.
    """

    ran: Ran
    approved: Approved
    beside: tuple[Finding, ...]
    noise: Noise
    seen: Seen
    findings: tuple[Finding, ...]
    moved: Moved | None = None

    @property
    def observed(self) -> Observed:
        """What limits are held against."""
        return self.seen.observed

    @property
    def passes(self) -> bool:
        """Whether all limits are met."""
        return all(finding.met for finding in self.findings)

    @property
    def missed(self) -> bool:
        """Whether limits are missed, and nothing but the model's own variation could explain it."""
        failed = [
            finding.limit for finding in self.findings if not finding.met and finding.limit not in COSTS
        ]
        return bool(failed) and all(limit in _LIMITS for limit in failed)

    @property
    def worst_summary(self) -> str:
        """What the finding that decides says."""
        return max(self.findings, key=lambda finding: finding.status.severity).summary

    def misses(self, limit: str) -> bool:
        """Whether one limit is missed."""
        return any(finding.limit == limit and not finding.met for finding in self.findings)


# -- judging -------------------------------------------------------------------------------------------


def judge(check: Check, ran: Ran, approved: Approved, beside: tuple[Finding, ...], noise: Noise) -> Judgement:
    """Work out what limits are held against, and hold them."""
    seen = observe(check, ran, approved, noise)
    return with_noise(check, Judgement(ran, approved, beside, noise, seen, ()), noise)


def with_noise(check: Check, judgement: Judgement, noise: Noise) -> Judgement:
    """The same check, once more is known of the model's noise."""
    ran, approved, seen = judgement.ran, judgement.approved, judgement.seen
    if noise.again is not judgement.noise.again:
        seen = observe(check, ran, approved, noise)
    observed = replace(
        seen.observed,
        varies=bool(noise.variation.varies),
        afresh=noise.afresh,
        excess=noise.excess,
        changes=noise.changes,
        regressions=noise.regressions,
        uncalibrated=noise.uncalibrated,
        looks=noise.looks,
        lost=noise.lost,
        sets=1 if noise.again is None else 1 + FRESH_SETS,
        broken=_broken(ran.results, noise.looks),
    )
    if noise.looks and not noise.variation.varies and check.spec.repeats == 1 and not observed.graded:
        # All runs of a case came out the same: it counts as one.
        observed = replace(observed, runs=None, drops=None, pairs=None, shares=None)
    findings, moved = _findings(check, ran, approved, observed)
    findings += other_fingerprint(check)
    if ran.costs is not None:
        findings += judge_costs(ran.costs, check.spec.limits)
    findings += other_systems(check.subject, ran.systems, approved.baseline)
    findings += judgement.beside
    if check.subject.rival is not None and approved.findings:
        # First, and in place of a baseline that is missed since there it broke.
        findings = [*approved.findings, *(each for each in findings if each.limit != "new")]
    else:
        findings += approved.findings
    if check.places.update:
        # What this run sees becomes the baseline, so that today's says nothing about it.
        findings = [finding for finding in findings if not finding.against_baseline]
        findings = findings or [Finding("update", Status.PASSED, f"{len(ran.results)} cases recorded")]
    seen = replace(seen, observed=observed)
    return replace(judgement, noise=noise, seen=seen, findings=tuple(findings), moved=moved)


def _broken(results: Results, looks: Mapping[str, Look]) -> tuple[str, ...]:
    """The ids of the cases that are broken for good."""
    numbers = sorted({number for look in looks.values() for number in look.broken})
    return tuple(results.cases[number].id for number in numbers)


def _findings(
    check: Check, ran: Ran, approved: Approved, observed: Observed
) -> tuple[list[Finding], Moved | None]:
    """What the limits say, and in a drift check how far the answers moved."""
    spec, early = check.spec, ran.early
    if early is not None:
        found = guards(observed, spec.limits)
        return [
            *(replace(finding, summary=f"{early.stopped}: {finding.summary}") for finding in found),
            *early.decided,
        ], None
    if spec.drift is None:
        return decide(observed, spec.limits), None
    findings = guards(observed, spec.limits) + broken_reference(ran.reference)
    if findings:
        return findings, None
    if spec.partial:
        text = f"{plural(len(ran.results), 'case')} run; the distribution is judged when all are"
        return [Finding("drift", Status.PASSED, text)], None
    return judge_drift(
        sampled(spec, ran.results, ran.reference, approved), spec.drift, spec.limits, spec.seed
    )


# -- what was observed ---------------------------------------------------------------------------------


def whole_cases(results: Results, again: Results | None) -> Iterator[CaseResult]:
    """What came of the cases in all of their runs."""
    if again is None:
        yield from results
        return
    yield from map(_with_second, results, again)


def _with_second(one: CaseResult, two: CaseResult) -> CaseResult:
    return replace(one, trials=(*one.trials, *two.trials))


def observe(check: Check, ran: Ran, approved: Approved, noise: Noise) -> Seen:
    """Work out what limits are held against."""
    spec, results, early = check.spec, ran.results, ran.early
    baseline = approved.baseline
    graded = spec.levels is None and results.graded
    repeated = results.repeated or noise.again is not None or _was_repeated(approved)
    in_units = graded or repeated or bool(spec.limits.cluster or spec.limits.score_as)
    seen = Seen(Observed(results.tally()))
    if noise.again is not None:
        masks = map(int.__or__, results.masks, noise.again.masks)
        counts = Counter(FOLDED[mask] for mask in masks)
        tally = replace(seen.observed.cases, **{outcome.value: counts[outcome] for outcome in Outcome})
        seen = Seen(Observed(tally))
    if baseline is not None:
        one_by_one = in_units or spec.levels is not None or bool(approved.replaced)
        seen = _compared(seen, spec, results, approved, noise.again, graded=graded, one_by_one=one_by_one)
        comparison = seen.comparison
        if comparison is not None and (spec.partial or early is not None):
            comparison = replace(comparison, removed=0)
        if comparison is not None and (noise.again is not None or early is not None):
            # A case that was run more often now than then has had more chances to fail, and a check that
            # was stopped ended where it looked best or worst.
            comparison = replace(comparison, p_value=None)
        seen = replace(seen, comparison=comparison)
    observed = replace(
        seen.observed,
        comparison=None if spec.partial or spec.drift is not None else seen.comparison,
        approved_cases=0 if baseline is None else len(baseline),
        comparable=None if early is None else early.comparable,
        reads_approved=results.reads_approved,
        first_error=results.broken or (noise.again.broken if noise.again is not None else None),
        unasked=ran.unasked,
        stopped=ran.stopped,
    )
    seen = replace(seen, observed=observed)
    if in_units:
        cases = whole_cases(results, noise.again)
        seen = _in_units(seen, spec, cases, approved, graded=graded, repeated=repeated)
    if spec.levels is not None:
        series = series_of(whole_cases(results, noise.again), _groups(spec))
        seen = replace(seen, observed=replace(seen.observed, series=series, whole=not spec.partial))
    return seen


def _was_repeated(approved: Approved) -> bool:
    """Whether approved cases were run more than once; the last trial of a case is of its last run."""
    if approved.baseline is None:
        return False
    suspects = [case for case, line in approved.baseline.lines().items() if _REPEATED in line]
    cases = (approved[case] for case in suspects if case in approved)
    return any(case.trials[-1].repeat for case in cases if case.trials)


def _compared(
    seen: Seen,
    spec: CheckSpec,
    results: Results,
    approved: Approved,
    again: Results | None,
    *,
    graded: bool,
    one_by_one: bool,
) -> Seen:
    """Pair what both sides have. Where a line is the same, so is everything that it says."""
    then, plain = bytearray([NOT_JUDGED]) * len(results), results.masks.translate(_PLAIN)
    regressed, changed = set(), set()
    same: Counter[int] = Counter()
    if not one_by_one:
        for number, match in enumerate(results.matches):
            if match == SAME:
                then[number] = plain[number]
                same[plain[number]] += 1

    def paired() -> Iterator[Pair | None]:
        for number, match in enumerate(results.matches):
            if match == OTHER or (one_by_one and match == SAME):
                case = results[number] if again is None else _with_second(results[number], again[number])
                pair = pair_of(case, approved.get(case.id))
                if pair is not None:
                    if pair.judged:
                        then[number] = PASSED if pair.passed else FAILED
                    if pair.turned == "regressed":
                        regressed.add(number)
                    if pair.changed:
                        changed.add(number)
                yield pair

    now_and_then = {"now": len(results), "then": len(approved)}
    comparison = compare(paired(), approved.version, graded=graded, worst=_worst(spec.scale), **now_and_then)
    comparison = with_same(comparison, same[PASSED], same[FAILED], same[NOT_JUDGED])
    return replace(
        seen,
        comparison=replace(comparison, replayed=approved.replayed),
        then=bytes(then),
        regressed=frozenset(regressed),
        changed=frozenset(changed),
    )


def _groups(spec: CheckSpec) -> Mapping[str, Hashable] | None:
    key = spec.limits.cluster
    return None if key is None else groups_of(spec.cases, key)


def _in_units(
    seen: Seen,
    spec: CheckSpec,
    cases: Iterable[CaseResult],
    approved: Approved,
    *,
    graded: bool,
    repeated: bool,
) -> Seen:
    """The same, where the unit that is judged is more than one run that passes or fails."""
    score_as, scale = spec.limits.score_as, spec.scale
    if graded and score_as is not None:
        raise UsageError(f"score_as={score_as!r} counts runs that pass, and the body gives a score()")
    groups = _groups(spec)
    apart = spec.limits.population == "fixed" and groups is None and score_as is None
    valued = partial(values_of, graded=graded, worst=_worst(scale))
    values: dict[str, tuple[float, ...]] = {}
    runs: dict[str, Runs] = {}
    unscored, shares, run_again = 0, Shares((0, 0), (0, 0)), False
    for case in cases:
        run_again = run_again or bool(case.trials and case.trials[-1].repeat)
        if case.judged:
            values[case.id] = valued(case.trials)
            unscored += graded and _is_unscored(case, scale)
        pair = pair_of(case, approved.get(case.id))
        if pair is None:
            continue
        shares = shares.plus(shares_of(pair)) if repeated else shares
        if pair.judged:
            runs[case.id] = Runs(valued(pair.then), valued(pair.now))
    means = by_group([worth(each, score_as) for each in values.values()], list(values), groups)
    drops = by_group([each.drop(score_as) for each in runs.values()], list(runs), groups)
    rerun = run_again and not graded
    observed = replace(
        seen.observed,
        runs=(int(sum(map(sum, values.values()))), sum(map(len, values.values()))) if rerun else None,
        means=tuple(means) if graded or not apart else None,
        units="cases" if groups is None else f"groups by {spec.limits.cluster}",
        graded=graded,
        scale=scale,
        signed=graded and spec.signed,
        unscored=unscored,
        score_as=score_as,
        pairs=tuple(runs.values()) if apart else None,
        drops=tuple(drops),
        shares=shares if repeated else None,
    )
    return replace(seen, observed=observed, flaky=_flaky(values) if rerun else ())


def _worst(scale: Scale) -> float:
    """The score of a run that fails."""
    return scale.low if scale.bounded else 0.0


def _is_unscored(case: CaseResult, scale: Scale) -> bool:
    """Whether a case has a run that is worth nothing that the scale could tell."""
    if scale == GRADE:
        return False

    def is_worth_nothing(trial: TrialResult) -> bool:
        if trial.outcome is Outcome.FAILED:
            return not scale.bounded
        return trial.outcome is Outcome.PASSED and trial.score is None

    return any(map(is_worth_nothing, case.trials))


def _flaky(values: Mapping[str, Sequence[float]]) -> tuple[Flaky, ...]:
    """The cases some of whose runs pass, those that are most of a coin first."""
    found = [
        Flaky(case, int(sum(runs)), len(runs)) for case, runs in values.items() if 0 < sum(runs) < len(runs)
    ]
    return tuple(sorted(found, key=lambda case: abs(case.passed / case.runs - 0.5)))


def outcomes_now(judgement: Judgement) -> bytes:
    """How each case came out, as far as slices are concerned."""
    results, again = judgement.ran.results, judgement.noise.again
    if again is None:
        return bytes(results.masks.translate(_PLAIN))
    return bytes(map(int.__or__, results.masks, again.masks)).translate(_PLAIN)
