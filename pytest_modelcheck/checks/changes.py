"""Limits on changes beyond noise: of answers, of regressed cases, and of answers to perturbed inputs.

The noise is that of the approved version; under perturbations, the model's disagreement with itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, product
from statistics import fmean
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.evidence import CHANGED_MODEL, CaseRuns, Evidence, units_of, whole
from pytest_modelcheck.checks.findings import readily
from pytest_modelcheck.checks.limits import ROUNDING, exceeds, fraction_of
from pytest_modelcheck.checks.noise import FEWEST_MEANS, ExcessNoise, student
from pytest_modelcheck.checks.protocol import (
    ALL,
    DOUBTFUL,
    FIRST,
    FRESH,
    Look,
    Reason,
    Rules,
    Tests,
    broken_for_good,
    looked,
    placed,
    unless_broken,
)
from pytest_modelcheck.phrases import percent
from pytest_modelcheck.records import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from pytest_modelcheck.checks.findings import Rule
    from pytest_modelcheck.checks.limits import Allowance
    from pytest_modelcheck.records import Finding
    from pytest_modelcheck.stats.noise import Excess, Rise

    Means = Callable[[Sequence[float]], Sequence[float]]
    """Gives one value for each group of cases that depend on each other, of one for each case."""


@dataclass(frozen=True, slots=True)
class CaseAnswers:
    """The answers of one case, as numbers: equal numbers mean equal answers.

    Attributes:
        approved: The answer of each approved run, at least one.
        sets: The answers of each current set: the first, then the fresh ones.
        unit: A key that is equal for cases that share their answers, or whose group varies together.
    """

    approved: tuple[int, ...]
    sets: tuple[tuple[int, ...], ...]
    unit: Hashable | None = None

    def in_sets(self, sets: slice) -> tuple[int, ...]:
        """The current answers of some sets."""
        return tuple(answer for answers in self.sets[sets] for answer in answers)

    @property
    def varies(self) -> bool:
        """True if two approved answers, or two current ones, differ."""
        return len(set(self.approved)) > 1 or len(set(self.in_sets(ALL))) > 1

    def excess(self, sets: slice) -> float:
        """Return how much more often current answers differ from approved ones than those from each other."""
        return _share_of_differing(product(self.approved, self.in_sets(sets))) - _share_of_differing(
            combinations(self.approved, 2)
        )


@dataclass(frozen=True, slots=True)
class AnswerEvidence:
    """The answers of all cases that were approved and run.

    Attributes:
        numbers: For each case its number in the check.
        deterministic: The declaration of the models, as for :class:`Evidence`.
        repeated: Whether 20 answers were seen to repeat identically when the approved version was run.
        copies: Whether a model declared to vary gave only equal answers, as for :class:`Evidence`.
    """

    cases: Sequence[CaseAnswers]
    deterministic: bool | None = None
    repeated: bool = False
    copies: bool = False
    numbers: tuple[int, ...] = ()

    @property
    def fresh(self) -> bool:
        """True if fresh sets have been run."""
        return any(len(case.sets) > 1 for case in self.cases)

    @property
    def approved_runs(self) -> int:
        """The least number of approved runs of a case."""
        return min(len(case.approved) for case in self.cases)

    @property
    def may_be_steady(self) -> bool:
        """True if answers that never differed may be taken for noise-free."""
        if self.deterministic is not None:
            return self.deterministic
        return not any(case.varies for case in self.cases) and (self.repeated or self.approved_runs > 1)

    def contradiction(self) -> float:
        """The chance that the first set and the fresh ones differ so much if they come from one model.

        They are compared by how far they are from the approved answers.
        """
        cases = []
        for case in self.cases:
            away = (
                tuple([float(sum(one != other for other in case.approved)) for one in each])
                for each in case.sets
            )
            cases.append(CaseRuns((), tuple(away), unit=case.unit))
        return Evidence(cases).contradiction()


def look_at_changes(
    answers: AnswerEvidence,
    allowance: Allowance,
    rules: Rules,
    *,
    sampled: bool = False,
    means: Means = tuple,
) -> Look:
    """Compare the number of changed answers with the allowance.

    The noise of the approved version is subtracted, never that of the current one: more noise is itself a
    change.

    >>> same = [CaseAnswers((0, 0, 0), ((0,),)) for _ in range(98)]
    >>> moved = [CaseAnswers((0, 0, 0), ((1,),)) for _ in range(2)]
    >>> look_at_changes(AnswerEvidence([*same, *moved]), 2, Rules()).reason
    <Reason.MET: 'met'>
    """
    cases = answers.cases
    if not cases:
        return Look(Status.PASSED, Reason.MET)

    def excess(sets: slice) -> list[float]:
        return [case.excess(sets) for case in cases]

    def p_value(sets: slice) -> float:
        from pytest_modelcheck.stats.noise import disagreements, noise_calibrated_excess

        tables = [disagreements((*case.approved, *case.in_sets(sets))) for case in cases]
        runs = answers.approved_runs
        if runs == 1:
            return 1.0  # there is no noise to compare with: only answers that never vary can fail
        together = [case.unit for case in cases]
        return noise_calibrated_excess(tables, runs, rules.false_fail_rate, units=together).p_value

    own = sum(_share_of_differing(combinations(case.approved, 2)) for case in cases) / len(cases)
    margin = fraction_of(allowance, len(cases))
    tests = _tests(excess, p_value, len(cases), allowance, rules, means)
    look = _look_at_answers(answers, answers.approved_runs, own, margin, rules, tests)
    return _unless_chosen(look, means(excess(ALL)), margin, rules) if sampled else look


def look_at_compared(
    evidence: Evidence, allowance: Allowance, rules: Rules, *, sampled: bool = False, means: Means = tuple
) -> Look:
    """Compare the number of bodies that found another answer than the approved one with the allowance.

    All runs are compared with the first approved answer, which is equal to itself. If nothing changed,
    current runs and later approved ones differ from it equally often, so these are exchangeable.
    """
    cases = evidence.cases
    if not cases:
        return Look(Status.PASSED, Reason.MET)
    fewest = min(len(case.approved) for case in cases)
    noise = [1 - fmean(case.approved[1:]) if case.approved[1:] else 0.0 for case in cases]

    def excess(sets: slice) -> list[float]:
        return [1 - fmean(case.in_sets(sets)) - own for case, own in zip(cases, noise, strict=True)]

    def p_value(sets: slice) -> float:
        if fewest == 1:
            return 1.0  # there is no noise to compare with: only answers that never vary can fail
        from pytest_modelcheck.stats.exchange import exchange_p_value

        units = [unit for unit in units_of(cases, sets) if unit.approved[1:]]
        approved, current = [unit.approved[1:] for unit in units], [unit.current for unit in units]
        return exchange_p_value(whole(approved), whole(current))

    margin = fraction_of(allowance, len(cases))
    tests = _tests(excess, p_value, len(cases), allowance, rules, means)
    look = _look_at_answers(evidence, fewest, fmean(noise), margin, rules, tests)
    return _unless_chosen(look, means(excess(ALL)), margin, rules) if sampled else look


def _look_at_answers(
    answers: AnswerEvidence | Evidence,
    approved_runs: int,
    own: float,
    margin: float,
    rules: Rules,
    tests: Tests,
) -> Look:
    """Look at answers, if the approved runs show how many change by chance: ``own`` is that share."""
    # The noise is so large that a model that changes every answer would pass. (If the limit itself allows
    # that, nothing is hidden.)
    if 1 - own <= margin + ROUNDING < 1:
        return Look(Status.INCONCLUSIVE, Reason.NOTHING_SEEN)
    if approved_runs == 1 and not answers.may_be_steady and tests.missed(ALL):
        return Look(Status.FAILED, Reason.NO_NOISE_KNOWN)
    return looked(answers, rules, tests)


def look_at_regressed(
    evidence: Evidence, allowance: Allowance, rules: Rules, *, sampled: bool = False, means: Means = tuple
) -> Look:
    """Compare the number of cases that broke with the allowance, however many were fixed.

    Fails if the regressions exceed the allowance and noise does not explain that, or if more cases than
    allowed are broken for good.

    >>> from pytest_modelcheck.checks.evidence import CaseRuns
    >>> broken = [CaseRuns((1.0, 1.0, 1.0), ((0.0,),)) for _ in range(3)]
    >>> steady = [CaseRuns((1.0, 1.0, 1.0), ((1.0,),)) for _ in range(97)]
    >>> look_at_regressed(Evidence([*broken, *steady]), 3, Rules()).reason
    <Reason.MET: 'met'>
    >>> look_at_regressed(Evidence([*broken, *steady]), 2, Rules()).needs
    FreshSets(sets=2)
    """
    shared = evidence.shared
    cases = shared.cases
    if not cases:
        return Look(Status.PASSED, Reason.MET)
    # One approved run does not show how often the approved version fails by chance.
    subtract = all(len(case.approved) > 1 for case in cases)

    def excess(sets: slice) -> list[float]:
        found = []
        for case in cases:
            approved, runs = fmean(case.approved), len(case.approved)
            # How often one run fails and another passes by chance: the unbiased estimate of p(1 - p).
            own = approved * (1 - approved) * runs / (runs - 1) if subtract else 0.0
            found.append(approved * (1 - fmean(case.in_sets(sets))) - own)
        return found

    def p_value(sets: slice) -> float:
        units = units_of(cases, sets)
        # The sharper test exchanges single runs, which cases with shared answers do not have.
        if subtract and all(unit.size == 1 for unit in units):
            from pytest_modelcheck.stats.noise import regression_excess

            approved = [[run > 0 for run in case.approved] for case in cases]
            current = [[run > 0 for run in case.in_sets(sets)] for case in cases]
            return regression_excess(approved, current, rules.false_fail_rate).p_value
        from pytest_modelcheck.stats.exchange import exchange_p_value

        return exchange_p_value(
            whole([unit.approved for unit in units]), whole([unit.current for unit in units])
        )

    tests = replace(
        _tests(excess, p_value, len(cases), allowance, rules, means),
        suspects=shared.broke,
        may_be_luck=lambda: shared.fixed_on_one_run,
    )
    look = looked(shared, rules, tests)
    decided = look.needs is not None or look.status is Status.FAILED or shared.deterministic
    probes, broken = (None, ()) if decided else broken_for_good(shared)
    # Cases that never pass again are no noise, however weak the test over all cases is.
    if not decided and exceeds(len(broken), len(cases), allowance):
        look = Look(Status.FAILED, Reason.BROKEN, look.p_value, probes, broken)
    if sampled:
        look = _unless_chosen(look, means(excess(ALL)), fraction_of(allowance, len(cases)), rules)
    return placed(look, evidence)


def _unless_chosen(look: Look, excess: Sequence[float], margin: float, rules: Rules) -> Look:
    """Excuse a sample if the choice of its cases explains the miss: other cases might meet the limit."""
    decided = look.needs is None and look.status is Status.FAILED and look.reason is not Reason.NO_NOISE_KNOWN
    if not decided or not margin:  # if no change is allowed, one is too many, whatever the other cases
        return look
    chance = student([-each for each in excess], -margin)
    if chance <= rules.false_fail_rate:
        return look
    if chance > DOUBTFUL:
        return Look(Status.PASSED, Reason.CHOSEN, chance)
    return Look(Status.INCONCLUSIVE, Reason.CHOSEN, chance)


def _tests(
    excess: Callable[[slice], Sequence[float]],
    p_value: Callable[[slice], float],
    cases: int,
    allowance: Allowance,
    rules: Rules,
    means: Means,
) -> Tests:
    """The tests of a limit on changes beyond noise: ``excess`` gives each case's value in some sets."""

    def missed(sets: slice) -> bool:
        return exceeds(sum(excess(sets)) - ROUNDING, cases, allowance)

    def allows_fail() -> bool:
        margin = fraction_of(allowance, cases)
        if not margin:
            return True  # the p-value has said so
        from pytest_modelcheck.stats.noise import excess_bound

        return excess_bound(means(excess(ALL)), 1 - rules.false_fail_rate) > margin

    # With only a few groups, noise explains nearly any miss, so explaining it is no reason to pass.
    few = len(means([0.0] * cases)) < min(cases, FEWEST_MEANS)
    return Tests(missed, p_value, allows_fail, readily=lambda _: 0.0 if few else 1.0)


