"""Counts the outcomes of a check by slices of its cases.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import MISSING, Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_modelcheck.records import Case

_SCALARS = (str, int, float, bool)
_MOST_VALUES = 12
_MOST_NAMES = 1 << 12
"""The largest number of distinct non-scalar values of a slice that was not requested."""

FAILED, PASSED, NOT_JUDGED = range(3)
"""The outcome of a case, as slices count it."""


class Slices:
    """The values by which a check's cases can be sliced, collected as cases come: a few bytes per case.

    Args:
        requested: The metadata to slice by, or ``None`` for all that sort the cases into a few bins.

    >>> from pytest_modelcheck.records import Case
    >>> found = Slices(None)
    >>> for language in ("en", "es", "es"):
    ...     found.extend([Case("x", metadata={"language": language})])
    >>> found.keys()
    ('language',)
    >>> [group.name for group in found.groups(bytes([PASSED, PASSED, FAILED]))]
    ['language=es', 'language=en']
    """

    def __init__(self, requested: Sequence[str] | None) -> None:
        self._requested = requested
        self._size = 0
        self._columns: dict[str, _Column] = {}
        self._input: Any = None

    def extend(self, cases: Iterable[Case]) -> None:
        """Add the next cases."""
        columns = self._columns
        for number, case in enumerate(cases, self._size):
            for key, value in facts(case).items():
                column = columns.get(key)
                if column is None:
                    requested = self._requested is not None and key in self._requested
                    column = columns[key] = _Column(requested=requested)
                column.add(number, value)
            self._size += 1
            self._input = case.input

    def keys(self) -> tuple[str, ...]:
        """The metadata to slice by."""
        if self._requested is None:
            return tuple(key for key, column in self._columns.items() if column.makes_few_bins(self._size))
        unknown = [key for key in self._requested if key not in self._columns]
        if unknown:
            known = ", ".join(map(repr, self._columns)) or "none"
            hint = ""
            if isinstance(self._input, Mapping) and unknown[0] in self._input:
                hint = (
                    f"; {unknown[0]!r} is a field of the input: give it to the cases as metadata, too, "
                    "such as a second column with another name"
                )
            raise UsageError(f"slices={unknown!r}: no case has such metadata (they have: {known}){hint}")
        return tuple(self._requested)

    def groups(self, current: bytes, approved: bytes | None = None) -> tuple[Group, ...]:
        """Count outcomes by slice: first those that lost most against the approved version, then the
        worst.
        """
        approved = bytes([NOT_JUDGED]) * len(current) if approved is None else approved
        found = []
        for key in self.keys():
            column = self._columns[key]
            counts: dict[int, Counter[tuple[int, int]]] = {code: Counter() for code in column.names.values()}
            for (code, *both), count in Counter(zip(column.codes, current, approved, strict=False)).items():
                if code:
                    counts[code][both[0], both[1]] += count
            groups = (_group(f"{key}={name}", counts[code]) for name, code in column.names.items())
            found += [group for group in groups if group.judged]
        return tuple(sorted(found, key=_badness))

    def of(self, key: str) -> dict[str, frozenset[int]]:
        """The slices by one key, each with the numbers of its cases."""
        column = self._columns[key]
        found: dict[int, list[int]] = {code: [] for code in column.names.values()}
        for number, code in enumerate(column.codes):
            if code:
                found[code].append(number)
        return {f"{key}={name}": frozenset(found[code]) for name, code in column.names.items()}

    def members(self, slice_name: str) -> frozenset[int]:
        """The cases of a slice (``language=es``), by their number."""
        key, _, value = slice_name.partition("=")
        column = self._columns[key]
        code = column.names[value]
        return frozenset(number for number, found in enumerate(column.codes) if found == code)


class _Column:
    """The value of each case under one key: a code for each value, 0 for none."""

    __slots__ = ("codes", "holders", "known", "names", "requested", "values", "wide")

    def __init__(self, *, requested: bool) -> None:
        self.requested = requested
        self.wide = False
        """Whether there are too many values for slices."""
        self.codes = array("I")
        self.names: dict[str, int] = {}
        self.known: dict[str | int, int] = {}
        self.values: set[Any] = set()
        self.holders = 0

    def makes_few_bins(self, cases: int) -> bool:
        """Return whether this key sorts most of the cases into a few bins."""
        # An id or a text has a value for each case, and a note that few cases have divides nothing.
        return 2 <= len(self.values) <= _MOST_VALUES and not self.wide and self.holders * 2 >= cases

    def add(self, number: int, value: Any) -> None:
        """Record the value of a case; cases in between have none."""
        self.holders += 1
        if self.wide:
            return
        codes, kind = self.codes, type(value)
        simple = kind is str or kind is int  # of which no two are equal and look different
        code = self.known.get(value) if simple else None
        if code is None:
            if isinstance(value, _SCALARS) and len(self.values) <= _MOST_VALUES:
                self.values.add(value)
            code = self.names.setdefault(str(value), len(self.names) + 1)
            if not self.requested and (len(self.values) > _MOST_VALUES or len(self.names) > _MOST_NAMES):
                # Metadata such as an id would fill memory with as many names as cases.
                self.wide, self.codes, self.names, self.known = True, array("I"), {}, {}
                return
            if simple:
                self.known[value] = code
        # Code 0: the cases in between have no such metadata.
        if len(codes) < number:
            codes.extend([0] * (number - len(codes)))
        codes.append(code)


def facts(case: Case) -> Mapping[str, Any]:
    """Return the facts of a case for slicing: its metadata, and its expectation as ``expected``.

    Values that are not a number are left out: tables hold NaN where a value is missing.
    """
    known = case.metadata
    if case.expected is not MISSING and isinstance(case.expected, _SCALARS):
        known = {"expected": case.expected, **known}
    if any(map(is_missing, known.values())):
        known = {key: value for key, value in known.items() if not is_missing(value)}
    return known


def is_missing(value: Any) -> bool:
    """Return whether a value is NaN."""
    return isinstance(value, float) and math.isnan(value)


def _group(name: str, counts: Mapping[tuple[int, int], int]) -> Group:
    """A slice, from its counts of pairs of outcomes: current and approved."""
    judged = {both: count for both, count in counts.items() if both[0] != NOT_JUDGED}
    known = {both: count for both, count in judged.items() if both[1] != NOT_JUDGED}
    return Group(
        name,
        sum(count for (current, _), count in judged.items() if current == PASSED),
        sum(judged.values()),
        sum(count for (_, approved), count in known.items() if approved == PASSED) if known else None,
        sum(known.values()) or None,
    )


def _badness(group: Group) -> tuple[float, float, str]:
    rate = group.passed / group.judged
    lost = 0.0
    if group.approved_judged:
        lost = (group.approved_passed or 0) / group.approved_judged - rate
    return (-lost, rate, group.name)
