"""Limits whose unit is not a run that passes or fails: groups, ``score_as=``, other scales, levels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist, fmean
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.evidence import units_of
from pytest_modelcheck.checks.findings import inconclusive, readily
from pytest_modelcheck.checks.limits import exceeds
from pytest_modelcheck.checks.noise import DropNoise, RateNoise
from pytest_modelcheck.checks.observed import Runs, worth
from pytest_modelcheck.checks.protocol import (
    ALL,
    Look,
    Reason,
    Rules,
    Tests,
    gate,
    looked,
    placed,
    unless_broken,
)
from pytest_modelcheck.phrases import counted, p_text
from pytest_modelcheck.records import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from pytest_modelcheck.checks.evidence import Evidence, Unit
    from pytest_modelcheck.checks.findings import Rule
    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.observed import Observed


@dataclass(frozen=True, slots=True)
class Units:
    """The observations of a check, and what its units are.

    Attributes:
        groups: The group of each case of the evidence; ``None`` if every case is a unit of its own.
    """

    observed: Observed
    limits: Limits
    groups: Sequence[Hashable] | None = None

    @property
    def sampled(self) -> bool:
        """True if the cases stand for others."""
        return self.limits.population == "sample"

    @property
    def rules(self) -> Rules:
        """The options that control how evidence is judged."""
        return Rules(self.limits.false_fail_rate, self.limits.confirm)

    def means(self, values: Sequence[float]) -> tuple[float, ...]:
        """One value per unit, of one per case."""
        if self.groups is None:
            return tuple(values)
        from pytest_modelcheck.stats.means import cluster_means

        return tuple(cluster_means(values, self.groups))


def look_at_mean(evidence: Evidence, units: Units, required: float) -> Look:
    """Compare the mean over the units with the required one."""
    observed, limits, rate = units.observed, units.limits, units.limits.false_fail_rate

    def noise(sets: slice) -> RateNoise:
        means = units.means([worth(case.in_sets(sets), limits.score_as) for case in evidence.cases])
        at_zero = observed.signed and not required and not units.sampled
        return RateNoise(replace(observed, means=means), required, at_zero)

    def missed(sets: slice) -> bool:
        found = noise(sets).observed
        return (found.rate or 0.0) < required - found.rounding

    if required >= observed.scale.high and missed(ALL):
        return Look(Status.FAILED, Reason.EXACT)  # one wrong answer refutes it, however often the case is run
    tests = Tests(
        missed,
        lambda sets: noise(sets).p_value(rate),
        suspects=evidence.failing,
        readily=lambda sets: readily(noise(sets), rate),
    )
    return looked(evidence, units.rules, tests)


def look_at_fall(evidence: Evidence, units: Units) -> Look:
    """Compare the fall of the mean over the units with the allowance.

    Between versions, the runs of each case or group are exchanged, with the second test of ``look_at_drop``.
    Values of several runs are exchanged as wholes: signs are flipped.
    """
    shared, observed, limits = evidence.shared, units.observed, units.limits
    allowance, rate, cases = limits.max_drop or 0, limits.false_fail_rate, len(shared.cases)
    apart = limits.score_as is None

    def noise(sets: slice) -> DropNoise:
        runs = [Runs(case.approved, case.in_sets(sets)) for case in shared.cases]
        drops = units.means([each.drop(limits.score_as) for each in runs])
        broke, fixed = sum(drop > 0 for drop in drops), sum(drop < 0 for drop in drops)
        pairs = None
        if apart and not units.sampled:
            # Signs of a group's drop from one run to three would not do: a rate near 1 mostly falls a little.
            pairs = tuple([_mean_runs(unit) for unit in units_of(shared.cases, sets)])
        found = replace(observed, drops=drops, pairs=pairs)
        once = all(len(one.approved) == len(one.current) == 1 for one in runs)
        # Where each case passes or fails once, counts have the sharper test.
        if apart and units.groups is None and not observed.graded and once:
            found = replace(found, drops=None)
        return DropNoise(found, broke, fixed, cases, allowance, units.sampled)

    def missed(sets: slice) -> bool:
        found = noise(sets)
        drops = found.observed.drops or [(found.broke - found.fixed) / cases]
        fell = (fmean(drops) - found.observed.rounding) * cases
        return exceeds(fell, cases, allowance)

    tests = Tests(
        missed,
        lambda sets: noise(sets).p_value(rate),
        lambda: bool(allowance) or not apart or units.sampled or gate(shared, rate),
        shared.broke,
        lambda: shared.fixed_on_one_run,
        lambda sets: readily(noise(sets), rate),
    )
    look = looked(shared, units.rules, tests)
    # On a scale whose worst score is not 0, a score of 0 is no failure; a sample that keeps its rate is as
    # good as it was, whichever of its cases fail.
    fails = not observed.graded or observed.scale.low == 0
    if fails and not (units.sampled and look.reason is Reason.MET):
        look = unless_broken(shared, look, allowance)
    return placed(look, evidence)


def _mean_runs(unit: Unit) -> Runs:
    """The mean over the cases of a unit in each run."""
    return Runs(*(tuple([run / unit.size for run in side]) for side in (unit.approved, unit.current)))


def look_at_trend(evidence: Evidence, units: Units, required: float) -> Look:
    """Look at scores over levels: cases that fall by chance are excused if scores rise over all cases.

    Page's test of a rise passes the check at ``false_pass_rate``.
    """
    from pytest_modelcheck.stats.exchange import page_trend

    rows, limits = units.observed.series or (), units.limits
    # Scores may vary although every case falls in every run.
    if units.observed.varies:
        evidence = replace(evidence, deterministic=False)

    def missed(sets: slice) -> bool:
        values = [run for case in evidence.cases for run in case.in_sets(sets)]
        return fmean(values) < required

    def falling(_: slice) -> float:
        return page_trend([row[::-1] for row in rows])

    def rises(_: slice) -> float:
        return float(page_trend(rows) <= limits.false_pass_rate)

    # Fresh sets are run only if scores seem to fall: a second chance to rise would pass too often.
    tests = Tests(missed, falling, suspects=evidence.failing, readily=rises)
    return looked(evidence, units.rules, tests)


def trend(observed: Observed, rule: Rule, look: Look | None) -> Finding:
    """Judge the scores of a varying model over all cases together, by Page's test.

    Single cases fall by chance. The check passes if a rise is significant at ``false_pass_rate``, and fails
    if a fall is significant at ``false_fail_rate``. An observed rise alone is not enough: scores that ignore
    the levels rise in every other run.
    """
    from pytest_modelcheck.stats.exchange import page_trend

    rows, limits = observed.series or (), rule.limits
    rising, falling = page_trend(rows), page_trend([row[::-1] for row in rows])
    passed, judged = observed.counts
    levels = len(rows[0])
    what = "cases" if observed.runs is None else "runs"
    summary = f"scores never fall over {levels} levels in {passed}/{judged} {what}"
    if rising <= limits.false_pass_rate:
        text = f"{summary}; over all of them they rise (Page's test, {p_text(rising)})"
        return Finding("at_least", Status.PASSED, text)
    # The trend detected with a chance of 90%, by the normal limit of the mean rank correlation.
    normal = NormalDist()
    reach = normal.inv_cdf(1 - limits.false_pass_rate) + normal.inv_cdf(0.9)
    reach /= math.sqrt(len(rows) * (levels - 1))
    number = counted(len(rows), observed.units)
    reveals = f"{number} at {levels} levels can barely show any rise"
    if reach <= 1:
        reveals = (
            f"{number} can reliably show only rises with a mean rank correlation above about {reach:.2g}"
        )
    fails = falling <= limits.false_fail_rate if look is None else look.status is Status.FAILED
    if fails:
        text = f"{summary}; over all of them they fall (Page's test, {p_text(falling)})"
        return Finding("at_least", Status.FAILED, text, p_value=falling, reveals=reveals)
    text = f"{summary}; noise could explain what rise there is over all (Page's test, {p_text(rising)})"
    finding = Finding("at_least", Status.INCONCLUSIVE, text, p_value=falling, reveals=reveals)
    return inconclusive(finding, limits)
