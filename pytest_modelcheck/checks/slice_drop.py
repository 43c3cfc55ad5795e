"""Falls of declared slices below the approved version: ``max_slice_drop=``.

Each slice is judged as the whole check is by ``max_drop``, at ``false_fail_rate`` divided by the number of
slices, so that all of them together fail an unchanged model no more often than one limit may (Bonferroni).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.canonical.text import percent, plural
from pytest_modelcheck.checks.evidence import mean_drop, mean_now, units_of
from pytest_modelcheck.checks.limits import allowed
from pytest_modelcheck.checks.protocol import FreshSets, Look, Probes, Reason, look_at_drop
from pytest_modelcheck.records import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pytest_modelcheck.checks.evidence import CaseRuns, Evidence
    from pytest_modelcheck.checks.limits import Allowance
    from pytest_modelcheck.checks.protocol import Rules


def look_at_slice_drops(
    paired: Evidence,
    numbers: Sequence[int],
    slices: Mapping[str, Collection[int]],
    allowance: Allowance,
    rules: Rules,
) -> tuple[Look, str]:
    """Hold each slice against what it may lose; return the worst of the looks, and what it says.

    Args:
        paired: The runs of the cases that were approved.
        numbers: The number of each of these cases in the check.
        slices: The declared slices by name, each with the numbers of its cases.
        allowance: How far each may fall: a number of its cases, or a fraction of them.
        rules: How the evidence is weighed.
    """
    rules = replace(rules, false_fail_rate=rules.false_fail_rate / max(1, len(slices)))
    looks: list[tuple[Look, str]] = []
    for name, members in slices.items():
        chosen = [place for place, number in enumerate(numbers) if number in members]
        cases = [paired.cases[place] for place in chosen]
        if cases:
            look = look_at_drop(replace(paired, cases=cases), allowance, rules)
            looks.append(
                (_renumbered(look, [numbers[place] for place in chosen]), _summary(name, cases, allowance))
            )
    if not looks:
        return Look(Status.PASSED, Reason.MET), "no slice has a case that was approved"
    worst = max(looks, key=lambda one: one[0].status.severity)
    if worst[0].status is Status.PASSED:
        worst = worst[0], f"none of {plural(len(looks), 'slice')} fell too far, {allowed(allowance)}"
    return replace(worst[0], needs=_needed([look for look, _ in looks])), worst[1]


def _summary(name: str, cases: Sequence[CaseRuns], allowance: Allowance) -> str:
    units = units_of(cases)
    now, fell = mean_now(units), mean_drop(units)
    over = plural(len(cases), "case")
    return f"{name}: {percent(now)} of {over}, {percent(now + fell)} approved, {allowed(allowance)}"


def _needed(looks: Sequence[Look]) -> FreshSets | Probes | None:
    """Return what all slices together need: fresh sets are of every case, and come before probes."""
    needs = [look.needs for look in looks if look.needs is not None]
    sets = [need for need in needs if isinstance(need, FreshSets)]
    probes = [need for need in needs if isinstance(need, Probes)]
    if sets:
        return sets[0]
    if not probes:
        return None
    cases = tuple(dict.fromkeys(number for need in probes for number in need.cases))
    return Probes(cases, max(need.upto for need in probes))


def _renumbered(look: Look, numbers: Sequence[int]) -> Look:
    needs = look.needs
    if isinstance(needs, Probes):
        needs = Probes(tuple(numbers[place] for place in needs.cases), needs.upto)
    return replace(look, needs=needs, broken=tuple(numbers[place] for place in look.broken))
