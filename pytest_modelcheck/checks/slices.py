"""The same verdict, seen by slices of the cases.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import MISSING, Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_modelcheck.records import Case

_SCALARS = (str, int, float, bool)
_MOST_VALUES = 12


def slice_keys(cases: Sequence[Case], asked: Sequence[str] | None) -> tuple[str, ...]:
    """Which metadata to slice by: what the check asks for, else whatever sorts the cases into a few bins.

    Raises:
        UsageError: no case has a key that was asked for.
    """
    seen: defaultdict[str, set[Any]] = defaultdict(set)
    holders: defaultdict[str, int] = defaultdict(int)
    for case in cases:
        for key, value in _facts(case).items():
            holders[key] += 1
            if isinstance(value, _SCALARS) and len(seen[key]) <= _MOST_VALUES:
                seen[key].add(value)
    if asked is not None:
        unknown = [key for key in asked if key not in holders]
        if unknown:
            known = ", ".join(map(repr, holders)) or "none"
            raise UsageError(f"slices={unknown!r}: no case has such metadata (they have: {known})")
        return tuple(asked)
    few = [key for key, values in seen.items() if 2 <= len(values) <= _MOST_VALUES]
    return tuple(key for key in few if holders[key] * 2 >= len(cases))


def shown_value(case: Case, key: str) -> str | None:
    """What a case has under a key, as slices are named, or ``None``."""
    facts = _facts(case)
    return str(facts[key]) if key in facts else None


def _facts(case: Case) -> Mapping[str, Any]:
    """What a case can be sliced by: its metadata, and what is expected of it as ``expected``."""
    if case.expected is MISSING or not isinstance(case.expected, _SCALARS):
        return case.metadata
    return {"expected": case.expected, **case.metadata}


def slices(
    cases: Sequence[Case],
    keys: Sequence[str],
    passed: Mapping[str, bool],
    approved: Mapping[str, bool],
) -> tuple[Group, ...]:
    """Count by slice, those that lost most against the approved version first, then the worst.

    Args:
        cases: All cases of the check.
        keys: The metadata to slice by.
        passed: For each judged case, whether it passed.
        approved: The same under the approved version.
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for case in cases:
        for key in keys:
            value = shown_value(case, key)
            if value is not None and case.id in passed:
                groups[f"{key}={value}"].append(case.id)
    found = [_group(name, ids, passed, approved) for name, ids in groups.items()]
    return tuple(sorted(found, key=_badness))


def _group(name: str, ids: Iterable[str], passed: Mapping[str, bool], approved: Mapping[str, bool]) -> Group:
    ids = list(ids)
    known = [case for case in ids if case in approved]
    return Group(
        name,
        sum(passed[case] for case in ids),
        len(ids),
        sum(approved[case] for case in known) if known else None,
        len(known) if known else None,
    )


def _badness(group: Group) -> tuple[float, float, str]:
    rate = group.passed / group.judged
    lost = 0.0
    if group.approved_judged:
        lost = (group.approved_passed or 0) / group.approved_judged - rate
    return (-lost, rate, group.name)
