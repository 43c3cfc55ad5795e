"""Ids: the names that identify cases from one run to the next.

A case without an id gets one from its content: from its input and variants alone, so that correcting an
expectation keeps the id; if several cases share these, from everything that is known of them. The order of
the cases makes no difference, except among cases that are alike in everything.

Only 8 bytes a case are held, so that a million cases can be told apart without being held themselves.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from itertools import islice, pairwise
from operator import eq
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import NotCanonical, digest
from pytest_modelcheck.cases.rows import concise
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING, Case, Variant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


_DIGITS: Final = 10
_ALL_DIGITS: Final = 16
_KEY: Final = "Q"
_ALL_BITS: Final = (1 << 64) - 1
# The number of bits of a key that a short id leaves out.
_REST: Final = 4 * (_ALL_DIGITS - _DIGITS)
# The key of a case with an id of its own.
_NAMED: Final = 0


def identified(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Give each case a unique id. The cases must be new, since they are changed in place."""
    return tuple(CaseIds(lambda: cases).named(cases))


def numbered(cases: Sequence[Case]) -> list[Case]:
    """Number repeated ids in place: the second ``x`` becomes ``x-2``, or the next number that is free.

    >>> [case.id for case in numbered([Case("a", id="x"), Case("b", id="x"), Case("c", id="x-2")])]
    ['x', 'x-3', 'x-2']
    """
    taken = {case.id for case in cases}
    seen: Counter[str] = Counter()
    for case in cases:
        name = case.id
        seen[name] += 1
        if not name or seen[name] == 1:
            continue
        while _numbered(name, seen[name]) in taken:
            seen[name] += 1
        _give_id(case, _numbered(name, seen[name]))
    return list(cases)


class CaseIds:
    """The ids of all cases of a source, in about 8 bytes a case.

    Contents with the same first 8 bytes of BLAKE2b (one chance in 10 million among a million cases) are
    numbered like equal cases, so ids are always unique.
    """

    def __init__(self, read: Callable[[], Iterable[Case]]) -> None:
        """Read the cases once, and again, in the same order, if some share their input and variants."""
        self._keys = array(_KEY)
        given = array(_KEY)
        for case in read():
            if case.id:
                given.append(_hashed(case.id))
                self._keys.append(_NAMED)
            else:
                self._keys.append(_key(case, _question(case)))
        _check_given(read, _twice(given))
        self._long: frozenset[int] = frozenset()
        self._numbers = array("I")
        self._size = len(self._keys)
        if len(given) == self._size:
            self._keys = array(_KEY)
            return
        # Only cases with equal inputs take their expectation into the id: the id of others stays when that
        # changes.
        alike = _twice(self._keys)
        if alike:
            for place, case in enumerate(read()):
                if not case.id and _has(alike, self._keys[place]):
                    self._keys[place] = _key(case, [_question(case), *_known(case)])
            alike = _twice(self._keys)
        # The short ids that different keys would share.
        self._long = frozenset(
            one >> _REST
            for one, other in pairwise(sorted(self._keys))
            if one >> _REST == other >> _REST and one != other and one != _NAMED
        )
        if alike or given:
            self._numbers = array("I", self._count(alike, array(_KEY, sorted(given))))

    def __len__(self) -> int:
        return self._size

    def named(self, cases: Iterable[Case], first: int = 0) -> Iterator[Case]:
        """Set the ids of new cases in place; the first one has index ``first``."""
        for place, case in enumerate(cases, first):
            if not case.id:
                number = self._numbers[place] if self._numbers else 1
                _give_id(case, _numbered(self._bare(self._keys[place]), number))
            yield case

    def _count(self, alike: array[int], given: array[int]) -> Iterator[int]:
        """The number of each case in its id: 2 for the second of two that are alike, say, and else 1."""
        seen: Counter[int] = Counter()
        for key in self._keys:
            if key == _NAMED or not (given or _has(alike, key)):
                yield 1
                continue
            name = self._bare(key)
            seen[key] += 1
            # A given id may look like one of ours.
            while _has(given, _hashed(_numbered(name, seen[key]))):
                seen[key] += 1
            yield seen[key]

    def _bare(self, key: int) -> str:
        digits = f"{key:0{_ALL_DIGITS}x}"
        return f"c-{digits if key >> _REST in self._long else digits[:_DIGITS]}"


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _twice(keys: Iterable[int]) -> array[int]:
    """The keys that occur more than once, in order."""
    alike, ordered = array(_KEY), sorted(keys)
    if not any(map(eq, ordered, islice(ordered, 1, None))):  # as in most sources, and told without Python
        return alike
    for one, other in pairwise(ordered):
        if one == other != _NAMED and (not alike or alike[-1] != one):
            alike.append(one)
    return alike


def _has(ordered: array[int], key: int) -> bool:
    at = bisect_left(ordered, key)
    return at < len(ordered) and ordered[at] == key


def _give_id(case: Case, name: str) -> None:
    # A case is frozen, and new here: a copy of each of a million would take a second.
    object.__setattr__(case, "id", name)


def _check_given(read: Callable[[], Iterable[Case]], suspicious: array[int]) -> None:
    """Read the source again to see whether ids with equal hashes are equal."""
    if not suspicious:
        return
    taken: dict[str, Case] = {}
    for case in read():
        if not case.id or not _has(suspicious, _hashed(case.id)):
            continue
        other = taken.setdefault(case.id, case)
        if other is not case:
            raise _error(
                case,
                f"the id '{case.id}' is used twice: {other.origin or 'another case'} has it too; ids must be "
                "unique (cases.load(…, repeated_ids='number') numbers them)",
            )


def _hashed(name: str) -> int:
    return hash(name) & _ALL_BITS or 1  # differs between processes, and never leaves this one


def _key(case: Case, content: Any) -> int:
    try:
        return max(1, int.from_bytes(digest(content)[:8], "big"))
    except NotCanonical as error:
        raise _error(
            case, f"no id can be made from the content of this case, so give it one ({error})"
        ) from error


def _question(case: Case) -> Any:
    return [case.input, list(case.variant_inputs)] if case.variants else case.input


def _known(case: Case) -> list[Any]:
    own = [
        [number, [] if one.expected is MISSING else [one.expected], dict(one.metadata)]
        for number, one in enumerate(case.variants)
        if isinstance(one, Variant)
    ]
    expected = [] if case.expected is MISSING else [case.expected]
    return [expected, dict(case.metadata), case.known_failure, *own]


def _error(case: Case, message: str) -> CaseError:
    path, line = (case.origin.path, case.origin.line) if case.origin else (None, None)
    return CaseError(concise(message), path, line)
