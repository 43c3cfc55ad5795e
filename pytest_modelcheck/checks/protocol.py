"""The protocol from a missed limit to a verdict: look, run again, decide.

For each limit, a pure function looks at the runs so far. It returns a :class:`Look`: a status with its
reason, or a request for more runs. The session makes these runs, adds them to the evidence and looks again,
until no look requests anything. Looks keep no state, so replayed answers give the same verdict.

``docs/explanation/deciding.md`` explains the rules, with simulated error rates:

1. a first look at one set; a miss that noise readily explains passes;
2. otherwise two fresh sets of every case, which must miss the limit by themselves and must not contradict the
   first set; all runs together decide;
3. if no outcome of any case differed between runs, every miss fails, once the fresh sets and five more runs
   of each case that broke have given the same outcomes (unless the only approved run may have been lucky);
4. a case that always passed, and fails now and in twelve more runs (more if the approval has fewer than three
   runs, or the check is large), is broken for good, and the check does not pass without a warning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import fmean
from typing import TYPE_CHECKING, Final, Protocol

from pytest_modelcheck.checks.evidence import (
    CHANGED_MODEL,
    Evidence,
    Unit,
    current_mean,
    mean_drop,
    units_of,
    whole,
)
from pytest_modelcheck.checks.limits import ROUNDING, exceeds, fraction_of
from pytest_modelcheck.records import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_modelcheck.checks.limits import Allowance

FRESH_SETS: Final = 2
"""Number of further sets of runs if the first set is suspicious."""

SUSPICIOUS: Final = 0.10
"""A first look with a p-value above this passes."""

DOUBTFUL: Final = 0.05
"""A final p-value above this passes."""

SECOND_GATE: Final = 5
"""Level of the second test, as a multiple of the false-fail rate. The test lets cases become noisier."""

STEADY_PROBES: Final = 5
"""How often a broken case must fail again before outcomes that never differed count as noise-free."""

FIRST, FRESH, ALL = slice(1), slice(1, None), slice(None)
"""Selections of the sets of runs: the first one, the later ones, all."""


class Reason(StrEnum):
    """The reason for the status of a look."""

    MET = "met"
    EXACT = "exact"  # there is no noise, so every miss counts
    NOISE = "noise"  # noise readily explains the miss
    CONFIRMED = "confirmed"  # noise is excluded by all runs, and the fresh ones miss the limit too
    WEAK = "weak"  # the evidence points against the model, but is too weak
    NOT_CONFIRMED = "not confirmed"  # more runs are needed, but not possible or not allowed
    CHOSEN = "chosen"  # the choice of a sample's cases explains the miss, or could
    ONE_RUN = "one run"  # cases broke and others were fixed, and the only approved run may have been lucky
    NO_NOISE_KNOWN = "no noise known"  # the check varies, and one approved run does not show how much
    NOT_THE_SAME = "not the same"  # the model changed during this run
    BROKEN = "broken"  # cases are broken for good
    NOTHING_SEEN = "nothing seen"  # answers differ from call to call anyway, so a change would not show


@dataclass(frozen=True, slots=True)
class FreshSets:
    """A request for more sets of runs of every case."""

    sets: int = FRESH_SETS


@dataclass(frozen=True, slots=True)
class Probes:
    """A request for more runs of some cases: each until it passes or has been probed ``upto`` times.

    Attributes:
        cases: Indexes into the cases of the evidence that was looked at.
        upto: How many probes a case may have in all.
    """

    cases: tuple[int, ...]
    upto: int


@dataclass(frozen=True, slots=True)
class Look:
    """The state of one limit after the runs so far.

    Attributes:
        status: Passed, failed or inconclusive; meaningless while more runs are needed.
        reason: The reason for the status.
        p_value: The chance of so large a miss by noise alone, if it was computed.
        needs: The runs that are needed to decide the limit, or ``None``.
        broken: Indexes of the cases that are broken for good.
    """

    status: Status
    reason: Reason
    p_value: float | None = None
    needs: FreshSets | Probes | None = None
    broken: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """The options of the marker that control how evidence is judged.

    Attributes:
        false_fail_rate: The chance with which an unchanged model may fail.
        confirm: Whether more runs may be made.
        changed_model: The p-value up to which the first set and the fresh ones are of different models.
    """

    false_fail_rate: float = 0.01
    confirm: bool = True
    changed_model: float = CHANGED_MODEL


def look_at_drop(evidence: Evidence, allowance: Allowance, rules: Rules) -> Look:
    """Compare the drop from the approved to the current runs with the allowance.

    >>> from pytest_modelcheck.checks.evidence import CaseRuns
    >>> steady = [CaseRuns((1.0, 1.0, 1.0), ((1.0,),)) for _ in range(9)]
    >>> look_at_drop(Evidence(steady), 0, Rules()).status
    <Status.PASSED: 'passed'>
    >>> one_broke = [*steady, CaseRuns((1.0, 1.0, 1.0), ((0.0,),))]
    >>> look_at_drop(Evidence(one_broke), 0, Rules()).needs
    FreshSets(sets=2)
    """
    shared = evidence.shared
    if not shared.cases:
        return Look(Status.PASSED, Reason.MET)
    margin = fraction_of(allowance, len(shared.cases))

    def missed(sets: slice) -> bool:
        drop = mean_drop(units_of(shared.cases, sets))
        return exceeds(drop * len(shared.cases) - ROUNDING, len(shared.cases), allowance)

    def p_value(sets: slice) -> float:
        return drop_p_value(units_of(shared.cases, sets), margin, shared, rules.false_fail_rate)

    def allows_fail() -> bool:
        return bool(margin) or gate(shared, rules.false_fail_rate)

    tests = Tests(missed, p_value, allows_fail, shared.broke, lambda: shared.fixed_on_one_run)
    look = looked(shared, rules, tests)
    return placed(unless_broken(shared, look, allowance), evidence)


def look_at_rate(evidence: Evidence, at_least: float, rules: Rules) -> Look:
    """Compare the pass rate, or the mean score in [0, 1], with the required rate.

    >>> from pytest_modelcheck.checks.evidence import CaseRuns
    >>> cases = [CaseRuns((), ((float(number > 0),),)) for number in range(10)]
    >>> look_at_rate(Evidence(cases), 0.9, Rules()).reason, look_at_rate(Evidence(cases), 0.95, Rules()).needs
    (<Reason.MET: 'met'>, FreshSets(sets=2))
    """

    def missed(sets: slice) -> bool:
        return current_mean(units_of(evidence.cases, sets)) < at_least - ROUNDING

    def p_value(sets: slice) -> float:
        """By Clopper and Pearson on pooled runs; for means by Gaffke's bound."""
        units = units_of(evidence.cases, sets)
        if evidence.graded or any(unit.size > 1 for unit in units):
            from pytest_modelcheck.stats.means import mean_p_value

            largest = max(unit.size for unit in units)
            lost = [unit.size - fmean(unit.current) for unit in units]
            allowed = (1 - at_least) * fmean(unit.size for unit in units)
            return mean_p_value([1 - loss / largest for loss in lost], 1 - allowed / largest)
        from pytest_modelcheck.stats.rates import lower_tail

        runs = [run for unit in units for run in unit.current]
        return lower_tail(round(sum(runs)), len(runs), at_least)

    if at_least >= 1 and missed(ALL):
        return Look(Status.FAILED, Reason.EXACT)  # one wrong answer refutes it, however often the case is run
    return looked(evidence, rules, Tests(missed, p_value, suspects=evidence.failing))


