"""Slices that lost: regressions that concentrate in a slice, even if the overall rate stays the same.

Slices are searched (``slice_regressions=``), or each declared slice has a limit (``max_slice_drop=``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, compress
from statistics import fmean
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.evidence import current_mean, mean_drop, units_of
from pytest_modelcheck.checks.limits import ROUNDING, allowed
from pytest_modelcheck.checks.protocol import (
    ALL,
    FIRST,
    FRESH,
    FreshSets,
    Look,
    Probes,
    Reason,
    Rules,
    look_at_drop,
    renumbered,
)
from pytest_modelcheck.checks.slices import table_of
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pytest_modelcheck.checks.evidence import CaseRuns, Evidence
    from pytest_modelcheck.checks.limits import Allowance
    from pytest_modelcheck.checks.slices import Slices
    from pytest_modelcheck.records import Case
    from pytest_modelcheck.stats.slices import Concentration


LEAST_BROKEN: Final = 5
"""The least number of broken cases for a search."""

LEAST_FALL: Final = 0.1
"""The part of the scale by which a case's score must fall to count as broken."""

MOST_CASES: Final = 5_000
"""The largest number of cases of a check that is searched."""

_MOST_SLICES: Final = 400
_QUANTILES: Final = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class LostSlice:
    """A slice in which cases broke, beyond noise and more than elsewhere.

    Attributes:
        name: The condition that its cases meet: ``"language=es & topic=refund"``.
        broke: The number of its cases that broke: with several runs, that pass less often than approved.
        elsewhere: The number of cases outside of it that broke.
        p_value: The larger of the two p-values.
        varies: Whether cases pass in some of their runs only.
        fell: How far the mean score fell in the slice and elsewhere; ``None`` if cases pass or fail.
    """

    name: str
    broke: int
    fixed: int
    cases: int
    elsewhere: int
    p_value: float
    varies: bool = False
    fell: tuple[float, float] | None = None

    def __str__(self) -> str:
        """Return the slice in a line."""
        if self.fell is not None:
            inside, outside = self.fell
            turn = f"{'fell' if outside > 0 else 'rose'} by {abs(outside):.3g}"
            if abs(outside) <= ROUNDING * abs(inside):
                turn = "did not move"
            over = plural(self.cases, "case")
            return f"scores fell by {inside:.3g} on average in {over} with {self.name}; elsewhere they {turn}"
        cases = f"{self.broke} of {plural(self.cases, 'case')} with {self.name}"
        if self.varies:
            # A case that passed in some of the approved runs is not one that "broke" elsewhere in reports.
            more = f", {self.fixed} more often" if self.fixed else ""
            return f"{cases} pass less often{more}; elsewhere {self.elsewhere}"
        fixed = f", {self.fixed} fixed" if self.fixed else ""
        return f"{cases} broke{fixed}; elsewhere {self.elsewhere} broke"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Slices to test: for each a name, and a row that marks its cases."""

    names: tuple[str, ...]
    rows: NDArray[np.bool_]

    def among(self, chosen: NDArray[np.bool_]) -> Candidates:
        """Some of the slices."""
        return Candidates(tuple(compress(self.names, chosen)), self.rows[chosen])


def candidates_of(slices: Slices, cases: Sequence[Case], numbers: Sequence[int]) -> Candidates:
    """Collect the slices of some cases: values of metadata, pairs of them, and beyond quartiles of
    features.
    """
    import numpy as np

    single: list[tuple[str, str, NDArray[np.bool_]]] = []
    keys = slices.keys()
    for key in keys:
        for name, members in slices.of(key).items():
            single.append((key, name, np.array([number in members for number in numbers])))
    names = [name for _, name, _ in single]
    rows = [row for _, _, row in single]
    for (one, name, row), (two, other, further) in combinations(single, 2):
        # More candidates make a search less sharp, since its p-value counts all of them.
        if one != two and len(rows) < _MOST_SLICES:
            names.append(f"{name} & {other}")
            rows.append(row & further)
    features, table = table_of([cases[number] for number in numbers])
    for feature, column in zip(features, np.asarray(table, dtype=float).T, strict=True):
        second = column[column < column.max()].max()  # most cases may share the highest value
        for threshold in sorted({float(min(np.quantile(column, one), second)) for one in _QUANTILES}):
            above = column > threshold
            names += [feature.text(threshold, above=True), feature.text(threshold, above=False)]
            rows += [above, ~above]
    return Candidates(tuple(names), np.array(rows, dtype=bool).reshape(len(rows), len(numbers)))


def look_at_slices(
    paired: Evidence,
    candidates: Candidates,
    rules: Rules,
    seed: int = 0,
    groups: Sequence[Hashable] | None = None,
    scale: float = 1.0,
) -> tuple[Look, LostSlice | None]:
    """Look for the slice in which regressions concentrate.

    Only called where ``LEAST_BROKEN`` cases broke, of at most ``MOST_CASES``.
    """
    import numpy as np

    passes = Look(Status.PASSED, Reason.MET), None
    if groups is None:
        units = [case.unit for case in paired.cases]
        if any(unit is not None for unit in units):
            groups = [index if unit is None else unit for index, unit in enumerate(units)]
    if paired.graded:
        # Of graded scores nearly all change with a version: only slices in which some fell far are looked at.
        fell = np.array([_drop(case, ALL) >= LEAST_FALL * scale - ROUNDING for case in paired.cases])
        candidates = candidates.among((candidates.rows & fell).sum(axis=1) >= LEAST_BROKEN)
    if not candidates.names:
        return passes
    level = rules.false_fail_rate
    fresh = paired.fresh
    # The first set alone chooses whether to pay for more runs.
    best = next(iter(_found(paired, candidates, ALL if fresh else FIRST, level, seed, groups)), None)
    if best is None or best.p_value > level:
        return passes
    lost = _lost(paired, candidates, best, ROUNDING * scale)
    if paired.deterministic or paired.copies:
        return Look(Status.FAILED, Reason.EXACT, best.p_value), lost
    if not fresh:
        if not rules.confirm:
            return Look(Status.INCONCLUSIVE, Reason.NOT_CONFIRMED, best.p_value), lost
        return Look(Status.INCONCLUSIVE, Reason.NOT_CONFIRMED, best.p_value, FreshSets()), lost
    if not paired.varies:
        return Look(Status.FAILED, Reason.EXACT, best.p_value), lost
    # The same slice must lose in the fresh runs as well: another one that stands out there is chance.
    again = [one for one in _found(paired, candidates, FRESH, level, seed, groups) if one.slice == best.slice]
    if again and again[0].p_value <= level:
        return Look(Status.FAILED, Reason.CONFIRMED, best.p_value), lost
    return passes


def _found(
    paired: Evidence,
    candidates: Candidates,
    sets: slice,
    level: float,
    seed: int,
    groups: Sequence[Hashable] | None,
) -> list[Concentration]:
    from pytest_modelcheck.stats.slices import concentrations

    return concentrations(
        [case.approved for case in paired.cases],
        [case.in_sets(sets) for case in paired.cases],
        candidates.rows,
        level,
        clusters=groups,
        seed=seed,
    )


def _drop(case: CaseRuns, sets: slice) -> float:
    current = case.in_sets(sets)
    return fmean(case.approved) - fmean(current)


def _lost(paired: Evidence, candidates: Candidates, best: Concentration, rounding: float) -> LostSlice:
    member = candidates.rows[best.slice].tolist()
    drops = [_drop(case, ALL) for case in paired.cases]
    inside = [drop for drop, within in zip(drops, member, strict=True) if within]
    outside = [drop for drop, within in zip(drops, member, strict=True) if not within]
    return LostSlice(
        name=candidates.names[best.slice],
        broke=sum(drop > rounding for drop in inside),
        fixed=sum(drop < -rounding for drop in inside),
        cases=len(inside),
        elsewhere=sum(drop > rounding for drop in outside),
        p_value=best.p_value,
        varies=paired.varies,
        fell=(fmean(inside), fmean(outside)) if paired.graded else None,
    )


# -- max_slice_drop= --------------------------------------------------------------------------------------


def look_at_slice_drops(
    paired: Evidence,
    numbers: Sequence[int],
    slices: Mapping[str, Collection[int]],
    allowance: Allowance,
    rules: Rules,
) -> tuple[Look, str]:
    """Compare each slice with its limit; return the worst look, and its wording.

    Each slice is judged like the whole check by ``max_drop``, at ``false_fail_rate`` divided by the number of
    slices, so that all of them together fail an unchanged model no more often than a single limit
    (Bonferroni).
    """
    # Bonferroni: each slice is a test, and any of them may fail the check, or look like another model.
    share = 1 / max(1, len(slices))
    rules = replace(
        rules,
        false_fail_rate=rules.false_fail_rate * share,
        changed_model=rules.changed_model * share,
    )
    looks: list[tuple[Look, str]] = []
    for name, members in slices.items():
        chosen = [place for place, number in enumerate(numbers) if number in members]
        cases = [paired.cases[place] for place in chosen]
        if cases:
            look = look_at_drop(replace(paired, cases=cases), allowance, rules)
            units, over = units_of(cases), plural(len(cases), "case")
            current, fell = current_mean(units), mean_drop(units)
            summary = f"{name}: {percent(current)} of {over}, {percent(current + fell)} approved"
            look = renumbered(look, [numbers[place] for place in chosen])
            looks.append((look, f"{summary}, {allowed(allowance)}"))
    if not looks:
        return Look(Status.PASSED, Reason.MET), "no slice has a case that was approved"
    worst = max(looks, key=lambda one: one[0].status.severity)
    if worst[0].status is Status.PASSED:
        worst = worst[0], f"none of {plural(len(looks), 'slice')} fell too far, {allowed(allowance)}"
    return replace(worst[0], needs=_needed([look for look, _ in looks])), worst[1]


def _needed(looks: Sequence[Look]) -> FreshSets | Probes | None:
    """Return the runs that all slices together need: fresh sets cover every case, and come before probes."""
    needs = [look.needs for look in looks if look.needs is not None]
    sets = [need for need in needs if isinstance(need, FreshSets)]
    probes = [need for need in needs if isinstance(need, Probes)]
    if sets:
        return sets[0]
    if not probes:
        return None
    cases = tuple(dict.fromkeys(number for need in probes for number in need.cases))
    return Probes(cases, max(need.upto for need in probes))
