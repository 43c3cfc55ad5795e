"""Slices of a check's cases: counted by their metadata, or found where failures stand out."""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import MISSING, FoundSlice, Group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

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
        """Whether there are too many values for slices; they are then not recorded any more."""
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
        simple = kind is str or kind is int  # others may be equal and have different names: 1.0 and True
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


# -- features of cases -----------------------------------------------------------------------------------

_MOST_TEXTS: Final = 5
_LARGEST: Final = 3e38  # that fits into 32 bits, in which a tree of scikit-learn compares
_SCRIPT_LETTERS: Final = 40  # letters that are looked at to tell the script of a text

_YES_OR_NO: Final[tuple[tuple[str, str, Callable[[str], object]], ...]] = (
    ("has a number", "has no number", re.compile(r"\d").search),
    ("has a URL", "has no URL", re.compile(r"https?://|www\.", re.IGNORECASE).search),
    ("has a question mark", "has no question mark", re.compile("[?\u037e\u061f\uff1f]").search),
    ("has an exclamation mark", "has no exclamation mark", re.compile("[!\uff01]").search),
    ("has a word in capitals", "has no word in capitals", re.compile(r"\b[^\W\d_a-z]{2,}\b").search),
    ("has line breaks", "is one line", re.compile(r"[\r\n]").search),
)


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the table: the conditions for values above a threshold ``{}``, and for other values."""

    yes: str
    no: str
    whole: bool = True

    def text(self, threshold: float, *, above: bool) -> str:
        """A condition in words.

        >>> Feature("length > {}", "length <= {}").text(120.5, above=True)
        'length > 120'
        """
        number = str(math.floor(threshold)) if self.whole else f"{threshold:.3g}"
        return (self.yes if above else self.no).replace("{}", number)


def table_of(cases: Sequence[Case]) -> tuple[list[Feature], list[list[float]]]:
    """The features of cases, and their values: one row per case.

    Metadata with few values give one column per value; numbers and two-valued metadata give one column.

    >>> from pytest_modelcheck.records import Case
    >>> known = [Case("Hi", metadata={"vip": True}), Case("Hi 7?", metadata={"vip": False})]
    >>> features, rows = table_of(known)
    >>> [feature.yes for feature in features]
    ['vip=True', 'length > {}', 'words > {}', 'has a number', 'has a question mark']
    >>> rows
    [[1.0, 2.0, 1.0, 0.0, 0.0], [0.0, 5.0, 2.0, 1.0, 1.0]]
    """
    found: list[tuple[Feature, list[float]]] = []
    known: list[Mapping[str, Any]] = []
    for case in cases:
        fields = case.input.items() if isinstance(case.input, dict) else ()
        short = {f"input.{name}": value for name, value in fields if not is_missing(value)}
        known.append({**short, **facts(case)})
    for name in dict.fromkeys(name for values in known for name in values):
        found += _columns(name, [values.get(name) for values in known])
    for name, texts in _texts_of(cases).items():
        found += _of_texts(texts, name)
    found = [(feature, column) for feature, column in found if len(set(column)) > 1]
    columns = [column for _, column in found]
    return [feature for feature, _ in found], [list(row) for row in zip(*columns, strict=True)]


def _columns(name: str, values: Sequence[Any]) -> Iterator[tuple[Feature, list[float]]]:
    numbers = [value for value in values if _is_number(value)]
    different = {value for value in values if isinstance(value, str | int | float)}
    # Few different numbers are labels (a rating, a yes or no): equality reads better than a threshold.
    if numbers and len(set(numbers)) > 2 and len(numbers) == sum(value is not None for value in values):
        whole = all(isinstance(value, int) for value in numbers)
        inside = [float(max(-_LARGEST, min(_LARGEST, value))) for value in numbers]
        # Missing values go below all others, so that a threshold can separate them.
        least, rest = min(inside) - 1, iter(inside)
        column = [next(rest) if _is_number(value) else least for value in values]
        yield Feature(f"{name} > {{}}", f"{name} <= {{}}", whole), column
        return
    names = sorted({str(value) for value in different})
    if len(names) == 2 and all(isinstance(value, str | int | float) for value in values):
        column = [float(str(value) == names[1]) for value in values]
        yield Feature(f"{name}={names[1]}", f"{name}={names[0]}"), column
    elif len(names) <= _MOST_VALUES:
        for label in names:
            column = [float(value is not None and str(value) == label) for value in values]
            yield Feature(f"{name}={label}", f"{name} is not {label}"), column


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


def _text(value: Any) -> str:
    """The text of an input: the input itself, or all texts of a record."""
    if isinstance(value, str):
        return value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return "\n".join(part for part in map(_text, parts) if part)


def _texts_of(cases: Sequence[Case]) -> dict[str, list[str]]:
    """The texts of the inputs: of each field with many different texts if they are records, else one each."""
    if not all(isinstance(case.input, dict) for case in cases):
        texts = [_text(case.input) for case in cases]
        return {"": texts} if any(texts) else {}
    names = dict.fromkeys(name for case in cases for name in case.input)
    fields = {f"input.{name}": [_text(case.input.get(name)) for case in cases] for name in names}
    # Fields with few texts are labels, which have columns of their own.
    few = min(_MOST_VALUES, len(cases) // 2)
    various = [name for name, texts in fields.items() if len(set(texts)) > few]
    return {name: fields[name] for name in various[:_MOST_TEXTS]}


def _of_texts(texts: Sequence[str], name: str) -> Iterator[tuple[Feature, list[float]]]:
    """Features of the texts of one field; ``name`` is empty if a text is the whole input."""
    prefix, of = (f"{name} ", f" of {name}") if name else ("", "")
    yield Feature(f"length{of} > {{}}", f"length{of} <= {{}}"), [float(len(text)) for text in texts]
    yield Feature(f"words{of} > {{}}", f"words{of} <= {{}}"), [float(len(text.split())) for text in texts]
    for yes, no, holds in _YES_OR_NO:
        yield Feature(f"{prefix}{yes}", f"{prefix}{no}"), [float(bool(holds(text))) for text in texts]
    scripts = [script_of(text) for text in texts]
    for one in sorted({script for script in scripts if script}):
        column = [float(script == one) for script in scripts]
        yield Feature(f"{prefix}script={one}", f"{prefix}script is not {one}"), column


def script_of(text: str) -> str:
    """The script that most of the first letters of a text are in, lower case; empty without letters.

    >>> script_of("Where is it?"), script_of("Где посылка?"), script_of("荷物はどこ"), script_of("123")
    ('latin', 'cyrillic', 'cjk', '')
    """
    letters = [character for character in text[: 4 * _SCRIPT_LETTERS] if character.isalpha()]
    letters = letters[:_SCRIPT_LETTERS]
    if not letters:
        return ""
    if "".join(letters).isascii():
        return "latin"
    names = [unicodedata.name(character, "unknown").split(" ")[0].lower() for character in letters]
    scripts = Counter("cjk" if name in ("cjk", "hiragana", "katakana") else name for name in names)
    return scripts.most_common(1)[0][0]


# -- the slice where failures stand out ------------------------------------------------------------------

LEAST_CASES: Final = 20
LEAST_FAILURES: Final = 8
MOST_CASES: Final = 20_000
"""The largest number of cases that are searched: of more, a sample is drawn."""


def found_slice(
    cases: Sequence[Case],
    outcomes: bytes,
    worst: Group | None = None,
    cluster: str | None = None,
    seed: int = 0,
) -> FoundSlice | None:
    """The slice where failures stand out most; ``None`` if none does, or it is the ``worst`` declared one.

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
    numbers = [number for number, outcome in enumerate(outcomes) if outcome != NOT_JUDGED]
    if judged > MOST_CASES:
        ranks = sorted(Random(seed).sample(range(judged), MOST_CASES))  # noqa: S311 - a sample
        numbers = [numbers[rank] for rank in ranks]
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
    if worst is not None:
        key, _, value = worst.name.partition("=")
        if inside == [str(facts(case).get(key, MISSING)) == value for case in known]:
            return None
    conditions = [features[one.feature].text(one.threshold, above=one.above) for one in rule.conditions]
    size, wrong = sum(inside), sum(fails for fails, holds in zip(failed, inside, strict=True) if holds)
    members = tuple(number for number, holds in zip(numbers, inside, strict=True) if holds)
    elsewhere = (sum(failed) - wrong, len(known) - size)
    return FoundSlice(tuple(sorted(conditions)), wrong, size, *elsewhere, rule.p_value, members=members)