def without_more_runs(look: Look) -> Look:
    """Return the final look if the runs it needs are not possible: offline, no budget, or turned off."""
    if look.needs is None:
        return look
    return Look(Status.INCONCLUSIVE, Reason.NOT_CONFIRMED, look.p_value, broken=look.broken)


# -- the steps that all limits share -------------------------------------------------------------


class Known(Protocol):
    """Facts about the evidence that the steps need."""

    @property
    def deterministic(self) -> bool | None:
        """The model's declaration: ``deterministic=``."""

    @property
    def fresh(self) -> bool:
        """True if fresh sets have been run."""

    @property
    def may_be_steady(self) -> bool:
        """True if outcomes that never differed may count as free of noise."""

    @property
    def copies(self) -> bool:
        """True if further runs would only repeat the first."""

    def contradiction(self) -> float:
        """The chance that the first set and the fresh ones differ so much if the model did not change."""


@dataclass(frozen=True, slots=True)
class Tests:
    """The functions by which one limit judges runs.

    Attributes:
        missed: Whether the runs of some sets miss the limit.
        p_value: The chance of so large a miss in these sets by noise alone.
        allows_fail: Whether the second test, if there is one, agrees that noise does not explain the miss.
        suspects: Indexes of the cases that cause the miss and were probed fewer times than the argument.
        may_be_luck: Whether the only approved run may have been a lucky one of a version that varies.
        readily: The p-value by which a miss passes, if a sharper test than that of ``p_value`` decides this;
            0 if no result of so few cases could fail.
    """

    missed: Callable[[slice], bool]
    p_value: Callable[[slice], float]
    allows_fail: Callable[[], bool] = lambda: True
    suspects: Callable[[int], tuple[int, ...]] = lambda _: ()
    may_be_luck: Callable[[], bool] = lambda: False
    readily: Callable[[slice], float] = lambda _: 1.0


