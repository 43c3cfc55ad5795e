"""Some of the cases: those that a predicate, their metadata or a seeded sample picks.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import difflib
from array import array
from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, Protocol

from pytest_modelcheck.canonical import digest
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_modelcheck.records import Case

_SHOWN = 8


class Narrowing(Protocol):
    """Picks cases, keeps their order, and says in words what it picks."""

    def __call__(self, cases: Iterable[Case]) -> Iterable[int]:
        """The places of the cases that are meant, in order. ``cases`` may be iterated over repeatedly."""


@dataclass(frozen=True, slots=True)
class Filtered:
    """Those of which a predicate holds."""

    predicate: Callable[[Case], object]

    def __call__(self, cases: Iterable[Case]) -> Iterable[int]:
        """The cases of which the predicate holds."""
        return (place for place, case in enumerate(cases) if self.predicate(case))

    def __str__(self) -> str:
        return f"filtered by {getattr(self.predicate, '__name__', type(self.predicate).__name__)}"


@dataclass(frozen=True, slots=True)
class Where:
    """Those with some metadata."""

    metadata: Mapping[str, Any]

    def __call__(self, cases: Iterable[Case]) -> Iterable[int]:
        """The cases with this metadata; that there are none at all is taken for a slip of the pen."""
        wanted = self.metadata.items()
        places = array(
            "Q",
            (
                place
                for place, case in enumerate(cases)
                if all(case.metadata.get(name, MISSING) == value for name, value in wanted)
            ),
        )
        if not places:
            self._check(cases)
        return places

    def _check(self, cases: Iterable[Case]) -> None:
        for name, value in self.metadata.items():
            there = _values(cases, name)
            if not there:
                raise CaseError(_unknown_name(cases, name))
            if value not in there:
                raise CaseError(f"where({name}={value!r}): no case has that; there are {_listed(there)}")

    def __str__(self) -> str:
        return "where " + " and ".join(f"{name}={value!r}" for name, value in self.metadata.items())


@dataclass(frozen=True, slots=True)
class Having:
    """Those with one value of a metadata; ``None`` for those without it."""

    name: str
    value: Any

    def __call__(self, cases: Iterable[Case]) -> Iterable[int]:
        """The cases with this value."""
        return (place for place, case in enumerate(cases) if case.metadata.get(self.name) == self.value)

    def __str__(self) -> str:
        return f"where {self.name}={self.value!r}"


@dataclass(frozen=True, slots=True)
class Sampled:
    """Some, picked by a hash of their ids."""

    n: int
    seed: int

    def __call__(self, cases: Iterable[Case]) -> Iterable[int]:
        """The ``n`` cases with the smallest hashes, in their order."""
        ranked = ((digest([self.seed, case.id]), place) for place, case in enumerate(cases))
        chosen = sorted(place for _, place in nsmallest(self.n, ranked))
        if not 0 < self.n == len(chosen):
            there = sum(1 for _ in cases)
            raise CaseError(f"sample({self.n}): there are {there} cases to take it from")
        return chosen

    def __str__(self) -> str:
        return f"a sample of {self.n}"


def values_of(cases: Iterable[Case], name: str) -> list[Any]:
    """The values of a metadata, in order, with ``None`` where a case has none.

    Raises:
        CaseError: No case has it, or it has values that cannot be told apart as keys (lists).
    """
    try:
        found = list(dict.fromkeys(case.metadata.get(name, MISSING) for case in cases))
    except TypeError as error:
        raise CaseError(f"split({name!r}): its values are not plain ones ({error})") from error
    if found in ([], [MISSING]):
        raise CaseError(_unknown_name(cases, name, "split"))
    return list(dict.fromkeys(None if value is MISSING else value for value in found))


def _values(cases: Iterable[Case], name: str) -> list[Any]:
    there: list[Any] = []
    for case in cases:
        value = case.metadata.get(name, MISSING)
        if value is not MISSING and value not in there:
            there.append(value)
    return there


def _unknown_name(cases: Iterable[Case], name: str, verb: str = "where") -> str:
    names = sorted({known for case in cases for known in case.metadata})
    close = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]}?" if close else f"there is {_listed(names) or 'none at all'}"
    asked = f"where({name}=…)" if verb == "where" else f"{verb}({name!r})"
    return f"{asked}: no case has metadata of that name; {hint}"


def _listed(values: list[Any]) -> str:
    shown = ", ".join(repr(value) for value in values[:_SHOWN])
    return f"{shown}, …" if len(values) > _SHOWN else shown
