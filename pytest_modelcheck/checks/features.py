"""Features of a case: its metadata, and a few simple facts about its input.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.checks.slices import facts, is_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_modelcheck.records import Case

_MOST_VALUES: Final = 12
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
    """One column of the table, with the wording of conditions on it.

    Attributes:
        yes: The condition for values above the threshold, ``{}``.
        no: The condition for other values.
        whole: Whether its values are whole numbers.
    """

    yes: str
    no: str
    whole: bool = True

    def said(self, threshold: float, *, above: bool) -> str:
        """A condition in words.

        >>> Feature("length > {}", "length <= {}").said(120.5, above=True)
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
    known = [_said(case) for case in cases]
    for name in dict.fromkeys(name for values in known for name in values):
        found += _columns(name, [values.get(name) for values in known])
    for name, texts in _texts_of(cases).items():
        found += _of_texts(texts, name)
    found = [(feature, column) for feature, column in found if len(set(column)) > 1]
    columns = [column for _, column in found]
    return [feature for feature, _ in found], [list(row) for row in zip(*columns, strict=True)]


def _said(case: Case) -> Mapping[str, Any]:
    """Return the facts of a case, including the short fields of its input if that is a record."""
    if not isinstance(case.input, dict):
        return facts(case)
    fields = {f"input.{name}": value for name, value in case.input.items() if not is_missing(value)}
    return {**fields, **facts(case)}


def _columns(name: str, values: Sequence[Any]) -> Iterator[tuple[Feature, list[float]]]:
    numbers = [value for value in values if _is_number(value)]
    different = {value for value in values if isinstance(value, str | int | float)}
    # Few different numbers are labels (a rating, a yes or no): equality reads better than a threshold.
    if numbers and len(set(numbers)) > 2 and len(numbers) == sum(value is not None for value in values):
        whole = all(isinstance(value, int) for value in numbers)
        inside = [_inside(value) if _is_number(value) else None for value in values]
        # Missing values go below all others, so that a threshold can separate them.
        least = min(value for value in inside if value is not None) - 1
        column = [least if value is None else value for value in inside]
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


def _inside(value: float) -> float:
    """The nearest number that the tree supports."""
    return float(max(-_LARGEST, min(_LARGEST, value)))


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
    various = {name: texts for name, texts in fields.items() if len(set(texts)) > _MOST_VALUES}
    kept = various or {name: texts for name, texts in fields.items() if any(texts)}
    return dict(list(kept.items())[:_MOST_TEXTS])


def _of_texts(texts: Sequence[str], name: str) -> Iterator[tuple[Feature, list[float]]]:
    """Features of the texts of one field; ``name`` is empty if a text is the whole input."""
    prefix, of = (f"{name} ", f" of {name}") if name else ("", "")
    yield Feature(f"length{of} > {{}}", f"length{of} <= {{}}"), [float(len(text)) for text in texts]
    yield Feature(f"words{of} > {{}}", f"words{of} <= {{}}"), [float(len(text.split())) for text in texts]
    for yes, no, holds in _YES_OR_NO:
        yield Feature(f"{prefix}{yes}", f"{prefix}{no}"), [float(bool(holds(text))) for text in texts]
    scripts = [script_of(text) for text in texts]
    columns: defaultdict[str, list[float]] = defaultdict(list)
    for name in sorted({script for script in scripts if script}):
        columns[name] = [float(script == name) for script in scripts]
    yield from (
        (Feature(f"{prefix}script={script}", f"{prefix}script is not {script}"), column)
        for script, column in columns.items()
    )


def script_of(text: str) -> str:
    """The script that most of the first letters of a text are in, lower case; empty without letters.

    >>> script_of("Where is it?"), script_of("Где посылка?"), script_of("荷物はどこ"), script_of("123")
    ('latin', 'cyrillic', 'cjk', '')
    """
    letters = [character for character in text[: 4 * _SCRIPT_LETTERS] if character.isalpha()][
        :_SCRIPT_LETTERS
    ]
    if not letters:
        return ""
    if "".join(letters).isascii():
        return "latin"
    names = Counter(_script(character) for character in letters)
    return names.most_common(1)[0][0]


def _script(character: str) -> str:
    name = unicodedata.name(character, "unknown").split(" ")[0].lower()
    return "cjk" if name in ("cjk", "hiragana", "katakana") else name