def looked(evidence: Known, rules: Rules, tests: Tests) -> Look:
    """Take the first look, or the final one if the evidence has fresh sets."""
    if evidence.deterministic:
        return Look(Status.FAILED if tests.missed(ALL) else Status.PASSED, Reason.EXACT)
    # Further runs would repeat the first (a cache, a seed): they are no evidence, so the first set decides.
    if evidence.copies:
        if not tests.missed(FIRST):
            return Look(Status.PASSED, Reason.MET)
        return _decided(tests.p_value(FIRST), FIRST, FIRST, rules, tests)
    if not evidence.fresh:
        if not tests.missed(FIRST):
            return Look(Status.PASSED, Reason.MET)
        chance = tests.p_value(FIRST)
        # Where no outcome ever differed, even a likely miss may be exact: two more sets tell.
        if chance > SUSPICIOUS and not evidence.may_be_steady:
            return _decided(chance, FIRST, FIRST, rules, tests)
        if not rules.confirm:
            return Look(Status.INCONCLUSIVE, Reason.NOT_CONFIRMED, chance)
        return Look(Status.INCONCLUSIVE, Reason.NOT_CONFIRMED, chance, FreshSets())
    return _last_look(evidence, rules, tests)


def _last_look(evidence: Known, rules: Rules, tests: Tests) -> Look:
    """Look at all runs, once there are fresh sets."""
    missed = tests.missed(ALL)
    if not missed and not tests.missed(FIRST):
        return Look(Status.PASSED, Reason.MET)
    # Runs of different models must not be pooled: their mean is the rate of neither.
    if evidence.contradiction() <= rules.changed_model:
        return Look(Status.INCONCLUSIVE, Reason.NOT_THE_SAME)
    if not missed:
        return Look(Status.PASSED, Reason.MET)
    decided = _decided(tests.p_value(ALL), ALL, FRESH, rules, tests)
    if not evidence.may_be_steady:
        return decided
    if decided.status is not Status.FAILED and tests.may_be_luck() and tests.p_value(FIRST) > DOUBTFUL:
        return Look(Status.INCONCLUSIVE, Reason.ONE_RUN, decided.p_value)
    # A model that never varied would fail here without noise as an excuse: its failing cases are probed
    # first.
    probes = None if decided.status is Status.FAILED else _needed(tests.suspects, STEADY_PROBES)
    return Look(Status.FAILED, Reason.EXACT, needs=probes)


def _decided(chance: float, sets: slice, unseen: slice, rules: Rules, tests: Tests) -> Look:
    """Decide on some sets; those that no earlier look has used must miss the limit by themselves."""
    # The first set was chosen for a bad result, so fresh runs must miss the limit, too.
    if chance <= rules.false_fail_rate and tests.missed(unseen) and tests.allows_fail():
        return Look(Status.FAILED, Reason.CONFIRMED, chance)
    if min(chance, tests.readily(sets)) > DOUBTFUL:
        return Look(Status.PASSED, Reason.NOISE, chance)
    return Look(Status.INCONCLUSIVE, Reason.WEAK, chance)


