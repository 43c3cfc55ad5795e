"""Differences of two long answers: the fields of records, the words of texts.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import orjson

from pytest_modelcheck.canonical import ABSENT, differences, encode_plain, excerpt
from pytest_modelcheck.display import redacted
from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.records import MISSING, Contrast
from pytest_modelcheck.reports.windows import start_of, window
from pytest_modelcheck.reports.words import marked_pieces

if TYPE_CHECKING:
    from pytest_modelcheck.canonical import Difference

SENTENCE: Final = 40
"""Characters from which on an answer is read word by word."""

_PARTS: Final = 6
_WIDTH: Final = 400
_NAME: Final = 40
_EVERYTHING: Final = 1 << 20
_FEW_NUMBERS: Final = 3
_NUMBERS: Final = frozenset({int, float})
_ITEM: Final = re.compile(r"(.*?)(\[\d+\])+")


def literal(value: Any, width: int = _EVERYTHING) -> str:
    """A value on one line: text in quotes, all else as JSON.

    >>> literal("refund"), literal({"priority": 2}), literal("refund, please", 10)
    ("'refund'", '{"priority":2}', "'refund,…'")
    """
    return f"'{excerpt(value, width - 2)}'" if isinstance(value, str) else excerpt(value, width)


def part_text(value: Any) -> str:
    """One part of an answer on one line."""
    return "nothing" if value is ABSENT else literal(value)


def contrast(got: bytes | None, expected: Any, base: bytes | None, approved: bytes | None) -> Contrast | None:
    """Compare an answer with the first of the others that it has something in common with.

    Args:
        got: The answer.
        expected: The right answer, or ``MISSING``.
        base: The answer to the unperturbed input.
        approved: The approved answer.

    Returns:
        ``None`` where no other answer is a record or a long text like this one.

    >>> contrast(b'{"label":"refund","priority":5}', {"priority": 2}, None, None)
    Contrast(against='expected', parts=(('priority', '2', '5'),), hidden=0)
    """
    if got is None:
        return None
    required = None if expected is MISSING else encode_plain(expected)
    for against, other in (("base", base), ("expected", required), ("approved", approved)):
        if other is None:
            continue
        found = _parts(other, got, some=against == "expected")
        if found:
            return Contrast(against, tuple(found[:_PARTS]), max(0, len(found) - _PARTS))
    return None


def _parts(other: bytes, got: bytes, *, some: bool) -> list[tuple[str, str, str]]:
    """The parts that differ; of an expectation, which may name ``some`` fields only, those that it names."""
    try:
        found = list(differences(other, got))
    except (ModelcheckError, orjson.JSONDecodeError):
        return []
    if len(found) == 1 and not found[0].path:
        return _of_texts(found[0])
    if not all(one.path for one in found):
        return []
    named = [one for one in found if one.then is not ABSENT] if some else found
    return [part for where, group in groupby(named, key=_array_of) for part in _group(where, list(group))]


def _array_of(one: Difference) -> str | None:
    """The path of the list whose number this is, or ``None``."""
    match = _ITEM.fullmatch(one.path)
    numbers = type(one.then) in _NUMBERS and type(one.now) in _NUMBERS
    return match[1] if match is not None and numbers else None


def _group(where: str | None, group: list[Difference]) -> list[tuple[str, str, str]]:
    """Each part for itself; of many numbers of a list, the one that moved most."""
    if where is None or len(group) <= _FEW_NUMBERS:
        return [(excerpt(one.path, _NAME), *_cut(part_text(one.then), part_text(one.now))) for one in group]
    most = max(group, key=lambda one: abs(one.now - one.then))
    name = f"{excerpt(where, _NAME)} ({len(group):,} numbers differ, most at {most.path[len(where) :]})"
    then, now = f"{most.then:.6g}", f"{most.now:.6g}"
    return [(name, then, now) if then != now else (name, str(most.then), str(most.now))]


def _of_texts(one: Difference) -> list[tuple[str, str, str]]:
    both = (one.then, one.now)
    if not all(isinstance(text, str) and len(text) >= SENTENCE for text in both):
        return []
    return [("", *_cut(redacted(one.then), redacted(one.now)))]


def _cut(then: str, now: str) -> tuple[str, str]:
    """Both cut around what differs: between words, where they can be compared word by word."""
    sides = marked_pieces(then, now, _WIDTH) if min(len(then), len(now)) >= SENTENCE else None
    if sides is not None:
        before, after = ("".join(text for _, text in side) for side in sides)
        return before, after
    start = start_of(now, [then], _WIDTH)
    return window(then, start, _WIDTH), window(now, start, _WIDTH)