def _share_of_differing(pairs: Iterable[tuple[int, int]]) -> float:
    found = [one != other for one, other in pairs]
    return fmean(found) if found else 0.0


# -- under perturbations ---------------------------------------------------------------------------------


def look_at_rise(paired: Evidence, rise: Rise, allowance: Allowance, rules: Rules) -> Look:
    """Compare the excess of an invariance check with the approved excess.

    A version that only became noisier changes more answers under any perturbation, but is as invariant as
    before: a comparison of flips alone failed it in 85% of runs.
    """
    from pytest_modelcheck.stats.noise import excess_bound, rise_p_value

    each, rate = rise.each, rules.false_fail_rate
    margin = min(1.0, fraction_of(allowance, len(each)))
    look = Look(Status.PASSED, Reason.MET)
    if fmean(each) > margin + ROUNDING:
        chance = rise_p_value([0.0] * len(each), each, rate)
        look = Look(Status.INCONCLUSIVE, Reason.WEAK, chance)
        if chance > DOUBTFUL:
            look = Look(Status.PASSED, Reason.NOISE, chance)
        elif chance <= rate and (not margin or excess_bound(each, 1 - rate) > margin):
            look = Look(Status.FAILED, Reason.CONFIRMED, chance)
    return placed(unless_broken(paired.shared, look, allowance), paired)


