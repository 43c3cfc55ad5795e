"""Stopping a check as soon as its verdict is known.

Each limit is watched by itself. A limit that is exact is decided once the rest cannot change it; one that
noise acts on, once enough speaks for or against it. The rules for noise may be looked at after every case,
which an ordinary test may not: an exact test repeated after each answer fails a good model in 13 to 30 runs
of a hundred where it promises 5.

A check may fail in two ways: while it runs, and once all of its cases are in. Each is given half of
``false_fail_rate``, so that both together keep it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from pytest_modelcheck.checks.compare import differences, pairs
from pytest_modelcheck.checks.observed import Runs, outcome_of, values_of, worth
from pytest_modelcheck.phrases import percent
from pytest_modelcheck.records import GRADE, Finding, Outcome, Status
from pytest_modelcheck.stats.early import Curtailment, watch_drop, watch_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_modelcheck.checks.limits import Allowance, Limits
    from pytest_modelcheck.records import Case, CaseResult, Scale
    from pytest_modelcheck.stats.early import Decision, Monitor, Range


_VERBS = {"max_drop": "lost", "max_regressed": "broke", "max_changed": "changed"}

Knowledge = Literal["exact", "noisy", "unknown"]
"""Whether anything but the requirement decides what is observed, as far as that is known."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of watching, besides the limits.

    Attributes:
        reads_approved: Whether bodies compare with the approved answer themselves.
        compared: The version that is compared with, or ``None``.
        single: Whether a case is a unit of its own, and one run that passes or fails, now and then.
        calibrated: Limits a miss of which may be no more than the model's disagreement with itself. Where
            the model varies they pass early, and fail only at the end, once that was measured.
    """

    limits: Limits
    required: float | None
    reads_approved: bool = False
    compared: str | None = None
    graded: bool = False
    runs: int = 1
    single: bool = True
    calibrated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DecidedLimit:
    """A decision on a limit, and the reason why it is known already."""

    limit: str
    decision: Decision
    why: str


class Refutation:
    """Says when a limit would fail at the end even if all that is left went well.

    It looks ahead at the test that is made once all cases are in, at half of ``false_fail_rate``.
    """

    __slots__ = ("_better", "_left_better", "_lost", "_needed", "_rate", "_runs")

    def __init__(self, ranges: Sequence[Range], fraction: float, rate: float, runs: int, limit: str) -> None:
        from pytest_modelcheck.stats.rates import failing_count

        self._rate, self._runs = rate, runs
        self._lost = self._better = 0
        self._left_better = sum(least < 0 for least, _ in ranges) if limit == "max_drop" else 0
        total = len(ranges) * runs
        self._needed: int | None = None
        if limit != "max_drop":
            self._needed = total - failing_count(total, 1 - fraction, rate)

    def feed(self, loss: float | None, expected: Range) -> None:
        """Take what a case lost, or ``None`` where it does not count."""
        if self._needed is None:
            self._left_better -= expected[0] < 0
        if loss is not None:
            self._lost += round(max(0.0, loss) * self._runs)
            self._better += loss < 0

    @property
    def certain(self) -> bool:
        """True if nothing that is left can prevent the failure."""
        if self._needed is not None:
            return self._lost >= self._needed
        from pytest_modelcheck.stats.paired import mcnemar_exact

        return mcnemar_exact(self._lost, self._better + self._left_better) <= self._rate


class LimitWatch:
    """Watches one limit.

    Args:
        allowance: The losses that it allows: an ``int`` altogether, a ``float`` on average.
        ranges: What each unit that may count can lose.
    """

    def __init__(self, limit: str, allowance: Allowance, ranges: Sequence[Range], terms: Terms) -> None:
        limits = terms.limits
        self.limit, self._terms, self._allowance = limit, terms, allowance
        whole = isinstance(allowance, int)
        self._fraction = allowance / len(ranges) if whole else float(allowance)
        each, altogether = (0.0, float(allowance)) if whole else (float(allowance), 0.0)
        self._curtailment = Curtailment(ranges, each, altogether)
        # One half of the chance is for the looks on the way, the other for the test at the end.
        half = limits.false_fail_rate / 2
        proof = limits.false_pass_rate / 2 if limits.require_proof else limits.false_pass_rate
        self._varying = self._monitor(half, proof)
        self._drawn = None
        if limits.tolerance is not None and limits.population == "fixed":
            self._drawn = self._monitor(limits.false_fail_rate, limits.false_pass_rate, len(ranges))
        self._refutation = self._refuted_by(ranges, half)

    def feed(self, losses: Mapping[str, float], ranges: Mapping[str, Range]) -> None:
        """Take what a unit lost, and what it might have."""
        expected = ranges.get(self.limit)
        if expected is None:
            return
        loss = losses.get(self.limit)
        self._curtailment.feed(loss, expected)
        if self._refutation is not None:
            self._refutation.feed(loss, expected)
        for monitor in (self._varying, self._drawn):
            if monitor is not None and loss is None:
                monitor.leave_out()
            elif monitor is not None and loss is not None:
                monitor.feed([loss if self.limit == "max_drop" else 1 - loss])

    def decided(self, known: Knowledge) -> DecidedLimit | None:
        """Return the decision on the limit, if it is known already.

        Of a model of which nobody knows whether it varies, only a pass: the rule for noise holds for it too.
        """
        if known == "exact":
            return self._exact()
        found = self._noisy()
        return found if found is None or known == "noisy" or found.decision == "passed" else None

    @property
    def suspicious(self) -> bool:
        """True if the limit fails if the model does not vary, or if it does."""
        return any(
            found is not None and found.decision == "failed" for found in (self._exact(), self._noisy())
        )

    def _exact(self) -> DecidedLimit | None:
        certain = self._curtailment.decision
        if certain is not None:
            return DecidedLimit(self.limit, certain, self._certainly(certain))
        return self._by(self._drawn)

    def _noisy(self) -> DecidedLimit | None:
        limits = self._terms.limits
        if self._curtailment.decision == "passed" and not limits.require_proof:
            return DecidedLimit(self.limit, "passed", self._certainly("passed"))
        found = self._by(self._varying)
        if found is None and self._refutation is not None and self._refutation.certain:
            found = DecidedLimit(self.limit, "failed", self._why("failed"))
        if found is not None and found.decision == "failed" and self.limit in self._terms.calibrated:
            return None
        return found

    def _by(self, monitor: Monitor | None) -> DecidedLimit | None:
        if monitor is None or monitor.decision is None:
            return None
        return DecidedLimit(self.limit, monitor.decision, self._why(monitor.decision))

    def _certainly(self, decision: Decision) -> str:
        """Name what no further case can change."""
        missed = decision == "failed"
        if self.limit == "at_least":
            rate = max(0.0, round(1 - self._fraction, 6))
            what = f"mean score {rate:g}" if self._terms.graded else percent(rate)
            return f"{what} is {'out of reach' if missed else 'certain'}"
        if self.limit == "max_drop" and not self._fraction:
            return f"{'' if missed else 'no '}worse than {self._terms.compared} for certain"
        much = str(self._allowance) if isinstance(self._allowance, int) else percent(self._fraction)
        return f"{'more than' if missed else 'at most'} {much} {_VERBS[self.limit]} for certain"

    def _why(self, decision: Decision) -> str:
        limits, missed = self._terms.limits, decision == "failed"
        chance = percent(limits.false_fail_rate if missed else limits.false_pass_rate)
        beyond = self._fraction if missed else self._fraction + (limits.tolerance or 0.0)
        if self.limit == "at_least":
            rate = max(0.0, round(1 - beyond, 6))
            what = f"mean score {{}} {rate:g}" if self._terms.graded else f"rate {{}} {percent(rate)}"
            text = what.format("below" if missed else "above")
        elif self.limit == "max_drop" and missed and not beyond:
            text = f"worse than {self._terms.compared}"
        else:
            much = percent(min(1.0, round(beyond, 6)))
            text = f"{'more than' if missed else 'less than'} {much} {_VERBS[self.limit]}"
        return f"{text}, chance of a false {'failure' if missed else 'pass'} at most {chance}"

    def _monitor(self, fail: float, wrongly_pass: float, total: int | None = None) -> Monitor | None:
        tolerance, fraction = self._terms.limits.tolerance, self._fraction
        if fraction >= 1:
            return None
        if tolerance is not None:
            tolerance = min(tolerance, 1 - fraction)
        if self.limit == "max_drop":
            return watch_drop(fraction, tolerance, fail, wrongly_pass, total=total)
        graded = not self._terms.single
        return watch_mean(1 - fraction, tolerance, fail, wrongly_pass, graded=graded, total=total)

    def _refuted_by(self, ranges: Sequence[Range], rate: float) -> Refutation | None:
        """Return a look ahead at the test at the end, if that is one of counts."""
        terms, limits = self._terms, self._terms.limits
        if self._fraction >= 1 or limits.cluster is not None or limits.score_as is not None:
            return None
        if self.limit == "max_drop":
            exact = terms.single and not self._fraction
            return Refutation(ranges, 0.0, rate, 1, self.limit) if exact else None
        # The approved runs, of which there may be several, are no part of this limit.
        pooled = self.limit == "at_least" and limits.population == "fixed"
        counted = terms.single or (pooled and not terms.graded)
        return Refutation(ranges, self._fraction, rate, terms.runs, self.limit) if counted else None


def why_not_watched(limits: Limits, scale: Scale, levels: object | None) -> str | None:
    """Why a check cannot be stopped early, or ``None`` where it can."""
    if levels is not None:
        return "it is judged over levels, by all of its cases together"
    if scale != GRADE:
        return f"its scores go {scale}, and only those from 0.0 to 1.0 are watched"
    counted = [name for name in ("max_regressed", "max_changed") if getattr(limits, name) is not None]
    if limits.cluster is not None and counted:
        return f"{counted[0]}= counts cases, which depend on each other in the groups of cluster="
    return None


class StoppingRule:
    """Watches all limits of a check: failed as soon as one has failed, passed once all have passed."""

    def __init__(self, terms: Terms, ranges: Sequence[Mapping[str, Range]]) -> None:
        self._judged = False
        self._limits = []
        limits = terms.limits
        allowances: dict[str, Allowance] = {}
        if terms.required is not None:
            allowances["at_least"] = 1 - terms.required
        if terms.reads_approved and not terms.graded:
            allowances["max_changed"] = limits.max_changed or 0
        elif terms.compared is not None and not terms.reads_approved:
            allowances["max_drop"] = limits.max_drop or 0
            given = {"max_regressed": limits.max_regressed, "max_changed": limits.max_changed}
            allowances |= {limit: most for limit, most in given.items() if most is not None}
        for limit, allowance in allowances.items():
            counting = [each[limit] for each in ranges if limit in each]
            if counting:
                self._limits.append(LimitWatch(limit, allowance, counting, terms))

    def feed(self, losses: Mapping[str, float], ranges: Mapping[str, Range]) -> None:
        """Take what a unit lost, in the order in which units were submitted."""
        self._judged = self._judged or bool(losses)
        for limit in self._limits:
            limit.feed(losses, ranges)

    def decided(self, known: Knowledge) -> tuple[DecidedLimit, ...]:
        """Every limit that is decided, if that decides the check; else nothing."""
        found = [decided for limit in self._limits if (decided := limit.decided(known)) is not None]
        failed = tuple(each for each in found if each.decision == "failed")
        if failed:
            return failed
        return tuple(found) if self._judged and found and len(found) == len(self._limits) else ()

    @property
    def suspicious(self) -> bool:
        """True if it must be known if the model varies: only then is it known whether the check fails."""
        return any(limit.suspicious for limit in self._limits)


def at_the_end(limits: Limits) -> Limits:
    """The limits once all cases are in: at the share of the error rates that was not used on the way."""
    halved = replace(limits, false_fail_rate=limits.false_fail_rate / 2)
    return replace(halved, false_pass_rate=limits.false_pass_rate / 2) if limits.require_proof else halved


def findings_of(decided: Sequence[DecidedLimit], after: str) -> list[Finding]:
    """Return the findings of limits that were decided early; ``after`` how early, in words."""
    return [
        Finding(
            each.limit,
            Status.PASSED if each.decision == "passed" else Status.FAILED,
            f"{after}: {each.decision} ({each.why})",
            against_baseline=each.limit != "at_least",
        )
        for each in decided
    ]


# -- what each case contributes --------------------------------------------------------------------------

_WHOLE: Range = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class LossScale:
    """The loss of each case, or group of cases: what it may be before it is run, and what it is after.

    A loss is 1 for a wrong answer and 0 for a right one, or 1 minus a score. Against the approved version it
    is what a case was worth then minus what it is worth now; for ``max_regressed`` and ``max_changed``, the
    share of its runs that regressed or changed.

    Attributes:
        approved: The approved behaviour of the cases that can be compared, by id.
        score_as: What a case with several runs is worth, where that is not the share that passes.
        reads_approved: Whether bodies compare with the approved answer themselves.
    """

    approved: Mapping[str, CaseResult]
    graded: bool = False
    score_as: str | None = None
    reads_approved: bool = False

    def ranges(self, unit: Sequence[Case]) -> dict[str, Range]:
        """Return a unit's least and greatest loss by limit; without those that it does not count for.

        >>> from pytest_modelcheck.records import Case
        >>> LossScale({}).ranges([Case("Where is my parcel?", id="t-1")])
        {'at_least': (0.0, 1.0)}
        """
        judged = [case for case in unit if case.known_failure is None]
        known = [self.approved[case.id] for case in judged if case.id in self.approved]
        found = {"at_least": _WHOLE} if judged else {}
        if self.reads_approved:
            return {**found, "max_changed": _WHOLE} if known else {}
        if known:
            found["max_changed"] = _WHOLE
        before = [record for record in known if record.judged]
        if before:
            worths = [self._worth(record) for record in before]
            found["max_drop"] = (min(worths) - 1, max(worths))
            passed = any(record.outcome is Outcome.PASSED for record in before)
            found["max_regressed"] = (0.0, float(passed))
        return found

    def losses(self, unit: Sequence[CaseResult]) -> dict[str, float]:
        """Return the loss of a unit by limit; without those that it does not count for."""
        lost: dict[str, list[float]] = {}
        for record in unit:
            for limit, loss in self._losses(record):
                lost.setdefault(limit, []).append(loss)
        return {limit: fmean(each) for limit, each in lost.items()}

    def _losses(self, record: CaseResult) -> Iterator[tuple[str, float]]:
        if record.judged:
            loss = 1 - self._worth(record)
            yield "at_least", loss
            if self.reads_approved:
                yield "max_changed", loss
        if self.reads_approved:
            return
        for pair in pairs([record], self.approved):
            changed = list(differences(pair))
            yield "max_changed", fmean(changed)
            if pair.judged:
                approved = values_of(pair.approved, graded=self.graded)
                current = values_of(pair.current, graded=self.graded)
                yield "max_drop", Runs(approved, current).drop(self.score_as)
                failed = 1 - sum(values_of(pair.current, graded=False)) / len(current)
                yield "max_regressed", failed if outcome_of(pair.approved) is Outcome.PASSED else 0.0

    def _worth(self, record: CaseResult) -> float:
        return worth(values_of(record.trials, graded=self.graded), self.score_as)
