"""Ids: the names by which a case is known from one run to the next.

A case that does not say its id gets one from its content: from its input and variants alone, so that
correcting an expectation leaves it the same case; where several cases have these in common, from all that
is known of them. The order of the cases makes no difference, except among cases that are alike in
everything.

Names are worked out from 8 bytes a case, so that a million cases need not be held to be told apart.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import NotCanonical, digest
from pytest_modelcheck.cases.rows import concise
from pytest_modelcheck.errors import CaseError, located
from pytest_modelcheck.records import MISSING, Case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_DIGITS: Final = 10
_ALL_DIGITS: Final = 16
_KEY: Final = "Q"
_ALL_BITS: Final = (1 << 64) - 1
_NAMED: Final = 0
"""The key of a case that says its id."""


def identified(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Cases that nobody has seen yet, each with an id that no other has.

    Raises:
        CaseError: Two cases say the same id, or the input of one cannot be told from others.
    """
    return tuple(Naming(lambda: cases).named(cases))


class Naming:
    """What every case of a source is called, in about 8 bytes a case.

    Two contents whose first 8 bytes of BLAKE2b agree (one chance in 10 million among a million cases) are
    numbered like cases that are alike: names are unique in any case.
    """

    def __init__(self, read: Callable[[], Iterable[Case]]) -> None:
        """Read the cases: once, and once more where some have input and variants in common.

        Args:
            read: The cases, anew at each call, and in the same order.

        Raises:
            CaseError: As :func:`identified`.
        """
        self._keys = array(_KEY)
        given = array(_KEY)
        for case in read():
            if case.id:
                given.append(_hashed(case.id))
                self._keys.append(_NAMED)
            else:
                self._keys.append(_key(case, _question(case)))
        _check_given(read, _twice(given))
        alike = self._told_apart(read, _twice(self._keys))
        self._long = _shared_beginnings(self._keys)
        self._numbered, self._numbers = self._count(alike, array(_KEY, sorted(given)))

    def __len__(self) -> int:
        return len(self._keys)

    def named(self, cases: Iterable[Case], first: int = 0) -> Iterator[Case]:
        """Give cases that nobody has seen yet their ids, the first being number ``first`` of all."""
        for place, case in enumerate(cases, first):
            yield case if case.id else _with_id(case, self._name(place))

    def _told_apart(self, read: Callable[[], Iterable[Case]], shared: array[int]) -> array[int]:
        """Make the keys of cases that ask the same of all that is known of them; which are still alike."""
        if not shared:
            return shared
        for place, case in enumerate(read()):
            if not case.id and _has(shared, self._keys[place]):
                self._keys[place] = _key(case, [_question(case), *_known(case)])
        return _twice(self._keys)

    def _count(self, alike: array[int], given: array[int]) -> tuple[array[int], array[int]]:
        """Which cases have a number behind their name, and which: the second of two alike, say."""
        places, numbers = array(_KEY), array(_KEY)
        seen: Counter[int] = Counter()
        if not alike and not given:
            return places, numbers
        for place, key in enumerate(self._keys):
            if key == _NAMED or not (given or _has(alike, key)):
                continue
            name = self._bare(key)
            seen[key] += 1
            while _has(given, _hashed(_numbered(name, seen[key]))):
                seen[key] += 1
            if seen[key] > 1:
                places.append(place)
                numbers.append(seen[key])
        return places, numbers

    def _name(self, place: int) -> str:
        name = self._bare(self._keys[place])
        at = bisect_left(self._numbered, place)
        if at == len(self._numbered) or self._numbered[at] != place:
            return name
        return _numbered(name, self._numbers[at])

    def _bare(self, key: int) -> str:
        digits = f"{key:0{_ALL_DIGITS}x}"
        return f"c-{digits if key >> _rest() in self._long else digits[:_DIGITS]}"


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _rest() -> int:
    """How many bits of a key a short name leaves out."""
    return 4 * (_ALL_DIGITS - _DIGITS)


def _twice(keys: Iterable[int]) -> array[int]:
    """What is there more than once, in order."""
    alike = array(_KEY)
    for one, other in pairwise(sorted(keys)):
        if one == other != _NAMED and (not alike or alike[-1] != one):
            alike.append(one)
    return alike


def _shared_beginnings(keys: Iterable[int]) -> frozenset[int]:
    """The short names that several different keys would have."""
    rest = _rest()
    neighbours = pairwise(sorted(keys))
    return frozenset(
        one >> rest
        for one, other in neighbours
        if one >> rest == other >> rest and one != other and one != _NAMED
    )


def _has(ordered: array[int], key: int) -> bool:
    at = bisect_left(ordered, key)
    return at < len(ordered) and ordered[at] == key


def _with_id(case: Case, name: str) -> Case:
    """The case with an id: the same object, which nobody has seen yet (a new one takes 1.5 µs)."""
    object.__setattr__(case, "id", name)
    return case


def _check_given(read: Callable[[], Iterable[Case]], suspicious: array[int]) -> None:
    """Whether ids whose hashes agree are really the same; the sources are read again to tell."""
    if not suspicious:
        return
    taken: dict[str, Case] = {}
    for case in read():
        if not case.id or not _has(suspicious, _hashed(case.id)):
            continue
        other = taken.setdefault(case.id, case)
        if other is not case:
            raise _error(
                case, f"the id '{case.id}' is here twice: {other.origin} has it too; ids must differ"
            )


def _hashed(name: str) -> int:
    return hash(name) & _ALL_BITS or 1  # another in every process, and never out of this one


def _number(data: bytes) -> int:
    return max(1, int.from_bytes(data, "big"))


def _key(case: Case, content: Any) -> int:
    try:
        return _number(digest(content)[:8])
    except NotCanonical as error:
        raise _error(
            case, f"no id can be made from what is in this case, so give it one ({error})"
        ) from error


def _question(case: Case) -> Any:
    return [case.input, list(case.variants)] if case.variants else case.input


def _known(case: Case) -> list[Any]:
    expected = [] if case.expected is MISSING else [case.expected]
    return [expected, dict(case.metadata), case.known_failure]


def _error(case: Case, message: str) -> CaseError:
    path, line = (case.origin.path, case.origin.line) if case.origin else (None, None)
    return CaseError(located(concise(message), path, line))