def unless_broken(evidence: Evidence, look: Look, allowance: Allowance) -> Look:
    """Make the look inconclusive if more cases than allowed are broken for good, or need probes to tell."""
    if look.needs is not None or look.status is Status.FAILED or evidence.deterministic or evidence.copies:
        return look
    if look.reason in (Reason.NOT_CONFIRMED, Reason.NOT_THE_SAME):
        return look
    probes, broken = broken_for_good(evidence)
    if not exceeds(len(broken), len(evidence.cases), allowance):
        return look
    if probes is not None:
        return Look(Status.INCONCLUSIVE, Reason.BROKEN, look.p_value, probes)
    reason = Reason.BROKEN if look.status is Status.PASSED else look.reason
    return Look(Status.INCONCLUSIVE, reason, look.p_value, broken=broken)


def broken_for_good(evidence: Evidence) -> tuple[Probes | None, tuple[int, ...]]:
    """Return the cases to probe, and the cases that are broken for good unless a probe passes.

    All cases of the evidence must have approved runs.
    """
    suspects = evidence.broke()
    if not suspects:
        return None, ()
    from pytest_modelcheck.stats.noise import LEAST_PROBES, probes_needed

    runs = min(len(case.approved) for case in evidence.cases)
    steady = evidence.may_be_steady and evidence.fresh  # no outcome varied: cases do not fail by chance
    upto = LEAST_PROBES if steady else probes_needed(runs, len(evidence.cases))
    return _needed(evidence.broke, upto), suspects


def _needed(suspects: Callable[[int], tuple[int, ...]], upto: int) -> Probes | None:
    cases = suspects(upto)
    return Probes(cases, upto) if cases else None


def renumbered(look: Look, numbers: Sequence[int]) -> Look:
    """The look with each case, known by its index, called by its number."""
    needs = look.needs
    if isinstance(needs, Probes):
        needs = Probes(tuple(numbers[index] for index in needs.cases), needs.upto)
    return replace(look, needs=needs, broken=tuple(numbers[index] for index in look.broken))


def placed(look: Look, evidence: Evidence) -> Look:
    """Translate indexes among the cases with approved runs to indexes among all cases."""
    return renumbered(look, [index for index, case in enumerate(evidence.cases) if case.approved])


# -- the tests of each limit -----------------------------------------------------------------------


def drop_p_value(units: Sequence[Unit], margin: float, evidence: Evidence, false_fail_rate: float) -> float:
    """The p-value of a drop: by exchanging runs within units; with a margin, by pairs or Gaffke's bound."""
    approved, current = [unit.approved for unit in units], [unit.current for unit in units]
    if not margin and evidence.graded:
        from pytest_modelcheck.stats.permutation import scores_test

        return scores_test(approved, current, false_fail_rate).p_value
    if not margin:
        from pytest_modelcheck.stats.exchange import exchange_p_value

        return exchange_p_value(whole(approved), whole(current))
    if evidence.graded or any(unit.size > 1 for unit in units):
        from pytest_modelcheck.stats.means import mean_p_value

        largest = max(unit.size for unit in units)
        # Units of several cases weigh more. Scaled to the largest one, all losses lie within 0 and 1.
        margin *= fmean(unit.size for unit in units) / largest
        return mean_p_value([(1 - unit.drop / largest) / 2 for unit in units], (1 - margin) / 2)
    from pytest_modelcheck.stats.paired import drop_p_value as of_pairs

    # The last approved runs with the last current ones: the first look has selected on the first set.
    pairs = [
        both for unit in units for both in zip(reversed(unit.approved), reversed(unit.current), strict=False)
    ]
    regressed, fixed = sum(one > two for one, two in pairs), sum(one < two for one, two in pairs)
    return of_pairs(regressed, fixed, len(pairs), margin)


def gate(evidence: Evidence, false_fail_rate: float) -> bool:
    """Apply the second test, which lets cases become steadier or noisier if the mean stays the same."""
    units = units_of(evidence.cases)
    level = SECOND_GATE * false_fail_rate
    if evidence.graded or any(unit.size > 1 for unit in units):
        from pytest_modelcheck.stats.permutation import sign_flip_test

        return sign_flip_test([unit.drop for unit in units], false_fail_rate).p_value <= level
    from pytest_modelcheck.stats.exchange import fisher_p_value

    approved, current = (
        [run for unit in units for run in unit.approved],
        [run for unit in units for run in unit.current],
    )
    return fisher_p_value(round(sum(approved)), len(approved), round(sum(current)), len(current)) <= level
