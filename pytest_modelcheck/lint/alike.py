"""Cases that ask the same, found in memory for a few bytes of each.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import NotCanonical, digest
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_modelcheck.records import Case


def alike(cases: Iterable[Case]) -> list[list[Case]]:
    """The groups of cases that have input and variants in common, each in order.

    Args:
        cases: The cases, which are iterated over twice.

    >>> from pytest_modelcheck.cases import load
    >>> [[case.expected for case in group] for group in alike(load([("a", 1), ("b", 2), ("a", 3)]))]
    [[1, 3]]
    """
    keys = array("Q", (_number(case) for case in cases))
    several = {one for one, other in pairwise(sorted(keys)) if one == other and one}
    if not several:
        return []
    groups: dict[bytes, list[Case]] = {}
    for case, key in zip(cases, keys, strict=True):
        if key in several:
            groups.setdefault(digest(_question(case)), []).append(case)
    return [group for group in groups.values() if len(group) > 1]


def expectation(case: Case) -> Any:
    """Something that is equal for equal expectations, whatever their type."""
    return case.expected if case.expected is MISSING else _content(case.expected)


def metadata(case: Case) -> Any:
    """Something that is equal for equal metadata."""
    return _content(dict(case.metadata))


def _content(value: Any) -> Any:
    try:
        return digest(value)
    except NotCanonical:
        return id(value)


def _question(case: Case) -> Sequence[Any]:
    return [case.input, list(case.variant_inputs)]


def _number(case: Case) -> int:
    """The first bytes of a digest of what is asked; 0 where that has no digest."""
    try:
        return int.from_bytes(digest(_question(case))[:8], "big")
    except NotCanonical:
        return 0
