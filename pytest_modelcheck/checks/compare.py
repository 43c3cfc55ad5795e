"""Pairs the results of cases with their approved results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.diff import differ, why_unseen
from pytest_modelcheck.checks.observed import Shares, outcome_of, score_of, share_of_runs, values_of
from pytest_modelcheck.records import JUDGED, Comparison, Outcome, fails_in_every_run, shared_trials

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_modelcheck.records import CaseResult, Change, TrialResult


@dataclass(frozen=True, slots=True)
class Pair:
    """One case on both sides, reduced to the perturbed inputs that both sides have.

    Attributes:
        passes: Whether it passes now; ``None`` if it neither passed nor failed.
        passed: The same for the approved trials.
    """

    id: str
    current: Sequence[TrialResult]
    approved: Sequence[TrialResult]
    passes: bool | None
    passed: bool | None

    @property
    def judged(self) -> bool:
        """True if both sides passed or failed."""
        return self.passes is not None and self.passed is not None

    @property
    def turned(self) -> Change | None:
        """Return the change from pass to fail or back, if there was one.

        A case that passed in some approved runs has not been fixed if it passes now: it may only vary.
        """
        if not self.judged or self.passes is self.passed:
            return None
        if not self.passes:
            return "regressed"
        return "fixed" if fails_in_every_run(self.approved) else None

    @property
    def changed(self) -> bool:
        """True if any answer differs; a side without an answer differs from none."""
        return any(differ(current, approved) for current, approved in self.matched())

    @property
    def unseen(self) -> str | None:
        """Why some of its answers cannot be compared, with a remedy; ``None`` if all can be."""
        if (why := why_unseen(*(current for current, _ in self.matched()))) is not None:
            return why
        return (
            None if why_unseen(*(approved for _, approved in self.matched())) is None else APPROVED_UNSTORED
        )

    def matched(self) -> Iterable[tuple[TrialResult, TrialResult]]:
        """Each current trial with its approved one: the same run of it, else the first."""
        if len(self.current) == 1 == len(self.approved):
            return ((self.current[0], self.approved[0]),)
        # In reverse, so that of equal ones the first counts.
        approved = {trial.key: trial for trial in reversed(self.approved)}
        first = {trial.key[:2]: trial for trial in reversed(self.approved)}
        # A version approved on one run has no second run to compare a second run with.
        return [(trial, approved.get(trial.key) or first[trial.key[:2]]) for trial in self.current]


APPROVED_UNSTORED: Final = "the approved answer was not stored. Approve the check again"
"""Why answers cannot be compared of which today's could be stored."""


def pair_of(current: CaseResult, approved: CaseResult | None) -> Pair | None:
    """Pair a case with its approved result: the trials with the same inputs, however often each was run.

    If no perturbation applies to a case on either side, both have no trials.
    """
    if approved is None or not current.is_same_as(approved):
        return None
    one, two = shared_trials(current.trials, approved.trials)
    # Other perturbations than approved: no input is shared. A case without trials on both sides is the same.
    if not one and (current.trials or approved.trials):
        return None
    return Pair(current.id, one, two, _passes(one), _passes(two))


def _passes(trials: Sequence[TrialResult]) -> bool | None:
    outcome = outcome_of(trials)
    return outcome is Outcome.PASSED if outcome in JUDGED else None


def pairs(current: Iterable[CaseResult], approved: Mapping[str, CaseResult]) -> Iterable[Pair]:
    """Pair the cases that both sides have."""
    for case in current:
        pair = pair_of(case, approved.get(case.id))
        if pair is not None:
            yield pair


def compare(
    paired: Iterable[Pair | None],
    version: str,
    *,
    current: int,
    approved: int,
    graded: bool = False,
    worst: float = 0.0,
) -> Comparison:
    """Find the cases that regressed, were fixed or changed since ``version`` was approved."""
    shared = unseen = 0
    why_not: str | None = None
    regressed: list[str] = []
    fixed: list[str] = []
    changed, before, after = [], [], []
    for pair in paired:
        if pair is None:
            continue
        shared += 1
        if pair.changed:
            changed.append(pair.id)
        if (why := pair.unseen) is not None:
            unseen, why_not = unseen + 1, why_not or why
        if pair.judged:
            before.append(score_of(pair.approved, worst) if graded else share_of_runs(pair.approved))
            after.append(score_of(pair.current, worst) if graded else share_of_runs(pair.current))
        if pair.turned is not None:
            (fixed if pair.passes else regressed).append(pair.id)
    p_value = None
    if regressed or fixed:
        from pytest_modelcheck.stats.paired import mcnemar_exact

        p_value = mcnemar_exact(len(regressed), len(fixed))
    return Comparison(
        version=version,
        shared=shared,
        added=current - shared,
        removed=approved - shared,
        judged=len(before),
        approved_rate=_mean(before),
        rate=_mean(after),
        regressed=tuple(regressed),
        fixed=tuple(fixed),
        changed=tuple(changed),
        p_value=p_value,
        unseen=unseen,
        why_unseen=why_not,
    )


def with_same(differing: Comparison, passed: int, failed: int, others: int) -> Comparison:
    """Extend a comparison of the differing cases to all cases, of which so many are equal on both sides."""
    same_ones = passed + failed + others
    judged = differing.judged + passed + failed
    before, after = (
        # Rounded, since the rate is a quotient: the sum must come out as a whole number of cases again.
        None if not judged else (passed + round((rate or 0.0) * differing.judged, 6)) / judged
        for rate in (differing.approved_rate, differing.rate)
    )
    return replace(
        differing,
        shared=differing.shared + same_ones,
        added=differing.added - same_ones,
        removed=differing.removed - same_ones,
        judged=judged,
        approved_rate=before,
        rate=after,
    )


def changes_alone(comparison: Comparison) -> Comparison:
    """Compare answers without pass rates, which a drift check does not have."""
    return replace(comparison, approved_rate=None, rate=None, regressed=(), fixed=(), p_value=None)


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def shares_of(pair: Pair) -> Shares:
    """Count the single runs of a case that regressed or changed."""
    regressed = compared = 0
    if pair.judged:
        values = values_of(pair.current, graded=False)
        compared = len(values)
        regressed = compared - int(sum(values)) if pair.passed else 0
    differ = list(differences(pair))
    return Shares((regressed, compared), (sum(differ), len(differ)))


def differences(pair: Pair) -> Iterable[bool]:
    """For each run of a case, whether any of its answers differs from the approved one."""
    runs: dict[int, bool] = {}
    for current, approved in pair.matched():
        runs[current.repeat] = runs.get(current.repeat, False) or differ(current, approved)
    return runs.values()