@dataclass(frozen=True, slots=True)
class Disagreements:
    """The effect of a perturbation on answers, beyond the disagreement of the model with itself.

    Attributes:
        each: The excess in each set of answers: the first, and the fresh one if there is one.
        pooled: The excess in all of them.
    """

    each: tuple[Excess, ...]
    pooled: Excess
    deterministic: bool | None = None
    copies: bool = False
    may_be_steady: bool = False

    @property
    def fresh(self) -> bool:
        """True if there is a fresh set."""
        return len(self.each) > 1

    def of(self, sets: slice) -> Excess:
        """The excess in some sets."""
        found = self.each[sets]
        return found[0] if len(found) == 1 else self.pooled

    def contradiction(self) -> float:
        """The chance that the first set and the fresh ones differ so much if they come from one model."""
        first, fresh = self.of(FIRST).each, self.of(FRESH).each
        if len(first) != len(fresh):
            return 1.0  # a case broke in one of them
        from pytest_modelcheck.stats.permutation import sign_flip_test

        moved = [one - other for one, other in zip(first, fresh, strict=True)]
        sides = (moved, [-each for each in moved])
        return min(1.0, 2 * min(sign_flip_test(side, CHANGED_MODEL).p_value for side in sides))


def look_at_variants(found: Disagreements, units: str, required: float, rules: Rules) -> Look:
    """Compare the changes that a perturbation adds to the model's own noise with the allowance."""
    rate = rules.false_fail_rate

    def noise(sets: slice) -> ExcessNoise:
        return ExcessNoise(found.of(sets), units, round(1 - required, 12))

    tests = Tests(
        lambda sets: not noise(sets).met,
        lambda sets: noise(sets).p_value(rate),
        readily=lambda sets: readily(noise(sets), rate),
    )
    return looked(found, rules, tests)


def of_variants(excess: Excess, units: str, required: float, rule: Rule) -> Finding:
    """Report the changes that a perturbation adds to the model's own noise."""
    noise = ExcessNoise(excess, units, round(1 - required, 12))
    allowed = f"allowed {percent(noise.allowance)}" if noise.allowance else "none allowed"
    summary = (
        f"answers changed in {excess.cross:.0%} of variants, but the model disagrees with itself on "
        f"{excess.own:.0%} of identical inputs; excess {noise.mean:.0%} (at least "
        f"{noise.low(rule.limits.false_fail_rate):.0%}), {allowed}"
    )
    return rule.finding("at_least", summary, noise.met, noise)
