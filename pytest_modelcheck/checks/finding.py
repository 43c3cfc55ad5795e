"""The slice where it happens, found rather than declared.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.features import table_of
from pytest_modelcheck.checks.slices import FAILED, NOT_JUDGED, facts
from pytest_modelcheck.records import MISSING, FoundSlice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.records import Case, Group

LEAST_CASES: Final = 20
LEAST_FAILURES: Final = 8
"""Fewer say nothing about where."""

MOST_CASES: Final = 20_000
"""Of more, so many that are drawn are looked at."""


def found_slice(
    cases: Sequence[Case],
    outcomes: bytes,
    worst: Group | None = None,
    cluster: str | None = None,
    seed: int = 0,
) -> FoundSlice | None:
    """The slice where failures stand out most, or ``None`` where none does, or all know it already.

    Args:
        cases: All cases of the check.
        outcomes: How each of them came out, as far as slices are concerned.
        worst: The declared slice that is shown first: it is not said twice.
        cluster: The metadata that names the group of cases that depend on each other.
        seed: Of whatever is drawn.

    >>> from pytest_modelcheck.checks.slices import PASSED
    >>> from pytest_modelcheck.records import Case
    >>> cases = [Case("x" * n, metadata={"vip": n % 3 == 0}) for n in range(120)]
    >>> fails = [case.metadata["vip"] and len(case.input) > 60 for case in cases]
    >>> found = found_slice(cases, bytes(FAILED if failed else PASSED for failed in fails))
    >>> found.conditions, found.failed, found.judged
    (('length > 61', 'vip=True'), 19, 19)
    """
    judged = len(outcomes) - outcomes.count(NOT_JUDGED)
    if judged < LEAST_CASES or outcomes.count(FAILED) < LEAST_FAILURES:
        return None
    numbers = _drawn(outcomes, judged, seed)
    known = [cases[number] for number in numbers]
    features, rows = table_of(known)
    if not features:
        return None
    from pytest_modelcheck.stats.slices import find_rule

    failed = [outcomes[number] == FAILED for number in numbers]
    groups = None if cluster is None else [case.metadata[cluster] for case in known]
    rule = find_rule(rows, failed, groups, seed=seed)
    if rule is None:
        return None
    inside = [bool(holds) for holds in rule.holds(rows)]
    if worst is not None and inside == _in_slice(known, worst):
        return None
    said = tuple(
        sorted(features[one.feature].said(one.threshold, above=one.above) for one in rule.conditions)
    )
    size, wrong = sum(inside), sum(fails for fails, holds in zip(failed, inside, strict=True) if holds)
    members = tuple(number for number, holds in zip(numbers, inside, strict=True) if holds)
    return FoundSlice(
        said, wrong, size, sum(failed) - wrong, len(known) - size, rule.p_value, members=members
    )


def _drawn(outcomes: bytes, judged: int, seed: int) -> list[int]:
    """The numbers of the judged cases, or of so many of them."""
    numbers = (number for number, outcome in enumerate(outcomes) if outcome != NOT_JUDGED)
    if judged <= MOST_CASES:
        return list(numbers)
    ranks = frozenset(Random(seed).sample(range(judged), MOST_CASES))  # noqa: S311 - a sample
    return [number for rank, number in enumerate(numbers) if rank in ranks]


def _in_slice(cases: Sequence[Case], group: Group) -> list[bool]:
    key, _, value = group.name.partition("=")
    return [str(facts(case).get(key, MISSING)) == value for case in cases]
